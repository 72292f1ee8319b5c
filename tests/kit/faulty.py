"""A layer over `os` that counts the steps a process takes on files below a directory, and dies.

`install()` must run before the package is imported, so that every name it binds is this layer's.
A step is a call that changes a file or a directory, or syncs one. `arm` says at which step the
process dies (SIGKILL, no cleanup), and how:

* `before`: the step is not taken.
* `torn`: a write is taken by half.
* `power`: the step is not taken, and what was never synced is gone: bytes written since a file's
  last sync, and names made, renamed or removed since their directory's.
"""

# pathlib goes through what is wrapped here.
# ruff: noqa: PTH112, PTH114, PTH115, PTH118, PTH119, PTH120, PTH208

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

Way = Literal["before", "torn", "power"]

_SYNCS = ("fsync", "fdatasync")
_REAL: dict[str, Callable[..., Any]] = {
    name: getattr(os, name)
    for name in (
        *("write", "pwrite", "ftruncate", "fchmod", "fchown", "open", "close"),
        *("rename", "replace", "link", "unlink", "remove", "mkdir", "rmdir", "chmod"),
        *_SYNCS,
    )
}


@dataclass(slots=True)
class _Layer:
    root: str = ""
    at: int = -1
    way: Way = "before"
    count: int = 0
    names: list[str] = field(default_factory=list)
    synced: dict[int, bytes] = field(default_factory=dict)
    dirty: dict[int, str] = field(default_factory=dict)
    entries: dict[str, list[Callable[[], None]]] = field(default_factory=dict)


_layer = _Layer()


def arm(root: str, at: int, way: Way) -> None:
    """Die at step `at` (from 0) below `root`; -1 only counts."""
    _layer.root, _layer.at, _layer.way, _layer.count = os.path.realpath(root), at, way, 0
    _layer.names.clear()
    _layer.synced.clear()
    _layer.dirty.clear()
    _layer.entries.clear()


def steps() -> list[str]:
    """The names of the steps taken since `arm`."""
    return list(_layer.names)


def point(name: str) -> None:
    """A step of the program's own, such as asking an angel."""
    if _layer.root:
        _step(name)


def install() -> None:
    """Put the layer between this process and `os`."""
    for name in ("write", "pwrite", "ftruncate", "fchmod", "fchown"):
        setattr(os, name, _on_descriptor(name))
    for name in _SYNCS:
        setattr(os, name, _sync(name))
    for name in ("rename", "replace", "link"):
        setattr(os, name, _on_two(name))
    for name in ("unlink", "remove", "mkdir", "rmdir", "chmod"):
        setattr(os, name, _on_path(name))
    os.open = _open


def _step(name: str) -> bool:
    """Count a step; True where it is to be taken by half."""
    number = _layer.count
    _layer.count += 1
    _layer.names.append(name)
    if number != _layer.at:
        return False
    if _layer.way == "torn" and name == "write":
        return True
    if _layer.way == "power":
        _lose()
    die()
    return False


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _path_of(fd: int) -> str:
    return os.readlink(f"/proc/self/fd/{fd}")


def _ours(path: str) -> bool:
    return bool(_layer.root) and path.startswith(_layer.root + "/") and "index.sqlite" not in path


def _full(path: Any, dir_fd: int | None) -> str:
    text = os.fsdecode(path)
    if dir_fd is not None and not text.startswith("/"):
        text = f"{_path_of(dir_fd)}/{text}"
    return os.path.join(os.path.realpath(os.path.dirname(text) or "."), os.path.basename(text))


def _touch(fd: int, path: str) -> None:
    """Remember a regular file's bytes as they were synced last, before they are changed."""
    status = os.fstat(fd)
    if stat.S_ISREG(status.st_mode) and status.st_ino not in _layer.dirty:
        _layer.dirty[status.st_ino] = path
        if status.st_ino not in _layer.synced:
            _layer.synced[status.st_ino] = _bytes(path)


def _bytes(path: str) -> bytes:
    fd = _REAL["open"](path, os.O_RDONLY)
    try:
        return os.pread(fd, os.fstat(fd).st_size, 0)
    finally:
        _REAL["close"](fd)


