"""Four angels, eight missions on one file, and angels that are killed in the middle of theirs; the
large one is `python -m bench.swarm`."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.checks import run_check
from genesis_ssmp.runtime.edits.journal import landed_edits
from genesis_ssmp.runtime.orchestrator import swarmlog
from genesis_ssmp.runtime.orchestrator.swarm import Options, run_swarm
from genesis_ssmp.runtime.orchestrator.swarm_replay import replay_swarm
from kit.angel import edit_answer
from kit.evidence import Evidence
from kit.repository import make_repository
from kit.swarm import FILES, KILLER, PlanBuilder, change, returns

KILLED = ("a0-1", "a2-1", "b1-1", "b3-1")
"""The worktrees whose tests kill the angel that runs them."""


def test_killed_angels_lose_and_double_nothing_and_the_swarm_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence
) -> None:
    home = make_repository(tmp_path / "repo", {**FILES, "conftest.py": KILLER})
    plans = PlanBuilder(tmp_path / "scripts")
    for n in range(4):
        once, twice = f"first + second + {n}", f"first + second + {n} + {n}"
        plans.add(f"a{n}", change(2 * n), edit_answer(returns(2 * n, once)))
        plans.add(f"b{n}", change(2 * n), edit_answer(returns(2 * n, twice)), after=[f"a{n}"])
    kills = tmp_path / "kills"
    kills.mkdir()
    for name in KILLED:
        (kills / name).write_text("runner")
    monkeypatch.setenv("SWARM_KILLS", str(kills))
    with Heaven.open(home.root) as heaven:
        ended = run_swarm(
            heaven,
            plans.plan(),
            angel="scripted:{mission}.json",
            directory=plans.scripts,
            options=Options(angels=4),
            check_timeout=120,
        )
        assert (ended.status, ended.failed) == ("done", {})
        state = swarmlog.find_swarm(heaven, ended.swarm)
        again = replay_swarm(heaven, state)
        assert again.same and again.tree == heaven.snapshot().tree_hash
        assert len(list(landed_edits(heaven))) == 8
        taken = sum(one.takeovers for one in state.missions.values())
        assert taken == len(KILLED) == len(ended.took_over)
        assert max(ended.took_over) < Options().lease_seconds
        for run in runs.all_runs(heaven):
            asked = [entry.op for entry in runs.entries(heaven, run)].count("ANGEL")
            assert asked == 1, "no answer is bought twice"
    text = home.read("work.py")
    assert [text.count(f"first + second + {n} + {n}\n") for n in range(4)] == [1, 1, 1, 1]
    assert run_check(home.root, "test").passed
    evidence.note("swarm", missions=8, angels=4, killed=taken, landed=len(ended.landed))
