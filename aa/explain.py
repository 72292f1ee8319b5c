"""The page of a diagnostic code: what it means, a program that has it, and one that does not."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import fill, indent

from .catalogue import CODES, Code

_WIDTH = 80
_LINES = 14

Diagnose = Callable[[Code], str]
"""Gives the rendered diagnostics of a code's failing example; "" where they cannot be shown."""


class UnknownCode(LookupError):
    """No diagnostic has this code; the caller may suggest one of `catalogue.CODES`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no diagnostic has the code {code}")
        self.code = code


def explain(code: str, diagnose: Diagnose | None = None) -> str:
    """The page as text for a terminal, ending in a newline. Raises UnknownCode.

    `diagnose` compiles the failing example; without it the page has no rendered diagnostic. One
    for every code that needs no repository is `isa.explain.diagnose`.
    """
    entry = CODES.get(code.upper())
    if entry is None:
        raise UnknownCode(code)
    parts = [f"{entry.code}: {entry.title} ({entry.severity})", fill(entry.cause, _WIDTH)]
    if entry.failing:
        parts += ["This program has it:", _program(entry.failing)]
        shown = diagnose(entry) if diagnose is not None else ""
        if shown:
            parts.append(indent(shown.rstrip("\n"), "    "))
    if entry.fixed:
        parts += ["This one does not:", _program(entry.fixed)]
    return "\n\n".join(parts) + "\n"


def _program(text: str) -> str:
    """An example, indented; what cannot be seen is escaped, and what is too long is cut."""
    lines = text.removesuffix("\n").split("\n")
    shown = [_line(line) for line in lines[:_LINES]]
    if len(lines) > _LINES:
        shown.append(f"... and {len(lines) - _LINES:,} more lines")
    return indent("\n".join(shown), "    ", lambda line: True).replace("    \n", "\n")


def _line(line: str) -> str:
    cut = line if len(line) <= _WIDTH else line[:_WIDTH] + f"... and {len(line) - _WIDTH:,} more"
    return "".join(
        character if character.isprintable() else _escape(character) for character in cut
    )


def _escape(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return "\t" if character == "\t" else character.encode("unicode_escape").decode("ascii")
