from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from genesis_ssmp.heaven.canonical import encode
from genesis_ssmp.heaven.errors import (
    BadEvent,
    Closed,
    EventTooLarge,
    LogDamaged,
    LogFailed,
    NotCanonical,
    ReadOnly,
)
from genesis_ssmp.heaven.log import eventlog as eventlog_module
from genesis_ssmp.heaven.log import logreader as logreader_module
from genesis_ssmp.heaven.log.chain import GENESIS_HASH, MAX_RECORD_BYTES, kind_of
from genesis_ssmp.heaven.log.eventlog import EventLog
from genesis_ssmp.heaven.records import Event
from kit.clock import FrozenClock


def open_log(path: Path, *, read_only: bool = False) -> EventLog:
    return EventLog(path, clock=FrozenClock(), read_only=read_only)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def filled(path: Path, count: int) -> list[Event]:
    log = open_log(path)
    events = [log.append("note", {"n": n, "text": f"é\n{n}"}) for n in range(1, count + 1)]
    log.close()
    return events


def test_events_come_back_after_reopening_with_the_chain_going_on(path: Path) -> None:
    events = filled(path, 3)
    assert events[0].prev == GENESIS_HASH
    assert [e.prev for e in events[1:]] == [e.hash for e in events[:-1]]
    log = open_log(path)
    assert list(log.events()) == events
    assert (log.head, log.last_seq) == (events[-1].hash, 3)
    fourth = log.append("note", {})
    assert (fourth.seq, fourth.prev) == (4, events[-1].hash)
    log.close()
    assert list(open_log(path).events()) == [*events, fourth]


def test_trap_a_line_is_canonical_json_and_newlines_inside_cannot_break_framing(path: Path) -> None:
    event = filled(path, 1)[0]
    line = path.read_bytes()
    assert line.count(b"\n") == 1
    record = json.loads(line)
    assert encode(record) + b"\n" == line
    assert record == {
        "seq": 1,
        "time": "2026-01-01T12:00:00.000000Z",
        "kind": "note",
        "data": {"n": 1, "text": "é\n1"},
        "prev": GENESIS_HASH,
        "hash": event.hash,
    }


def test_after_kinds_and_tail(path: Path) -> None:
    log = open_log(path)
    for n in range(1, 2_001):
        log.append("odd" if n % 2 else "even", {"n": n}, sync=False)
        if n == 1_500:
            log.sync()
    # 1,500 are on disk, 500 still in the buffer: readers see no seam.
    assert [e.seq for e in log.events(after=1_497)] == list(range(1_498, 2_001))
    assert [e.seq for e in log.events(after=1_490, kinds={"even"})][:6] == [
        1_492, 1_494, 1_496, 1_498, 1_500, 1_502,
    ]  # fmt: skip
    assert [e.seq for e in log.tail(3)] == [1_998, 1_999, 2_000]
    assert log.tail(501)[0].seq == 1_500
    assert log.tail(0) == ()
    assert len(log.tail(10_000)) == 2_000
    assert list(log.events(after=2_000)) == []
    log.close()
    assert [e.data["n"] for e in open_log(path).events(after=1_000)] == list(range(1_001, 2_001))


def test_trap_tail_and_paging_do_not_reread_the_log(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(path)
    for n in range(5_000):
        log.append("note", {"n": n}, sync=False)
        if n % 100 == 0:
            log.sync()
    log.sync()
    parsed: list[bytes] = []

    def counting(line: bytes) -> str:
        parsed.append(line)
        return kind_of(line)

    monkeypatch.setattr(logreader_module, "kind_of", counting)
    assert len(log.tail(10)) == 10
    assert len(list(log.events(after=4_000, kinds={"absent"}))) == 0
    assert len(parsed) == 1_000
    _, offset = log._marks.before_seq(4_991)
    assert path.stat().st_size - offset < 60_000


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="the system counts no bytes read")
def test_trap_a_boot_reads_the_log_once_and_tail_a_few_of_its_bytes(path: Path) -> None:
    log = open_log(path)
    for n in range(10_000):
        log.append("note", {"n": n, "pad": "x" * 300}, sync=n % 100 == 0)
    log.sync()

    def read() -> int:
        return int(Path("/proc/self/io").read_text().split()[1])

    size, before = path.stat().st_size, read()
    assert size > 5_000_000
    assert len(log.tail(10)) == 10
    assert read() - before < size // 20
    before = read()
    assert next(log.events(after=5_000)).seq == 5_001
    assert read() - before < size // 20
    log.close()
    before = read()
    log = open_log(path)
    assert size <= read() - before < size * 1.1
    log.close()


