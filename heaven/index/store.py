"""The index on disk: SQLite in WAL mode. Derived from the working tree, so safe to delete."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Final

from ..records import Position, Symbol
from ..words import split_name
from .facts import Definition, FileFacts, dump, load
from .watch import Signature

SCHEMA: Final = 6
_SCHEMA: Final = """
CREATE TABLE files(
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, hash TEXT NOT NULL,
  size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL, inode INTEGER NOT NULL,
  read_at INTEGER NOT NULL, status TEXT NOT NULL, errors INTEGER NOT NULL, uses INTEGER NOT NULL,
  facts TEXT NOT NULL);
CREATE TABLE symbols(
  id INTEGER PRIMARY KEY, file INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,
  qualname TEXT NOT NULL, kind TEXT NOT NULL, overload INTEGER NOT NULL,
  start_byte INTEGER NOT NULL, end_byte INTEGER NOT NULL, start_line INTEGER NOT NULL,
  end_line INTEGER NOT NULL, name_start INTEGER NOT NULL, name_end INTEGER NOT NULL,
  name_line INTEGER NOT NULL, signature TEXT NOT NULL);
CREATE UNIQUE INDEX symbols_of_file ON symbols(file, number);
CREATE INDEX symbols_by_name ON symbols(name);
CREATE INDEX symbols_by_qualname ON symbols(qualname);
CREATE TABLE mentions(name TEXT NOT NULL, file INTEGER NOT NULL, PRIMARY KEY(name, file))
  WITHOUT ROWID;
CREATE INDEX mentions_of_file ON mentions(file);
CREATE VIRTUAL TABLE words USING fts5(
  name, parts, qualname, path, signature, tokenize="unicode61 tokenchars '_'", prefix='2 3');
