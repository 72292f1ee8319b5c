"""Whole swarms: real angels' processes, real worktrees, real pytest, scripted answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Json, JsonObject
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.angels.scripted import ScriptedAngel
from genesis_ssmp.runtime.orchestrator import swarmlog
from genesis_ssmp.runtime.orchestrator.errors import BadPlan
from genesis_ssmp.runtime.orchestrator.swarm import Finished, Options, Told, run_swarm
from genesis_ssmp.runtime.orchestrator.swarm_replay import replay_swarm
from genesis_ssmp.runtime.orchestrator.thrash import Limits
from genesis_ssmp.runtime.why import Cause, blame, why
from kit.angel import edit_answer
from kit.repository import Repository, make_repository
from kit.swarm import FILES, KILLER, PlanBuilder, change, returns


@pytest.fixture
def plans(tmp_path: Path) -> PlanBuilder:
    return PlanBuilder(tmp_path / "scripts")


@pytest.fixture
def home(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "repo", FILES)


Work = Callable[..., Finished]


@pytest.fixture
def work(home: Repository, plans: PlanBuilder, told: list[Told]) -> Work:
    def carry_out(**options: object) -> Finished:
        oracle = options.pop("oracle", None)
        assert oracle is None or isinstance(oracle, ScriptedAngel)
        with Heaven.open(home.root) as heaven:
            return run_swarm(
                heaven,
                plans.plan(),
                angel="scripted:{mission}.json",
                directory=plans.scripts,
                options=Options(**{"angels": 2, **options}),  # type: ignore[arg-type]  # as given
                check_timeout=60,
                oracle=oracle,
                observe=told.append,
            )

    return carry_out


@pytest.fixture
def told() -> list[Told]:
    return []


def kinds(told: list[Told], mission: str) -> list[str]:
    return [one.kind for one in told if one.mission == mission]


def replayed(home: Repository) -> None:
    """The last swarm gives the same tree again."""
    with Heaven.open(home.root, read_only=True) as heaven:
        again = replay_swarm(heaven, swarmlog.find_swarm(heaven, "last"))
        assert again.same and not again.outside
        assert again.tree == heaven.snapshot().tree_hash


def test_missions_on_one_file_at_once_all_land_and_replay(
    home: Repository, plans: PlanBuilder, work: Work
) -> None:
    for n in (1, 5):
        plans.add(f"m{n}", change(n), edit_answer(returns(n, f"first + second + {n}")))
    ended = work()
    assert (ended.status, ended.landed, ended.exit_code) == ("done", ("m1", "m5"), 0)
    assert "first + second + 1" in home.read("work.py")
    assert "first + second + 5" in home.read("work.py")
    replayed(home)
    with Heaven.open(home.root) as heaven:
        assert heaven.active_leases() == ()
        found = runs.all_runs(heaven)
        assert {(one.status, one.mission) for one in found} == {
            ("done", "s1/m1"),
            ("done", "s1/m5"),
        }
        assert [one.name for one in found] == ["r1", "r2"]


def test_a_mission_sees_what_it_waited_for(
    home: Repository, plans: PlanBuilder, work: Work
) -> None:
    plans.add("a", change(2), edit_answer(returns(2, "first + second + 10")))
    follow = returns(2, "first + second + 10 + 10")
    plans.add("b", change(2), edit_answer(follow), after=["a"])
    assert work().landed == ("a", "b")
    assert "first + second + 10 + 10" in home.read("work.py")
    replayed(home)


def test_receipts_of_the_missions_own_tree_stand_and_others_are_made_anew(
    home: Repository, plans: PlanBuilder, work: Work
) -> None:
    for n in (1, 5):
        plans.add(f"m{n}", change(n), edit_answer(returns(n, f"first + second + {n}")))
    work()
    with Heaven.open(home.root) as heaven:
        first, second = swarmlog.find_swarm(heaven, "s1").landings
        made = [event for event in heaven.events(kinds={"receipt"}) if "mission" in event.data]
    assert [one["tree"] for one in first.receipts] == [first.tree]
    assert [one["tree"] for one in second.receipts] == [second.tree]
    assert {event.data["mission"] for event in made} <= {"s1/m5"}, "never for the first one"


def test_an_angel_that_is_killed_is_replaced_and_nothing_is_bought_twice(
    home: Repository,
    plans: PlanBuilder,
    work: Work,
    told: list[Told],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home.write("conftest.py", KILLER)
    kills = tmp_path / "kills"
    kills.mkdir()
    monkeypatch.setenv("SWARM_KILLS", str(kills))
    (kills / "m1-1").write_text("runner")
    plans.add("m1", change(1), edit_answer(returns(1, "first + second + 1")))
    ended = work(angels=1)
    assert ended.status == "done"
    assert swarmlog.TAKEN_OVER in kinds(told, "m1")
    assert len(ended.took_over) == 1 and ended.took_over[0] < Options().lease_seconds
    with Heaven.open(home.root) as heaven:
        (run,) = runs.all_runs(heaven)
        entries = runs.entries(heaven, run)
    assert (run.resumed, [entry.op for entry in entries].count("ANGEL")) == (1, 1)
    replayed(home)


def written_by(home: Repository, path: str, line: int) -> str:
    """The program of the run that wrote a line; the mission's name for a conflict mission's."""
    with Heaven.open(home.root, read_only=True) as heaven:
        cause = why(heaven, home.root, path, line).cause
        assert isinstance(cause, Cause), cause
        blamed = blame(heaven, home.root, path)[line - 1]
        assert (blamed.run, blamed.where) == (cause.run, cause.where)
    return "q.c1" if cause.program.startswith("conflict-1-") else cause.program


PAIR = "def p() -> int: return 1\ndef q() -> int: return 2\n"
"""Two symbols that two missions may lease, on lines that no merge keeps apart."""


def one_line(path: str, line: int, content: str) -> dict[str, Json]:
    return {"op": "replace_line", "path": path, "lines": [line], "content": content}


def pair(home: Repository, plans: PlanBuilder) -> None:
    """Two missions whose edits of one file meet."""
    home.write("pair.py", PAIR)
    for name, line, n in (("p", 1, 1), ("q", 2, 5)):
        text = f"LEASE symbol:{name} symbol:f{n}\nNEED slice pair.py 1 2\nNEED symdef f{n}\n"
        mine = one_line("pair.py", line, f"def {name}() -> int: return 10\n")
        also = returns(n, f"first + second + {n}")
        plans.add(name, f"{text}OP More of {name}\nRUN test\n", edit_answer(mine, also))


def test_edits_that_meet_become_a_conflict_mission_and_what_fits_lands_with_it(
    home: Repository, plans: PlanBuilder, work: Work, told: list[Told]
) -> None:
    pair(home, plans)
    plans.script("q.c1", edit_answer(one_line("pair.py", 2, "def q() -> int: return 10\n")))
    assert work().landed == ("p", "q")
    assert home.read("pair.py") == PAIR.replace("1\n", "10\n").replace("2\n", "10\n")
    assert "first + second + 5" in home.read("work.py"), "what did fit has landed too"
    assert kinds(told, "q").count(swarmlog.GIVEN) == 2
    replayed(home)
    assert (written_by(home, "pair.py", 1), written_by(home, "pair.py", 2)) == ("p.isa", "q.c1")
    text = home.read("work.py").splitlines()
    assert written_by(home, "work.py", text.index("    return first + second + 5") + 1) == "q.isa"


def test_a_conflict_that_nobody_settles_has_the_mission_done_again(
    home: Repository, plans: PlanBuilder, work: Work, told: list[Told]
) -> None:
    pair(home, plans)
    ended = work()
    assert ended.landed == ("p", "q"), ended.failed
    texts = [one.text for one in told if one.mission == "q" and one.kind == swarmlog.GIVEN]
    assert [text.partition(":")[0] for text in texts] == ["started", "conflict", "again"]
    replayed(home)


def test_two_missions_that_may_run_at_once_must_not_lease_one_place(
    plans: PlanBuilder, work: Work
) -> None:
    plans.add("a", change(1))
    plans.add("b", "LEASE file:work.py\nOP x\n")
    with pytest.raises(BadPlan, match=r"missions a and b .*symbol:f1 and file:work\.py"):
        work()


def test_what_waits_for_a_failed_mission_is_left_out_and_the_rest_lands(
    home: Repository, plans: PlanBuilder, work: Work
) -> None:
    before = home.read("work.py")
    plans.add("bad", change(1), edit_answer(returns(1, "0")))
    plans.add("after", change(2), edit_answer(returns(2, "first + second + 2")), after=["bad"])
    plans.add("good", change(3), edit_answer(returns(3, "first + second + 3")))
    ended = work()
    assert (ended.status, ended.landed, ended.exit_code) == ("failed", ("good",), 1)
    assert ended.failed["after"] == "left out: bad failed"
    assert home.read("work.py") == before.replace(
        "second = 3\n    return first + second", "second = 3\n    return first + second + 3"
    )


def test_a_merge_that_breaks_the_tests_is_done_again_and_then_refused(
    home: Repository, plans: PlanBuilder, work: Work, told: list[Told]
) -> None:
    """Each is sound by itself, and both together are not: only the gate can see it."""
    home.write(
        "test_work.py",
        FILES["test_work.py"] + "def test_sum() -> None:\n    assert f1(0) + f5(0) < 20\n",
    )
    for n in (1, 5):
        plans.add(f"m{n}", change(n), edit_answer(returns(n, "first + second + 10")))
    ended = work()
    assert ended.landed == ("m1",)
    assert kinds(told, "m5").count(swarmlog.GIVEN) == 2, "done once more on the tree as it is"
    assert ended.failed["m5"].startswith("RUN test: pytest: 1 failed")
    assert "first + second + 10" in home.read("work.py")
    replayed(home)


def test_a_file_changed_from_outside_meanwhile_is_merged(
    home: Repository, plans: PlanBuilder, told: list[Told]
) -> None:
    plans.add("m1", change(1), edit_answer(returns(1, "first + second + 1")))

    def meddle(one: Told) -> None:
        if one.kind == swarmlog.RAN:
            home.write("work.py", "# mine\n" + home.read("work.py"))

    with Heaven.open(home.root) as heaven:
        ended = run_swarm(
            heaven,
            plans.plan(),
            angel="scripted:{mission}.json",
            directory=plans.scripts,
            options=Options(angels=1),
            observe=meddle,
        )
        assert ended.status == "done"
        again = replay_swarm(heaven, swarmlog.find_swarm(heaven, "s1"))
    assert home.read("work.py").startswith("# mine\n")
    assert "first + second + 1" in home.read("work.py")
    assert again.same and again.outside == ("work.py",)


def test_a_thrashing_mission_gets_another_plan_from_the_oracle(
    home: Repository, plans: PlanBuilder, work: Work, told: list[Told]
) -> None:
    bad = edit_answer(returns(1, "0"))
    plans.add("m1", change(1, "IF_FAIL RETRY 9\n"), *[bad] * 9)
    plans.add("m2", change(2), edit_answer(returns(2, "first + second + 2")), after=["m1"])
    plans.script("fresh", edit_answer(returns(1, "first + second + 7")))
    oracle = ScriptedAngel("oracle", (), [json.dumps(answer("fresh", 1))])
    ended = work(oracle=oracle)
    assert (ended.status, ended.landed) == ("done", ("fresh",))
    assert swarmlog.REPLACED in kinds(told, "m1")
    assert "first + second + 7" in home.read("work.py")
    with Heaven.open(home.root) as heaven:
        (event,) = heaven.events(kinds={swarmlog.THRASHING})
        assert event.data["reason"] == "4 test runs in a row that failed, more than 3"
        state = swarmlog.find_swarm(heaven, "s1")
    assert (state.replacements, [one.name for one in state.plan.missions]) == (1, ["fresh"])
    replayed(home)


def test_every_other_condition_of_thrashing_stops_its_mission_and_nothing_else(
    home: Repository, plans: PlanBuilder, work: Work
) -> None:
    """Failing tests are the test above; here page faults, rejected answers and conflicts."""
    unseen = edit_answer(one_line("test_work.py", 1, "x\n"))
    stale = one_line("work.py", 5, "    return 0\n")
    drifted = edit_answer({**stale, "span_hash": "0" * 64, "anchor_hash": "0" * 64})
    retry = "RUN test\nIF_FAIL RETRY 9\n"
    many = "NEED symdef f2\nNEED symdef f3\n"
    asks: list[Json] = [
        {"name": "pf_symdef", "arguments": {"symbol": name}} for name in ("f4", "f5")
    ]
    curious: JsonObject = {"turns": [{"text": "", "calls": asks}] * 3}
    plans.add("faults", f"LEASE symbol:f2\n{many}OP x\n{retry}", curious)
    plans.add("rejects", f"LEASE symbol:f3\nNEED symdef f3\nOP x\n{retry}", *[unseen] * 9)
    plans.add(
        "conflicts", f"BUDGET 30000\nLEASE symbol:f0\nNEED symdef f0\nOP x\n{retry}", *[drifted] * 9
    )
    good = "LEASE symbol:f6\nNEED symdef f6\nOP x\n"
    plans.add("good", good, edit_answer(returns(6, "first + second + 6")))
    ended = work(limits=Limits(faults=1))
    assert ended.landed == ("good",)
    assert ended.failed == {
        "faults": "thrashing: more than 1 page faults in 2 turns in a row (2, 2)",
        "rejects": "thrashing: 3 rejected answers, more than 2",
        "conflicts": "thrashing: 4 conflicts, more than 3",
    }
    with Heaven.open(home.root) as heaven:
        reasons = [event.data["mission"] for event in heaven.events(kinds={swarmlog.THRASHING})]
        assert heaven.active_leases() == ()
    assert sorted(str(one) for one in reasons) == ["conflicts", "faults", "rejects"]
    replayed(home)


def answer(name: str, n: int) -> dict[str, Json]:
    """What an oracle says: one mission that changes function `n`."""
    scopes: list[Json] = [{"scope_type": "symbol", "scope_value": f"f{n}"}]
    mission: dict[str, Json] = {
        "mission_id": name,
        "base_rev": "HEAD",
        "goal": f"Change f{n}",
        "scopes": scopes,
        "lease_ids": [],
        "tasks": [f"Change f{n} with care"],
        "created_at": "2026-01-01T00:00:00Z",
    }
    return {
        "updated_dag": {
            "plan_id": "p2",
            "task_desc": "a task",
            "repo_path": ".",
            "nodes": [{"mission": mission, "depends_on": []}],
            "created_at": "2026-01-01T00:00:00Z",
        },
        "leases_plan": [],
        "risk_hotspots": ["work.py"],
        "recommended_tests": ["test_work.py"],
    }
