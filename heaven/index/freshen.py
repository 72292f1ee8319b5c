"""Brings the stored index up to date with the working tree."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from .binders import is_configuration
from .extract import extract
from .facts import FileFacts
from .languages import language_of
from .store import FileRow, IndexStore
from .watch import Look, Signature, TreeWatch, file_signature, settled, signature

MAX_FILE: Final = 1_048_576
_LOOKED_AT: Final = 8_192
_LONG_LINES: Final = 500
_MINIFIED_FROM: Final = 20_000
_READS: Final = 5


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
        if row is not None and row.seen == seen and settled(row.seen, row.read_at):
            return True
        self._suspects.add(path)
        return False

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
        self._store.begin()
        try:
            changed = self._read(stale, progress)
            for path in gone:
                self._store.remove(path)
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
        changed = 0
        for done, path in enumerate(stale, 1):
            changed += self._read_one(path)
            if progress is not None:
                progress(done, len(stale))
        return changed

    def _read_one(self, path: str) -> bool:
        """Whether the content (or the reason to leave it out) is another than before."""
        known = self.rows.get(path)
        row, source = self._look(path)
        if row is None:
            if known is not None:
                self._store.remove(path)
                del self.rows[path]
            return known is not None
        if known is not None and known.hash == row.hash and known.status == row.status:
            row = replace(row, errors=known.errors)
            self.rows[path] = row
            self._store.touch(row)
            return False
        facts = FileFacts()
        language = language_of(path)
        if row.status == "ok" and language is not None:
            facts = extract(source, language)
            row = replace(row, errors=facts.errors)
        self._store.put(row, facts, source)
        self.rows[path] = row
        return True

    def _look(self, path: str) -> tuple[FileRow | None, bytes]:
        where = self._root / path
        for _ in range(_READS):
            read_at = time.time_ns()
            try:
                # A link that took the file's place meanwhile must not be followed.
                descriptor = os.open(where, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:
                return None, b""
            with open(descriptor, "rb") as handle:  # noqa: PTH123
                seen = signature(os.fstat(descriptor))
                if seen[0] > MAX_FILE:
                    return FileRow(path, "", seen, read_at, "large"), b""
                try:
                    source = handle.read(MAX_FILE + 1)
                except OSError:
                    return None, b""
                if signature(os.fstat(descriptor)) != seen:
                    continue
            return FileRow(
                path, sha256(source).hexdigest(), seen, read_at, _fitness(source)
            ), source
        return None, b""


def _matters(path: str) -> bool:
    """Whether the index holds anything of such a file."""
    return language_of(path) is not None or path == "pyproject.toml" or is_configuration(path)


def _fitness(source: bytes) -> str:
    if b"\0" in source[:_LOOKED_AT]:
        return "binary"
    if len(source) > _MINIFIED_FROM and len(source) > _LONG_LINES * (source.count(b"\n") + 1):
        return "minified"
    return "ok"
