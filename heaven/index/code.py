"""Full text of code: bodies, comments and strings, in pieces of so many lines."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .wordtable import WordTable

PIECE_LINES: Final = 40


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a file in which the words stand, best first; `last` may be beyond the file's end."""

    path: str
    first: int
    last: int


class CodeStore:
    """The table `code`; the caller serialises access and gives the sources."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._table = WordTable(db, "code", ("text",), "unicode61", _pieces)

    def update(self, wanted: Mapping[str, str], source: Callable[[str], bytes]) -> None:
        """Make it hold the files `wanted` (their hashes by path), whose content `source` gives."""
        self._table.update(wanted, source)

    def search(self, expression: str, limit: int) -> list[Piece]:
        """The best pieces for an FTS5 expression over words in small letters."""
        found: list[Piece] = []
        for path, number, _ in self._table.find(expression, limit):
            first = number * PIECE_LINES + 1
            found.append(Piece(path, first, first + PIECE_LINES - 1))
        return found


def _pieces(path: str, source: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    # By "\n" alone, as everywhere here: form feeds and the like end no line.
    lines = source.decode("utf-8", errors="replace").split("\n")
    for number, at in enumerate(range(0, len(lines), PIECE_LINES)):
        yield number, ("\n".join(lines[at : at + PIECE_LINES]),)
