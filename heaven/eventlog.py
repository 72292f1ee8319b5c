"""The append-only, hash-chained event log: one writer, any number of readers.

Appenders that wait for durability share a `write` and an `fdatasync`: the first becomes the leader
and takes along everything that was buffered; the others wait, and one of them leads the next round.
Events appended with `sync=False` stay in the process, in order, until the next synced one.

Whoever derives state from the log gives `fold` functions by kind: they are called once for every
such event, in log order, at boot and for each new event alike, so a live state and a replayed one
cannot differ. Folds run under the log's lock and must not append.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Lock, local
from typing import TypeAlias

from .canonical import encode
from .chain import (
    GENESIS_HASH,
    MAX_RECORD_BYTES,
    check_kind,
    check_record,
    finish_record,
    kind_of,
    parse_record,
    start_record,
)
from .clock import Clock, to_text
from .durable import sync_data, sync_directory, write_all
from .errors import Closed, EventTooLarge, LogDamaged, LogFailed, ReadOnly
from .records import Event, JsonObject

Fold: TypeAlias = Callable[[Event], None]

# A mark remembers where in the file a record starts, so that no reader starts from the beginning.
MARK_EVERY_EVENTS = 256
MARK_EVERY_BYTES = 1024 * 1024
# Unsynced events beyond this many bytes are written out without being asked for.
BUFFER_BYTES = 4 * 1024 * 1024
# A write that never reached the disk leaves zeros in its place; JSON holds none.
_HOLE = b"\0" * 8


class EventLog:
    """The log in the file `path`. Thread-safe. Opening it checks the whole chain once.

    A record that was cut off while it was being written (it has no newline, or a hole of zeros) can
    only be the last one; it was never acknowledged and is dropped. Anything else that does not
    verify raises LogDamaged and changes nothing. With `read_only` the file is left as it is, and
    `refresh` reads on to what the writer has added since.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        read_only: bool = False,
        folds: Mapping[str, Fold] | None = None,
    ) -> None:
        self.path = path
        self._clock = clock
        self._folds = dict(folds or {})
        self._read_only = read_only
        self._lock = Lock()
        self._written_or_failed = Condition(self._lock)
        self._head = GENESIS_HASH
        self._last_seq = 0
        self._size = 0
        self._marks_seq = [1]
        self._marks_offset = [0]
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._writing: list[bytes] = []
        self._written_ahead = 0
        self._durable_seq = 0
        self._leading = False
        self._group = local()
        self._failure: str | None = None
        self._closed = False
        self._fd = self._open_file()
        try:
            whole = self._scan()
            if not read_only and whole < os.fstat(self._fd).st_size:
                os.ftruncate(self._fd, whole)
                sync_data(self._fd)
            self._durable_seq = self._last_seq
        except BaseException:
            os.close(self._fd)
            raise

    @property
    def head(self) -> str:
        """The hash of the last event; 64 zeros when there is none."""
        with self._lock:
            return self._head

    @property
    def last_seq(self) -> int:
        with self._lock:
            return self._last_seq

    def append(self, kind: str, data: JsonObject, *, sync: bool = True) -> Event:
        """Add an event. With `sync`, it and all before it are on disk when this returns.

        Raises BadEvent, NotCanonical, EventTooLarge, ReadOnly, Closed; LogFailed when it could not
        be written, after which the log takes nothing more.
        """
        check_kind(kind)
        data = dict(data)
        head, hasher = start_record(encode(data))
        if len(head) > MAX_RECORD_BYTES - 512:
            raise EventTooLarge(len(head), MAX_RECORD_BYTES - 512)
        with self._lock:
            self._check_writable()
            seq = self._last_seq + 1
            prev = self._head
            time = to_text(self._clock.now())
            line, digest = finish_record(head, hasher, kind, prev, seq, time)
            event = Event(seq=seq, time=time, kind=kind, data=data, prev=prev, hash=digest)
            self._buffer.append(line)
            self._buffered += len(line)
            self._last_seq = seq
            self._head = digest
            fold = self._folds.get(kind)
            if fold is not None:
                fold(event)
            if (sync and not self._grouping) or self._buffered > BUFFER_BYTES:
                self._make_durable(seq)
        return event

    def sync(self) -> None:
        """Return when everything appended so far is on disk. Raises LogFailed, Closed."""
        if self._grouping:
            return
        with self._lock:
            if not self._read_only:
                if self._closed:
                    raise Closed
                self._make_durable(self._last_seq)

    @contextmanager
    def grouped(self) -> Iterator[None]:
        """In this block no append or sync of this thread waits for the disk; its end does, once for
        all of them: acknowledge nothing before. Raises LogFailed, Closed at the end."""
        self._group.on = True
        try:
            yield
        finally:
            self._group.on = False
        self.sync()

    @property
    def _grouping(self) -> bool:
        return getattr(self._group, "on", False)

    def events(self, after: int = 0, kinds: Collection[str] | None = None) -> Iterator[Event]:
        """The events with `seq` > `after` that there are now, in order; only those of `kinds`.

        Reads one record at a time, from near `after` on. Raises LogDamaged where the file was
        changed under us, Closed.
        """
        with self._lock:
            if self._closed:
                raise Closed
            seq, start = self._mark_before(after + 1)
            end = self._size
            unwritten = [*self._writing, *self._buffer]
        wanted = None if kinds is None else frozenset(kinds)
        return self._read(after, wanted, seq, start, end, unwritten)

    def tail(self, count: int) -> tuple[Event, ...]:
        """The last `count` events, oldest first, without reading those before."""
        return tuple(self.events(after=max(0, self.last_seq - max(0, count))))

    def refresh(self) -> None:
        """Take in what another process has written since. Does nothing in the writer.

        Raises LogDamaged, Closed.
        """
        with self._lock:
            if self._closed:
                raise Closed
            if self._read_only:
                self._scan()

    def close(self) -> None:
        """Write out what is buffered, and let go of the file. Raises LogFailed. Idempotent."""
        with self._lock:
            if self._closed:
                return
            try:
                if not self._read_only and self._failure is None:
                    self._make_durable(self._last_seq)
            finally:
                self._closed = True
                os.close(self._fd)

    def _read(
        self,
        after: int,
        wanted: frozenset[str] | None,
        seq: int,
        start: int,
        end: int,
        unwritten: list[bytes],
    ) -> Iterator[Event]:
        with self.path.open("rb") as file:
            file.seek(start)
            while start < end:
                line = file.readline(MAX_RECORD_BYTES + 1)
                if not line:
                    raise LogDamaged(self.path, start, "the file was cut while it was open")
                if seq > after and (wanted is None or kind_of(line) in wanted):
                    yield self._parse(line, start)
                start += len(line)
                seq += 1
        for line in unwritten:
            event = parse_record(line)
            if event.seq > after and (wanted is None or event.kind in wanted):
                yield event

    def _check_writable(self) -> None:
        if self._closed:
            raise Closed
        if self._read_only:
            raise ReadOnly
        if self._failure is not None:
            raise LogFailed(self.path, self._failure)

    def _make_durable(self, seq: int) -> None:
        """Called and returns with the lock held; lets go of it while the disk works."""
        while self._durable_seq < seq:
            if self._failure is not None:
                raise LogFailed(self.path, self._failure)
            if self._leading:
                self._written_or_failed.wait()
            else:
                self._lead()

    def _lead(self) -> None:
        """Write and sync all that is buffered. An error poisons the log: after a failed sync nobody
        knows what is on disk. An interrupt does not: what it left unwritten goes with the next."""
        lines, self._writing, self._buffer = self._buffer, self._buffer, []
        up_to, self._buffered = self._last_seq, 0
        skip, self._written_ahead = self._written_ahead, 0
        self._leading = True
        self._lock.release()
        done = False
        failure: str | None = None
        try:
            data = lines[0] if len(lines) == 1 else b"".join(lines)
            write_all(self._fd, data[skip:] if skip else data)
            sync_data(self._fd)
            done = True
        except OSError as error:
            failure = error.strerror or str(error)
        finally:
            self._lock.acquire()
            self._leading = False
            self._failure = failure
            if done:
                self._writing = []
                self._durable_seq = up_to
                self._size += len(data)
                if (
                    up_to - self._marks_seq[-1] >= MARK_EVERY_EVENTS
                    or self._size - self._marks_offset[-1] >= MARK_EVERY_BYTES
                ):
                    self._mark(up_to + 1, self._size)
            elif failure is None:
                self._writing, self._buffer = [], [*lines, *self._buffer]
                self._written_ahead = os.fstat(self._fd).st_size - self._size
            self._written_or_failed.notify_all()

    def _mark(self, seq: int, offset: int) -> None:
        """Remember that record `seq` starts at `offset`."""
        self._marks_seq.append(seq)
        self._marks_offset.append(offset)

    def _mark_before(self, seq: int) -> tuple[int, int]:
        at = bisect_right(self._marks_seq, seq) - 1
        return (self._marks_seq[at], self._marks_offset[at]) if at >= 0 else (1, 0)

    def _open_file(self) -> int:
        if self._read_only:
            return os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        new = not self.path.exists()
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        if new:
            sync_directory(self.path.parent)
        return fd

    def _scan(self) -> int:
        """Check the chain from `_size` to the end; returns the offset after the last record."""
        head, seq, size, folds = self._head, self._last_seq, self._size, self._folds
        mark_seq, mark_size = seq + MARK_EVERY_EVENTS, size + MARK_EVERY_BYTES
        with self.path.open("rb", buffering=1024 * 1024) as file:
            file.seek(size)
            try:
                while line := file.readline(MAX_RECORD_BYTES + 1):
                    if not line.endswith(b"\n"):
                        self._check_torn(line, head, seq + 1, size)
                        break
                    try:
                        digest, kind = check_record(line, head, seq + 1)
                    except ValueError as error:
                        if _HOLE in line and not file.read(1):
                            break
                        raise LogDamaged(self.path, size, str(error)) from None
                    if kind in folds:
                        folds[kind](self._parse(line, size))
                    head = digest
                    seq += 1
                    size += len(line)
                    if seq >= mark_seq or size >= mark_size:
                        self._mark(seq + 1, size)
                        mark_seq, mark_size = seq + MARK_EVERY_EVENTS, size + MARK_EVERY_BYTES
            finally:
                self._head, self._last_seq, self._size = head, seq, size
        return size

    def _check_torn(self, line: bytes, head: str, seq: int, offset: int) -> None:
        """A cut record is less than whole; one that lacks only its newline was tampered with."""
        if len(line) > MAX_RECORD_BYTES:
            raise LogDamaged(self.path, offset, "the record is over the size limit")
        try:
            check_record(line, head, seq)
        except ValueError:
            return
        raise LogDamaged(self.path, offset, "the record's newline was overwritten")

    def _parse(self, line: bytes, offset: int) -> Event:
        try:
            return parse_record(line)
        except ValueError as error:
            raise LogDamaged(self.path, offset, str(error)) from None
