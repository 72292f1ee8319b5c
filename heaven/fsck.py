"""Check everything that Heaven keeps, and say what is wrong and where. Nothing is changed.

The log is read once, up to where it ended when the check began, without Heaven's lock: beside a
running writer that is a prefix of what it writes. That its end was not cut off, the checkpoint
says. Where a record is damaged the check goes on with
the next one. State is compared by folding every event, as a boot without a snapshot does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Final, Literal, TypeAlias

from .blobs import BlobStore
from .canonical import encode
from .clock import SystemClock
from .errors import BadEvent
from .faults.missions import PAGE_FAULT
from .layout import (
    blob_directory,
    check_readable,
    checkpoint_file,
    locate,
    lock_file,
    log_file,
    scratch_directory,
    snapshot_file,
)
from .leases.grants import GRANTED, read_granted
from .lock import holder_of
from .log.chain import GENESIS_HASH, MAX_RECORD_BYTES, check_record, parse_record, prev_of
from .log.checkpoint import Checkpoint, read_checkpoint
from .log.derived import BadState
from .log.scan import HOLE
from .log.segments import Segments
from .log.snapshot import BadSnapshot, Snapshot, check_last_record, read_snapshot, states_of
from .prompts.store import blobs_of_prompt
from .prompts.table import PROMPT_STORED
from .records import Event, Json
from .state import HeavenState

Part: TypeAlias = Literal["log", "blobs", "snapshot", "state"]
Progress: TypeAlias = Callable[[Part, int, int], None]
References: TypeAlias = Callable[[Event], Iterable[str]]

MAX_FINDINGS: Final = 1_000
"""Findings of one part beyond this many are counted, not listed."""
_LOOK_EVERY: Final = 4_096
_PIECE: Final = 1024 * 1024
_UNREADABLE: Final = (BadEvent, KeyError, ValueError, TypeError)
"""What folding an event raises that no writer of ours wrote."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (`error`), or worth knowing (`note`).

    `offset` is a byte of the log, `seq` an event, `blob_id` a blob, where there is one to name.
    """

    part: Part
    severity: Literal["error", "note"]
    message: str
    offset: int | None = None
    seq: int | None = None
    blob_id: str | None = None


@dataclass(slots=True)
class Report:
    """What was looked at and what was found. `events` are those that verified."""

    events: int = 0
    log_bytes: int = 0
    head: str = GENESIS_HASH
    blobs: int = 0
    blob_bytes: int = 0
    referenced: int = 0
    snapshot_seq: int | None = None
    writer: int | None = None
    findings: list[Finding] = field(default_factory=list)
    unlisted: int = 0

    @property
    def ok(self) -> bool:
        return not any(finding.severity == "error" for finding in self.findings)

    def add(self, finding: Finding) -> None:
        if sum(one.part == finding.part for one in self.findings) < MAX_FINDINGS:
            self.findings.append(finding)
        else:
            self.unlisted += 1


def fsck(
    root: Path,
    *,
    references: References | None = None,
    given_up: Callable[[Event], bool] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check the Heaven of the repository `root`, in use or not, sound or not.

    `references` names the blobs that an event of other floors counts on; those of events that are
    `given_up` may be gone. `progress` gets the part,
    and how much of how much is done: bytes of the log, blobs. Raises NoRepository, NoHeaven,
    UnknownFormat, OSError.
    """
    state = locate(root.resolve())
    log = log_file(state)
    if log.exists() or not (blob_directory(state).exists() or checkpoint_file(state).exists()):
        check_readable(state)
    report = Report(writer=holder_of(lock_file(state)))
    # Before the log's end is known, so that it cannot be about events after that.
    snapshot = _read_snapshot(state, report)
    checkpoint = read_checkpoint(checkpoint_file(state))
    if checkpoint is None and report.writer is None and checkpoint_file(state).exists():
        message = (
            "the checkpoint beside it is not whole (torn by a power loss, or changed): it cannot "
            "show that acknowledged events are all there; the next boot writes another"
        )
        report.add(Finding("log", "note", message))
    check = _LogCheck(root, report, references, progress, snapshot, checkpoint, given_up)
    if log.exists():
        check.run(log)
    else:
        report.add(Finding("log", "error", "it is missing, and what belongs to it is not"))
    _check_blobs(blob_directory(state) / "sha256", check.referenced, report, progress)
    return report


