"""Whole swarms: real angels' processes, real worktrees, real pytest, scripted answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.orchestrator.swarm import Finished, Options, Told, run_swarm
from kit.angel import edit_answer
from kit.repository import Repository, make_repository
from kit.swarm import FILES, PlanBuilder, returns


@pytest.fixture
def plans(tmp_path: Path) -> PlanBuilder:
    return PlanBuilder(tmp_path / "scripts")


@pytest.fixture
def home(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "repo", FILES)


def swarm(home: Repository, plans: PlanBuilder, told: list[Told], **options: float) -> Finished:
    with Heaven.open(home.root) as heaven:
        return run_swarm(
            heaven,
            plans.plan(),
            angel="scripted:{mission}.json",
            directory=plans.scripts,
            options=Options(angels=int(options.pop("angels", 2)), **options),
            check_timeout=60,
            observe=told.append,
        )


def test_two_missions_on_one_file_both_land(home: Repository, plans: PlanBuilder) -> None:
    for n in (1, 5):
        plans.add(
            f"m{n}",
            f"LEASE symbol:f{n}\nNEED symdef f{n}\nOP Make f{n} return more\nRUN test\n",
            edit_answer(returns(n, f"first + second + {n}")),
        )
    told: list[Told] = []
    ended = swarm(home, plans, told)
    print(told)
    assert (ended.status, ended.landed) == ("done", ("m1", "m5"))
    text = home.read("work.py")
    assert "first + second + 1" in text and "first + second + 5" in text
