"""Boot is a snapshot and the tail of the log; the log is always right."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Container, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven, LogDamaged, LogFailed
from genesis_ssmp.heaven.canonical import encode
from genesis_ssmp.heaven.fsck import fsck
from genesis_ssmp.heaven.log import chain as chain_module
from genesis_ssmp.heaven.log import checkpoint as checkpoint_module
from genesis_ssmp.heaven.log import eventlog as eventlog_module
from genesis_ssmp.heaven.log import logreader as logreader_module
from genesis_ssmp.heaven.log import scan as scan_module
from genesis_ssmp.heaven.log import schedule as schedule_module
from genesis_ssmp.heaven.log import segments as segments_module
from genesis_ssmp.heaven.log import snapshot as snapshot_module
from genesis_ssmp.heaven.log.snapshot import stamp_of, states_of
from genesis_ssmp.heaven.records import Event, Json
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.proto.pf import Args, Request
from kit.clock import FrozenClock
from kit.evidence import Evidence
from kit.heaven import HeavenHome

SOAK = "GENESIS_SOAK" in os.environ


def busy(home: HeavenHome, rounds: int = 6) -> None:
    """Events of every kind that state is derived from, and others."""
    (home.root / "a.py").write_text("def f():\n    return 1\n")
    heaven = home.heaven
    for n in range(rounds):
        heaven.append("note", {"n": n, "text": "é\n" * (n + 1)}, sync=False)
        heaven.clock_inc([f"dir/f{n}.py", "a.py"], sync=False)
        lease = heaven.acquire(f"o{n}", "m", [Scope("file", f"f{n}.py")], ttl_seconds=60 + n)
        heaven.acquire(f"r{n}", "m", [Scope("directory", f"d{n}")], mode="S", ttl_seconds=5)
        heaven.fault(Request("PF_SLICE", Args(mission_id=f"m{n}", path="a.py", n=n + 1)))
        if n % 3 == 0:
            heaven.release(f"o{n}", [lease.acquired[0].lease_id])
        if n % 3 == 1:
            heaven.renew(f"o{n}", [lease.acquired[0].lease_id], ttl_seconds=600)
        home.clock.advance(2)
    heaven.sync()


def snapshot_of(home: HeavenHome) -> Path:
    return home.root / ".heaven/snapshot.json"


def checkpoint_of(home: HeavenHome) -> Path:
    return home.root / ".heaven/checkpoint"


def state_of(heaven: Heaven) -> dict[str, Json]:
    return states_of(heaven._state.all)


def folded(heaven: Heaven, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which events a boot of the same Heaven folds."""
    seen: list[int] = []
    check = chain_module.check_run

    def counting(
        lines: Sequence[bytes], prev: bytes, seq: int, kinds: Container[bytes]
    ) -> tuple[int, bytes, list[tuple[int, bytes]]]:
        seen.extend(range(seq, seq + len(lines)))
        return check(lines, prev, seq, kinds)

    with monkeypatch.context() as patch:
        patch.setattr(scan_module, "check_run", counting)
        Heaven.open(heaven.root, clock=heaven.clock, read_only=True).close()
    return seen


def test_a_boot_reads_only_what_came_after_the_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HeavenHome(tmp_path) as home:
        busy(home)
        before, last = state_of(home.heaven), home.heaven.last_seq
        heaven = home.reopen()
        assert state_of(heaven) == before
        assert heaven._log.snapshots.refused is None
        assert folded(heaven, monkeypatch) == []
        heaven.append("note", {})
        assert folded(heaven, monkeypatch) == [last + 1]
        assert len(list(heaven.events())) == last + 1


