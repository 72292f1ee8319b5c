"""Full text of code: bodies, comments and strings, in pieces of so many lines.

The text itself stays in the files; the table holds the words only, so it is small. It is filled
when somebody first searches, not when the index is built, and afterwards for changed files only.
What is known of a file that changed is left where it is and never found again: FTS5 could remove it
only if it were told the old text. Once most of it is such, the table is made anew.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ..words import split_name

PIECE_LINES: Final = 40
_PIECES: Final = 20  # bits of a row's number that count the pieces of its file
_FORGOTTEN: Final = 1_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS coded(
  id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, hash TEXT NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS code USING fts5(text, content='', tokenize='unicode61');
"""
_WORDS: Final = re.compile(r"[A-Za-z]{3,}")


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a file in which the words stand, best first; `last` may be beyond the file's end."""

    path: str
    first: int
    last: int


class CodeStore:
    """Tables in the index's database; the caller serialises access and gives the sources."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_SCHEMA)
        self._known: dict[str, str] = dict(db.execute("SELECT path, hash FROM coded").fetchall())
        self._parts: dict[str, str] = {}

    def update(self, wanted: Mapping[str, str], source: Callable[[str], bytes]) -> None:
        """Make it hold the files `wanted` (their hashes by path), whose content `source` gives. All
        of it is one transaction."""
        gone = [path for path in self._known if path not in wanted]
        stale = [path for path, digest in wanted.items() if self._known.get(path) != digest]
        if not gone and not stale:
            return
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            last = db.execute(
                "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name='coded'"
            )
            if last.fetchone()[0] + len(stale) > 3 * len(wanted) + _FORGOTTEN:
                db.execute("INSERT INTO code(code) VALUES('delete-all')")
                db.execute("DELETE FROM coded")
                db.execute("DELETE FROM sqlite_sequence WHERE name='coded'")
                stale = list(wanted)
            db.executemany("DELETE FROM coded WHERE path=?", [(path,) for path in [*gone, *stale]])
            for path in stale:
                self._put(path, wanted[path], source(path))
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        self._known = dict(wanted)
        self._parts.clear()

    def search(self, expression: str, limit: int) -> list[Piece]:
        """The best pieces for an FTS5 expression over words in small letters."""
        rows = self._db.execute(
            "SELECT f.path, code.rowid FROM code JOIN coded f ON f.id = code.rowid >> ? "
            "WHERE code MATCH ? ORDER BY bm25(code), code.rowid LIMIT ?",
            (_PIECES, expression, limit),
        )
        found: list[Piece] = []
        for path, row in rows:
            first = (row & (1 << _PIECES) - 1) * PIECE_LINES + 1
            found.append(Piece(path, first, first + PIECE_LINES - 1))
        return found

    def _put(self, path: str, digest: str, source: bytes) -> None:
        file = self._db.execute("INSERT INTO coded(path, hash) VALUES(?,?)", (path, digest))
        base = (file.lastrowid or 0) << _PIECES
        # By "\n" alone, as everywhere here: form feeds and the like end no line.
        lines = source.decode("utf-8", errors="replace").split("\n")
        self._db.executemany(
            "INSERT INTO code(rowid, text) VALUES(?,?)",
            [
                (base + number, self._with_parts("\n".join(lines[at : at + PIECE_LINES])))
                for number, at in enumerate(range(0, len(lines), PIECE_LINES))
            ],
        )

    def _with_parts(self, text: str) -> str:
        """With the words inside camelCase names; those of snake_case the tokenizer finds."""
        parts = self._parts
        extra = []
        for word in set(_WORDS.findall(text)):
            known = parts.get(word)
            if known is None:
                plain = word.islower() or word.isupper() or word[1:].islower()
                known = parts[word] = "" if plain else " ".join(split_name(word))
            if known:
                extra.append(known)
        return f"{text}\n{' '.join(extra)}" if extra else text
