"""`aa plan`, `aa do`, `aa swarm`, `aa meter`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from kit.angel import edit_answer, write_script
from kit.commands import Aa
from kit.repository import Repository
from syrupy.assertion import SnapshotAssertion

TASK = "Eval must refuse an empty text"
EDIT = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"}
)
HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
SWARM = (
    HEAD + "MODE SWARM\nLABEL add\nLEASE symbol:Add\nNEED symdef Add\nOP Turn it round\n"
    "LABEL look\nLEASE file:tests/test_core.py\nNEED symdef test_add\n"
)


def test_a_plan_is_printed_as_programs(
    aa: Aa, repository: Repository, snapshot: SnapshotAssertion
) -> None:
    said = aa("plan", *TASK.split(), "--repo", str(repository.root))
    assert said.code == 0, said.err
    assert said.out == snapshot


def test_a_plan_is_written_and_swarm_takes_it(
    aa: Aa, repository: Repository, tmp_path: Path
) -> None:
    target = str(tmp_path / "plan")
    repo = ("--repo", str(repository.root))
    written = json.loads(aa("plan", TASK, "-o", target, "--json", *repo).out)
    assert sorted(written["files"]) == sorted(one.name for one in Path(target).iterdir())
    nodes = written["plan"]["nodes"]
    order = json.loads(aa("swarm", target, "--dry-run", "--json", *repo).out)["order"]
    assert order == [one["mission"]["mission_id"] for one in nodes]
    (tmp_path / "plan" / "mine.isa").write_text(HEAD)
    refused = aa("plan", "Eval should be quicker", "-o", target, *repo)
    assert (refused.code, "has other programs: mine.isa" in refused.err) == (2, True)


def test_words_that_lead_nowhere_are_the_users_to_change(aa: Aa, repository: Repository) -> None:
    said = aa("plan", "zzyzx", "--repo", str(repository.root))
    assert said.code == 2
    assert "name a file, a symbol" in said.err and "Traceback" not in said.err


def test_a_task_is_shown_as_a_program_and_done(
    aa: Aa, repository: Repository, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    repo = ("--repo", str(repository.root))
    assert aa("do", TASK, "--dry-run", *repo).out == snapshot
    with Heaven.open(repository.root, read_only=True) as heaven:
        assert list(heaven.events(kinds={"run_started"})) == []
    script = write_script(tmp_path / "answers.json", EDIT)
    task = "Eval is to add the other way round"
    said = aa("do", task, "--angel", f"scripted:{script}", "--json", *repo)
    assert json.loads(said.out)["status"] == "done", said.out
    assert "return b + a" in repository.read("calc/core.py")


def test_a_swarm_program_is_carried_out_measured_and_replayed(
    aa: Aa, repository: Repository, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    (tmp_path / "work.isa").write_text(SWARM)
    write_script(tmp_path / "add.json", EDIT)
    repo = ("--repo", str(repository.root))
    spec = f"scripted:{tmp_path}/{{mission}}.json"
    done = aa("swarm", str(tmp_path / "work.isa"), "-n", "1", "--angel", spec, *repo)
    assert (done.code, done.err.splitlines()[-1]) == (0, "swarm s1: 2 landed, 0 failed")
    assert "return b + a" in repository.read("calc/core.py")
    assert aa("meter", "s1", *repo).out == snapshot(name="meter")
    lean = aa("meter", "s1", "--lean", *repo).out
    assert lean.startswith("# TSLN/2.0\n") and lean.count("\n") == 7
    costs = json.loads(aa("meter", "s1", "--json", *repo).out)
    assert [one["mission"] for one in costs["runs"]] == ["s1/add", "s1/look"]
    replayed = aa("replay", "s1", *repo)
    assert (replayed.code, "2 runs and 2 landings" in replayed.out) == (0, True)
    status = json.loads(aa("status", "--json", *repo).out)
    assert status["last_swarm"]["status"] == "done"
    assert aa("undo", "r1", *repo).code == 0
    assert "return a + b" in repository.read("calc/core.py")
    assert aa("swarm", "--resume", "s1", *repo).code == 4


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "give a PLAN, or --resume SWARM"),
        (("plan", "--resume", "s1"), 2, "give a PLAN, or --resume SWARM"),
        (("--resume", "s7"), 2, "no swarm 's7'"),
        (("nowhere",), 2, "cannot read nowhere"),
    ],
)
def test_what_is_wrong_is_said(
    aa: Aa, repository: Repository, arguments: tuple[str, ...], code: int, words: str
) -> None:
    said = aa("swarm", *arguments, "--repo", str(repository.root))
    assert words in said.err and "Traceback" not in said.err
    assert said.code == code


def test_a_plan_with_two_missions_on_one_place_is_refused(
    aa: Aa, repository: Repository, tmp_path: Path
) -> None:
    for name in "ab":
        (tmp_path / f"{name}.isa").write_text(HEAD + "LEASE file:calc/core.py\nOP x\n")
    rows = "".join(f'[[mission]]\nname = "{n}"\nprogram = "{n}.isa"\n' for n in "ab")
    (tmp_path / "plan.toml").write_text(f'task = "t"\n{rows}')
    said = aa("swarm", str(tmp_path), "--repo", str(repository.root))
    assert said.code == 2
    assert "missions a and b may run at once and both lease file:calc/core.py" in said.err


def test_missions_that_need_an_angel_are_refused_where_none_is_configured(
    aa: Aa, repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "work.isa").write_text(SWARM)
    said = aa("swarm", str(tmp_path / "work.isa"), "--repo", str(repository.root))
    assert said.code == 4
    assert "mission add needs an angel" in said.err