def test_the_fencing_counter_survives_when_no_lease_does(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        for _ in range(5):
            lease = home.heaven.acquire("o", "m", [Scope("file", "a")]).acquired[0]
            home.heaven.release("o", [lease.lease_id])
        again = home.reopen().acquire("o", "m", [Scope("file", "a")]).acquired[0]
        assert again.fencing_token == lease.fencing_token + 1


def test_leases_from_a_snapshot_lock_expire_and_renew_as_before(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        lease = home.heaven.acquire("a", "m", [Scope("directory", "src")], ttl_seconds=60)
        token = lease.acquired[0].fencing_token
        heaven = home.reopen()
        assert heaven.acquire("b", "m", [Scope("file", "src/x")]).denied == ("file:src/x",)
        heaven.check_write("a", ["src/x"], [token])
        heaven.renew("a", [lease.acquired[0].lease_id], ttl_seconds=120)
        heaven = home.reopen()
        home.clock.advance(119)
        assert heaven.acquire("b", "m", [Scope("file", "src/x")]).denied
        home.clock.advance(2)
        assert heaven.acquire("b", "m", [Scope("file", "src/x")]).acquired
        assert [e.kind for e in heaven.tail(2)] == ["lease_expired", "lease_granted"]


def test_a_snapshot_is_written_every_so_many_events_from_another_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventlog_module, "SNAPSHOT_EVERY_EVENTS", 50)
    with HeavenHome(tmp_path) as home:
        for n in range(49):
            home.heaven.clock_inc([f"f{n}"], sync=False)
        assert not snapshot_of(home).exists()
        home.heaven.clock_inc(["last"])
        home.heaven._log.snapshots.wait()
        assert json.loads(snapshot_of(home).read_bytes().splitlines()[0])["seq"] == 50
        # A process that dies now leaves it behind: the next boot starts there.
        reader = Heaven.open(tmp_path, clock=home.clock, read_only=True)
        assert reader._log.snapshots.refused is None
        assert reader._log.snapshots.seq == 50
        assert state_of(reader) == state_of(home.heaven)


def test_a_snapshot_never_tells_of_events_that_are_not_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventlog_module, "SNAPSHOT_EVERY_EVENTS", 3)

    def fail(fd: int) -> None:
        raise OSError(28, "No space left on device")

    home = HeavenHome(tmp_path)
    monkeypatch.setattr(eventlog_module, "sync_data", fail)
    for _ in range(3):
        home.heaven.append("x", {}, sync=False)
    home.heaven._log.snapshots.wait()
    assert not snapshot_of(home).exists()
    with pytest.raises(LogFailed):
        home.heaven.sync()
    home.close()
    assert not snapshot_of(home).exists()


def test_an_event_that_no_snapshot_could_be_written_for_is_acknowledged_all_the_same(
    tmp_path: Path,
) -> None:
    with HeavenHome(tmp_path) as home:
        snapshot_of(home).mkdir()
        home.heaven.append("x", {})
        log = home.heaven._log
        home.heaven.close()
        assert log.snapshots.failure is not None
        reopened = home.reopen()
        assert reopened.last_seq == 1
        snapshot_of(home).rmdir()


def damage(path: Path, change: Callable[[dict[str, Json]], object]) -> None:
    """Change the snapshot, and make its checksum fit again."""
    record = json.loads(path.read_bytes().splitlines()[0])
    change(record)
    body = encode(record)
    path.write_bytes(body + b"\n" + sha256(body).hexdigest().encode() + b"\n")


CHANGES: dict[str, Callable[[dict[str, Json]], object]] = {
    "another format": lambda r: r.update(format=2),
    "no format": lambda r: r.pop("format"),
    "a field missing": lambda r: r.pop("marks", r.pop("mark_seqs")),
    "a field too many": lambda r: r.update(more=1),
    "a field of another type": lambda r: r.update(seq="3"),
    "another head": lambda r: r.update(head="0" * 64),
    "another number": lambda r: r.update(seq=2),
    "newer than the log": lambda r: r.update(size=10**9, start=10**9 - 100),
    "another place": lambda r: r.update(start=0),
    "other sums": lambda r: r.update(segments=["0" * 64]),
    "too few sums": lambda r: r.update(segments=[]),
    "parts of another version": lambda r: r.update(states={"clocks/0": {}}),
    "a state that cannot be read": lambda r: r["states"].update({"missions/1": [1]}),  # type: ignore[union-attr]
    "leases that cannot be read": lambda r: r["states"].update({"leases/1": {"last_token": 1}}),  # type: ignore[union-attr]
    "clocks that cannot be read": lambda r: r["states"].update({"clocks/1": {"a": "b"}}),  # type: ignore[union-attr]
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_snapshot_that_disagrees_is_thrown_away_and_the_log_replayed(
    tmp_path: Path, what: str
) -> None:
    with HeavenHome(tmp_path) as home:
        busy(home)
        before = state_of(home.heaven)
        home.heaven.close()
        damage(snapshot_of(home), CHANGES[what])
        heaven = home.reopen()
        assert heaven._log.snapshots.refused is not None
        assert not snapshot_of(home).exists()
        assert state_of(heaven) == before
        heaven = home.reopen()  # the new one is good
        assert heaven._log.snapshots.refused is None
        assert state_of(heaven) == before


def test_any_byte_of_a_snapshot_flipped_or_cut_changes_nothing(tmp_path: Path) -> None:
    home = HeavenHome(tmp_path)
    busy(home, 2)
    before = state_of(home.heaven)
    home.close()
    whole = snapshot_of(home).read_bytes()
    step = 1 if SOAK else 37
    for at in range(0, len(whole), step):
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :]):
            snapshot_of(home).write_bytes(content)
            reader = Heaven.open(tmp_path, clock=home.clock, read_only=True)
            assert reader._log.snapshots.refused is not None
            assert state_of(reader) == before
            reader.close()


