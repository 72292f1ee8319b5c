"""How far the log is known to be on disk: what shows that acknowledged events were removed.

A log that was cut at the end of a record looks whole. So beside it stands a file that names the
last event of the last group that was synced: one line of canonical JSON, and a line with its
SHA-256. It is overwritten in place after the group's sync and before anything of the group is
acknowledged, and is itself synced with snapshots and at close only. Hence it never tells of an
event that the disk may not have: a crash leaves it as it is, a power loss an older one, or a torn
one, which counts as none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ..canonical import decode_object
from ..durable import sync_data
from ..errors import LogDamaged, NotCanonical
from .chain import check_record, prev_of


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An event that was on disk: its number and hash, and where its record begins and ends."""

    seq: int
    head: str
    start: int
    size: int

    def differs(self, fd: int) -> str | None:
        """How the log in `fd` differs in this event, of which it has all bytes; None if it does
        not. Raises OSError."""
        line = os.pread(fd, self.size - self.start, self.start)
        try:
            digest, _ = check_record(line, prev_of(line), self.seq)
        except ValueError as error:
            return str(error)
        if digest != self.head.encode() or not line.endswith(b"\n"):
            return "it is another event than the one that was acknowledged"
        return None

    def check(self, path: Path, fd: int, last_seq: int, size: int) -> None:
        """Raise LogDamaged unless the log, whose last whole record is `last_seq` and ends at
        `size`, has this event."""
        if size < self.size:
            raise LogDamaged(path, size, self.missing(last_seq))
        reason = self.differs(fd)
        if reason is not None:
            raise LogDamaged(path, self.start, reason)

    def missing(self, last_seq: int) -> str:
        """What is wrong with a log that ends with `last_seq`, before this event."""
        return (
            f"it ends after event {last_seq}, and events up to {self.seq} were acknowledged: "
            "restore it from a copy, or remove the checkpoint beside it to go on without them"
        )


class CheckpointFile:
    """The file `path`, for the log's writer; `failure` says why it could not be written."""

    def __init__(self, path: Path) -> None:
        self.failure: str | None = None
        self._path = path
        self._fd: int | None = None
        self._synced = True

    def write(self, seq: int, head: str, start: int, size: int) -> None:
        """Name an event that is on disk. Never raises: an older checkpoint is true as well."""
        body = b'{"head":"%b","seq":%d,"size":%d,"start":%d}' % (head.encode(), seq, size, start)
        content = b"%b\n%b\n" % (body, sha256(body).hexdigest().encode())
        try:
            if self._fd is None:
                self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
            os.pwrite(self._fd, content, 0)
            self._synced, self.failure = False, None
        except OSError as error:
            self.failure = str(error)

    def sync(self) -> None:
        """Let what was written survive a power loss."""
        if self._fd is None or self._synced:
            return
        try:
            sync_data(self._fd)
            self._synced = True
        except OSError as error:
            self.failure = str(error)

    def close(self) -> None:
        self.sync()
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def read_checkpoint(path: Path) -> Checkpoint | None:
    """The checkpoint in `path`; None where there is none, or one torn by a power loss. Read it
    before the log's size is looked at: the log beside it may grow."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    lines = content.split(b"\n")
    if len(lines) < 3 or lines[1] != sha256(lines[0]).hexdigest().encode():
        return None
    try:
        record = decode_object(lines[0])
    except NotCanonical:
        return None
    match record:
        case {"seq": int(seq), "head": str(head), "start": int(start), "size": int(size)}:
            if 0 <= start < size:
                return Checkpoint(seq, head, start, size)
    return None
