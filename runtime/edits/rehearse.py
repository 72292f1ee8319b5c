"""Landing in a scratch tree that nobody needs after a crash: no lease, no journal, no sync."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ...heaven.paths import resolve_inside
from .disk import missing_directories
from .journal import Landed
from .land import landed_files, still_there
from .stage import Staged


def rehearse(staged: Staged, root: Path, run: str) -> Landed:
    """Write a staged edit below `root`; what it changed is what `land` says of it.

    Raises EditRefused (changed: a file is not what was staged), OSError, PathOutside.
    """
    found = {change.path: still_there(root, change) for change in staged.files}
    files = landed_files(staged, found)
    made = missing_directories(root, (one.path for one in files if one.after is not None))
    for change, file in zip(staged.files, files, strict=True):
        where = resolve_inside(root, change.path)
        if change.after is None:
            where.unlink(missing_ok=True)
            continue
        where.parent.mkdir(parents=True, exist_ok=True)
        _write(where, change.after)
        if file.permissions is not None:
            where.chmod(file.permissions)
    for directory in sorted(staged.abandoned_directories, reverse=True):
        with suppress(OSError):  # something else is in it
            resolve_inside(root, directory).rmdir()
    return Landed("", run, files, made)


def _write(where: Path, content: bytes) -> None:
    """In place and cut off at the end: a file that is emptied first is synced by some file
    systems."""
    fd = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.truncate()
