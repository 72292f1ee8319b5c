"""Names that Go takes, and those that it has a meaning for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ..arguments import needed
from ..refused import MacroRefused
from .standard import KEYWORDS, PREDECLARED

_IDENTIFIER: Final = re.compile(r"[^\W\d]\w*")
_TESTS: Final = re.compile(r"(?:Test|Benchmark|Fuzz|Example)(?![a-z])")


def check_identifier(name: str) -> str:
    """Raises MacroRefused where it can be no name of a definition."""
    if not _IDENTIFIER.fullmatch(name):
        raise MacroRefused("name", f"{name!r} is not a Go identifier")
    if name in KEYWORDS:
        raise MacroRefused("name", f"{name!r} is a Go keyword")
    if name in PREDECLARED:
        raise MacroRefused("name", f"{name} is predeclared by Go")
    if name == "_":
        raise MacroRefused("name", "_ names nothing")
    return name


def identifier(args: Mapping[str, str], macro: str, name: str) -> str:
    """An argument that is to be a name in the program. Raises MacroRefused."""
    return check_identifier(needed(args, macro, name))


def called_by_go(name: str, path: str, package: str) -> bool:
    """Whether the toolchain calls a function of a package by its name."""
    if name == "init" or (name == "main" and package == "main"):
        return True
    return path.endswith("_test.go") and _TESTS.match(name) is not None


def test_prefix(name: str) -> str:
    found = _TESTS.match(name)
    return found[0] if found is not None else ""
