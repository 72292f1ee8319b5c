"""`aa replay`: no model, no tools, the same tree and the same run head."""

from __future__ import annotations

import pytest
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.errors import RunDamaged, RunIncomplete
from genesis_ssmp.runtime.replay import replay
from kit.angel import edit_answer, scripted
from kit.mission import Mission, program
from kit.repository import Repository

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
BODY = "NEED symdef Add\nOP change it\nRUN test\nIF_FAIL RETRY 1\n"
BREAK = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return a - b\n"}
)
MEND = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"},
    {"op": "add_file", "path": "docs/note.md", "content": "Swapped.\n"},
)


def test_a_run_with_a_retry_replays_to_the_same_tree_and_head(mission: Mission) -> None:
    ended = mission.ended(HEAD + BODY, angel=scripted(BREAK, MEND))
    assert ended.exit_code == 0
    before = Repository(mission.root).tree()
    found = replay(mission.heaven, runs.find(mission.heaven, "last"))
    assert found.same
    assert (found.tree, found.head) == (ended.tree, ended.head)
    assert Repository(mission.root).tree() == before, "the repository is not touched"


def test_a_failed_run_replays_as_well(mission: Mission) -> None:
    ended = mission.ended(HEAD + BODY, angel=scripted(BREAK, BREAK))
    assert ended.exit_code == 1
    found = replay(mission.heaven, runs.find(mission.heaven, "last"))
    assert found.same and found.outcome and found.outcome.status == "failed"


def test_a_macro_run_replays_after_the_tree_has_moved_on(mission: Mission) -> None:
    mission.ended(HEAD + "OP RENAME_SYMBOL Add plus\nRUN test\n")
    mission.ended(HEAD + "OP RENAME_SYMBOL plus total\nRUN test\n")
    (mission.root / "calc/core.py").write_text("nothing is left\n")
    for name in ("r1", "r2"):
        assert replay(mission.heaven, runs.find(mission.heaven, name)).same


def test_the_tree_hash_of_a_replay_is_that_of_the_working_tree(mission: Mission) -> None:
    mission.ended(HEAD + BODY, angel=scripted(MEND))
    found = replay(mission.heaven, runs.find(mission.heaven, "last"))
    assert found.tree == mission.heaven.snapshot().tree_hash


def test_a_run_that_was_cut_off_is_not_replayed(mission: Mission) -> None:
    runs.start(mission.heaven, program="p", module=b"", source=None, angel=None, params={})
    with pytest.raises(RunIncomplete):
        replay(mission.heaven, runs.find(mission.heaven, "last"))


def test_a_replay_needs_no_angel_and_runs_no_tool(
    mission: Mission, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission.ended(HEAD + BODY, angel=scripted(MEND))
    run = runs.find(mission.heaven, "last")

    def refuse(*_: object, **__: object) -> object:
        raise AssertionError("a replay must not start a process")

    monkeypatch.setattr("subprocess.Popen", refuse)
    assert replay(mission.heaven, run).same


def test_a_replay_stops_where_it_is_told_to(mission: Mission) -> None:
    mission.ended(HEAD + BODY, angel=scripted(BREAK, MEND))
    run = runs.find(mission.heaven, "last")
    whole = replay(mission.heaven, run)
    trees = []
    for count in range(whole.syscalls + 2):
        found = replay(mission.heaven, run, upto=count)
        assert found.same
        assert found.syscalls == min(count, whole.syscalls)
        assert (found.outcome is None) == (count < whole.syscalls)
        trees.append(found.tree)
    assert len(set(trees)) == 3, "as it was, with the first edit, with the second"
    assert trees[-1] == whole.tree


def test_what_a_cut_off_run_did_is_replayed_on_request(mission: Mission) -> None:
    runs.start(
        mission.heaven,
        program="p",
        module=program(HEAD).code,
        source=None,
        angel=None,
        params={},
    )
    with pytest.raises(RunDamaged):
        replay(mission.heaven, runs.find(mission.heaven, "last"), upto=3)
