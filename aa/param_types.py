"""The types that `PARAM name:type` can give a parameter, and whether a value is of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .ast import Word
from .span import NOWHERE
from .words import Words, is_name, shown


def _symbol(value: str) -> str | None:
    path, colons, name = value.rpartition("::")
    if colons and (not path or _path(path) is not None):
        return "names no symbol: before `::` stands a path in the repository"
    if not all(map(is_name, name.split("."))):
        return "names no symbol; a symbol is name, Class.method or path/to/file.py::name"
    return None


def _path(value: str) -> str | None:
    if len(value.split()) != 1:
        return "is not one word, as a path is"
    words = Words()
    words.path(Word(value, NOWHERE), directory=True)
    # "`/etc` is absolute": the path is said by whoever reports this.
    return next((one.message.removeprefix(shown(value)).strip() for one in words.diagnostics), None)


def _int(value: str) -> str | None:
    digits = value.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) <= 30:
        return None
    return "is no whole number"


def _text(value: str) -> str | None:
    return None if value.strip() else "says nothing"


TYPES: Final[dict[str, Callable[[str], str | None]]] = {
    "symbol": _symbol,
    "path": _path,
    "int": _int,
    "text": _text,
}


def problem(type_name: str, value: str) -> str | None:
    """What keeps `value` from being of the type, as the end of a sentence; None if it is.

    Every value is of an unknown type: that there is none such is reported where it is declared.
    """
    check = TYPES.get(type_name)
    found = check(value) if check is not None else None
    return None if found is None else f"{shown(value)} {found}"
