"""The whole swarm is killed by SIGKILL, angels and all, and goes on in another process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.fsck import fsck
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.edits.journal import landed_edits
from genesis_ssmp.runtime.orchestrator import swarmlog
from genesis_ssmp.runtime.orchestrator.errors import SwarmEnded
from genesis_ssmp.runtime.orchestrator.swarm import Options, resume_swarm
from genesis_ssmp.runtime.orchestrator.swarm_replay import replay_swarm
from kit.angel import edit_answer
from kit.repository import Repository, make_repository
from kit.swarm import FILES, KILLER, PlanBuilder, change, returns


def ended(home: Repository, plans: PlanBuilder, kills: Path, angels: int) -> tuple[int, str]:
    """How `aa swarm` on the plan, killed where `kills` says, ended, and what it said."""
    directory = kills.parent / "plan"
    directory.mkdir()
    for name, text in plans.plan().files().items():
        (directory / name).write_text(text)
    said = kills.parent / "said"
    with said.open("w") as stream:
        done = subprocess.run(
            [
                *(sys.executable, "-c", "from genesis_ssmp.cli.aa import main; main()"),
                *("swarm", str(directory), "-n", str(angels), "--repo", str(home.root)),
                *("--angel", "scripted:{mission}.json"),
            ],
            cwd=plans.scripts,
            stdout=subprocess.DEVNULL,
            stderr=stream,
            check=False,
        )
    return done.returncode, said.read_text()


@pytest.mark.parametrize(
    ("place", "how"),
    [("m1-1", "swarm"), ("gate", "runner"), ("gate", "runner INT")],
    ids=["killed in a mission", "killed at the gate", "Ctrl-C at the gate"],
)
def test_a_swarm_that_was_cut_off_goes_on_and_ends_with_the_same_tree(
    place: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while a mission runs its tests, or while the gate runs those of a merged tree."""
    home = make_repository(tmp_path / "repo", {**FILES, "conftest.py": KILLER})
    plans = PlanBuilder(tmp_path / "scripts")
    for n in (1, 5):
        plans.add(f"m{n}", change(n), edit_answer(returns(n, f"first + second + {n}")))
    kills = tmp_path / "kills"
    kills.mkdir()
    (kills / place).write_text(how)
    monkeypatch.setenv("SWARM_KILLS", str(kills))
    # Two angels begin with both missions at once, so that the second one is merged at the gate.
    code, said = ended(home, plans, kills, angels=2 if place == "gate" else 1)
    if how.endswith("INT"):
        assert code == 130 and "Traceback" not in said
        assert "swarm s1: cut off; `aa swarm --resume s1` goes on with it" in said
    else:
        assert code == -signal.SIGKILL
    with Heaven.open(home.root) as heaven:
        before = swarmlog.find_swarm(heaven, "last")
        assert before.status is None
        finished = resume_swarm(heaven, "last", options=Options(angels=1))
        assert (finished.status, finished.landed) == ("done", ("m1", "m5"))
        again = replay_swarm(heaven, swarmlog.find_swarm(heaven, "s1"))
        assert again.same and again.tree == heaven.snapshot().tree_hash
        assert len(list(landed_edits(heaven))) == 2, "no edit is lost, none is there twice"
        paid = [
            sum(entry.op == "ANGEL" for entry in runs.entries(heaven, run))
            for run in runs.all_runs(heaven)
        ]
        assert paid == [1, 1], "no answer is bought twice"
        assert heaven.active_leases() == ()
        with pytest.raises(SwarmEnded):
            resume_swarm(heaven, "s1", options=Options())
    assert fsck(home.root).ok
    text = home.read("work.py")
    assert text.count("first + second + 1\n") == text.count("first + second + 5\n") == 1
    assert not list((home.root / ".heaven/worktrees/s1").iterdir())
