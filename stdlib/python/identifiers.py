"""Names that Python takes."""

from __future__ import annotations

import keyword
from collections.abc import Mapping

from ..arguments import needed
from ..refused import MacroRefused


def identifier(args: Mapping[str, str], macro: str, name: str) -> str:
    """An argument that is to be a name in the program. Raises MacroRefused."""
    value = needed(args, macro, name)
    if not value.isidentifier() or keyword.iskeyword(value):
        raise MacroRefused("name", f"{value!r} is no name for Python")
    return value
