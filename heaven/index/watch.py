"""Which files of the working tree changed since the last look, by content and not by date alone.

A file whose size, inode or times differ is read again. So is one that was changed so shortly before
it was read that a later change could carry the same times (git calls such an entry racy).

Where the kernel tells of changes, only the files that it names are looked at, so that a question
costs the same in a tree of ten files and of ten thousand. Elsewhere, at the start, when it could
not tell everything, and once in a while anyway, all of them are.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import basename
from stat import S_ISLNK, S_ISREG
from typing import Final, TypeAlias

from .notices import MOST_DIRECTORIES, SKIPPED, Notices, can_tell

# The coarsest clock of a file system in use (FAT) ticks every two seconds.
RACY_NS: Final = 2_000_000_000
BELT_SECONDS: Final = 60.0
"""How long notices are believed before everything is looked at all the same."""
# Watching costs as much as listing twice; a command that asks once does without.
_ASKS_BEFORE_WATCHING: Final = 2

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


@dataclass(frozen=True, slots=True)
class Look:
    """The files now, and those among them that may have changed since the last look; None: all."""

    files: tuple[str, ...]
    touched: frozenset[str] | None


@dataclass(slots=True)
class TreeWatch:
    """The list of files, kept while no directory changed, and what changed since the last look.

    `matters` says whether a file that came or went is of interest: a list that lacks others, or has
    one too many, is brought up to date by `list` only. `patience`: so many looks go by before the
    kernel is asked to tell.
    """

    root: Path
    lister: Callable[[Path], tuple[str, ...]]
    matters: Callable[[str], bool] = lambda _: True
    patience: int = _ASKS_BEFORE_WATCHING
    files: tuple[str, ...] = ()
    _directories: dict[str, Signature | None] = field(default_factory=dict)
    _settled: bool = False
    _listed: bool = False
    _notices: Notices | None = None
    _untold: bool = False
    _believed_at: float = 0.0
    _names: frozenset[str] = frozenset()

    @property
    def told(self) -> bool:
        """Whether the kernel tells of changes."""
        return self._notices is not None

    def close(self) -> None:
        if self._notices is not None:
            self._notices.close()
            self._notices = None

    def look(self) -> Look:
        """What there is and what changed. Raises TreeUnreadable as the lister does."""
        if self._notices is None:
            if self.patience > 0:
                self.patience -= 1
            elif not self._untold:
                return self._start()
            return Look(self.list(), None)
        news = self._notices.read()
        if news.lost or time.monotonic() - self._believed_at > BELT_SECONDS:
            self.close()
            return self._start()
        try:
            for directory in news.directories:
                self._notices.watch_tree(directory)
            if (
                news.rules
                or news.directories
                or any(map(self._is_rule, news.touched))
                or any(self.matters(path) and self._came_or_went(path) for path in news.named)
            ):
                self._list_told(self._notices)
        except OSError:
            return self._give_up()
        except BaseException:
            self.close()  # what was read from the queue would be forgotten
            raise
        return Look(self.files, frozenset(news.touched))

    def _start(self) -> Look:
        """Watch first, list afterwards: what comes in between is told of."""
        if not can_tell(self.root):
            self._untold = True
            return Look(self.list(), None)
        try:
            self._notices = Notices(self.root)
            self._notices.watch_tree("")
            self._notices.watch_rules(_git_files(self.root))
            self._believed_at = time.monotonic()
            self._list_told(self._notices)
        except (OSError, ImportError):
            return self._give_up()
        except BaseException:
            self.close()
            raise
        return Look(self.files, None)

    def _give_up(self) -> Look:
        """The system has no watches left, or none for us: look at everything from now on."""
        self.close()
        self._untold = True
        self._settled = False
        return Look(self.list(), None)

    def _list_told(self, notices: Notices) -> None:
        self.files = self.lister(self.root)
        if notices.watch_also(self.files):
            # Tracked, and in a directory that is not watched otherwise.
            self.files = self.lister(self.root)
        self._names = frozenset(self.files)

    def _is_rule(self, path: str) -> bool:
        return basename(path) == ".gitignore"

    def _came_or_went(self, path: str) -> bool:
        """Whether the list is wrong about it. A file that another one replaced is still listed."""
        try:
            mode = os.lstat(self.root / path).st_mode
        except OSError:
            return path in self._names
        return (S_ISREG(mode) or S_ISLNK(mode)) is not (path in self._names)

    def list(self) -> tuple[str, ...]:
        """The files now, all of them. Raises TreeUnreadable as the lister does."""
        if self._settled and self._unchanged():
            return self.files
        before = time.time_ns()
        files = self.lister(self.root)
        if files != self.files:
            self.files = files
        # Whoever lists once does not pay for keeping the list.
        if self._listed:
            self._directories = self._watched()
            self._settled = len(self._directories) < MOST_DIRECTORIES and all(
                seen is None or settled(seen, before) for seen in self._directories.values()
            )
        self._listed = True
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
        base = os.fspath(self.root)
        pending = [""]
        while pending and len(found) < MOST_DIRECTORIES:
            directory = pending.pop()
            try:
                found[directory] = signature(os.lstat(f"{base}/{directory}"))
                with os.scandir(f"{base}/{directory}") as listing:
                    children = [one.name for one in listing if one.is_dir(follow_symlinks=False)]
            except OSError:
                found[directory] = None
                continue
            for name in children:
                if name not in SKIPPED:
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