def _on_descriptor(name: str) -> Callable[..., Any]:
    real = _REAL[name]

    def call(fd: int, *args: Any) -> Any:
        path = _path_of(fd) if _layer.root else ""
        if _ours(path):
            _touch(fd, path)
            if _step(name):
                real(fd, args[0][: len(args[0]) // 2], *args[1:])
                die()
        return real(fd, *args)

    return call


def _sync(name: str) -> Callable[..., Any]:
    real = _REAL[name]

    def call(fd: int) -> Any:
        path = _path_of(fd) if _layer.root else ""
        if _ours(path) or (path and path == _layer.root):
            _step(name)
            status = os.fstat(fd)
            if stat.S_ISDIR(status.st_mode):
                _layer.entries.pop(path, None)
            else:
                _layer.dirty.pop(status.st_ino, None)
                _layer.synced[status.st_ino] = _bytes(path)
        return real(fd)

    return call


def _restoring(path: str) -> Callable[[], None]:
    """What puts `path` back to what it is now."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:

        def vanish() -> None:
            try:
                _REAL["unlink"](path)
            except FileNotFoundError:
                pass
            except (IsADirectoryError, PermissionError):
                _remove(path)

        return vanish
    if stat.S_ISDIR(status.st_mode):

        def again() -> None:
            if not os.path.isdir(path):
                _REAL["mkdir"](path)

        return again
    data, mode, inode = _bytes(path), stat.S_IMODE(status.st_mode), status.st_ino
    data = _layer.synced.get(inode, data) if inode in _layer.dirty else data

    def put_back() -> None:
        with suppress(FileNotFoundError):
            _REAL["unlink"](path)
        fd = _REAL["open"](path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        _REAL["write"](fd, data)
        _REAL["fchmod"](fd, mode)
        _REAL["close"](fd)

    return put_back


def _remove(directory: str) -> None:
    """A directory whose name was never synced is gone with all that is in it, synced or not."""
    for name in os.listdir(directory):
        inside = os.path.join(directory, name)
        if os.path.isdir(inside) and not os.path.islink(inside):
            _remove(inside)
        else:
            _REAL["unlink"](inside)
    _REAL["rmdir"](directory)


def _entry(path: str) -> None:
    _layer.entries.setdefault(os.path.dirname(path), []).append(_restoring(path))


def _on_two(name: str) -> Callable[..., Any]:
    real = _REAL[name]

    def call(
        source: Any, target: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None
    ) -> Any:
        one, other = _full(source, src_dir_fd), _full(target, dst_dir_fd)
        if _ours(other):
            _step(name)
            if name != "link":
                _entry(one)
            _entry(other)
        return real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    return call


def _on_path(name: str) -> Callable[..., Any]:
    real = _REAL[name]

    def call(path: Any, *args: Any, dir_fd: int | None = None, **others: Any) -> Any:
        if isinstance(path, int):
            return real(path, *args, **others)
        full = _full(path, dir_fd)
        if _ours(full):
            _step(name)
            if name != "chmod":
                _entry(full)
        if dir_fd is not None:
            others["dir_fd"] = dir_fd
        return real(path, *args, **others)

    return call


def _open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
    if _layer.root and flags & (os.O_CREAT | os.O_TRUNC):
        full = _full(path, dir_fd)
        if _ours(full):
            _step("open")
            if not os.path.lexists(full):
                _entry(full)
            elif flags & os.O_TRUNC:
                fd = _REAL["open"](full, os.O_RDONLY)
                _touch(fd, full)
                _REAL["close"](fd)
            fd = int(_REAL["open"](path, flags, mode, dir_fd=dir_fd))
            _layer.synced.setdefault(os.fstat(fd).st_ino, b"")
            return fd
    return int(_REAL["open"](path, flags, mode, dir_fd=dir_fd))


def _lose() -> None:
    """Take back what no sync has made durable, the newest first."""
    for inode, path in list(_layer.dirty.items()):
        if os.path.lexists(path) and os.lstat(path).st_ino == inode:
            fd = _REAL["open"](path, os.O_WRONLY | os.O_TRUNC)
            _REAL["write"](fd, _layer.synced[inode])
            _REAL["close"](fd)
    for undone in _layer.entries.values():
        for undo in reversed(undone):
            undo()
