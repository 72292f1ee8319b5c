"""The syscall door: what is recorded, in which order, and what a replay refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from genesis_ssmp.aa.opcodes import Syscall
from genesis_ssmp.heaven.records import JsonObject
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.door import INLINE_LIMIT, Call, Entry, LiveDoor, ReplayDoor
from genesis_ssmp.runtime.errors import ReplayDivergence
from kit.heaven import HeavenHome

FAULT = Call(3, "FAULT_SYMDEF", Syscall.FAULT, {"symbol": "Greet"})
EMIT = Call(5, "EMIT", Syscall.EMIT, {"output": "ab"})


def answer(result: JsonObject) -> Callable[[JsonObject | None], JsonObject]:
    return lambda _: result


def begin(home: HeavenHome) -> runs.Run:
    return runs.start(home.heaven, program="p.isa", module=b"m", source=None, angel=None, params={})


def recorded(home: HeavenHome, *calls: tuple[Call, JsonObject]) -> tuple[Entry, ...]:
    run = begin(home)
    door = LiveDoor(home.heaven, run.name)
    for call, result in calls:
        door.call(call, answer(result))
    return runs.entries(home.heaven, run)


def test_intent_and_result_survive_a_reopening(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        run = begin(home)
        LiveDoor(home.heaven, run.name).call(FAULT, answer({"shards": []}))
        home.reopen()
        (entry,) = runs.entries(home.heaven, run)
        assert (entry.pc, entry.op, entry.result) == (3, "FAULT_SYMDEF", {"shards": []})
        assert entry.key == FAULT.key()


def test_a_long_result_is_a_blob_and_reads_back_the_same(tmp_path: Path) -> None:
    long = {"text": "x" * (INLINE_LIMIT + 1)}
    with HeavenHome(tmp_path) as home:
        (entry,) = recorded(home, (FAULT, long))
        assert entry.result == long
        (event,) = home.heaven.events(kinds={"syscall_result"})
        assert "value" not in event.data


def test_the_intent_of_an_edit_is_on_disk_before_the_effect(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        run = begin(home)
        seen: list[bytes] = []

        def effect(_: JsonObject | None) -> JsonObject:
            seen.append(home.log.read_bytes())
            return {}

        LiveDoor(home.heaven, run.name).call(EMIT, effect)
        assert b"syscall_intent" in seen[0]


def test_an_effect_that_raises_leaves_a_syscall_in_doubt(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        run = begin(home)

        def effect(_: JsonObject | None) -> JsonObject:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            LiveDoor(home.heaven, run.name).call(EMIT, effect)
        (entry,) = runs.entries(home.heaven, run)
        assert entry.result is None


def test_the_run_head_depends_on_calls_and_results_and_not_on_time(tmp_path: Path) -> None:
    heads: list[str] = []
    for name, result in (("a", {"x": 1}), ("b", {"x": 1}), ("c", {"x": 2})):
        (tmp_path / name).mkdir()
        with HeavenHome(tmp_path / name) as home:
            home.clock.advance(len(heads) * 1000)
            home.heaven.append("note", {"n": len(heads)})
            door = LiveDoor(home.heaven, begin(home).name)
            door.call(FAULT, answer(result))
            heads.append(door.head)
    assert heads[0] == heads[1] != heads[2]


def test_a_replay_answers_from_the_record_and_ends_with_the_same_head(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        run = begin(home)
        live = LiveDoor(home.heaven, run.name)
        live.call(FAULT, answer({"x": 1}))
        live.call(EMIT, answer({"files": []}))
        door = ReplayDoor(runs.entries(home.heaven, run), {})

        def never(_: JsonObject | None) -> JsonObject:
            raise AssertionError("a fault must be answered from the record")

        assert door.call(FAULT, never) == {"x": 1}
        assert door.call(EMIT, lambda record: record or {}) == {"files": []}
        assert door.head == live.head


def test_trap_a_changed_argument_is_not_answered_with_the_old_result(tmp_path: Path) -> None:
    """A journal that compares the step's name only returns the old result without a word."""
    with HeavenHome(tmp_path) as home:
        door = ReplayDoor(recorded(home, (FAULT, {"x": 1})), {3: "p.isa:7"})
        changed = Call(3, "FAULT_SYMDEF", Syscall.FAULT, {"symbol": "Other"})
        with pytest.raises(ReplayDivergence) as divergence:
            door.call(changed, answer({}))
        message = str(divergence.value)
        assert "p.isa:7" in message and "Greet" in message and "Other" in message


def test_a_replay_stops_at_another_pc_another_opcode_and_past_the_end(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        entries = recorded(home, (FAULT, {"x": 1}))
    for call in (
        Call(4, "FAULT_SYMDEF", Syscall.FAULT, {"symbol": "Greet"}),
        Call(3, "FAULT_TESTS", Syscall.FAULT, {"symbol": "Greet"}),
    ):
        with pytest.raises(ReplayDivergence):
            ReplayDoor(entries, {}).call(call, answer({}))
    with pytest.raises(ReplayDivergence):
        ReplayDoor((), {}).call(FAULT, answer({}))


def test_an_edit_that_comes_out_differently_in_the_replay_is_a_divergence(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        door = ReplayDoor(recorded(home, (EMIT, {"files": [1]})), {})
        with pytest.raises(ReplayDivergence):
            door.call(EMIT, answer({"files": [2]}))


def test_a_result_changed_in_the_log_of_a_run_is_found(tmp_path: Path) -> None:
    from genesis_ssmp.runtime.errors import RunDamaged

    with HeavenHome(tmp_path) as home:
        run = begin(home)
        home.heaven.append(
            "syscall_intent",
            {"run": run.name, "seq": 0, "pc": 1, "op": "RUN", "key": "k", "operands": {}},
        )
        home.heaven.append(
            "syscall_result",
            {"run": run.name, "seq": 0, "result": "0" * 64, "value": {"passed": True}},
        )
        with pytest.raises(RunDamaged):
            runs.entries(home.heaven, run)
