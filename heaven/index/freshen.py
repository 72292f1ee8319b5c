"""Brings the stored index up to date with the working tree."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from .binders import is_configuration
from .extract import extract
from .facts import FileFacts
from .languages import language_of
from .store import FileRow, IndexStore
from .watch import Signature, TreeWatch, file_signature, settled, signature

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


def _fitness(source: bytes) -> str:
    if b"\0" in source[:_LOOKED_AT]:
        return "binary"
    if len(source) > _MINIFIED_FROM and len(source) > _LONG_LINES * (source.count(b"\n") + 1):
        return "minified"
    return "ok"
