"""One writing Heaven a repository: an advisory file lock that dies with its process."""

from __future__ import annotations

import fcntl
import json
import os
import time
import weakref
from pathlib import Path

from .errors import HeavenInUse

# A new holder writes its number right after taking the lock; give it that long to do so.
_NUMBER_WAIT_S = 0.2
_held: weakref.WeakSet[FileLock] = weakref.WeakSet()


class FileLock:
    """An exclusive `flock` on `path`, whose content is `{"pid": ..., "started": ...}`.

    The system drops it when the process ends, however it ends, so a stale file is no obstacle; the
    file itself stays, because removing it would let two processes lock two files of one name. A
    second lock in the same process is refused too.
    """

    def __init__(self, path: Path, *, started: str) -> None:
        """Takes the lock at once. Raises HeavenInUse, OSError."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _read_pid(fd)
            os.close(fd)
            raise HeavenInUse(pid, path) from None
        content = json.dumps({"pid": os.getpid(), "started": started}) + "\n"
        os.ftruncate(fd, 0)
        os.pwrite(fd, content.encode(), 0)
        self._fd: int | None = fd
        _held.add(self)

    def release(self) -> None:
        """Let others in. Idempotent."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            self._drop()

    def _drop(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def holder_of(path: Path) -> int | None:
    """The number of the live process that holds the lock file `path`; None when nobody does, also
    when the file is left over from a process that died, or missing."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_pid(fd)
    finally:
        os.close(fd)
    return None


def _read_pid(fd: int) -> int | None:
    deadline = time.monotonic() + _NUMBER_WAIT_S
    while True:
        try:
            record = json.loads(os.pread(fd, 4096, 0))
            return int(record["pid"])
        except (ValueError, TypeError, KeyError):
            if time.monotonic() > deadline:
                return None
            time.sleep(0.005)


def _forget_in_child() -> None:
    """A forked child shares its parent's locks; it must not keep them alive after the parent."""
    for lock in list(_held):
        lock._drop()


os.register_at_fork(after_in_child=_forget_in_child)
