"""Where a piece of source text stands."""

from __future__ import annotations

from .node import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters within one line.

    `line` and `column` count from 1, columns and `length` in code points. A text block that covers
    several lines is marked by its first line only. `length` 0 marks a position between characters.
    """

    line: int
    column: int
    length: int

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`, if both are on one line."""
        if other.line != self.line:
            return self
        return Span(self.line, self.column, other.column + other.length - self.column)


NOWHERE = Span(0, 0, 0)
"""The span of something that no source text wrote (a synthesised directive)."""
