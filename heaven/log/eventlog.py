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
from pathlib import Path
from threading import Condition, Lock, local

from ..canonical import encode
from ..clock import Clock, to_text
from ..durable import sync_data, sync_directory, write_all
from ..errors import Closed, EventTooLarge, LogFailed, ReadOnly
from ..records import Event, JsonObject
from .chain import GENESIS_HASH, MAX_RECORD_BYTES, check_kind, finish_record, start_record
from .checkpoint import Checkpoint, CheckpointFile, read_checkpoint
from .derived import Derived, Fold
from .logreader import LogReader
from .marks import Marks
from .scan import Tip, scan
from .schedule import Snapshots
from .snapshot import Snapshot, stamp_of, states_of

# A snapshot is written after so many events (replaying them takes 0.1 s), and at close.
SNAPSHOT_EVERY_EVENTS = 20_000
# Unsynced events beyond this many bytes are written out without being asked for.
BUFFER_BYTES = 4 * 1024 * 1024


class EventLog:
    """The log in the file `path`. Thread-safe. Opening it checks the whole chain once, or, with the
    file `snapshot`, the bytes before it against their checksums (those of a file that nobody
    touched since only when they are read) and the chain after it.

    A record that was cut off while it was being written (it has no newline, or a hole of zeros) can
    only be the last one; it was never acknowledged and is dropped. Anything else that does not
    verify raises LogDamaged and changes nothing. With `read_only` the file is left as it is, and
    `refresh` reads on to what the writer has added since. With the file `checkpoint`, a log from
    which acknowledged events were removed raises LogDamaged too.

    `derived` take in events and have a part in snapshots.
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
        checkpoint: Path | None = None,
    ) -> None:
        self.path = path
        self._clock = clock
        self._derived = tuple(derived)
        self._folds = dict(folds or {})
        for part in derived:
            self._folds.update(part.folds)
        self._kinds = {kind.encode(): fold for kind, fold in self._folds.items()}
        self.snapshots = Snapshots(snapshot)
        # The stamp that our own last change left on the file; None after a change by others.
        self._stamp: list[int] | None = None
        self._read_only = read_only
        self._lock = Lock()
        self._written_or_failed = Condition(self._lock)
        self._head = GENESIS_HASH
        self._last_seq = 0
        self._size = 0
        self._last_length = 0
        self._marks = Marks()
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._writing: list[bytes] = []
        self._written_ahead = 0
        self._durable_seq = 0
        self._leading = False
        self._group = local()
        self._failure: str | None = None
        self._closed = False
        self._checkpoint = None if checkpoint is None else CheckpointFile(checkpoint)
        reached = None if checkpoint is None else read_checkpoint(checkpoint)
        self._fd = self._open_file()
        try:
            stamp = stamp_of(self._fd)
            self._resume()
            whole = self._scan()
            if reached is not None:
                reached.check(self.path, self._fd, self._last_seq, whole)
            if not read_only:
                self._stamp = stamp if stamp == stamp_of(self._fd) else None
                if whole < stamp_of(self._fd)[2]:
                    os.ftruncate(self._fd, whole)
                    sync_data(self._fd)
                    if self._stamp is not None:
                        self._stamp = stamp_of(self._fd)
                self.snapshots.remove_refused()
                self._reach_all(reached)
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
            if seq - self.snapshots.seq >= SNAPSHOT_EVERY_EVENTS:
                self.snapshots.take(self, seq, self._fd)
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
        reader = LogReader(self.path, self._marks, self.snapshots.segments)
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
        try:
            self.snapshots.wait()
            if not self._read_only and self._failure is None:
                self.snapshots.take_last(self, self._last_seq, self._fd)
        finally:
            if self._checkpoint is not None:
                self._checkpoint.close()
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
        head, last_length = self._head, self._last_length
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
            if self._checkpoint is not None:
                size = self._size + len(data)
                self._checkpoint.write(up_to, head, size - last_length, size)
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
        tip = Tip(self._head.encode(), self._last_seq, self._size, self._last_length)
        try:
            scan(self.path, tip, self._kinds, self._marks)
        finally:
            self._head, self._last_seq = tip.head.decode(), tip.seq
            self._size, self._last_length = tip.size, tip.last_length
        return tip.size

    def _reach_all(self, reached: Checkpoint | None) -> None:
        """Whoever wrote last may have died before a sync: what was found goes to the disk before
        anything is built on it."""
        if self._checkpoint is None or not self._last_seq:
            return
        if reached is None or reached.seq != self._last_seq:
            sync_data(self._fd)
            start = self._size - self._last_length
            self._checkpoint.write(self._last_seq, self._head, start, self._size)
            self._checkpoint.sync()

    def _resume(self) -> None:
        """Take up where the snapshot was taken, if there is one that the log agrees with."""
        snapshot = self.snapshots.resume(self._fd, self._derived)
        if snapshot is not None:
            self._head, self._last_seq, self._size = snapshot.head, snapshot.seq, snapshot.size
            self._last_length = snapshot.size - snapshot.start
            self._marks = Marks(snapshot.mark_seqs, snapshot.mark_offsets)

    # What snapshots ask for

    def capture(self) -> Snapshot:
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

    def reach(self, seq: int) -> bool:
        """Bring the events up to `seq` to the disk; whether they are there."""
        with self._lock, suppress(LogFailed):
            self._make_durable(seq)
        if self._checkpoint is not None:
            self._checkpoint.sync()
        return self._durable_seq >= seq

    def stamp(self) -> list[int] | None:
        """The stamp of the log's file, between two writes; None if somebody else changed it."""
        with self._lock:
            while self._leading:
                self._written_or_failed.wait()
            return self._stamp if self._stamp == stamp_of(self._fd) else None
