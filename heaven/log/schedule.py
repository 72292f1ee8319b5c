"""When snapshots are taken, and under which conditions one is written.

One is taken every so many events, from another thread, and at close. It is written only after the
events that it tells of are on disk, and only while nobody else touched the log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Protocol

from .derived import Derived
from .segments import Segments
from .snapshot import (
    BadSnapshot,
    Snapshot,
    read_snapshot,
    remove_snapshot,
    resume,
    settled,
    write_snapshot,
)


class Snapped(Protocol):
    """What a log lets its snapshots know."""

    def capture(self) -> Snapshot:
        """What is so after the last event, but for the checksums. Under the log's lock."""
        ...

    def reach(self, seq: int) -> bool:
        """Bring the events up to `seq` to the disk; whether they are there."""
        ...

    def stamp(self) -> list[int] | None:
        """The stamp of the log's file, between two writes; None if somebody else changed it."""
        ...


class Snapshots:
    """The snapshots in the file `path`, or none at all where that is None.

    `seq` is of the last one taken or used. `refused` says why the one that was found is not used,
    `failure` why the last one could not be written. `take` is called under the log's lock.
    """

    def __init__(self, path: Path | None) -> None:
        self.seq = 0
        self.refused: str | None = None
        self.failure: str | None = None
        self.segments = Segments()
        self.writer: Thread | None = None
        self._path = path
        self._stamp: list[int] | None = None

    def resume(self, fd: int, derived: Sequence[Derived]) -> Snapshot | None:
        """Let `derived` stand where the snapshot was taken, if the log in `fd` agrees with it."""
        if self._path is None:
            return None
        try:
            snapshot = read_snapshot(self._path)
            if snapshot is None:
                return None
            resume(snapshot, fd, derived, self.segments)
        except BadSnapshot as refusal:
            self.refused = str(refusal)
            self.segments = Segments()
            return None
        self.seq, self._stamp = snapshot.seq, snapshot.stamp
        return snapshot

    def remove_refused(self) -> None:
        """Take away what no boot can use."""
        if self._path is not None and self.refused is not None:
            remove_snapshot(self._path)

    def take(self, log: Snapped, seq: int, fd: int) -> None:
        """Write one from another thread, unless one is being written."""
        if self._path is None or self.writer is not None:
            return
        self.seq, self._stamp = seq, None
        self.writer = Thread(target=self._write_behind, args=(self._path, log, log.capture(), fd))
        self.writer.start()

    def wait(self) -> None:
        """Return when none is being written."""
        writer = self.writer
        if writer is not None:
            writer.join()

    def take_last(self, log: Snapped, seq: int, fd: int) -> None:
        """The log is closed and on disk. Its stamp says whether anybody changes it from here on."""
        if self._path is None or not seq:
            return
        stamp = settled(log.stamp())
        if self.seq < seq or self._stamp != stamp:
            self._write(self._path, log.capture(), stamp, fd, log.stamp)

    def _write_behind(self, path: Path, log: Snapped, captured: Snapshot, fd: int) -> None:
        try:
            if log.reach(captured.seq):
                self._write(path, captured, None, fd, log.stamp)
        finally:
            self.writer = None

    def _write(
        self,
        path: Path,
        captured: Snapshot,
        stamp: list[int] | None,
        fd: int,
        stamp_now: Callable[[], list[int] | None],
    ) -> None:
        """The checksums are those of the file as it is: nobody else may have changed it since it
        was checked or written."""
        try:
            sums = self.segments.read_on(fd, captured.size)
            if stamp_now() is None:
                self.failure = "the log was changed by somebody else"
                return
            write_snapshot(path, replace(captured, segments=sums, stamp=stamp))
            self.failure = None
        except OSError as error:
            self.failure = str(error)
