"""The files of a batch as they are before it, read once and safely."""

from __future__ import annotations

import hashlib
import os
import stat
from functools import cached_property
from pathlib import Path

from ...heaven.errors import PathOutside
from ...heaven.paths import ROOT, normalise, resolve_inside
from .lines import Text, is_binary, is_utf8, split
from .refusal import EditRefused

PLAIN = 0o100644
EXECUTABLE = 0o100755


class Version:
    """A file's content at some time. What is derived from it is computed when asked."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data

    @cached_property
    def blob(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def text(self) -> Text:
        return split(self.data)

    @cached_property
    def binary(self) -> bool:
        return is_binary(self.data)

    @cached_property
    def utf8(self) -> bool:
        return is_utf8(self.data)

    @cached_property
    def places(self) -> dict[bytes, list[int]]:
        """The numbers (from 0) of the lines that have this text."""
        found: dict[bytes, list[int]] = {}
        for number, line in enumerate(self.text.bare):
            found.setdefault(line, []).append(number)
        return found


class Before(Version):
    """A regular file as it is on disk.

    `path` is normalised, `permissions` are the mode's lowest twelve bits, `owner` is (uid, gid) and
    `identity` (device, inode).
    """

    def __init__(self, path: str, data: bytes, status: os.stat_result) -> None:
        super().__init__(path, data)
        self.permissions = stat.S_IMODE(status.st_mode)
        self.owner = (status.st_uid, status.st_gid)
        self.identity = (status.st_dev, status.st_ino)

    @property
    def mode(self) -> int:
        """As git has it: PLAIN or EXECUTABLE."""
        return EXECUTABLE if self.permissions & stat.S_IXUSR else PLAIN


def spell(root: Path, path: str, index: int) -> str:
    """The path's one spelling. Raises EditRefused (path_outside) on what is out of bounds."""
    try:
        name = normalise(path)
        if name == ROOT:
            raise PathOutside(path, "the path names the repository itself")
        resolve_inside(root, name)
    except PathOutside as error:
        raise EditRefused(
            "path_outside",
            str(error),
            op_index=index,
            path=path,
            next_step="name a file inside the repository, not through a link",
        ) from None
    return name


def read(root: Path, path: str, index: int) -> Before | None:
    """The file at a spelled path, None if nothing is there.

    Raises EditRefused: path_outside, not_a_file (a directory, device, or a path through a file),
    unreadable.
    """
    try:
        where = resolve_inside(root, path)
        status = where.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise EditRefused(
                "not_a_file",
                "there is something that is not a regular file",
                op_index=index,
                path=path,
                next_step="name a file",
            )
        fd = os.open(where, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            status = os.fstat(fd)
            data = file.read()
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        raise EditRefused(
            "not_a_file",
            "the path goes through a file as if that were a directory",
            op_index=index,
            path=path,
            next_step="choose another path",
        ) from None
    except PathOutside as error:
        raise EditRefused("path_outside", str(error), op_index=index, path=path) from None
    except OSError as error:
        raise EditRefused(
            "unreadable",
            f"cannot be read: {error.strerror}",
            op_index=index,
            path=path,
            next_step="mend the file's permissions",
        ) from error
    return Before(path, data, status)
