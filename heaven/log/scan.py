"""Going through the log's file from some record to its end, checking the chain.

Only the kinds that somebody folds are parsed: what the others hold is bytes with the right hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from ..errors import LogDamaged
from .chain import MAX_RECORD_BYTES, check_record, check_run, hash_of, parse_record
from .derived import Fold
from .marks import Marks

# A write that never reached the disk leaves zeros in its place; JSON holds none.
HOLE = b"\0" * 8
# Small enough to stay in a core's cache.
_BLOCK = 64 * 1024


@dataclass(slots=True)
class Tip:
    """Behind which record a check stands: its hash and number, its length and its end (bytes)."""

    head: bytes
    seq: int
    size: int
    last_length: int


def scan(path: Path, tip: Tip, folds: Mapping[bytes, Fold], marks: Marks) -> None:
    """Check every record after `tip`, which moves on with them, fold those of the kinds in `folds`
    and add to `marks`.

    Stops before a last record whose writing never ended. Raises LogDamaged, with `tip` before the
    record at fault, and what a fold raises.
    """
    with path.open("rb", buffering=0) as file:
        file.seek(tip.size)
        rest = b""
        while block := file.read(_BLOCK):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            if max(len(rest), len(lines[0]) if lines else 0) >= MAX_RECORD_BYTES:
                raise LogDamaged(path, tip.size, "the record is over the size limit")
            count = _take(path, lines, tip, folds, marks)
            if count < len(lines):
                bad = lines[count]
                if HOLE in bad and count + 1 == len(lines) and not rest and not file.read(1):
                    return
                reason = _what_is_wrong(bad, tip) or "it is not a record"
                raise LogDamaged(path, tip.size, reason)
    if rest and _what_is_wrong(rest[:-1], tip) is None:
        # A cut record is less than whole; one that lacks only its newline was tampered with.
        raise LogDamaged(path, tip.size, "the record's newline was overwritten")


def _take(
    path: Path, lines: Sequence[bytes], tip: Tip, folds: Mapping[bytes, Fold], marks: Marks
) -> int:
    """Check, fold and mark the lines up to the first that does not verify; how many they were."""
    count, head, found = check_run(lines, tip.head, tip.seq + 1, folds)
    starts = list(accumulate((len(line) + 1 for line in lines[:count]), initial=tip.size))
    first = tip.seq
    for index, kind in found:
        if index:
            _move(tip, hash_of(lines[index - 1]), first + index, starts[index - 1 : index + 1])
        try:
            event = parse_record(lines[index])
        except ValueError as error:
            raise LogDamaged(path, tip.size, str(error)) from None
        folds[kind](event)
    if count:
        _move(tip, head, first + count, starts[count - 1 : count + 1])
    marks.extend(first + 1, starts)
    return count


def _move(tip: Tip, head: bytes, seq: int, ends: Sequence[int]) -> None:
    """Behind the record `seq`, which begins and ends there."""
    tip.head, tip.seq = head, seq
    tip.size, tip.last_length = ends[1], ends[1] - ends[0]


def _what_is_wrong(line: bytes, tip: Tip) -> str | None:
    """Why the line, without its newline, is not the record after `tip`; None if it is."""
    try:
        check_record(line + b"\n", tip.head, tip.seq + 1)
    except ValueError as error:
        return str(error)
    return None
