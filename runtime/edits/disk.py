"""Changing files so that a crash leaves each one whole: temporary file, sync, rename, sync.

Every step is announced to a hook before it is done. Tests kill the process there, or fail the step.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ...heaven.durable import sync_directory, write_all
from ...heaven.errors import PathOutside
from ...heaven.paths import ROOT, resolve_inside

Step: TypeAlias = Callable[[str, str], None]
"""Called with the step's name ("write", "rename", ...) and its subject (a path, an event)."""


def no_hook(_step: str, _subject: str) -> None:
    return


@dataclass(frozen=True, slots=True)
class Target:
    """What a file is to become: `content`, or gone (None).

    `permissions` None leaves them to the process; `owner` is (uid, gid) to keep, where we may.
    `number` makes the temporary file's name unique within the edit.
    """

    path: str
    content: bytes | None
    permissions: int | None
    owner: tuple[int, int] | None
    number: int


def temporary_name(edit_id: str, number: int) -> str:
    """The name, beside its target, of a file that is being written."""
    return f".genesis-{edit_id}-{number}.tmp"


class Disk:
    """Writes under `root` only, never through a link. All methods raise OSError, PathOutside."""

    def __init__(self, root: Path, edit_id: str, step: Step = no_hook) -> None:
        self._root = root
        self._edit_id = edit_id
        self._step = step

    def put(self, targets: Sequence[Target], abandoned: Iterable[str] = ()) -> None:
        """Bring every target to what it is to become, all temporary files written and synced
        before the first name changes. Then remove the directories `abandoned`, if empty.

        Names are durable on return.
        """
        touched: set[Path] = set()
        for target in targets:
            if target.content is not None:
                touched |= self._make_parents(target.path)
                self._write(target, target.content)
        for target in targets:
            if target.content is not None:
                self._sync(self._temporary(target))
        for target in targets:
            where = resolve_inside(self._root, target.path)
            touched.add(where.parent)
            if target.content is not None:
                self._step("rename", target.path)
                self._temporary(target).replace(where)
            else:
                self._step("unlink", target.path)
                where.unlink(missing_ok=True)
        touched |= self.remove_directories(abandoned)
        for directory in sorted(touched):
            if directory.is_dir():
                self._step("sync directory", self._name(directory))
                sync_directory(directory)

    def remove_directories(self, paths: Iterable[str]) -> set[Path]:
        """Remove those that exist and are empty, deepest first; the parents of the removed."""
        touched: set[Path] = set()
        for path in sorted(paths, key=lambda path: path.count("/"), reverse=True):
            where = resolve_inside(self._root, path)
            if where.is_dir() and not any(where.iterdir()):
                self._step("rmdir", path)
                where.rmdir()
                touched.add(where.parent)
        return touched

    def sync_directories(self, paths: Iterable[str]) -> None:
        """Make the names of `paths` durable, whoever changed them."""
        parents = {parent for path in paths if (parent := self._parent(path)) is not None}
        for directory in sorted(parents):
            self._step("sync directory", self._name(directory))
            sync_directory(directory)

    def remove_temporaries(self, paths: Sequence[str]) -> None:
        """Remove what a write of this edit left over. `paths` in the order of their numbers."""
        for number, path in enumerate(paths):
            parent = self._parent(path)
            if parent is not None:
                (parent / temporary_name(self._edit_id, number)).unlink(missing_ok=True)

    def _make_parents(self, path: str) -> set[Path]:
        """Create the directories above `path` that are missing; the parents of the new ones."""
        touched: set[Path] = set()
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            where = resolve_inside(self._root, "/".join(parts[:depth]))
            if not where.is_dir():
                self._step("mkdir", self._name(where))
                where.mkdir()
                touched.add(where.parent)
        return touched

    def _write(self, target: Target, content: bytes) -> None:
        where = self._temporary(target)
        where.unlink(missing_ok=True)
        self._step("create", target.path)
        fd = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            half = len(content) // 2
            self._step("write", target.path)
            write_all(fd, content[:half])
            self._step("write the rest", target.path)
            write_all(fd, content[half:])
            if target.owner is not None and os.geteuid() == 0:
                os.fchown(fd, *target.owner)
            if target.permissions is not None:
                self._step("chmod", target.path)
                os.fchmod(fd, target.permissions)
        finally:
            os.close(fd)

    def _sync(self, where: Path) -> None:
        self._step("sync", self._name(where))
        fd = os.open(where, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def _parent(self, path: str) -> Path | None:
        """The directory of `path`, if there still is one and no link leads to it."""
        try:
            parent = resolve_inside(self._root, path.rpartition("/")[0] or ROOT)
        except PathOutside:
            return None
        return parent if parent.is_dir() else None

    def _temporary(self, target: Target) -> Path:
        parent = resolve_inside(self._root, target.path).parent
        return parent / temporary_name(self._edit_id, target.number)

    def _name(self, where: Path) -> str:
        return where.relative_to(self._root).as_posix()


def missing_directories(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """The directories above `paths` that are not there, sorted."""
    missing: set[str] = set()
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent and parent not in missing and not (root / parent).exists():
            missing.add(parent)
            parent = parent.rpartition("/")[0]
    return tuple(sorted(missing))
