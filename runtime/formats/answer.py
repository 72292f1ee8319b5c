"""An answer as numbered lines, and the code fences that models put around what they send."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .refusal import FormatRefused, Place

_FENCE: Final = re.compile(r"(`{3,}|~{3,})([^`]*)\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the answer without its line feed; `number` counts from 1.

    A carriage return at its end is kept where it is part of the text: where all lines of the answer
    have one it is how the answer was sent, and is dropped.
    """

    number: int
    text: str

    def place(self, column: int = 1) -> Place:
        return Place(self.number, column)


def read_lines(answer: str) -> tuple[Line, ...]:
    """Raises FormatRefused (malformed) where the answer cannot be UTF-8."""
    try:
        answer.encode()
    except UnicodeEncodeError as error:
        number = answer.count("\n", 0, error.start) + 1
        column = error.start - answer.rfind("\n", 0, error.start)
        raise FormatRefused(
            "malformed",
            "the answer holds a lone surrogate, which no file can",
            place=Place(number, column),
            next_step="send text",
        ) from None
    parts = answer.removeprefix("\ufeff").split("\n")
    if parts and not parts[-1]:
        parts.pop()
    if all(part.endswith("\r") for part in parts if part):
        parts = [part.removesuffix("\r") for part in parts]
    return tuple(Line(number, text) for number, text in enumerate(parts, 1))


def bare(text: str) -> bytes:
    """A line's text as it is compared with a file's: without the CR of a CRLF."""
    return text.removesuffix("\r").encode()


def fence(text: str) -> str | None:
    """What is behind the backticks of a fence line ("" at a closing one), None if it is none."""
    found = _FENCE.match(text.rstrip())
    return None if found is None else found[2].strip()


def open_fence(lines: Sequence[Line]) -> Line | None:
    """The fence line that is never closed, if there is one: the answer was cut off within it."""
    opened: Line | None = None
    for line in lines:
        info = fence(line.text)
        if info is not None:
            opened = None if opened is not None and not info else line
    return opened
