"""Full text of definitions: what each is called, says of itself, and does.

A passage is a function, a method, or what a class or a file has outside of these. Its words stand
in four columns, so that a word in a name can count for more than one in a body. The words are
stemmed: who asks for `caching` finds `cached`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..records import Symbol
from .wordtable import WordTable

COLUMNS: Final = ("name", "path", "head", "body")
_INNER: Final = frozenset({"field", "variable", "constant"})
_CALLABLE: Final = frozenset({"function", "method", "test"})
_HEAD_LINES: Final = 12


@dataclass(frozen=True, slots=True)
class Passage:
    """`number` is the place of its definition among the file's (as `symbols_in` has them), or None
    for what the file has outside of all. `score` is comparable for one expression only."""

    path: str
    number: int | None
    score: float


class PassageStore:
    """The table `passage`; the caller serialises access and gives sources and definitions."""

    def __init__(
        self, db: sqlite3.Connection, definitions: Callable[[str], Sequence[Symbol]]
    ) -> None:
        self._definitions = definitions
        self._table = WordTable(db, "passage", COLUMNS, "porter unicode61", self._passages)

    def update(self, wanted: Mapping[str, str], source: Callable[[str], bytes]) -> None:
        """Make it hold the files `wanted` (their hashes by path), whose content `source` gives."""
        self._table.update(wanted, source)

    def search(self, expression: str, limit: int, weights: Sequence[float]) -> list[Passage]:
        """The best passages for an FTS5 expression over words in small letters; `weights` are those
        of COLUMNS."""
        return [
            Passage(path, number - 1 if number else None, score)
            for path, number, score in self._table.find(expression, limit, weights)
        ]

    def _passages(self, path: str, source: bytes) -> Iterator[tuple[int, Sequence[str]]]:
        lines = source.decode("utf-8", errors="replace").split("\n")
        definitions = self._definitions(path)
        owner = [0] * (len(lines) + 1)
        made: list[tuple[int, Symbol]] = []
        covered = 0
        for number, one in enumerate(definitions, 1):
            extent = one.extent
            # What is defined inside a function is part of it.
            if one.kind in _INNER or extent.start_line <= covered:
                continue
            if one.kind in _CALLABLE:
                covered = extent.end_line
            made.append((number, one))
            for line in range(extent.start_line, min(extent.end_line, len(lines)) + 1):
                owner[line] = number
        texts: dict[int, list[str]] = {0: [], **{number: [] for number, _ in made}}
        for line, text in enumerate(lines, 1):
            texts[owner[line]].append(text)
        yield 0, ("", path, "\n".join(texts[0][:_HEAD_LINES]), "\n".join(texts[0][_HEAD_LINES:]))
        for number, one in made:
            own = texts[number]
            head = "\n".join(own[:_HEAD_LINES])
            yield number, (one.qualname, path, head, "\n".join(own[_HEAD_LINES:]))
