"""What missions drew is in the log: budgets and deltas survive the process."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven import BadEvent, Heaven
from genesis_ssmp.heaven.faults.missions import FORGOTTEN, PAGE_FAULT, REMEMBERED, Missions
from genesis_ssmp.heaven.faults.router import FaultRefused
from genesis_ssmp.heaven.log import eventlog as eventlog_module
from genesis_ssmp.heaven.records import Event, Json
from genesis_ssmp.proto.pf import Args, Request, Response
from kit.heaven import HeavenHome

SYMDEF = Request("PF_SYMDEF", Args(mission_id="m", symbol="f"))
UNKNOWN = Request("PF_SYMDEF", Args(mission_id="m", symbol="nothing"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("def f():\n    return 1\n\n\ndef g():\n    return f()\n")
    return tmp_path


def sizes(response: Response) -> list[int]:
    return [shard.meta.bytes for shard in response.shards]


@pytest.mark.parametrize("snapshot", [True, False])
def test_budget_and_deltas_survive_a_restart(root: Path, snapshot: bool) -> None:
    with HeavenHome(root) as home:
        first = home.heaven.fault(SYMDEF)
        home.heaven.close()
        if not snapshot:
            (root / ".heaven/snapshot.json").unlink()
        again = home.reopen().fault(SYMDEF)
        assert sum(sizes(first)) > 0
        assert [shard.kind for shard in again.shards] == ["unchanged"] * len(first.shards)
        assert [one.meta.handle for one in again.shards] == [
            one.meta.handle for one in first.shards
        ]
        assert (again.meta.pf_count, again.meta.shard_bytes) == (2, sum(sizes(first)))
        (root / "a.py").write_text("def f():\n    return 2\n")
        changed = home.reopen().fault(SYMDEF)
        assert changed.shards[0].kind == "symdef"
        assert changed.shards[0].meta.handle == first.shards[0].meta.handle


def test_the_twentieth_call_is_the_last_however_often_heaven_was_opened(root: Path) -> None:
    with HeavenHome(root) as home:
        for _ in range(20):
            home.reopen().fault(SYMDEF)
        with pytest.raises(FaultRefused) as refusal:
            home.reopen().fault(SYMDEF)
        assert refusal.value.reason == "budget"
        other = Request("PF_SYMDEF", Args(mission_id="other", symbol="f"))
        assert home.heaven.fault(other).meta.pf_count == 1


def test_a_refused_fault_counts_as_a_call_after_a_restart_too(root: Path) -> None:
    with HeavenHome(root) as home:
        with pytest.raises(FaultRefused):
            home.heaven.fault(UNKNOWN)
        assert home.reopen().fault(SYMDEF).meta.pf_count == 2


def test_a_forgotten_mission_stays_forgotten(root: Path) -> None:
    with HeavenHome(root) as home:
        home.heaven.fault(SYMDEF)
        home.heaven.forget_mission("m")
        home.heaven.forget_mission("never heard of")
        assert home.reopen().fault(SYMDEF).meta.pf_count == 1
        kinds = [event.kind for event in home.heaven.events()]
        assert kinds == [PAGE_FAULT, FORGOTTEN, PAGE_FAULT]


def test_a_mission_is_rewound_to_what_it_was_after_an_event(root: Path) -> None:
    with HeavenHome(root) as home:
        first = home.heaven.fault(SYMDEF)
        then = home.heaven.last_seq
        again = home.heaven.fault(SYMDEF)
        assert again.shards[0].kind == "unchanged"
        home.heaven.rewind_mission("m", then)
        assert home.reopen().fault(SYMDEF) == again, "as if it had not been asked"
        home.heaven.rewind_mission("m", 0)
        assert home.reopen().fault(SYMDEF) == first
        count = home.heaven.last_seq
        home.heaven.rewind_mission("m", count)
        home.heaven.rewind_mission("never heard of", 0)
        assert home.heaven.last_seq == count, "nothing to rewind is no event"


def test_a_page_fault_costs_no_sync_of_the_log(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Heaven.open(root) as heaven:
        heaven.fault(SYMDEF)  # stores the blobs of the reply

        def refuse(fd: int) -> None:
            raise AssertionError("synced")

        monkeypatch.setattr(eventlog_module, "sync_data", refuse)
        assert heaven.fault(SYMDEF).meta.pf_count == 2
        monkeypatch.undo()


def test_a_reply_that_could_not_be_stored_was_not_sent(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Heaven.open(root) as heaven:
        heaven.build_index()

        def fail(contents: object) -> list[str]:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(heaven._blobs, "put_many", fail)
        with pytest.raises(OSError, match="No space"):
            heaven.fault(SYMDEF)
        monkeypatch.undo()
        reply = heaven.fault(SYMDEF)
        assert reply.shards[0].kind == "symdef"
        assert (reply.meta.pf_count, reply.meta.shard_bytes) == (2, sum(sizes(reply)))


def test_clients_cannot_write_what_budgets_are_derived_from(root: Path) -> None:
    with Heaven.open(root) as heaven:
        for kind in (PAGE_FAULT, FORGOTTEN):
            with pytest.raises(BadEvent):
                heaven.append(kind, {"mission": "m"})


def fault(mission: str, size: int, shards: list[Json]) -> Event:
    data: dict[str, Json] = {"mission": mission, "bytes": size, "shards": shards}
    return Event(1, "", PAGE_FAULT, data, "", "")


def test_a_state_restored_is_the_state_that_was(root: Path) -> None:
    missions = Missions()
    fold = missions.folds[PAGE_FAULT]
    fold(fault("m", 10, [["k", "1"], ["l", None]]))
    fold(fault("n", 3, []))
    fold(fault("m", 1, [["l", "2"]]))
    again = Missions()
    again.folds[PAGE_FAULT](fault("x", 1, []))
    again.restore(missions.state())
    assert again.state() == missions.state()
    assert again.governor.drawn("m") == missions.governor.drawn("m")
    assert dict(again.delta.shown("m")) == {"k": ("s1", "1"), "l": ("s2", "2")}


def test_the_mission_that_asked_least_recently_is_forgotten_first() -> None:
    missions = Missions()
    fold = missions.folds[PAGE_FAULT]
    for number in range(REMEMBERED):
        fold(fault(f"m{number}", 1, []))
    fold(fault("m0", 1, []))
    fold(fault("one more", 1, []))
    assert missions.governor.drawn("m0").calls == 2
    assert missions.governor.drawn("m1").calls == 0
