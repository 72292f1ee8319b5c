"""The words inside names: what a search matches, and what a test's name says that it tests."""

from __future__ import annotations

import re
from typing import Final

_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


def split_name(name: str) -> list[str]:
    """`HTTPServer_error` -> http, server, error."""
    return [part.lower() for part in _PART.findall(name)]
