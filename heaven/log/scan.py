"""Going through the log's file from some record to its end, checking the chain.

Only the kinds that somebody folds are parsed: what the others hold is bytes with the right hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import LogDamaged
from .chain import MAX_RECORD_BYTES, check_record, parse_record
from .derived import Fold
from .marks import Marks

# A write that never reached the disk leaves zeros in its place; JSON holds none.
HOLE = b"\0" * 8
_NEWLINE = ord("\n")


@dataclass(slots=True)
class Tip:
    """Behind which record a check stands: its hash and number, its length and its end (bytes)."""

    head: bytes
    seq: int
    size: int
    last_length: int


def scan(path: Path, tip: Tip, folds: Mapping[bytes, Fold], marks: Marks) -> None:
    """Check every record after `tip`, which moves on with each, fold those of the kinds in `folds`
    and add to `marks`.

    Stops before a last record whose writing never ended. Raises LogDamaged, with `tip` before the
    record at fault, and what a fold raises.
    """
    head, seq, size, length = tip.head, tip.seq, tip.size, tip.last_length
    mark_seq, mark_size = marks.next_due()
    with path.open("rb", buffering=1024 * 1024) as file:
        file.seek(size)
        readline = file.readline
        try:
            while line := readline(MAX_RECORD_BYTES + 1):
                if line[-1] != _NEWLINE:
                    _check_torn(path, line, head, seq + 1, size)
                    break
                try:
                    head, kind = check_record(line, head, seq + 1)
                except ValueError as error:
                    if HOLE in line and not file.read(1):
                        break
                    raise LogDamaged(path, size, str(error)) from None
                if kind in folds:
                    try:
                        event = parse_record(line)
                    except ValueError as error:
                        raise LogDamaged(path, size, str(error)) from None
                    folds[kind](event)
                seq += 1
                length = len(line)
                size += length
                if seq >= mark_seq or size >= mark_size:
                    marks.add(seq + 1, size)
                    mark_seq, mark_size = marks.next_due()
        finally:
            tip.head, tip.seq, tip.size, tip.last_length = head, seq, size, length


def _check_torn(path: Path, line: bytes, head: bytes, seq: int, offset: int) -> None:
    """A cut record is less than whole; one that lacks only its newline was tampered with."""
    if len(line) > MAX_RECORD_BYTES:
        raise LogDamaged(path, offset, "the record is over the size limit")
    try:
        check_record(line, head, seq)
    except ValueError:
        return
    raise LogDamaged(path, offset, "the record's newline was overwritten")
