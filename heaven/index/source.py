"""The text of one source file: its lines, and whether it is fit to be read at all."""

from __future__ import annotations

from bisect import bisect_right
from hashlib import sha256
from typing import Final

from ..records import Position

MAX_FILE: Final = 1_048_576
_LOOKED_AT: Final = 8_192
_LONG_LINES: Final = 500
_MINIFIED_FROM: Final = 20_000


def fitness(source: bytes) -> str:
    """`ok`, or why a file is left out: `binary`, `minified`."""
    if b"\0" in source[:_LOOKED_AT]:
        return "binary"
    if len(source) > _MINIFIED_FROM and len(source) > _LONG_LINES * (source.count(b"\n") + 1):
        return "minified"
    return "ok"


class Lines:
    """Byte offsets to line numbers. A line ends with a newline, or with the file."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self._digest = ""
        starts = [0]
        at = source.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = source.find(b"\n", at + 1)
        self.starts = starts

    @property
    def digest(self) -> str:
        """The SHA-256 of the whole source: its blob id."""
        if not self._digest:
            self._digest = sha256(self.source).hexdigest()
        return self._digest

    @property
    def count(self) -> int:
        """How many lines there are; a final newline starts no line of its own."""
        return len(self.starts) - (self.starts[-1] == len(self.source))

    def line(self, offset: int) -> int:
        """The 1-based number of the line that holds the byte."""
        return bisect_right(self.starts, offset)

    def position(self, start: int, end: int) -> Position:
        return Position(start, end, self.line(start), self.line(max(start, end - 1)))

    def text(self, first: int, last: int) -> bytes:
        """Lines `first`..`last`, inclusive, with their ends."""
        start = self.starts[first - 1]
        return self.source[start : self.starts[last] if last < len(self.starts) else None]
