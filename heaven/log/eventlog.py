"""The append-only, hash-chained event log: one writer, any number of readers.

Appenders that wait for durability share a `write` and an `fdatasync`: the first becomes the leader
and takes along everything that was buffered; the others wait, and one of them leads the next round.
Events appended with `sync=False` stay in the process, in order, until the next synced one.

Whoever derives state from the log gives `fold` functions by kind: they are called once for every
such event, in log order, at boot and for each new event alike, so a live state and a replayed one
cannot differ. Folds run under the log's lock and must not append.

With a snapshot, a boot takes up where it was taken and folds only what came after.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Condition, Lock, Thread, local

from ..canonical import encode
from ..clock import Clock, to_text
from ..durable import sync_data, sync_directory, write_all
from ..errors import Closed, EventTooLarge, LogDamaged, LogFailed, ReadOnly
from ..records import Event, JsonObject
from .chain import (
    GENESIS_HASH,
    MAX_RECORD_BYTES,
    check_kind,
    check_record,
    finish_record,
    parse_record,
    start_record,
)
from .derived import Derived, Fold
from .logreader import LogReader
from .marks import Marks
from .segments import Segments
from .snapshot import (
    BadSnapshot,
    Snapshot,
    read_snapshot,
    remove_snapshot,
    resume,
    settled,
    stamp_of,
    states_of,
    write_snapshot,
)

# A snapshot is written after so many events (replaying them takes 0.1 s), and at close.
SNAPSHOT_EVERY_EVENTS = 20_000
# Unsynced events beyond this many bytes are written out without being asked for.
BUFFER_BYTES = 4 * 1024 * 1024
# A write that never reached the disk leaves zeros in its place; JSON holds none.
_HOLE = b"\0" * 8


class EventLog:
    """The log in the file `path`. Thread-safe. Opening it checks the whole chain once, or, with the
    file `snapshot`, the bytes before it against their checksums (those of a file that nobody
    touched since only when they are read) and the chain after it.

    A record that was cut off while it was being written (it has no newline, or a hole of zeros) can
    only be the last one; it was never acknowledged and is dropped. Anything else that does not
    verify raises LogDamaged and changes nothing. With `read_only` the file is left as it is, and
    `refresh` reads on to what the writer has added since.

    `derived` take in events and have a part in snapshots. `snapshot_refused` says why a snapshot
    was not used, `snapshot_failure` why the last one could not be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        read_only: bool = False,
        folds: Mapping[str, Fold] | None = None,
        derived: Sequence[Derived] = (),
        snapshot: Path | None = None,
    ) -> None:
        self.path = path
        self._clock = clock
        self._derived = tuple(derived)
        self._folds = dict(folds or {})
        for part in derived:
            self._folds.update(part.folds)
        self._kinds = {kind.encode(): fold for kind, fold in self._folds.items()}
        self._snapshot = snapshot
        self._snapshot_seq = 0
        self._snapshot_stamp: list[int] | None = None
        self._snapshot_writer: Thread | None = None
        # The stamp that our own last change left on the file; None after a change by others.
        self._stamp: list[int] | None = None
        self.snapshot_refused: str | None = None
        self.snapshot_failure: str | None = None
        self._read_only = read_only
        self._lock = Lock()
        self._written_or_failed = Condition(self._lock)
        self._head = GENESIS_HASH
        self._last_seq = 0
        self._size = 0
        self._last_length = 0
        self._marks = Marks()
        self._segments = Segments()
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
            stamp = stamp_of(self._fd)
            self._resume()
            whole = self._scan()
            if not read_only:
                self._stamp = stamp if stamp == stamp_of(self._fd) else None
                if whole < stamp_of(self._fd)[2]:
                    os.ftruncate(self._fd, whole)
                    sync_data(self._fd)
                    if self._stamp is not None:
                        self._stamp = stamp_of(self._fd)
                if self._snapshot is not None and self.snapshot_refused is not None:
                    remove_snapshot(self._snapshot)
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

    @property
    def closed(self) -> bool:
        return self._closed

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
            self._last_length = len(line)
            self._last_seq = seq
            self._head = digest
            fold = self._folds.get(kind)
            if fold is not None:
                fold(event)
            if (sync and not self._grouping) or self._buffered > BUFFER_BYTES:
                self._make_durable(seq)
            if seq - self._snapshot_seq >= SNAPSHOT_EVERY_EVENTS:
                self._start_snapshot()
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
            seq, start = self._marks.before_seq(max(1, after + 1))
            end = self._size
            unwritten = [*self._writing, *self._buffer]
        wanted = None if kinds is None else frozenset(kinds)
        reader = LogReader(self.path, self._marks, self._segments)
        return reader.read(after, wanted, (seq, start), end, unwritten)

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
            self._closed = True
            try:
                if not self._read_only and self._failure is None:
                    self._make_durable(self._last_seq)
            except BaseException:
                os.close(self._fd)
                raise
            writer = self._snapshot_writer
        try:
            if writer is not None:
                writer.join()
            if not self._read_only and self._failure is None:
                self._final_snapshot()
        finally:
            os.close(self._fd)

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
            untouched = self._stamp is not None and self._stamp == stamp_of(self._fd)
            write_all(self._fd, data[skip:] if skip else data)
            sync_data(self._fd)
            self._stamp = stamp_of(self._fd) if untouched else None
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
                mark_seq, mark_size = self._marks.next_due()
                if up_to >= mark_seq or self._size >= mark_size:
                    self._marks.add(up_to + 1, self._size)
            elif failure is None:
                self._writing, self._buffer = [], [*lines, *self._buffer]
                self._written_ahead = os.fstat(self._fd).st_size - self._size
            self._written_or_failed.notify_all()

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
        head, seq, size = self._head.encode(), self._last_seq, self._size
        folds, marks = self._kinds, self._marks
        mark_seq, mark_size = marks.next_due()
        with self.path.open("rb", buffering=1024 * 1024) as file:
            file.seek(size)
            try:
                while line := file.readline(MAX_RECORD_BYTES + 1):
                    if not line.endswith(b"\n"):
                        self._check_torn(line, head, seq + 1, size)
                        break
                    try:
                        head, kind = check_record(line, head, seq + 1)
                    except ValueError as error:
                        if _HOLE in line and not file.read(1):
                            break
                        raise LogDamaged(self.path, size, str(error)) from None
                    if kind in folds:
                        folds[kind](self._parse(line, size))
                    seq += 1
                    size += len(line)
                    self._last_length = len(line)
                    if seq >= mark_seq or size >= mark_size:
                        marks.add(seq + 1, size)
                        mark_seq, mark_size = marks.next_due()
            finally:
                self._head, self._last_seq, self._size = head.decode(), seq, size
        return size

    def _check_torn(self, line: bytes, head: bytes, seq: int, offset: int) -> None:
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

    # Snapshots

    def _resume(self) -> None:
        """Take up where the snapshot was taken, if there is one that the log agrees with."""
        if self._snapshot is None:
            return
        try:
            snapshot = read_snapshot(self._snapshot)
            if snapshot is None:
                return
            resume(snapshot, self._fd, self._derived, self._segments)
        except BadSnapshot as refusal:
            self.snapshot_refused = str(refusal)
            self._segments = Segments()
            return
        self._head, self._last_seq, self._size = snapshot.head, snapshot.seq, snapshot.size
        self._last_length = snapshot.size - snapshot.start
        self._marks = Marks(snapshot.mark_seqs, snapshot.mark_offsets)
        self._snapshot_seq = snapshot.seq
        self._snapshot_stamp = snapshot.stamp

    def _capture(self) -> Snapshot:
        """What is so after the last event, but for the checksums. With the lock held, or closed; it
        costs what the states cost."""
        size = self._size + sum(map(len, self._writing)) + sum(map(len, self._buffer))
        return Snapshot(
            seq=self._last_seq,
            head=self._head,
            start=size - self._last_length,
            size=size,
            segments=[],
            mark_seqs=list(self._marks.seqs),
            mark_offsets=list(self._marks.offsets),
            stamp=None,
            states=states_of(self._derived),
        )

    def _start_snapshot(self) -> None:
        """With the lock held: write one from another thread, unless one is being written."""
        if self._snapshot is None or self._snapshot_writer is not None:
            return
        self._snapshot_seq, self._snapshot_stamp = self._last_seq, None
        self._snapshot_writer = Thread(
            target=self._write_behind, args=(self._snapshot, self._capture())
        )
        self._snapshot_writer.start()

    def _write_behind(self, path: Path, captured: Snapshot) -> None:
        """A snapshot must not come to the disk before the events it tells of."""
        try:
            with self._lock, suppress(LogFailed):
                self._make_durable(captured.seq)
            if self._durable_seq >= captured.seq:
                self._write_snapshot(path, captured)
        finally:
            self._snapshot_writer = None

    def _final_snapshot(self) -> None:
        """The log is closed and on disk. Its stamp says whether anybody changes it from here on."""
        if self._snapshot is None or not self._last_seq:
            return
        stamp = settled(self._stamp)
        if self._snapshot_seq < self._last_seq or self._snapshot_stamp != stamp:
            self._write_snapshot(self._snapshot, replace(self._capture(), stamp=stamp))

    def _write_snapshot(self, path: Path, captured: Snapshot) -> None:
        """Its checksums are those of the file as it is: nobody else may have changed it since it
        was checked or written."""
        try:
            sums = self._segments.read_on(self._fd, captured.size)
            with self._lock:
                while self._leading:
                    self._written_or_failed.wait()
                touched = self._stamp is None or self._stamp != stamp_of(self._fd)
            if touched:
                self.snapshot_failure = "the log was changed by somebody else"
                return
            write_snapshot(path, replace(captured, segments=sums))
            self.snapshot_failure = None
        except OSError as error:
            self.snapshot_failure = str(error)
