"""The words inside names: what a search matches, and what a test's name says that it tests."""

from __future__ import annotations

import re
from typing import Final

_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_WORD: Final = re.compile(r"\w+")


def words_in(text: str) -> list[str]:
    """The words and the parts of names in a text, in order: `self.HTTPError raised` -> self, http,
    error, raised."""
    return [part for word in _WORD.findall(text) for part in split_name(word)]


def split_name(name: str) -> list[str]:
    """`HTTPServer_error` -> http, server, error."""
    return [part.lower() for part in _PART.findall(name)]
