"""The index on disk: SQLite in WAL mode. Derived from the working tree, so safe to delete."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..records import Position, Symbol
from .facts import FileFacts, load
from .prepared import FileRow, Prepared, SymbolRow

SCHEMA: Final = 10
_SCHEMA: Final = """
-- Facts come last: they go over to pages of their own, which a scan of the rest does not read.
CREATE TABLE files(
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, hash TEXT NOT NULL,
  size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL, inode INTEGER NOT NULL,
  read_at INTEGER NOT NULL, status TEXT NOT NULL, errors INTEGER NOT NULL, uses INTEGER NOT NULL,
  garbled INTEGER NOT NULL, facts BLOB NOT NULL);
CREATE TABLE symbols(
  id INTEGER PRIMARY KEY, file INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,
  qualname TEXT NOT NULL, kind TEXT NOT NULL, overload INTEGER NOT NULL,
  start_byte INTEGER NOT NULL, end_byte INTEGER NOT NULL, start_line INTEGER NOT NULL,
  end_line INTEGER NOT NULL, name_start INTEGER NOT NULL, name_end INTEGER NOT NULL,
  name_line INTEGER NOT NULL, signature TEXT NOT NULL);
CREATE TABLE mentions(name TEXT NOT NULL, file INTEGER NOT NULL, PRIMARY KEY(name, file))
  WITHOUT ROWID;