def test_a_snapshot_of_a_log_that_was_cut_and_went_on_is_not_used(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        for n in range(4):
            home.heaven.clock_inc([f"f{n}"])
        home.heaven.close()
        kept = snapshot_of(home).read_bytes()
        lines = home.log.read_bytes().splitlines(keepends=True)
        home.log.write_bytes(b"".join(lines[:2]))
        checkpoint_of(home).unlink()  # somebody accepts the loss
        heaven = home.reopen()
        assert heaven.clocks(["f1", "f2"]) == {"f1": 1, "f2": 0}
        home.clock.advance(1)
        for _ in range(3):
            heaven.clock_inc(["other"])
        heaven.close()
        snapshot_of(home).write_bytes(kept)
        assert home.reopen().clocks(["f2", "other"]) == {"f2": 0, "other": 3}
        assert home.heaven._log.snapshots.refused is not None


def test_bytes_changed_behind_the_file_systems_back_are_found_when_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that rots leaves the file's times alone, so that the boot trusts them."""
    monkeypatch.setattr(segments_module, "SEGMENT_BYTES", 4096)
    monkeypatch.setattr(logreader_module, "SEGMENT_BYTES", 4096)
    monkeypatch.setattr(schedule_module, "settled", lambda stamp: stamp)
    with HeavenHome(tmp_path) as home:
        for n in range(100):
            home.heaven.append("note", {"n": n, "pad": "x" * 100}, sync=n % 10 == 0)
        home.heaven.close()
        whole = home.log.read_bytes()
        for at in (10, 4095, 4096, 20_000):
            with home.log.open("r+b") as file:
                file.seek(at)
                file.write(bytes([whole[at] ^ 1]))
            stamp = json.loads(snapshot_of(home).read_bytes().splitlines()[0])["stamp"]
            monkeypatch.setattr(snapshot_module, "stamp_of", lambda fd, stamp=stamp: stamp)
            reader = Heaven.open(tmp_path, clock=home.clock, read_only=True)
            assert reader._log.snapshots.refused is None
            record = whole.rfind(b"\n", 0, at) + 1
            for kinds in (None, {"absent"}):
                with pytest.raises(LogDamaged) as damage:
                    list(reader.events(kinds=kinds))
                assert damage.value.offset == record
            reader.close()
            monkeypatch.setattr(snapshot_module, "stamp_of", stamp_of)
            home.log.write_bytes(whole)
        home.reopen()


def test_a_log_changed_by_others_while_it_was_open_gets_no_snapshot(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        home.heaven.append("x", {"n": 1})
        whole = home.log.read_bytes()
        home.log.write_bytes(whole[:9] + b"?" + whole[10:])
        os.utime(home.log)
        log = home.heaven._log
        home.heaven.append("x", {"n": 2})
        home.heaven.close()
        assert log.snapshots.failure is not None
        assert not snapshot_of(home).exists()
        with pytest.raises(LogDamaged) as damage:
            home.reopen()
        assert damage.value.offset == 0


def test_memory_of_what_was_shown_once_is_not_shared_with_later_events(tmp_path: Path) -> None:
    """A state is captured under the lock and written later."""
    with HeavenHome(tmp_path) as home:
        busy(home)
        state = state_of(home.heaven)
        frozen = encode(dict(state))
        busy(home)
        assert encode(dict(state)) == frozen


class Boots:
    """Recovers a log's copies with and without its snapshot, and compares."""

    def __init__(self, root: Path) -> None:
        self.home = HeavenHome(root, FrozenClock())
        busy(self.home, 4)
        self.home.heaven.close()
        self.snapshot = snapshot_of(self.home).read_bytes()
        self.home.reopen()
        busy(self.home, 3)
        self.events: list[Event] = list(self.home.heaven.events())
        self.home.close()
        self.later = snapshot_of(self.home).read_bytes()
        self.whole = self.home.log.read_bytes()
        self.starts = [0]
        for line in self.whole.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def boot(
        self, log: bytes, snapshot: bytes | None, checkpoint: bytes | None = None
    ) -> tuple[list[Event], dict[str, Json]]:
        self.home.log.unlink()
        self.home.log.write_bytes(log)
        if checkpoint is None:
            checkpoint_of(self.home).unlink(missing_ok=True)
        else:
            checkpoint_of(self.home).write_bytes(checkpoint)
        if snapshot is None:
            snapshot_of(self.home).unlink(missing_ok=True)
        else:
            snapshot_of(self.home).write_bytes(snapshot)
        with Heaven.open(self.home.root, clock=self.home.clock) as heaven:
            return list(heaven.events()), state_of(heaven)


def test_cut_at_every_byte_of_the_last_4_kib_recovers_a_prefix_with_every_whole_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence
) -> None:
    monkeypatch.setattr(eventlog_module, "sync_data", lambda fd: None)
    monkeypatch.setattr(checkpoint_module, "sync_data", lambda fd: None)
    boots = Boots(tmp_path)
    whole, first = boots.whole, len(boots.whole) - 4096
    step = 1 if SOAK else 19
    states: dict[int, dict[str, Json]] = {}
    cuts = 0
    for cut in [*range(first, len(whole), step), len(whole)]:
        kept = sum(end <= cut for end in boots.starts[1:])
        for snapshot in (boots.snapshot, boots.later, None):
            events, state = boots.boot(whole[:cut], snapshot)
            assert events == boots.events[:kept], cut
            assert states.setdefault(kept, state) == state, cut
            cuts += 1
    evidence.note("boots of a log cut short", count=cuts)


def test_a_byte_flipped_anywhere_is_refused_with_its_offset_whatever_the_snapshot_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence
) -> None:
    monkeypatch.setattr(eventlog_module, "sync_data", lambda fd: None)
    monkeypatch.setattr(checkpoint_module, "sync_data", lambda fd: None)
    boots = Boots(tmp_path)
    whole = boots.whole
    refused = 0
    for at in range(0, len(whole), 1 if SOAK else 83):
        for snapshot in (boots.snapshot, boots.later, None):
            flipped = whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :]
            with pytest.raises(LogDamaged) as damage:
                boots.boot(flipped, snapshot)
            assert damage.value.offset == max(s for s in boots.starts if s <= at), at
            assert boots.home.log.read_bytes() == flipped, "nothing was changed"
            refused += 1
    evidence.note("boots of a log with a flipped bit", refused=refused, bytes=len(whole))


