"""A log that lost acknowledged events is refused; one that a crash left is not, ever."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven, LogDamaged
from genesis_ssmp.heaven.fsck import fsck
from genesis_ssmp.heaven.log import checkpoint as checkpoint_module
from genesis_ssmp.heaven.log import eventlog as eventlog_module
from genesis_ssmp.heaven.log.checkpoint import read_checkpoint
from genesis_ssmp.heaven.log.eventlog import EventLog
from kit.clock import FrozenClock
from kit.evidence import Evidence

SOAK = "GENESIS_SOAK" in os.environ


class Place:
    """A directory with a log and its checkpoint."""

    def __init__(self, directory: Path) -> None:
        self.log = directory / "log.jsonl"
        self.mark = directory / "checkpoint"

    def open(self, *, read_only: bool = False) -> EventLog:
        return EventLog(self.log, clock=FrozenClock(), read_only=read_only, checkpoint=self.mark)

    def recovered(self) -> int:
        """How many events a boot finds."""
        log = self.open()
        try:
            assert [event.seq for event in log.events()] == list(range(1, log.last_seq + 1))
            return log.last_seq
        finally:
            log.close()

    def put(self, log: bytes, mark: bytes | None) -> None:
        self.log.unlink(missing_ok=True)
        self.mark.unlink(missing_ok=True)
        self.log.write_bytes(log)
        if mark is not None:
            self.mark.write_bytes(mark)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Durability is not what these tests look at; the syncs of thousands of boots cost minutes."""
    monkeypatch.setattr(eventlog_module, "sync_data", lambda fd: None)
    monkeypatch.setattr(checkpoint_module, "sync_data", lambda fd: None)


def ends(content: bytes) -> list[int]:
    found = [0]
    for line in content.splitlines(keepends=True):
        found.append(found[-1] + len(line))
    return found


@pytest.mark.usefixtures("unsynced")
def test_trap_a_log_cut_anywhere_even_between_two_records_is_refused(place: Place) -> None:
    log = place.open()
    for n in range(6):
        log.append("note", {"n": n})
    log.close()
    whole, mark = place.log.read_bytes(), place.mark.read_bytes()
    for cut in range(len(whole)):
        kept = sum(end <= cut for end in ends(whole)[1:])
        for read_only in (False, True):
            place.put(whole[:cut], mark)
            with pytest.raises(LogDamaged) as refusal:
                place.open(read_only=read_only)
            assert refusal.value.offset == ends(whole)[kept], cut
            assert f"ends after event {kept}, and events up to 6" in str(refusal.value)
            assert place.log.read_bytes() == whole[:cut], "nothing was changed"
    place.put(whole, mark)
    assert place.recovered() == 6


@pytest.mark.usefixtures("unsynced")
def test_what_is_not_acknowledged_may_be_lost(place: Place) -> None:
    log = place.open()
    log.append("note", {"n": 1})
    log.close()
    acknowledged, mark = place.log.read_bytes(), place.mark.read_bytes()
    log = place.open()
    log.append("note", {"n": 2})
    log.close()
    both = place.log.read_bytes()
    for cut in range(len(acknowledged), len(both)):
        place.put(both[:cut], mark)
        assert place.recovered() == 1


def test_another_event_in_the_place_of_an_acknowledged_one_is_refused(place: Place) -> None:
    contents = []
    for number in (1, 2):
        log = place.open()
        log.append("note", {"n": number})
        log.close()
        contents.append((place.log.read_bytes(), place.mark.read_bytes()))
        place.log.unlink()
        place.mark.unlink()
    place.put(contents[0][0], contents[1][1])
    with pytest.raises(LogDamaged, match="another event") as refusal:
        place.open()
    assert refusal.value.offset == 0


def test_without_its_checkpoint_a_cut_log_is_taken_as_it_is(place: Place) -> None:
    """How somebody who has no copy of it goes on."""
    log = place.open()
    for n in range(3):
        log.append("note", {"n": n})
    log.close()
    whole = place.log.read_bytes()
    place.put(whole[: ends(whole)[2]], None)
    assert place.recovered() == 2
    assert place.recovered() == 2  # with a checkpoint of its own again


def test_a_log_without_a_checkpoint_gets_one_when_it_is_opened(place: Place) -> None:
    """An older version's log, and one whose last sync nobody has seen."""
    log = place.open()
    log.append("note", {})
    log.close()
    mark = place.mark.read_bytes()
    place.mark.unlink()
    place.open().close()
    assert place.mark.read_bytes() == mark


@pytest.mark.usefixtures("unsynced")
def test_a_torn_checkpoint_counts_as_none(place: Place) -> None:
    log = place.open()
    for n in range(9):
        log.append("note", {"n": n})
    old = place.mark.read_bytes()
    log.append("note", {"n": 9})
    log.close()
    whole, new = place.log.read_bytes(), place.mark.read_bytes()
    first = whole[: ends(whole)[1]]
    torn = [new[:k] for k in range(len(new))]
    torn += [new[:k] + old[k:] for k in range(1, len(new)) if new[:k] + old[k:] not in (old, new)]
    torn += [b"\0" * len(new), b"null\n\n", b"[]\n" + new]
    for mark in torn:
        place.put(first, mark)
        assert read_checkpoint(place.mark) is None, mark
        assert place.recovered() == 1


def test_a_checkpoint_that_cannot_be_written_fails_no_append(place: Place) -> None:
    place.mark.mkdir()
    log = place.open()
    assert log.append("note", {}).seq == 1
    log.close()
    assert log._checkpoint is not None
    assert log._checkpoint.failure is not None


