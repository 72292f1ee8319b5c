"""Reading the log's file back, one record at a time, checked again on the way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import LogDamaged
from ..records import Event
from .chain import MAX_RECORD_BYTES, check_record, hash_of, kind_of, parse_record, prev_of
from .marks import Marks
from .segments import SEGMENT_BYTES, Segments


class LogReader:
    """Over the file `path`, of which `marks` and `segments` know what was verified so far."""

    def __init__(self, path: Path, marks: Marks, segments: Segments) -> None:
        self._path = path
        self._marks = marks
        self._segments = segments

    def read(
        self,
        after: int,
        wanted: frozenset[str] | None,
        start: tuple[int, int],
        end: int,
        then: Iterable[bytes],
    ) -> Iterator[Event]:
        """The events with `seq` > `after`, only those of the kinds `wanted` if given: from the
        record `start` (its number, its offset) to the offset `end`, and those of the lines `then`.

        Raises LogDamaged where the file is not what it was when it was written or checked.
        """
        seq, at = start
        with self._path.open("rb") as file:
            self._check_segments(file.fileno(), at, end)
            file.seek(at)
            before = b""
            while at < end:
                line = file.readline(MAX_RECORD_BYTES + 1)
                if not line:
                    raise LogDamaged(self._path, at, "the file was cut while it was open")
                if seq > after and (wanted is None or kind_of(line) in wanted):
                    yield self._checked(line, before, seq, at)
                at += len(line)
                seq += 1
                before = line
        for line in then:
            event = parse_record(line)
            if event.seq > after and (wanted is None or event.kind in wanted):
                yield event

    def _checked(self, line: bytes, before: bytes, seq: int, offset: int) -> Event:
        try:
            check_record(line, hash_of(before) if before else prev_of(line), seq)
            return parse_record(line)
        except ValueError as error:
            raise LogDamaged(self._path, offset, str(error)) from None

    def _check_segments(self, fd: int, start: int, end: int) -> None:
        """Compare what the boot took on trust between two offsets."""
        differs = self._segments.check(fd, start, end)
        if differs is None:
            return
        offset = differs * SEGMENT_BYTES
        seq, at = self._marks.before_offset(offset)
        before = b""
        with self._path.open("rb") as file:
            file.seek(at)
            while line := file.readline(MAX_RECORD_BYTES + 1):
                self._checked(line, before, seq, at)
                seq, at, before = seq + 1, at + len(line), line
        raise LogDamaged(self._path, offset, "the bytes do not match their checksum")
