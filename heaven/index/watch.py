"""Which files of the working tree changed since the last look, by content and not by date alone.

A file whose size, inode or times differ is read again. So is one that was changed so shortly before
it was read that a later change could carry the same times (git calls such an entry racy).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Final, TypeAlias

# The coarsest clock of a file system in use (FAT) ticks every two seconds.
RACY_NS: Final = 2_000_000_000
_SKIPPED: Final = frozenset({".git", ".heaven", ".venv", "venv", "node_modules", "__pycache__"})
_MAX_DIRECTORIES: Final = 50_000

Signature: TypeAlias = tuple[int, int, int, int]


def signature(status: os.stat_result) -> Signature:
    """Size, modification and change time (ns), inode."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def settled(seen: Signature, read_at_ns: int) -> bool:
    """Whether the same signature later means the same content."""
    return max(seen[1], seen[2]) + RACY_NS < read_at_ns


def file_signature(path: Path) -> Signature | None:
    """A regular file's signature; None for anything else, and for what is not there."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return signature(status) if S_ISREG(status.st_mode) else None


@dataclass(slots=True)
class TreeWatch:
    """The list of files, kept while no directory changed. Listing costs a process; this, stats."""

    root: Path
    lister: Callable[[Path], tuple[str, ...]]
    files: tuple[str, ...] = ()
    _directories: dict[str, Signature | None] = field(default_factory=dict)
    _settled: bool = False
    _listed: bool = False

    def list(self) -> tuple[str, ...]:
        """The files now. Raises TreeUnreadable as the lister does."""
        if self._listed and self._settled and self._unchanged():
            return self.files
        before = time.time_ns()
        self.files = self.lister(self.root)
        self._directories = self._watched()
        self._listed = True
        self._settled = len(self._directories) < _MAX_DIRECTORIES and all(
            seen is None or settled(seen, before) for seen in self._directories.values()
        )
        return self.files

    def _unchanged(self) -> bool:
        base = os.fspath(self.root)
        for path, seen in self._directories.items():
            try:
                now = signature(os.lstat(os.path.join(base, path)))  # noqa: PTH118
            except OSError:
                now = None
            if now != seen:
                return False
        return True

    def _watched(self) -> dict[str, Signature | None]:
        """Every directory where a file could appear, and what decides which files are ignored."""
        found: dict[str, Signature | None] = {}
        pending = [""]
        while pending and len(found) < _MAX_DIRECTORIES:
            directory = pending.pop()
            try:
                found[directory] = signature(os.lstat(self.root / directory))
                with os.scandir(self.root / directory) as listing:
                    children = [one.name for one in listing if one.is_dir(follow_symlinks=False)]
            except OSError:
                found[directory] = None
                continue
            for name in children:
                if name not in _SKIPPED:
                    pending.append(f"{directory}/{name}" if directory else name)
        ours = _git_files(self.root)
        ignores = {*ours, ".gitignore"}
        ignores.update(f"{path}/.gitignore" for path in found if path)
        ignores.update(path for path in self.files if path.endswith("/.gitignore"))
        for path in ignores:
            seen = file_signature(self.root / path)
            if seen is not None or path in ours:
                found[path] = seen
        return found


def _git_files(root: Path) -> tuple[str, ...]:
    """Git's own files that decide what is listed, there or not: relative to `root`, or absolute
    where `.git` is a file that leads elsewhere (a linked work tree, a submodule)."""
    try:
        link = (root / ".git").read_text(encoding="utf-8", errors="surrogateescape")
        own = root / link.removeprefix("gitdir:").strip()
        shared = own
        if (own / "commondir").is_file():
            shared = own / (own / "commondir").read_text(encoding="utf-8").strip()
        return str(own / "index"), str(shared / "info/exclude")
    except (OSError, ValueError):
        return ".git/index", ".git/info/exclude"
