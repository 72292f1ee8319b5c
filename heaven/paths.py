"""Paths that programs, edits and leases name: one spelling each, none of them out of bounds."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from .errors import PathOutside

ROOT = "."

_DRIVE = re.compile(r"[A-Za-z]:")
# Code points that HFS+ leaves out when it compares names: `.g<ZWNJ>it` is `.git` there.
_IGNORED_BY_HFS = dict.fromkeys(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF]
)
_PRIVATE = frozenset({".git", ".heaven", "git~1"})


def normalise(path: str) -> str:
    """The one spelling of a repository path: POSIX, relative, no `.` parts, no doubled slashes.

    The root is ".". Purely textual. Raises PathOutside on what is absolute, climbs with `..`,
    names `.git` or `.heaven` at any depth and in any case, or holds NUL, a backslash, a drive
    letter, or text that UTF-8 cannot carry.
    """
    if not path:
        raise PathOutside(path, "the path is empty")
    if "\0" in path:
        raise PathOutside(path, "the path holds a NUL")
    if "\\" in path:
        raise PathOutside(path, "the path holds a backslash; use '/'")
    if path.startswith("/") or _DRIVE.match(path):
        raise PathOutside(path, "the path is absolute; name it from the repository's root")
    try:
        path.encode()
    except UnicodeEncodeError:
        raise PathOutside(path, "the path is not UTF-8") from None
    parts = [part for part in path.split("/") if part not in ("", ".")]
    for part in parts:
        if part == "..":
            raise PathOutside(path, "the path climbs with '..'")
        if is_private(part):
            raise PathOutside(path, f"{part!r} is not part of the working tree")
    spelled = "/".join(parts) or ROOT
    if _DRIVE.match(spelled):
        raise PathOutside(path, "the path names a drive")
    return spelled


def is_private(part: str) -> bool:
    """Whether a path component is `.git` or `.heaven`, also as Windows and macOS spell it."""
    # All others, in one look; what is left out of a name is not ASCII.
    if part.isascii() and part[:1] not in ".gG":
        return False
    plain = part.translate(_IGNORED_BY_HFS).partition(":")[0].rstrip(". ").casefold()
    return plain in _PRIVATE


def resolve_inside(root: Path, path: str) -> Path:
    """The file that `path` names under `root`; it need not exist.

    Raises PathOutside as `normalise` does, and when any component below `root`, the last one
    included, is a symbolic link: where it leads can change between this check and the write.
    """
    relative = normalise(path)
    if relative == ROOT:
        return root
    where = root
    for part in relative.split("/"):
        where = where / part
        try:
            mode = where.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return root / relative
        except OSError as error:
            raise PathOutside(path, error.strerror or "unusable") from error
        if stat.S_ISLNK(mode):
            raise PathOutside(path, "the path goes through a symbolic link")
    return where