def _read_snapshot(state: Path, report: Report) -> Snapshot | None:
    try:
        snapshot = read_snapshot(snapshot_file(state))
    except BadSnapshot as error:
        report.add(Finding("snapshot", "error", f"{error}; the next boot replays the log"))
        return None
    if snapshot is not None:
        report.snapshot_seq = snapshot.seq
    return snapshot


class _LogCheck:
    """One pass over the log: its chain, the blobs it names, what follows from it."""

    def __init__(
        self,
        root: Path,
        report: Report,
        references: References | None,
        progress: Progress | None,
        snapshot: Snapshot | None,
        checkpoint: Checkpoint | None,
        given_up: Callable[[Event], bool] | None = None,
    ) -> None:
        self.referenced: dict[str, int] = {}
        self._root = root
        self._report = report
        self._references = references
        self._given_up = given_up
        self._progress = progress
        self._snapshot = snapshot
        self._checkpoint = checkpoint
        state = locate(root.resolve())
        self._blobs = BlobStore(blob_directory(state), scratch_directory(state), read_only=True)
        self._replayed = self._state()
        self._restored: HeavenState | None = None
        self._whole = True
        self._lost = False

    def run(self, path: Path) -> None:
        with path.open("rb", buffering=_PIECE) as file:
            end = os.fstat(file.fileno()).st_size
            if self._snapshot is not None:
                self._check_snapshot(self._snapshot, file.fileno())
            at, seq, head, whole = 0, 0, GENESIS_HASH.encode(), 0
            while at < end and (line := file.readline(min(MAX_RECORD_BYTES + 1, end - at))):
                if not self._torn(line, at, end, seq + 1):
                    head, seq = self._take(line, at, head, seq)
                    whole = at + len(line)
                at += len(line)
                if self._progress is not None and (not seq % _LOOK_EVERY or at >= end):
                    self._progress("log", at, end)
            self._report.log_bytes = at
            if self._checkpoint is not None:
                self._check_end(self._checkpoint, file.fileno(), seq, whole)
        self._report.head = head.decode("ascii", "replace")
        self._compare_at_end()

    def _state(self) -> HeavenState:
        return HeavenState(RLock(), SystemClock(), self._root, lambda _: (), lambda *_: ())

    def _check_end(self, checkpoint: Checkpoint, fd: int, seq: int, whole: int) -> None:
        """Whether the log still has the last event that is known to have been on disk."""
        if seq < checkpoint.seq:
            message = checkpoint.missing(seq)
            self._report.add(Finding("log", "error", message, whole, seq + 1))
        elif self._whole and (reason := checkpoint.differs(fd)) is not None:
            self._report.add(Finding("log", "error", reason, checkpoint.start, checkpoint.seq))

    def _torn(self, line: bytes, at: int, end: int, seq: int) -> bool:
        """Whether this is a last record whose writing never ended: no damage."""
        if at + len(line) < end or (line.endswith(b"\n") and HOLE not in line):
            return False
        try:
            check_record(line, prev_of(line), seq)
        except ValueError:
            acknowledged = self._checkpoint is not None and at < self._checkpoint.size
            if self._report.writer is None and not acknowledged:
                message = "the last record was cut off; the next boot drops it"
                self._report.add(Finding("log", "note", message, at, seq))
            return True
        return False  # it lacks its newline only: somebody overwrote it

    def _take(self, line: bytes, at: int, head: bytes, seq: int) -> tuple[bytes, int]:
        """Check a record; the hash and number that the next one has to follow.

        After one that is damaged, or glued to another, the next sound one is taken as it is.
        """
        try:
            event = parse_record(line)
            before = (prev_of(line), event.seq) if self._lost else (head, seq + 1)
            digest, _ = check_record(line, *before)
            if not line.endswith(b"\n"):
                raise ValueError("the record's newline was overwritten")
        except ValueError as error:
            self._whole = False
            self._report.add(Finding("log", "error", str(error), at, seq + 1))
            self._lost = True
            return head, seq + 1
        self._lost = False
        self._report.events += 1
        self._note_references(event)
        if self._whole:
            self._fold(event)
        return digest, event.seq

    def _note_references(self, event: Event) -> None:
        if self._given_up is not None and self._given_up(event):
            return
        named = [] if self._references is None else list(self._references(event))
        if event.kind == PAGE_FAULT:
            shards = event.data.get("shards")
            for shard in shards if isinstance(shards, list) else ():
                if isinstance(shard, list) and isinstance(shard[-1], str):
                    named.append(shard[-1])
        if event.kind == PROMPT_STORED:
            named += blobs_of_prompt(event, self._blobs)
        for blob_id in named:
            self.referenced.setdefault(blob_id, event.seq)

    def _fold(self, event: Event) -> None:
        try:
            if event.kind == GRANTED:
                self._check_grants(event)
            for state in (self._replayed, self._restored):
                for part in () if state is None else state.all:
                    fold = part.folds.get(event.kind)
                    if fold is not None:
                        fold(event)
        except _UNREADABLE as error:
            self._whole = False
            message = f"{event.kind} cannot be taken in: {error}; state is not compared"
            self._report.add(Finding("state", "error", message, seq=event.seq))
        if self._snapshot is not None and event.seq == self._snapshot.seq:
            self._compare_at_snapshot(self._snapshot)

    def _check_grants(self, event: Event) -> None:
        for grant in read_granted(event):
            owner = self._replayed.leases.live.in_the_way(grant)
            if owner is not None:
                message = f"lease {grant.lease.lease_id} was granted while {owner} had its place"
                self._report.add(Finding("state", "error", message, seq=event.seq))

    def _check_snapshot(self, snapshot: Snapshot, fd: int) -> None:
        try:
            check_last_record(snapshot, fd)
            differs = Segments().resume(fd, snapshot.size, snapshot.segments, trust=False)
            if differs is not None:
                raise BadSnapshot(f"the log is not the same in its segment {differs}")
        except BadSnapshot as error:
            self._report.add(
                Finding("snapshot", "error", f"{error}; the next boot replays the log")
            )

    def _compare_at_snapshot(self, snapshot: Snapshot) -> None:
        """Compare, and let a second state go on from what the snapshot says."""
        restored = self._state()
        self._compare(states_of(self._replayed.all), snapshot.states, "the snapshot", snapshot.seq)
        if snapshot.states.keys() != {part.name for part in restored.all}:
            return
        try:
            for part in restored.all:
                part.restore(snapshot.states[part.name])
        except BadState as error:
            self._report.add(Finding("snapshot", "error", str(error), seq=snapshot.seq))
            return
        self._restored = restored

    def _compare_at_end(self) -> None:
        if self._whole and self._restored is not None:
            replayed, resumed = states_of(self._replayed.all), states_of(self._restored.all)
            self._compare(replayed, resumed, "a boot from the snapshot", self._report.events)

    def _compare(
        self, replayed: dict[str, Json], other: dict[str, Json], what: str, seq: int
    ) -> None:
        for name in sorted(replayed.keys() | other.keys()):
            if name not in other or name not in replayed:
                message = f"{what} has other parts than this version: {name}"
                self._report.add(Finding("snapshot", "note", message, seq=seq))
            elif encode(replayed[name]) != encode(other[name]):
                message = f"{what} differs from a full replay in {name}"
                self._report.add(Finding("snapshot", "error", message, seq=seq))


def _check_blobs(
    directory: Path, referenced: dict[str, int], report: Report, progress: Progress | None
) -> None:
    stored = sorted(directory.glob("*/*"))
    missing = dict(referenced)
    for number, path in enumerate(stored, 1):
        blob_id = path.parent.name + path.name
        seq = missing.pop(blob_id, None)
        try:
            digest, size = _hash_file(path)
        except OSError as error:
            message = f"it cannot be read: {error.strerror}"
            report.add(Finding("blobs", "error", message, seq=seq, blob_id=blob_id))
            continue
        report.blobs += 1
        report.blob_bytes += size
        if digest != blob_id:
            message = f"its {size} bytes are not what its name says"
            report.add(Finding("blobs", "error", message, seq=seq, blob_id=blob_id))
        if progress is not None:
            progress("blobs", number, len(stored))
    report.referenced = len(referenced)
    for blob_id, seq in missing.items():
        message = "it is missing"
        report.add(Finding("blobs", "error", message, seq=seq, blob_id=blob_id))


def _hash_file(path: Path) -> tuple[str, int]:
    hasher, size = sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            hasher.update(piece)
            size += len(piece)
    return hasher.hexdigest(), size
