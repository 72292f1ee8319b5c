"""`aa gc` never drops what something kept needs, and drops the rest."""

from __future__ import annotations

import pytest
from genesis_ssmp.heaven.fsck import fsck
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.collect import collect, find_garbage, given_up, run_of
from genesis_ssmp.runtime.errors import RunDamaged
from genesis_ssmp.runtime.references import blobs_of
from genesis_ssmp.runtime.replay import replay
from genesis_ssmp.runtime.why import Outside, why
from kit.angel import edit_answer, scripted
from kit.mission import Mission

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
PROGRAM = HEAD + "NEED symdef Add\nNEED callers Add\nOP change it\n"


def swap(number: int) -> dict[str, object]:
    return dict(
        edit_answer(
            {
                "op": "replace_line",
                "path": "calc/core.py",
                "lines": [5],
                "content": f"    return a + b + {number}\n",
            },
            {"op": "add_file", "path": f"big{number}.txt", "content": f"{number}\n" * 3000},
        )
    )


@pytest.fixture
def five(mission: Mission) -> Mission:
    """Five runs and a prompt, and a content that nobody named."""
    for number in range(5):
        assert mission.ended(PROGRAM, angel=scripted(swap(number))).exit_code == 0  # type: ignore[arg-type]
    mission.heaven.store_prompt(b"# Constraints\nBe brief.\n# Spec\nDo it.\n" * 50)
    mission.heaven.put_blob(b"nobody's")
    return mission


def errors(mission: Mission, *, pruned: bool = False) -> list[str]:
    gone = runs.pruned_runs(mission.heaven) if pruned else frozenset()
    found = fsck(mission.root, references=blobs_of, given_up=lambda event: run_of(event) in gone)
    return [str(one) for one in found.findings if one.severity == "error"]


def test_only_what_nobody_named_goes_while_every_run_is_kept(five: Mission) -> None:
    garbage = find_garbage(five.heaven)
    assert [five.heaven.get_blob(one) for one in garbage.blobs] == [b"nobody's"]
    assert garbage.kept > 20
    collect(five.heaven, garbage)
    assert errors(five) == []
    for run in runs.all_runs(five.heaven):
        assert replay(five.heaven, run).same
    assert find_garbage(five.heaven).blobs == ()


def test_runs_that_are_given_up_go_and_the_others_stay_whole(five: Mission) -> None:
    gone = given_up(five.heaven, 2)
    assert gone == ("r1", "r2", "r3")
    garbage = find_garbage(five.heaven, gone)
    assert garbage.bytes > 3 * 3000
    collect(five.heaven, garbage)
    assert errors(five, pruned=True) == []
    for name in ("r4", "r5"):
        assert replay(five.heaven, runs.find(five.heaven, name)).same
    with pytest.raises(RunDamaged, match="aa gc"):
        replay(five.heaven, runs.find(five.heaven, "r1"))
    answer = why(five.heaven, five.root, "calc/core.py", 5)
    assert not isinstance(answer.cause, Outside)
    assert answer.cause.run == "r5"
    assert isinstance(why(five.heaven, five.root, "big0.txt", 1).cause, Outside)


def test_a_run_that_can_be_resumed_is_never_given_up(mission: Mission) -> None:
    mission.ended(HEAD)
    runs.start(mission.heaven, program="p", module=b"", source=None, angel=None, params={})
    mission.ended(HEAD)
    assert given_up(mission.heaven, 0) == ("r1", "r3")
