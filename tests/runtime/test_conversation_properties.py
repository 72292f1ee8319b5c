"""Promises of a conversation over chance turns, real repositories, real processes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import JsonObject
from genesis_ssmp.runtime import live, runs
from genesis_ssmp.runtime.angels import Question, Reply, Turn
from genesis_ssmp.runtime.execute import execute, resume
from genesis_ssmp.runtime.limits import Limits
from genesis_ssmp.runtime.replay import replay
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.conversations import CORE, SWAP, Watched, call, calls, edit, line, turns
from kit.mission import Mission, program
from kit.points import judge
from kit.programs import examples
from kit.repository import Repository, make_repository

SOAK = bool(os.environ.get("GENESIS_SOAK"))
HEAD = "ISA_VERSION 0\nBASE_REV HEAD\nBUDGET 60000\n"
TEXT = HEAD + f"NEED slice {CORE} 1 8\nOP Swap them\n"

_FAULTS = st.sampled_from(
    [
        call("pf_slice", path=CORE, start_line=1, n=8),
        call("pf_slice", path="calc/none.py"),
        call("pf_symdef", symbol="Eval"),
        call("pf_callers", symbol="Add", top_k=2),
        call("pf_tests", symbol="Add"),
        call("pf_search", query="total"),
        call("pf_search", q="wrong field"),
        call("pf_prompt", prompt_id="none"),
    ]
)
_EDITS: list[JsonObject] = [
    SWAP,
    {**SWAP, "shard": "s2"},
    line(5, "    return a - b"),
    line(40, "x"),
    line(5, "x", None),
    {"op": "add_file", "path": "n.md", "content": "n\n"},
    {"op": "add_file", "path": "../n.md", "content": "n\n"},
    {"op": "delete_file", "shard": "s1"},
    {"op": "replace_symbol", "shard": "s1", "symbol": "Add", "content": "Add = sum\n"},
]
_OPS = st.sampled_from(_EDITS)
_TEXTS = st.sampled_from(["", "hm", "{", '{"ops": []}', "--- a/x\n+++ b/x\n", "```json\n{}\n```"])
_TURNS = st.one_of(
    _FAULTS,
    st.lists(_OPS, min_size=1, max_size=3).map(lambda ops: edit(*ops)),
    st.tuples(_FAULTS, _FAULTS).map(lambda two: calls(*two, text="both")),
    _TEXTS.map(lambda text: {"text": text}),
    st.just({"text": "no", "stop": "refusal"}),
    st.just({**edit(SWAP), "stop": "max_tokens"}),
    st.just({"calls": [{"name": "emit_edit_ir", "arguments": "{"}]}),
)


@settings(
    max_examples=examples(10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(spelled=st.lists(_TURNS, min_size=1, max_size=6), retry=st.booleans())
def test_whatever_is_said_a_run_ends_within_its_bounds_and_replays(
    mission: Mission, monkeypatch: pytest.MonkeyPatch, spelled: list[JsonObject], retry: bool
) -> None:
    monkeypatch.setattr(live, "run_check", judge)
    repository = Repository(mission.root)
    before = repository.tree()
    script = Watched(turns(*spelled), turns(edit(SWAP)))
    ended = mission.ended(TEXT + ("RUN test\nIF_FAIL RETRY 1\n" if retry else ""), angel=script)
    assert ended.exit_code in (0, 1, 3)
    assert ended.outcome is not None
    limits = Limits()
    assert ended.outcome.turns == len(script.asked) <= limits.turns * (1 + retry)
    assert ended.outcome.rejects <= (limits.rejects + 1) * (1 + retry)
    if ended.exit_code != 0:
        assert repository.tree() == before, "an answer that is not taken changes nothing"
    run = runs.find(mission.heaven, ended.run)
    again = replay(mission.heaven, run)
    assert again.same
    assert again.outcome == ended.outcome
    asked = [one for one in runs.entries(mission.heaven, run) if one.op == "ANGEL"]
    assert [one.operands["turn"] for one in asked] == list(range(len(asked)))
    restore(repository, before)


def restore(repository: Repository, before: dict[str, bytes]) -> None:
    for path in repository.tree():
        if path not in before:
            repository.path(path).unlink()
    for path, content in before.items():
        repository.write(path, content)


# Between two turns, or anywhere else between two effects


class Paid:
    """An angel that writes down each turn it is asked for, before it answers."""

    name = "watched"

    def __init__(self, script: JsonObject, paid: Path) -> None:
        self._inner = Watched(script)
        self._paid = paid

    def reply(self, turn: Turn) -> Reply:
        with self._paid.open("a") as file:
            file.write(f"{turn.turn} ")
        return self._inner.reply(turn)

    def advise(self, question: Question) -> None:
        return None


SCRIPT = turns(
    calls(call("pf_symdef", symbol="Eval"), call("pf_callers", symbol="Add")),
    edit(line(40, "x")),
    call("pf_slice", path="calc/__init__.py"),
    edit(SWAP, {"op": "add_file", "path": "n.md", "content": "n\n"}),
)


def killed_at(root: Path, paid: Path, number: int) -> int:
    """Run in a process that dies at the `number`-th thing it tells of (-1: it lives); how many
    there were."""
    counted = root.parent / "counted"
    child = os.fork()
    if child == 0:
        count = 0

        def observe(_: object) -> None:
            nonlocal count
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1

        try:
            with Heaven.open(root) as heaven:
                angel = Paid(SCRIPT, paid)
                execute(program(TEXT), heaven, root, angel=angel, params={}, observe=observe)
            counted.write_text(str(count))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return int(counted.read_text()) if counted.exists() else 0


def test_killed_between_any_two_effects_no_turn_is_paid_twice(tmp_path: Path) -> None:
    whole = make_repository(tmp_path / "whole/repo")
    points = killed_at(whole.root, tmp_path / "whole.paid", -1)
    assert (tmp_path / "whole.paid").read_text() == "0 1 2 3 "
    with Heaven.open(whole.root, read_only=True) as heaven:
        head = runs.find(heaven, "last").head
    # Twice each: that it begins and that it is done. Four turns, three faults, REV, LEASE, EMIT and
    # the program's own fault.
    assert points == 2 * (2 * 4 + 3 + 4)
    for number in range(0, points, 1 if SOAK else 5):
        one = make_repository(tmp_path / f"{number}/repo")
        paid = tmp_path / f"{number}/paid"
        killed_at(one.root, paid, number)
        with Heaven.open(one.root) as heaven:
            run = runs.find(heaven, "last")
            angel = Paid(SCRIPT, paid)
            ended = resume(heaven, one.root, run, angel=angel)
            assert (ended.exit_code, ended.head) == (0, head), number
            assert replay(heaven, runs.find(heaven, "last")).same
        assert paid.read_text() == "0 1 2 3 ", f"killed at {number}"
        assert one.tree() == whole.tree()
