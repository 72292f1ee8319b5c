"""A snapshot: what was derived from the log up to one of its events, so that a boot goes on there.

The file is one line of canonical JSON and a line with its SHA-256. It is written beside its place
and renamed, without a sync: a snapshot that is lost or torn costs a replay, nothing else. It says
which log it is about (number and hash of the last event taken in, and checksums of all bytes up to
there) and is used only if the log agrees.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Final

from ..canonical import decode_object, encode
from ..durable import write_all
from ..errors import HeavenError, NotCanonical
from ..records import Json
from .checkpoint import Checkpoint
from .derived import BadState, Derived
from .segments import Segments

FORMAT: Final = 1
# Which clock stamps a file's changes. It moves in steps of some milliseconds.
_FILE_CLOCK: Final[int] = getattr(time, "CLOCK_REALTIME_COARSE", time.CLOCK_REALTIME)


class BadSnapshot(HeavenError):
    """A snapshot that cannot be used. Nobody's fault, and nothing is lost: the log is replayed."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`seq`, `head` and `start` (byte offset) are of the last event taken in, which ends at `size`.

    `segments` are the sums of `Segments`; `mark_seqs` and `mark_offsets` those of `Marks`. `stamp`
    is the log's `stamp_of` where nothing was written after the snapshot. `states` are by name.
    """

    seq: int
    head: str
    start: int
    size: int
    segments: list[str]
    mark_seqs: list[int]
    mark_offsets: list[int]
    stamp: list[int] | None
    states: dict[str, Json]


def stamp_of(fd: int) -> list[int]:
    """What changes with any change to the file: device, inode, size, and times in nanoseconds."""
    found = os.fstat(fd)
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def settled(stamp: list[int] | None) -> list[int] | None:
    """The stamp, unless another change at this moment could still leave the same times behind."""
    if stamp is None or time.clock_gettime_ns(_FILE_CLOCK) <= max(stamp[3:]):
        return None
    return stamp


def states_of(derived: Iterable[Derived]) -> dict[str, Json]:
    """Every state by name."""
    return {part.name: part.state() for part in derived}


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Put the snapshot in place of the one before. Raises OSError."""
    body = encode({"format": FORMAT, **asdict(snapshot)})
    temporary = path.with_name(f"{path.name}.new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        write_all(fd, b"%b\n%b\n" % (body, sha256(body).hexdigest().encode()))
    finally:
        os.close(fd)
    temporary.replace(path)


def read_snapshot(path: Path) -> Snapshot | None:
    """The snapshot in `path`, whole and of this format; None where there is none.
    Raises BadSnapshot."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadSnapshot(f"it cannot be read: {error.strerror}") from None
    body, newline, checksum = content.partition(b"\n")
    if not newline or checksum != sha256(body).hexdigest().encode() + b"\n":
        raise BadSnapshot("it does not match its checksum")
    try:
        record = decode_object(body)
    except NotCanonical as error:
        raise BadSnapshot(str(error)) from None
    if record.pop("format", None) != FORMAT:
        raise BadSnapshot("it is of another format")
    return _typed(record)


def resume(snapshot: Snapshot, fd: int, derived: Sequence[Derived], segments: Segments) -> None:
    """Let `derived` and `segments` stand where the snapshot was taken, if the log in `fd` agrees.

    Raises BadSnapshot, with `derived` as they were, and OSError.
    """
    if snapshot.states.keys() != {part.name for part in derived}:
        raise BadSnapshot("it is of another version's state")
    check_last_record(snapshot, fd)
    trust = snapshot.stamp is not None and snapshot.stamp == stamp_of(fd)
    differs = segments.resume(fd, snapshot.size, snapshot.segments, trust=trust)
    if differs is not None:
        raise BadSnapshot(f"the log is not the same in its segment {differs}")
    before = states_of(derived)
    try:
        for part in derived:
            part.restore(snapshot.states[part.name])
    except BadState as error:
        for part in derived:
            part.restore(before[part.name])
        raise BadSnapshot(str(error)) from None


def remove_snapshot(path: Path) -> None:
    """Take away a snapshot that was found unusable, if that is possible: the next boot would find
    the same again."""
    with suppress(OSError):
        path.unlink()


def check_last_record(snapshot: Snapshot, fd: int) -> None:
    """Raise BadSnapshot unless the log in `fd` has the snapshot's last event where it says."""
    if os.fstat(fd).st_size < snapshot.size:
        raise BadSnapshot("it is newer than the log")
    reached = Checkpoint(snapshot.seq, snapshot.head, snapshot.start, snapshot.size)
    differs = reached.differs(fd)
    if differs is not None:
        raise BadSnapshot(f"the log has another event at byte {snapshot.start}: {differs}")


def _typed(record: dict[str, Json]) -> Snapshot:
    match record:
        case {
            "seq": int(seq),
            "head": str(head),
            "start": int(start),
            "size": int(size),
            "segments": list(segments),
            "mark_seqs": list(mark_seqs),
            "mark_offsets": list(mark_offsets),
            "stamp": (list() | None) as stamp,
            "states": dict(states),
        } if len(record) == len(fields(Snapshot)) and 0 <= start < size:
            return Snapshot(
                seq=seq,
                head=head,
                start=start,
                size=size,
                segments=[str(one) for one in segments],
                mark_seqs=_numbers(mark_seqs),
                mark_offsets=_numbers(mark_offsets),
                stamp=None if stamp is None else _numbers(stamp),
                states=states,
            )
    raise BadSnapshot("it lacks a field")


def _numbers(found: list[Json]) -> list[int]:
    return [one for one in found if isinstance(one, int)]