def test_a_heaven_whose_log_is_gone_but_not_its_checkpoint_is_refused(tmp_path: Path) -> None:
    with Heaven.open(tmp_path) as heaven:
        heaven.append("note", {})
    (tmp_path / ".heaven/log.jsonl").unlink()
    with pytest.raises(LogDamaged, match="checkpoint"):
        Heaven.open(tmp_path)
    assert not fsck(tmp_path).ok


@dataclass
class Disk:
    """What the log and its checkpoint may look like after a power loss, at each moment.

    Bytes that were not synced are there, in part, as zeros, or not at all; an overwritten file is
    any of its versions since its last sync, or torn between two of them.
    """

    place: Place
    synced: bytes = b""
    written: bytes = b""
    marks: list[bytes | None] = field(default_factory=lambda: [None])
    acknowledged: int = 0
    seen: set[tuple[bytes, bytes | None]] = field(default_factory=set)
    boots: int = 0

    def look(self) -> None:
        """Something was written: take the files as they are in memory."""
        if self.place.log.exists():
            self.written = self.place.log.read_bytes()
        mark = self.place.mark.read_bytes() if self.place.mark.exists() else None
        if mark != self.marks[-1]:
            self.marks.append(mark)

    def states(self) -> set[tuple[bytes, bytes | None]]:
        fresh = len(self.written) - len(self.synced)
        logs = {self.written[: len(self.synced) + k] for k in range(0, fresh + 1, 23)}
        logs |= {self.written, self.synced + b"\0" * fresh}
        marks = set(self.marks)
        for old, new in zip(self.marks, self.marks[1:], strict=False):
            if new is not None:
                marks |= {new[:k] + (old or b"")[k:] for k in range(0, len(new), 29)}
        return {(log, mark) for log in logs for mark in marks}


def test_power_loss_at_any_instant_leaves_a_log_that_opens_with_all_that_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence
) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / "after").mkdir()
    live, after = Place(tmp_path / "live"), Place(tmp_path / "after")
    disk = Disk(live)
    found: list[tuple[set[tuple[bytes, bytes | None]], int]] = []

    def moment() -> None:
        disk.look()
        found.append((disk.states(), disk.acknowledged))

    def sync_log(fd: int) -> None:
        moment()
        disk.synced = disk.written
        moment()

    def sync_mark(fd: int) -> None:
        moment()
        disk.marks = disk.marks[-1:]
        moment()

    def pwrite(fd: int, data: bytes, offset: int) -> int:
        written = os_pwrite(fd, data, offset)
        moment()
        return written

    os_pwrite = os.pwrite
    with monkeypatch.context() as patch:
        patch.setattr(eventlog_module, "sync_data", sync_log)
        patch.setattr(checkpoint_module, "sync_data", sync_mark)
        patch.setattr(os, "pwrite", pwrite)
        number = 0
        for session in range(3):
            log = live.open()
            for n in range(5):
                number += 1
                waits = n % 2 == 0
                log.append("note", {"n": number, "pad": "x" * (number % 7) * 9}, sync=waits)
                if waits:
                    disk.acknowledged = number
                moment()
            if session == 1:
                # The process dies here: what it kept to itself is lost, its successor goes on.
                os.close(log._fd)
                number = disk.acknowledged
            else:
                log.close()
                disk.acknowledged = number
            moment()
    monkeypatch.setattr(eventlog_module, "sync_data", lambda fd: None)
    monkeypatch.setattr(checkpoint_module, "sync_data", lambda fd: None)
    tried: dict[tuple[bytes, bytes | None], int] = {}
    for states, acknowledged in found:
        for state in states:
            tried[state] = max(tried.get(state, 0), acknowledged)
    chosen = list(tried.items()) if SOAK else random.Random(5).sample(list(tried.items()), 900)
    for (log_bytes, mark), acknowledged in chosen:
        after.put(log_bytes, mark)
        assert after.recovered() >= acknowledged
    evidence.note("boots after a power loss", boots=len(chosen), states=len(tried))


CHILD = r"""
import os
import sys
from pathlib import Path
from threading import Thread
from genesis_ssmp.heaven import Heaven
heaven = Heaven.open(Path(sys.argv[1]))
def work():
    while True:
        heaven.append("intent", {"pad": "x" * 100}, sync=False)
        os.write(1, b"%d\n" % heaven.append("result", {"pad": "y" * 900}).seq)
for _ in range(3):
    Thread(target=work).start()
"""


def test_after_kill_9_the_log_opens_and_without_one_acknowledged_event_it_does_not(
    tmp_path: Path, evidence: Evidence
) -> None:
    log, chance = tmp_path / ".heaven/log.jsonl", random.Random(3)
    rounds = 100 if SOAK else 5
    for _ in range(rounds):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(chance.randrange(1, 50))]
        child.send_signal(signal.SIGKILL)
        told += [int(line) for line in child.stdout if line.endswith("\n")]
        child.wait()
        reached = read_checkpoint(tmp_path / ".heaven/checkpoint")
        assert reached is not None
        assert reached.seq >= max(told)
        assert fsck(tmp_path).ok
        whole = log.read_bytes()
        log.write_bytes(whole[: ends(whole)[max(told) - 1]])
        with pytest.raises(LogDamaged, match="were acknowledged"):
            Heaven.open(tmp_path)
        assert not fsck(tmp_path).ok
        log.write_bytes(whole)
        with Heaven.open(tmp_path) as heaven:
            assert heaven.last_seq >= max(told)
    evidence.note("killed with SIGKILL, checkpoint looked at", rounds=rounds)
