"""Which words stand in which parts of which files: an FTS5 table that follows the working tree.

The text itself stays in the files; the table holds the words only, so it is small. It is filled
when somebody first searches, not when the index is built, and afterwards for changed files only.
What is known of a file that changed is left where it is and never found again: FTS5 could remove it
only if it were told the old text. Once most of it is such, the table is made anew.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from ..words import split_name

PART_BITS: Final = 20
"""Bits of a row's number that count the parts of its file."""

Parts: TypeAlias = Callable[[str, bytes], Iterable[tuple[int, Sequence[str]]]]

_FORGOTTEN: Final = 1_000
_WORDS: Final = re.compile(r"[A-Za-z]{3,}")


class WordTable:
    """Tables in the index's database: `name`, and `name` + `d` for the files in it. The caller
    serialises access.

    `parts` gives the numbered parts of a file from its path and content, each the texts of
    `columns`.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        name: str,
        columns: Sequence[str],
        tokenizer: str,
        parts: Parts,
    ) -> None:
        self._db = db
        self._name = name
        self._columns = tuple(columns)
        self._parts_of = parts
        self._split: dict[str, str] = {}
        db.executescript(
            f"CREATE TABLE IF NOT EXISTS {name}d("
            "id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, hash TEXT NOT NULL);"
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING fts5("
            f"{', '.join(columns)}, content='', tokenize='{tokenizer}');"
        )
        self._known: dict[str, str] = dict(db.execute(f"SELECT path, hash FROM {name}d").fetchall())

    def update(self, wanted: Mapping[str, str], source: Callable[[str], bytes]) -> None:
        """Make it hold the files `wanted` (their hashes by path), whose content `source` gives. All
        of it is one transaction."""
        gone = [path for path in self._known if path not in wanted]
        stale = [path for path, digest in wanted.items() if self._known.get(path) != digest]
        if not gone and not stale:
            return
        db, name = self._db, self._name
        db.execute("BEGIN IMMEDIATE")
        try:
            last = db.execute(
                "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name=?", (f"{name}d",)
            )
            if last.fetchone()[0] + len(stale) > 3 * len(wanted) + _FORGOTTEN:
                db.execute(f"INSERT INTO {name}({name}) VALUES('delete-all')")
                db.execute(f"DELETE FROM {name}d")
                db.execute("DELETE FROM sqlite_sequence WHERE name=?", (f"{name}d",))
                stale = list(wanted)
            db.executemany(
                f"DELETE FROM {name}d WHERE path=?", [(path,) for path in [*gone, *stale]]
            )
            for path in stale:
                self._put(path, wanted[path], source(path))
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        self._known = dict(wanted)
        self._split.clear()

    def find(
        self, expression: str, limit: int, weights: Sequence[float] = ()
    ) -> Iterator[tuple[str, int, float]]:
        """Path, number of the part, and score (greater is better) of the best parts for an FTS5
        expression over words in small letters."""
        name = self._name
        rank = f"bm25({', '.join([name, *map(repr, weights)])})"
        rows = self._db.execute(
            f"SELECT f.path, {name}.rowid, {rank} AS score FROM {name} "
            f"JOIN {name}d f ON f.id = {name}.rowid >> ? "
            f"WHERE {name} MATCH ? ORDER BY score, {name}.rowid LIMIT ?",
            (PART_BITS, expression, limit),
        )
        for path, row, score in rows:
            yield path, row & (1 << PART_BITS) - 1, -score

    def _put(self, path: str, digest: str, source: bytes) -> None:
        name = self._name
        file = self._db.execute(f"INSERT INTO {name}d(path, hash) VALUES(?,?)", (path, digest))
        base = (file.lastrowid or 0) << PART_BITS
        marks = ",".join("?" * (1 + len(self._columns)))
        self._db.executemany(
            f"INSERT INTO {name}(rowid, {', '.join(self._columns)}) VALUES({marks})",
            [
                (base + number, *map(self._with_parts, texts))
                for number, texts in self._parts_of(path, source)
            ],
        )

    def _with_parts(self, text: str) -> str:
        """With the words inside camelCase names; those of snake_case the tokenizer finds."""
        known = self._split
        extra = []
        for word in set(_WORDS.findall(text)):
            parts = known.get(word)
            if parts is None:
                plain = word.islower() or word.isupper() or word[1:].islower()
                parts = known[word] = "" if plain else " ".join(split_name(word))
            if parts:
                extra.append(parts)
        return f"{text}\n{' '.join(extra)}" if extra else text