class CountedSyncs:
    """Counts fdatasync calls, and can hold one back until told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.entered = threading.Event()
        self.go = threading.Event()
        self.go.set()
        monkeypatch.setattr(eventlog_module, "sync_data", self._sync)

    def _sync(self, fd: int) -> None:
        self.count += 1
        self.entered.set()
        assert self.go.wait(10)
        os.fdatasync(fd)


def test_intent_and_result_share_one_sync_and_one_write(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(path)
    syncs = CountedSyncs(monkeypatch)
    log.append("intent", {"pc": 1}, sync=False)
    assert (syncs.count, path.stat().st_size) == (0, 0)
    log.append("result", {"pc": 1})
    assert syncs.count == 1
    assert [json.loads(line)["kind"] for line in path.read_bytes().splitlines()] == [
        "intent",
        "result",
    ]
    log.sync()
    assert syncs.count == 1


def test_concurrent_appenders_share_a_sync(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log(path)
    syncs = CountedSyncs(monkeypatch)
    syncs.go.clear()
    leader = threading.Thread(target=log.append, args=("first", {}))
    leader.start()
    assert syncs.entered.wait(10)
    followers = [threading.Thread(target=log.append, args=("next", {"n": n})) for n in range(16)]
    for thread in followers:
        thread.start()
    while log.last_seq < 17:
        pass
    syncs.go.set()
    for thread in [leader, *followers]:
        thread.join(10)
    assert syncs.count == 2
    log.close()
    assert [e.seq for e in open_log(path).events()] == list(range(1, 18))


def test_trap_nothing_is_acknowledged_before_its_sync(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(path)
    syncs = CountedSyncs(monkeypatch)
    syncs.go.clear()
    done = threading.Event()

    def work() -> None:
        log.append("x", {})
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert syncs.entered.wait(10)
    assert not done.is_set()
    syncs.go.set()
    thread.join(10)
    assert done.is_set()


def test_many_threads_lose_nothing_and_keep_one_order(path: Path) -> None:
    log = open_log(path)
    mine: list[list[Event]] = [[] for _ in range(8)]

    def work(slot: int) -> None:
        for n in range(40):
            mine[slot].append(log.append("x", {"slot": slot, "n": n}, sync=n % 3 != 0))

    threads = [threading.Thread(target=work, args=(slot,)) for slot in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    events = list(open_log(path).events())
    assert sorted((e for part in mine for e in part), key=lambda e: e.seq) == events
    for part in mine:
        assert [e.data["n"] for e in part] == list(range(40))


def test_trap_a_failed_sync_poisons_the_log_and_acknowledges_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(path)
    first = log.append("x", {"n": 1})

    def fail(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(eventlog_module, "sync_data", fail)
    with pytest.raises(LogFailed, match="No space left"):
        log.append("x", {"n": 2})
    monkeypatch.undo()
    for attempt in (lambda: log.append("x", {}), lambda: log.append("x", {}, sync=False), log.sync):
        with pytest.raises(LogFailed, match="No space left"):
            attempt()
    log.close()
    assert next(open_log(path).events()) == first


def test_an_interrupt_while_syncing_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(path)
    log.append("x", {"n": 1})

    def interrupt(fd: int, *data: bytes) -> None:
        if data:
            os.write(fd, data[0][:10])
        raise KeyboardInterrupt

    for target in ("sync_data", "write_all"):
        monkeypatch.setattr(eventlog_module, target, interrupt)
        with pytest.raises(KeyboardInterrupt):
            log.append("x", {"interrupted in": target})
        monkeypatch.undo()
    log.append("x", {"n": 4})
    log.close()
    assert [e.data.get("n", "interrupted") for e in open_log(path).events()] == [
        1, "interrupted", "interrupted", 4,
    ]  # fmt: skip


def recover(path: Path) -> list[Event]:
    log = open_log(path)
    try:
        return list(log.events())
    finally:
        log.close()


def test_cut_at_every_byte_recovers_the_whole_records_before_the_cut(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = filled(path, 6)
    monkeypatch.setattr(eventlog_module, "sync_data", lambda fd: None)  # 1,500 of them, for speed
    whole = path.read_bytes()
    ends = [0]
    for line in whole.splitlines(keepends=True):
        ends.append(ends[-1] + len(line))
    for cut in range(len(whole) + 1):
        path.unlink()  # truncating and writing again would make some file systems sync
        path.write_bytes(whole[:cut])
        kept = sum(end <= cut for end in ends[1:])
        assert recover(path) == events[:kept], cut
        assert path.stat().st_size == ends[kept]


def test_trap_the_event_after_a_torn_one_is_not_glued_to_it(path: Path) -> None:
    events = filled(path, 3)
    path.write_bytes(path.read_bytes()[:-20])
    log = open_log(path)
    after = log.append("after", {})
    log.close()
    assert recover(path) == [*events[:2], after]


def test_trap_a_flipped_byte_anywhere_is_refused_with_its_offset(path: Path) -> None:
    filled(path, 4)
    whole = path.read_bytes()
    starts = [0]
    for line in whole.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for at in range(len(whole)):
        for flip in {0x01, 0x20, whole[at], whole[at] ^ 0x0A} - {0}:
            with path.open("r+b") as file:
                file.seek(at)
                file.write(bytes([whole[at] ^ flip]))
            record = max(start for start in starts if start <= at)
            with pytest.raises(LogDamaged) as damage:
                open_log(path)
            assert damage.value.offset == record, (at, flip)
            with path.open("r+b") as file:
                file.seek(at)
                file.write(whole[at : at + 1])
    assert path.read_bytes() == whole


def test_trap_bad_records_are_not_skipped_swapped_removed_and_repeated_ones_are_refused(
    path: Path,
) -> None:
    filled(path, 4)
    a, b, c, d = path.read_bytes().splitlines(keepends=True)
    for lines in ([b, c, d], [a, c, d], [a, c, b, d], [a, b, b, c, d]):
        path.write_bytes(b"".join(lines))
        with pytest.raises(LogDamaged):
            open_log(path)


def test_an_edited_record_with_a_hash_made_to_fit_breaks_the_chain(path: Path) -> None:
    filled(path, 3)
    other = path.with_name("other")
    log = open_log(other)
    log.append("note", {"n": 666})
    log.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([other.read_bytes(), *lines[1:]]))
    with pytest.raises(LogDamaged) as damage:
        open_log(path)
    assert damage.value.offset == len(other.read_bytes())


def test_a_last_record_with_a_hole_of_zeros_never_reached_the_disk(path: Path) -> None:
    events = filled(path, 3)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    torn = lines[2][:30] + b"\0" * 60 + lines[2][90:]
    path.write_bytes(lines[0] + lines[1] + torn)
    assert recover(path) == events[:2]
    path.write_bytes(lines[0] + lines[1][:30] + b"\0" * 60 + lines[1][90:] + lines[2])
    with pytest.raises(LogDamaged):
        open_log(path)


def test_boot_on_a_file_that_is_not_a_log_is_bounded_and_refused(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(3 * MAX_RECORD_BYTES)
    with pytest.raises(LogDamaged) as damage:
        open_log(path)
    assert damage.value.offset == 0


def test_trap_a_big_event_is_taken_and_the_next_boot_reads_it(path: Path) -> None:
    log = open_log(path)
    event = log.append("big", {"text": "x" * 5_000_000})
    last = log.append("small", {})
    log.close()
    log = open_log(path)
    assert list(log.events()) == [event, last]
    assert log.tail(1) == (last,)


def test_an_event_over_the_limit_is_refused_and_leaves_no_trace(path: Path) -> None:
    log = open_log(path)
    with pytest.raises(EventTooLarge) as refusal:
        log.append("big", {"text": "x" * MAX_RECORD_BYTES})
    assert refusal.value.size > refusal.value.limit
    with pytest.raises(NotCanonical):
        log.append("bad", {"n": float("nan")})
    with pytest.raises(BadEvent):
        log.append('a","kind":"b', {})
    assert log.append("good", {}).seq == 1
    log.close()
    assert len(recover(path)) == 1


def test_a_reader_tolerates_a_torn_tail_leaves_it_and_follows_the_writer(path: Path) -> None:
    writer = open_log(path)
    first = writer.append("x", {"n": 1})
    reader = open_log(path, read_only=True)
    assert list(reader.events()) == [first]
    second = writer.append("x", {"n": 2})
    reader.refresh()
    assert list(reader.events()) == [first, second]
    assert reader.head == second.hash
    writer.close()
    with path.open("ab") as file:
        file.write(b'{"data":{"torn')
    size = path.stat().st_size
    reader.refresh()
    assert list(open_log(path, read_only=True).events()) == [first, second]
    assert path.stat().st_size == size
    with pytest.raises(ReadOnly):
        reader.append("x", {})


def test_trap_folds_see_every_event_once_live_and_at_boot_alike(path: Path) -> None:
    def count(into: list[int]) -> Callable[[Event], None]:
        return lambda event: into.append(event.seq)

    live: list[int] = []
    log = EventLog(path, clock=FrozenClock(), folds={"x": count(live)})
    for kind in ("x", "y", "x"):
        log.append(kind, {}, sync=False)
    log.close()
    booted: list[int] = []
    EventLog(path, clock=FrozenClock(), folds={"x": count(booted)}).close()
    assert live == booted == [1, 3]


def test_a_closed_log_says_so(path: Path) -> None:
    log = open_log(path)
    log.append("x", {}, sync=False)
    log.close()
    log.close()
    for attempt in (lambda: log.append("x", {}), log.sync, log.events, log.refresh):
        with pytest.raises(Closed):
            attempt()
    assert len(recover(path)) == 1


CHILD = r"""
import os
import sys
from pathlib import Path
from threading import Thread
from genesis_ssmp.heaven.clock import SystemClock
from genesis_ssmp.heaven.log.eventlog import EventLog
log = EventLog(Path(sys.argv[1]), clock=SystemClock())
def work():
    while True:
        log.append("intent", {"pad": "x" * 200}, sync=False)
        os.write(1, b"%d\n" % log.append("result", {"pad": "y" * 3000}).seq)
for _ in range(3):
    Thread(target=work).start()
"""


def test_kill_9_loses_no_acknowledged_event(path: Path) -> None:
    acknowledged: list[int] = []
    for round_number in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(20 + round_number * 13):
            acknowledged.append(int(child.stdout.readline()))
        child.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in child.stdout if line.endswith("\n")]
        child.wait()
        seqs = [event.seq for event in recover(path)]
        assert seqs == list(range(1, len(seqs) + 1))
        assert set(acknowledged) <= set(seqs)
    assert len(acknowledged) >= 99
