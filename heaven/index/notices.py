"""What the kernel says changed: inotify, read when a question comes and never waited for.

The kernel queues an event before the call that caused it returns, so whoever reads the queue first
and the files afterwards misses nothing that was done before the question. It says nothing of writes
through a memory map, through another hard link, or on another machine's side of a shared directory.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from inotify_simple import INotify  # type: ignore[import-untyped]

MOST_DIRECTORIES: Final = 50_000
SKIPPED: Final = frozenset({".git", ".heaven", ".venv", "venv", "node_modules", "__pycache__"})
"""Directories that hold nothing of the repository's, unless git tracks a file in them."""
# Where all writers are processes of this machine.
_LOCAL: Final = frozenset(
    {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "tmpfs", "xfs", "zfs"}
)
_MOUNTS: Final = Path("/proc/self/mountinfo")

# As in inotify(7); the library's are enumerations, which are slow to test against.
_MODIFY, _ATTRIB = 0x2, 0x4
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_UNMOUNT, _OVERFLOW, _IGNORED, _ISDIR = 0x2000, 0x4000, 0x8000, 0x40000000
_ONLYDIR, _DONT_FOLLOW = 0x1000000, 0x2000000
_WANTED: Final = (
    _MODIFY | _ATTRIB | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
)
_NAMES: Final = _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
# The directory went away, is no directory, or is not ours to read: nothing there to be told of.
_NOTHING_THERE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES})


@dataclass(slots=True)
class News:
    """What happened since the last look, as paths from the root.

    `lost`: not all of it is known, and everything has to be looked at. `touched`: files whose
    content may be another; `named`, among them, those that came, went or were replaced;
    `directories`: new ones, to be watched; `rules`: whether what git tracks or ignores changed.
    """

    lost: bool = False
    touched: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    directories: set[str] = field(default_factory=set)
    rules: bool = False


class Notices:
    """Watches on directories of the repository `root`. Not thread-safe."""

    def __init__(self, root: Path) -> None:
        """Raises OSError where the kernel gives no watches, ImportError on another system than
        Linux. Use `can_tell` first."""
        from inotify_simple import INotify

        self._inotify: INotify = INotify()
        self._root = root
        self._base = os.fspath(root)
        self._place = _place(self._base)
        self._directories: dict[int, str] = {}
        self._watches: dict[str, int] = {}
        self._rules: dict[int, set[str]] = {}

    def close(self) -> None:
        self._inotify.close()

    def watch_tree(self, directory: str) -> None:
        """Watch `directory` ("" is the root) and all below it but what is SKIPPED, each before it
        is listed. Raises OSError: there are too many."""
        pending = [directory]
        while pending:
            one = pending.pop()
            if not self._watch(one):
                continue
            try:
                with os.scandir(f"{self._base}/{one}") as listing:
                    names = [each.name for each in listing if each.is_dir(follow_symlinks=False)]
            except OSError as error:
                if error.errno in _NOTHING_THERE:
                    continue
                raise
            pending.extend(
                f"{one}/{name}" if one else name for name in names if name not in SKIPPED
            )

    def watch_also(self, files: Iterable[str]) -> bool:
        """Watch the directories of these files, and those above; whether any was not watched.
        Raises OSError: there are too many."""
        new = False
        for path in files:
            at = path.rpartition("/")[0]
            while at not in self._watches:
                if not self._watch(at):
                    break
                new = True
                at = at.rpartition("/")[0]
        return new

    def watch_rules(self, files: Iterable[str]) -> None:
        """Watch git's own files (from the root, or absolute) that decide what is listed."""
        for path in files:
            directory, name = os.path.split(os.path.join(self._base, path))  # noqa: PTH118
            # Some tools make `.git`, or what is in it, a link.
            number = self._add(directory, follow=True)
            if number is not None:
                # What holds the file may itself come later (`.git/info`).
                self._rules.setdefault(number, {"info"}).add(name)

    def read(self) -> News:
        """Everything since the last call. Costs two system calls where nothing happened."""
        news = News(lost=_place(self._base) != self._place)
        for number, mask, _, name in self._inotify.read(timeout=0):
            if mask & (_OVERFLOW | _UNMOUNT):
                news.lost = True
            elif mask & _IGNORED:
                self._forget(number)
            elif number in self._rules:
                news.rules |= name in self._rules[number]
                news.lost |= bool(mask & (_MOVE_SELF | _DELETE_SELF)) or name == "info"
            elif number in self._directories:
                self._take(news, self._directories[number], mask, name)
        return news

    def _take(self, news: News, directory: str, mask: int, name: str) -> None:
        if not name or mask & (_MOVE_SELF | _DELETE_SELF):
            # Moved: the paths of its watches are wrong. Deleted: its parent tells too.
            gone = mask & _DELETE_SELF and directory
            news.lost |= not gone
            return
        path = f"{directory}/{name}" if directory else name
        if name == ".git":
            news.lost = True
        elif not mask & _ISDIR:
            news.touched.add(path)
            if mask & _NAMES:
                news.named.add(path)
        elif name not in SKIPPED or path in self._watches:
            if mask & (_CREATE | _MOVED_TO):
                news.directories.add(path)
            elif not mask & _DELETE:
                news.lost = True

    def _watch(self, directory: str) -> bool:
        number = self._add(f"{self._base}/{directory}" if directory else self._base)
        if number is None:
            return False
        if len(self._directories) >= MOST_DIRECTORIES:
            raise OSError(errno.ENOSPC, "too many directories to watch")
        self._directories[number] = directory
        self._watches[directory] = number
        return True

    def _add(self, place: str, *, follow: bool = False) -> int | None:
        mask = _WANTED | _ONLYDIR | (0 if follow else _DONT_FOLLOW)
        try:
            number: int = self._inotify.add_watch(place, mask)
        except OSError as error:
            if error.errno in _NOTHING_THERE:
                return None
            raise
        return number

    def _forget(self, number: int) -> None:
        self._rules.pop(number, None)
        directory = self._directories.pop(number, None)
        if directory is not None and self._watches.get(directory) == number:
            del self._watches[directory]


def can_tell(root: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether the kernel hears of every write below `root`: on Linux, where `root` lies on a file
    system of this machine alone and nothing else is mounted inside it."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    base = os.fspath(root)
    kind, length = "", -1
    for line in lines:
        # ID, parent, device, root, mount point, options, optional fields, "-", type, ...
        fields = line.split(" ")
        try:
            point = _unescape(fields[4]).rstrip("/")
            found = fields[fields.index("-", 6) + 1]
        except (IndexError, ValueError):
            return False
        if base == point or base.startswith(f"{point}/"):
            if len(point) >= length:  # the last one of a place lies on top
                kind, length = found, len(point)
        elif point.startswith(f"{base}/"):
            inside = point[len(base) + 1 :].split("/")
            if SKIPPED.isdisjoint(inside):
                return False
    return kind in _LOCAL


def _unescape(text: str) -> str:
    """mountinfo writes blanks, tabs, newlines and backslashes in octal."""
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text


def _place(base: str) -> tuple[int, int] | None:
    """What stands under this name: another directory may have taken it from the one watched."""
    try:
        status = os.lstat(base)
    except OSError:
        return None
    return status.st_dev, status.st_ino
