"""Brings the stored index up to date with the working tree."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .binders import is_configuration
from .languages import language_of
from .prepared import FileRow, Known, Prepared
from .store import IndexStore
from .watch import Signature, TreeWatch, file_signature, settled
from .workers import prepare_all

# Symbols that are inserted at once: in the order of their ids, which few at a time would not be.
_TOGETHER: Final = 8_000


@dataclass(frozen=True, slots=True)
class Change:
    """`contents`: files that were read anew or left. `paths`: whether names came or went."""

    contents: int
    paths: bool


class Freshener:
    """`rows` mirrors the store's table of files. The caller serialises access."""

    def __init__(
        self, root: Path, store: IndexStore, lister: Callable[[Path], tuple[str, ...]]
    ) -> None:
        self._root = root
        self._store = store
        self._watch = TreeWatch(root, lister)
        self.listed: tuple[str, ...] = ()
        self._sources: tuple[str, ...] = ()
        self._configuration: tuple[str, ...] = ()
        self._configured: tuple[Signature | None, ...] = ()
        self.rows: dict[str, FileRow] = store.files()

    def refresh(self, progress: Callable[[int, int], None] | None = None) -> Change:
        """Read what changed, forget what left. All of it is one transaction."""
        listed = self._watch.list()
        if listed is not self.listed:
            self.listed = listed
            self._sources = tuple(path for path in listed if language_of(path) is not None)
            self._configuration = ("pyproject.toml", *filter(is_configuration, listed))
        seen = tuple(file_signature(self._root / path) for path in self._configuration)
        configured, self._configured = seen != self._configured, seen
        stale, present = self._stale()
        gone = [path for path in self.rows if path not in present]
        if not stale and not gone:
            return Change(0, configured)
        before = self.rows.keys() - gone
        try:
            self._store.begin()
            changed = self._read(stale, progress)
            self._store.remove(gone)
            self._store.commit()
        except BaseException:
            self._store.roll_back()
            self.rows = self._store.files()
            raise
        for path in gone:
            del self.rows[path]
        return Change(changed + len(gone), configured or bool(gone) or self.rows.keys() != before)

    def _stale(self) -> tuple[list[str], set[str]]:
        base = os.fspath(self._root)
        rows = self.rows
        stale: list[str] = []
        present: set[str] = set()
        for path in self._sources:
            try:
                status = os.lstat(f"{base}/{path}")
            except OSError:
                continue
            if status.st_mode & 0o170000 != 0o100000:
                continue
            present.add(path)
            row = rows.get(path)
            if (
                row is None
                or row.seen
                != (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
                or not settled(row.seen, row.read_at)
            ):
                stale.append(path)
        return stale, present

    def _read(self, stale: list[str], progress: Callable[[int, int], None] | None) -> int:
        """How many files have another content (or reason to be left out) than before."""
        known = [
            Known(path) if row is None else Known(path, row.hash, row.status)
            for path, row in ((path, self.rows.get(path)) for path in stale)
        ]
        changed = done = symbols = 0
        waiting: list[Prepared] = []
        for files in prepare_all(self._root, known):
            for one in files:
                done += 1
                symbols += len(one.symbols)
                if progress is not None:
                    progress(done, len(stale))
            waiting.extend(files)
            if symbols >= _TOGETHER:
                changed += self._take(waiting)
                waiting, symbols = [], 0
        return changed + self._take(waiting)

    def _take(self, files: Sequence[Prepared]) -> int:
        changed = 0
        gone = []
        found = []
        for one in files:
            row, known = one.row, self.rows.get(one.path)
            if row is None:
                if known is not None:
                    gone.append(one.path)
                    del self.rows[one.path]
                    changed += 1
                continue
            if one.same and known is not None:
                row = row._replace(errors=known.errors, garbled=known.garbled)
            else:
                changed += 1
            self.rows[one.path] = row
            found.append(one)
        self._store.remove(gone)
        self._store.put(found)
        return changed
