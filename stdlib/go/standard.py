"""Go's own library, as far as macro ops need it: its packages, and the methods of its types.

`standard.txt` is what `bench/go_standard` prints with Go 1.27: a line for each package (path, name,
and what it imports), then one for each of its types with methods (I: an interface, T: any other).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

PREDECLARED: Final = frozenset(
    {
        "any", "bool", "byte", "comparable", "complex64", "complex128", "error", "float32",
        "float64", "int", "int8", "int16", "int32", "int64", "rune", "string", "uint", "uint8",
        "uint16", "uint32", "uint64", "uintptr", "true", "false", "iota", "nil", "append", "cap",
        "clear", "close", "complex", "copy", "delete", "imag", "len", "make", "max", "min", "new",
        "panic", "print", "println", "real", "recover",
    }
)  # fmt: skip
KEYWORDS: Final = frozenset(
    {
        "break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough",
        "for", "func", "go", "goto", "if", "import", "interface", "map", "package", "range",
        "return", "select", "struct", "switch", "type", "var",
    }
)  # fmt: skip
_UNNAMED: Final = {
    "interface error": "Error()(string)",
    "interface that errors.Is asks for": "Is(error)(bool)",
    "interface that errors.As asks for": "As(any)(bool)",
    "interface that errors.Unwrap asks for": "Unwrap()(error)",
    "interface that errors.Is goes through": "Unwrap()([]error)",
    "interface that net.Error has part of": "Timeout()(bool)",
    "interface that net.Error has another part of": "Temporary()(bool)",
    "interface that the flag package asks for": "IsBoolFlag()(bool)",
    "interface that encoding/json asks for": "IsZero()(bool)",
}
"""Interfaces that the library asks for without that one of its types says so."""


@cache
def standard_paths() -> dict[str, str]:
    """The import paths of the library's packages, with their names."""
    return {path: name for path, name, *_ in _packages()}


@cache
def shown_by(path: str) -> frozenset[str]:
    """A package of the library and those whose types it may hand out: the ones that it imports."""
    rows = {one: frozenset({one, *imports}) for one, _, *imports in _packages()}
    return rows.get(path, frozenset())


@cache
def method_sets() -> dict[str, dict[str, str]]:
    """By `interface io.Reader` or, of a type that is none, `text/template.Template`: names and
    signatures. Those with a type's own arguments in them are as the declaration has them."""
    found: dict[str, dict[str, str]] = {}
    package = ""
    for line in _lines():
        if not line.startswith("\t"):
            package = line.split(" ")[0]
            continue
        word, name, *methods = line.strip().split(" ")
        label = f"interface {package}.{name}" if word == "I" else f"{package}.{name}"
        found[label] = _methods(methods)
    for label, method in _UNNAMED.items():
        found[label] = _methods([method])
    return found


def _methods(texts: list[str]) -> dict[str, str]:
    return {text.partition("(")[0]: "(" + text.partition("(")[2] for text in texts}


def _packages() -> list[list[str]]:
    return [line.split(" ") for line in _lines() if not line.startswith("\t")]


@cache
def _lines() -> tuple[str, ...]:
    return tuple(Path(__file__).with_name("standard.txt").read_text("utf-8").splitlines())