"""
# Made after the rows of a first build, which is cheaper than keeping them up meanwhile.
_INDEXES: Final = {
    "symbols_of_file": "CREATE UNIQUE INDEX symbols_of_file ON symbols(file, number)",
    "symbols_by_name": "CREATE INDEX symbols_by_name ON symbols(name)",
    "symbols_by_qualname": "CREATE INDEX symbols_by_qualname ON symbols(qualname)",
}
_SYMBOL: Final = (
    "SELECT s.id, s.name, s.qualname, s.kind, f.path, s.overload, s.start_byte, s.end_byte, "
    "s.start_line, s.end_line, s.name_start, s.name_end, s.name_line, s.signature, s.number "
    "FROM symbols s JOIN files f ON f.id = s.file "
)
_BATCH: Final = 500
_CACHE: Final = -16_000
_BUILDING: Final = -128_000


class IndexStore:
    """One connection; the caller serialises access. Raises sqlite3.Error on a broken disk."""

    def __init__(self, path: Path | None) -> None:
        """`path` None keeps the index in memory. A file of another schema, or a damaged one, is
        thrown away and built anew."""
        self._path = path
        self._first = False
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
            db.execute(f"PRAGMA cache_size={_CACHE}")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version != SCHEMA:
                if version != 0 or db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise sqlite3.DatabaseError("another schema")
                whole = _SCHEMA + ";".join(_INDEXES.values())
                db.executescript(f"BEGIN;{whole};PRAGMA user_version={SCHEMA};COMMIT;")
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
            "SELECT path, hash, size, mtime, ctime, inode, read_at, status, errors, "
            "garbled FROM files"
        )
        return {
            path: FileRow(path, digest, (size, mtime, ctime, inode), read_at, *marks)
            for path, digest, size, mtime, ctime, inode, read_at, *marks in rows
        }

    def begin(self) -> None:
        """Start the one transaction of a refresh."""
        self._db.execute("BEGIN IMMEDIATE")
        self._first = self._db.execute("SELECT 1 FROM files LIMIT 1").fetchone() is None
        if self._first:
            self._db.execute(f"PRAGMA cache_size={_BUILDING}")
            for name in _INDEXES:
                self._db.execute(f"DROP INDEX {name}")

    def commit(self) -> None:
        if self._first:
            for statement in _INDEXES.values():
                self._db.execute(statement)
        self._db.execute("COMMIT")
        self._usual()

    def roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._usual()

    def _usual(self) -> None:
        if self._first:
            self._db.execute(f"PRAGMA cache_size={_CACHE}")
        self._first = False

    def remove(self, paths: Iterable[str]) -> None:
        """Forget files."""
        for path in paths:
            found = self._file(path)
            if found is not None:
                self._forget(*found)
                self._db.execute("DELETE FROM files WHERE id=?", found[:1])

    def _file(self, path: str) -> tuple[int, bytes] | None:
        row = self._db.execute("SELECT id, facts FROM files WHERE path=?", (path,)).fetchone()
        return None if row is None else (int(row[0]), row[1])

    def _forget(self, file: int, data: bytes) -> None:
        db = self._db
        db.execute("DELETE FROM symbols WHERE file=?", (file,))
        facts = load(data)
        names = {*facts.names, *(one.name for one in facts.definitions)}
        db.executemany("DELETE FROM mentions WHERE name=? AND file=?", [(n, file) for n in names])

    def put(self, files: Sequence[Prepared]) -> None:
        """Replace all that is known of some files: those with a row. Of one whose content is the
        same as before, only its times."""
        db = self._db
        same = [one.row for one in files if one.row is not None and one.same]
        db.executemany(
            "UPDATE files SET size=?, mtime=?, ctime=?, inode=?, read_at=? WHERE path=?",
            [(*row.seen, row.read_at, row.path) for row in same],
        )
        rows: list[tuple[object, ...]] = []
        symbols: list[tuple[int, int, SymbolRow]] = []
        mentions: list[tuple[str, int]] = []
        following = db.execute("SELECT coalesce(max(id), 0) + 1 FROM files").fetchone()[0]
        for one in files:
            row = one.row
            if row is None or one.same:
                continue
            found = None if self._first else self._file(one.path)
            if found is not None:
                file = found[0]
                self._forget(*found)
            else:
                file, following = following, following + 1
            rows.append((file, row.path, row.hash, *row.seen, row.read_at, row.status, row.errors,
                         one.uses, row.garbled, one.facts))  # fmt: skip
            symbols.extend((symbol.id, file, symbol) for symbol in one.symbols)
            mentions.extend((name, file) for name in one.names)
        db.executemany("REPLACE INTO files VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)
        # In the order of the tables, so that their pages are filled one after the other.
        self._insert_symbols(self._with_free_ids(symbols))
        mentions.sort()
        db.executemany("INSERT INTO mentions VALUES(?,?)", mentions)

    def _insert_symbols(self, symbols: list[tuple[int, int, SymbolRow]]) -> None:
        self._db.executemany(
            "INSERT INTO symbols VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [(number, file, *one[1:14]) for number, file, one in symbols],
        )

    def _with_free_ids(
        self, symbols: list[tuple[int, int, SymbolRow]]
    ) -> list[tuple[int, int, SymbolRow]]:
        """Sorted by id; an id that is taken gives way to the next free one."""
        symbols.sort()
        ids = [one[0] for one in symbols]
        taken: set[int] = set()
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            marks = ",".join("?" * len(batch))
            taken.update(
                row[0]
                for row in self._db.execute(f"SELECT id FROM symbols WHERE id IN ({marks})", batch)
            )
        if not taken and len(set(ids)) == len(ids):
            return symbols
        given: list[tuple[int, int, SymbolRow]] = []
        for number, file, symbol in symbols:
            while number in taken or self._is_taken(number):
                number += 1
            taken.add(number)
            given.append((number, file, symbol))
        return sorted(given, key=lambda one: one[0])

    def _is_taken(self, number: int) -> bool:
        return bool(self._db.execute("SELECT 1 FROM symbols WHERE id=?", (number,)).fetchone())

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

    def by_qualnames(self, qualnames: Sequence[str]) -> list[Symbol]:
        """What these qualified names name, in their order."""
        found: dict[str, list[Symbol]] = {}
        for start in range(0, len(qualnames), _BATCH):
            batch = qualnames[start : start + _BATCH]
            marks = ",".join("?" * len(batch))
            for one in self._symbols(f"WHERE s.qualname IN ({marks})", batch):
                found.setdefault(one.qualname, []).append(one)
        return [one for name in qualnames for one in found.get(name, ())]

    def qualnames(self) -> list[str]:
        """Every symbol's qualified name, once each."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT qualname FROM symbols")]

    def qualnames_in(self, path: str) -> list[str]:
        rows = self._db.execute(
            "SELECT s.qualname FROM symbols s JOIN files f ON f.id=s.file WHERE f.path=?", (path,)
        )
        return [row[0] for row in rows]

    @property
    def connection(self) -> sqlite3.Connection:
        """For tables beside these, in transactions of their own."""
        return self._db

    def enclosing(self, path: str, line: int) -> Symbol | None:
        """The innermost definition that the line is in."""
        where = "WHERE f.path=? AND s.start_line<=? AND s.end_line>=?"
        found = self._symbols(where, (path, line, line))
        return max(found, key=lambda one: one.extent.start_byte, default=None)

    def counts(self) -> tuple[int, int, int]:
        """Files indexed, symbols, uses."""
        files, uses = self._db.execute(
            "SELECT count(*), coalesce(sum(uses), 0) FROM files WHERE status='ok'"
        ).fetchone()
        symbols = self._db.execute("SELECT count(*) FROM symbols").fetchone()[0]
        return files, symbols, uses


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