CHILD = r"""
import os
import sys
from pathlib import Path
from threading import Thread
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.log import eventlog
from genesis_ssmp.proto.leases import Scope
eventlog.SNAPSHOT_EVERY_EVENTS = 7
heaven = Heaven.open(Path(sys.argv[1]))
def work(name):
    while True:
        lease = heaven.acquire(name, "m", [Scope("file", name)], ttl_seconds=1000).acquired[0]
        heaven.clock_inc([name], sync=False)
        os.write(1, b"%d\n" % heaven.append("note", {"token": lease.fencing_token}).seq)
        heaven.release(name, [lease.lease_id])
for name in "abc":
    Thread(target=work, args=(name,)).start()
"""


def test_kill_9_at_any_instant_loses_nothing_acknowledged_with_snapshots_on_the_way(
    tmp_path: Path, evidence: Evidence
) -> None:
    acknowledged: set[int] = set()
    resumed = 0
    chance = random.Random(11)
    rounds = 150 if SOAK else 8
    for _ in range(rounds):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(chance.randrange(1, 60)):
            acknowledged.add(int(child.stdout.readline()))
        child.kill()
        acknowledged |= {int(line) for line in child.stdout if line.endswith("\n")}
        child.wait()
        with Heaven.open(tmp_path, read_only=True) as heaven:
            seqs = [event.seq for event in heaven.events()]
            assert seqs == list(range(1, len(seqs) + 1))
            assert acknowledged <= set(seqs)
            resumed += heaven._log.snapshots.seq > 0
        report = fsck(tmp_path)
        assert report.ok, report.findings
    assert resumed
    evidence.note(
        "killed with SIGKILL", rounds=rounds, acknowledged=len(acknowledged), resumed=resumed
    )
