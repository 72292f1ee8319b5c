"""Brings the stored index up to date with the working tree."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from .languages import is_configuration, language_of
from .prepared import FileRow, Known, Prepared
from .store import IndexStore
from .watch import Look, Signature, TreeWatch, file_signature, settled, signature
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
        self._base = os.fspath(root)
        self._store = store
        self._watch = TreeWatch(root, lister, _matters)
        # Files to look at though nobody told of them: what they showed was not what they hold.
        self._suspects: set[str] = set()
        # Files with another name somewhere: nobody tells of what is written through that.
        self._linked: set[str] = set()
        self.listed: tuple[str, ...] = ()
        self._taken: tuple[str, ...] | None = None
        self._names: frozenset[str] = frozenset()
        self._sources: frozenset[str] = frozenset()
        self._configuration: frozenset[str] = frozenset()
        self._configured: dict[str, Signature | None] = {}
        self.rows: dict[str, FileRow] = store.files()

    def refresh(self, progress: Callable[[int, int], None] | None = None) -> Change:
        """Read what changed, forget what left. All of it is one transaction."""
        look = self._watch.look()
        try:
            return self._take(look, progress)
        except BaseException:
            # What the look told is told once.
            self._taken = None
            if look.touched is None:
                self._watch.close()
            else:
                self._suspects |= look.touched
            raise

    def close(self) -> None:
        self._watch.close()

    def is_listed(self, path: str) -> bool:
        """Whether the repository has the file and does not ignore it. No: it may be too new."""
        return path in self._names

    def listing(self) -> tuple[str, ...]:
        """Every file that is not ignored, those that hold no code included."""
        return self._watch.list() if self._watch.told else self.listed

    def suspect(self, path: str) -> None:
        """A file is not what it was, though nobody told: the next `refresh` looks at it."""
        self._suspects.add(path)

    def shows(self, path: str) -> bool:
        """Whether an indexed file still looks as it was read; if not, the next `refresh` reads it.
        True without a look where that just looked at all files."""
        if not self._watch.told:
            return True
        row = self.rows.get(path)
        try:
            seen = signature(os.lstat(f"{self._base}/{path}"))
        except OSError:
            seen = None
        same = row is not None and row.seen == seen
        if same and row and (settled(row.seen, row.read_at) or self._holds(row)):
            return True
        self._suspects.add(path)
        return False

    def _holds(self, row: FileRow) -> bool:
        """Whether a file that was changed so shortly before it was read that it could have changed
        again and look the same is what was read. If so, it counts as read now."""
        read_at = time.time_ns()
        try:
            content = (self._root / row.path).read_bytes()
        except OSError:
            return False
        if sha256(content).hexdigest() != row.hash:
            return False
        self.rows[row.path] = row._replace(read_at=read_at)
        return True

    def _take(self, look: Look, progress: Callable[[int, int], None] | None) -> Change:
        listed = look.files
        news = listed is not self._taken
        if news:
            self.listed = self._taken = listed
            self._names = frozenset(listed)
            self._sources = frozenset(path for path in listed if language_of(path) is not None)
            self._configuration = frozenset(("pyproject.toml", *filter(is_configuration, listed)))
        configured = False
        if news or look.touched is None or not self._configuration.isdisjoint(look.touched):
            seen = {path: file_signature(self._root / path) for path in self._configuration}
            configured, self._configured = seen != self._configured, seen
        stale, gone = self._stale(self._candidates(look, news))
        if news:
            gone.extend(self.rows.keys() - self._sources)
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

    def _candidates(self, look: Look, news: bool) -> Iterable[str]:
        """The sources to be looked at."""
        if look.touched is None:
            self._suspects.clear()
            return self._sources
        candidates = (look.touched | self._suspects | self._linked) & self._sources
        self._suspects.clear()
        return candidates | (self._sources - self.rows.keys()) if news else candidates

    def _stale(self, candidates: Iterable[str]) -> tuple[list[str], list[str]]:
        """Those of the sources that must be read again, and those that have a row and are gone."""
        rows = self.rows
        stale: list[str] = []
        gone: list[str] = []
        for path in candidates:
            row = rows.get(path)
            try:
                status = os.lstat(f"{self._base}/{path}")
            except OSError:
                status = None
            if status is None or status.st_mode & 0o170000 != 0o100000:
                if row is not None:
                    gone.append(path)
                continue
            if status.st_nlink > 1:
                self._linked.add(path)
            if (
                row is None
                or row.seen
                != (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
                or not settled(row.seen, row.read_at)
            ):
                stale.append(path)
        stale.sort()
        return stale, gone

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
                changed += self._store_all(waiting)
                waiting, symbols = [], 0
        return changed + self._store_all(waiting)

    def _store_all(self, files: Sequence[Prepared]) -> int:
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


def _matters(path: str) -> bool:
    """Whether the index holds anything of such a file."""
    return language_of(path) is not None or path == "pyproject.toml" or is_configuration(path)