"""
_SYMBOL: Final = (
    "SELECT s.id, s.name, s.qualname, s.kind, f.path, s.overload, s.start_byte, s.end_byte, "
    "s.start_line, s.end_line, s.name_start, s.name_end, s.name_line, s.signature, s.number "
    "FROM symbols s JOIN files f ON f.id = s.file "
)
_MAX_SIGNATURE: Final = 4_000
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class FileRow:
    """`status` is `ok`, or why the file was left out (`large`, `binary`, `minified`)."""

    path: str
    hash: str
    seen: Signature
    read_at: int
    status: str
    errors: int = 0


class IndexStore:
    """One connection; the caller serialises access. Raises sqlite3.Error on a broken disk."""

    def __init__(self, path: Path | None) -> None:
        """`path` None keeps the index in memory. A file of another schema, or a damaged one, is
        thrown away and built anew."""
        self._path = path
        try:
            self._db = self._open()
        except sqlite3.DatabaseError:
            self._discard()
            self._db = self._open()

    def close(self) -> None:
        self._db.close()

    def _open(self) -> sqlite3.Connection:
        target = ":memory:" if self._path is None else self._path
        db = sqlite3.connect(target, isolation_level=None, check_same_thread=False, timeout=30.0)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA cache_size=-16000")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version != SCHEMA:
                if version != 0 or db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise sqlite3.DatabaseError("another schema")
                db.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={SCHEMA};COMMIT;")
            db.execute("SELECT count(*) FROM files").fetchone()
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    def _discard(self) -> None:
        if self._path is not None:
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    self._path.with_name(self._path.name + suffix).unlink()

    # Files

    def files(self) -> dict[str, FileRow]:
        rows = self._db.execute(
            "SELECT path, hash, size, mtime, ctime, inode, read_at, status, errors FROM files"
        )
        return {
            path: FileRow(path, digest, (size, mtime, ctime, inode), read_at, status, errors)
            for path, digest, size, mtime, ctime, inode, read_at, status, errors in rows
        }

    def begin(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._db.execute("COMMIT")

    def roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def touch(self, row: FileRow) -> None:
        """The same content under new times."""
        self._db.execute(
            "UPDATE files SET size=?, mtime=?, ctime=?, inode=?, read_at=? WHERE path=?",
            (*row.seen, row.read_at, row.path),
        )

    def remove(self, path: str) -> None:
        found = self._db.execute("SELECT id FROM files WHERE path=?", (path,)).fetchone()
        if found is not None:
            self._forget(found[0])
            self._db.execute("DELETE FROM files WHERE id=?", found)

    def _forget(self, file: int) -> None:
        self._db.execute(
            "DELETE FROM words WHERE rowid IN (SELECT id FROM symbols WHERE file=?)", (file,)
        )
        self._db.execute("DELETE FROM symbols WHERE file=?", (file,))
        self._db.execute("DELETE FROM mentions WHERE file=?", (file,))

    def put(self, row: FileRow, facts: FileFacts, source: bytes) -> None:
        """Replace all that is known of a file."""
        db = self._db
        values = (row.hash, *row.seen, row.read_at, row.status, row.errors, len(facts.uses))
        found = db.execute("SELECT id FROM files WHERE path=?", (row.path,)).fetchone()
        text = dump(facts)
        if found is None:
            cursor = db.execute(
                "INSERT INTO files(path, hash, size, mtime, ctime, inode, read_at, status, errors,"
                " uses, facts) VALUES(?,?,?,?,?,?,?,?,?,?,?)",
                (row.path, *values, text),
            )
            file = int(cursor.lastrowid or 0)
        else:
            file = int(found[0])
            self._forget(file)
            db.execute(
                "UPDATE files SET hash=?, size=?, mtime=?, ctime=?, inode=?, read_at=?, status=?,"
                " errors=?, uses=?, facts=? WHERE id=?",
                (*values, text, file),
            )
        lines = Lines(source)
        symbols = [
            self._symbol(row.path, number, one, lines)
            for number, one in enumerate(facts.definitions)
        ]
        db.executemany(
            "INSERT INTO symbols VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                (
                    one.id,
                    file,
                    number,
                    one.name,
                    one.qualname,
                    one.kind,
                    one.overload,
                    one.extent.start_byte,
                    one.extent.end_byte,
                    one.extent.start_line,
                    one.extent.end_line,
                    one.name_at.start_byte,
                    one.name_at.end_byte,
                    one.name_at.start_line,
                    one.signature,
                )
                for number, one in enumerate(symbols)
            ],
        )
        db.executemany(
            "INSERT INTO words(rowid, name, parts, qualname, path, signature) VALUES(?,?,?,?,?,?)",
            [
                (
                    one.id,
                    one.name,
                    " ".join(split_name(one.name)),
                    one.qualname.replace(".", " "),
                    " ".join(split_name(one.path)),
                    one.signature,
                )
                for one in symbols
            ],
        )
        names = set(facts.names)
        names.update(one.name for one in facts.definitions)
        db.executemany("INSERT INTO mentions VALUES(?,?)", [(name, file) for name in names])

    def _symbol(self, path: str, number: int, row: Definition, lines: Lines) -> Symbol:
        end = row.name_start + len(row.name.encode("utf-8", errors="replace"))
        signature = lines.source[row.header_start : row.header_end]
        return Symbol(
            self._free_id(path, row),
            row.name,
            row.qualname,
            row.kind,
            path,
            row.overload,
            lines.position(row.start, row.end),
            lines.position(row.name_start, end),
            signature[:_MAX_SIGNATURE].decode("utf-8", errors="replace"),
        )

    def _free_id(self, path: str, row: Definition) -> int:
        """The same on every machine unless two keys collide: 52 bits of a hash of the key."""
        key = f"{path}\0{row.qualname}\0{row.overload}".encode("utf-8", errors="replace")
        number = int.from_bytes(blake2b(key, digest_size=7).digest()) >> 4
        while self._db.execute("SELECT 1 FROM symbols WHERE id=?", (number,)).fetchone():
            number += 1
        return number

    def facts(self, path: str) -> FileFacts | None:
        found = self._db.execute(
            "SELECT facts FROM files WHERE path=? AND status='ok'", (path,)
        ).fetchone()
        return None if found is None else load(found[0])

    # Symbols

    def by_name(self, name: str) -> list[Symbol]:
        """Those whose name or qualname it is."""
        column = "qualname" if "." in name else "name"
        return self._symbols(f"WHERE s.{column}=?", (name,))

    def in_file(self, path: str) -> list[Symbol]:
        return self._symbols("WHERE f.path=?", (path,))

    def by_id(self, number: int) -> Symbol | None:
        return next(iter(self._symbols("WHERE s.id=?", (number,))), None)

    def by_ids(self, numbers: Sequence[int]) -> list[Symbol]:
        found: dict[int, Symbol] = {}
        for start in range(0, len(numbers), _BATCH):
            batch = numbers[start : start + _BATCH]
            marks = ",".join("?" * len(batch))
            found.update((one.id, one) for one in self._symbols(f"WHERE s.id IN ({marks})", batch))
        return [found[number] for number in numbers if number in found]

    def _symbols(self, where: str, values: Sequence[str | int]) -> list[Symbol]:
        rows = self._db.execute(f"{_SYMBOL}{where} ORDER BY f.path, s.number", values)
        return [_to_symbol(row) for row in rows]

    def ids_of_file(self, path: str) -> list[int]:
        """Symbol ids by the number of the definition in the file's facts."""
        rows = self._db.execute(
            "SELECT s.id FROM symbols s JOIN files f ON f.id=s.file WHERE f.path=? "
            "ORDER BY s.number",
            (path,),
        )
        return [row[0] for row in rows]

    def files_with(self, name: str) -> list[str]:
        """The files in which the name stands, as a definition or a use; sorted."""
        rows = self._db.execute(
            "SELECT f.path FROM mentions m JOIN files f ON f.id=m.file WHERE m.name=? "
            "ORDER BY f.path",
            (name,),
        )
        return [row[0] for row in rows]

    def files_of_several_bases(self) -> list[str]:
        """The files with a class whose header has a comma; sorted."""
        rows = self._db.execute(
            "SELECT DISTINCT f.path FROM symbols s JOIN files f ON f.id=s.file "
            "WHERE s.kind='class' AND s.signature LIKE '%,%' ORDER BY f.path"
        )
        return [row[0] for row in rows]

    def search(self, expression: str, limit: int) -> list[tuple[int, float]]:
        """Symbol ids and their rank (lower is better) for an FTS5 expression."""
        rows = self._db.execute(
            "SELECT rowid, bm25(words, 10.0, 6.0, 3.0, 1.0, 1.5) AS rank FROM words "
            "WHERE words MATCH ? ORDER BY rank, rowid LIMIT ?",
            (expression, limit),
        )
        return [(row[0], row[1]) for row in rows]

    def names(self) -> list[str]:
        """Every symbol's name, once each."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT name FROM symbols")]

    def counts(self) -> tuple[int, int, int]:
        """Files indexed, symbols, uses."""
        files, uses = self._db.execute(
            "SELECT count(*), coalesce(sum(uses), 0) FROM files WHERE status='ok'"
        ).fetchone()
        symbols = self._db.execute("SELECT count(*) FROM symbols").fetchone()[0]
        return files, symbols, uses


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


def _to_symbol(row: Iterable[object]) -> Symbol:
    (number, name, qualname, kind, path, overload, *places, signature, _) = row
    start, end, first, last, name_start, name_end, name_line = (
        place if isinstance(place, int) else 0 for place in places
    )
    return Symbol(
        int(str(number)),
        str(name),
        str(qualname),
        str(kind),
        str(path),
        int(str(overload)),
        Position(start, end, first, last),
        Position(name_start, name_end, name_line, name_line),
        str(signature),
    )
