from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.canonical import decode_object
from genesis_ssmp.heaven.records import Json
from genesis_ssmp.proto import wire
from genesis_ssmp.proto.oracle import OracleRequest
from genesis_ssmp.runtime.angels import Advice, Question
from genesis_ssmp.runtime.angels.scripted import ScriptedAngel
from genesis_ssmp.runtime.orchestrator import swarmlog
from genesis_ssmp.runtime.orchestrator.meter import Meter, Reading
from genesis_ssmp.runtime.orchestrator.oracle import (
    ORACLE_TOKENS,
    OracleUseless,
    Replacement,
    ask_for_plan,
    read_answer,
)
from genesis_ssmp.runtime.orchestrator.swarmlog import SwarmState
from genesis_ssmp.runtime.tokens import count_tokens
from kit.repository import make_repository
from kit.swarm import FILES, PlanBuilder, change


@pytest.fixture
def heaven(tmp_path: Path) -> Iterator[Heaven]:
    with Heaven.open(make_repository(tmp_path / "repo", FILES).root) as opened:
        yield opened


@pytest.fixture
def state(heaven: Heaven, tmp_path: Path) -> SwarmState:
    plans = PlanBuilder(tmp_path / "scripts")
    plans.add("a", change(1))
    plans.add("b", change(2), after=["a"])
    plans.add("c", change(3))
    base = heaven.put_blob(heaven.snapshot().to_json())
    return swarmlog.start(
        heaven,
        plans.plan("make it right"),
        base=base,
        angel=None,
        directory="",
        angels=1,
        check_timeout=60,
    )


class Oracle(ScriptedAngel):
    """Keeps what it was asked."""

    def __init__(self, *advice: str) -> None:
        super().__init__("oracle", (), advice)
        self.asked: list[Question] = []

    def advise(self, question: Question) -> Advice | None:
        self.asked.append(question)
        return super().advise(question)


def node(name: str, n: int, *after: str, task: str | None = None) -> dict[str, Json]:
    scopes: list[Json] = [{"scope_type": "symbol", "scope_value": f"f{n}"}]
    mission: dict[str, Json] = {
        "mission_id": name,
        "base_rev": "HEAD",
        "goal": "g",
        "scopes": scopes,
        "lease_ids": [],
        "tasks": [task or f"Change f{n}"],
        "created_at": "2026-01-01T00:00:00Z",
    }
    return {"mission": mission, "depends_on": [*after]}


def answer(*nodes: dict[str, Json], **more: Json) -> str:
    listed: list[Json] = [*nodes]
    dag: dict[str, Json] = {
        "plan_id": "p",
        "task_desc": "make it right",
        "repo_path": ".",
        "nodes": listed,
        "created_at": "2026-01-01T00:00:00Z",
    }
    rest: dict[str, Json] = {"leases_plan": [], "risk_hotspots": [], "recommended_tests": []}
    return json.dumps({"updated_dag": dag, **rest, **more})


def ask(heaven: Heaven, state: SwarmState, *advice: str) -> tuple[Replacement, Oracle]:
    oracle = Oracle(*advice)
    meter = Meter()
    meter.take(Reading("verify", "test_failures", 4))
    return ask_for_plan(heaven, oracle, state, "a", "4 test runs failed", meter), oracle


def test_the_oracle_is_told_ids_and_summaries_within_its_tokens(
    heaven: Heaven, state: SwarmState
) -> None:
    replacement, oracle = ask(heaven, state, answer(node("n", 1)))
    request = wire.parse(OracleRequest, decode_object(heaven.get_blob(replacement.request)))
    assert heaven.get_blob(request.spec_blob_id) == b"make it right"
    assert request.symbol_shortlist == ("f1",)
    assert request.metrics_summary.test_failures == 4
    assert request.metrics_summary.thrash_reason == "4 test runs failed"
    assert request.decision_ledger_blob_id is not None
    ledger = heaven.get_blob(request.decision_ledger_blob_id).decode()
    assert ledger.splitlines()[1] == "b after a: waiting"
    (question,) = oracle.asked
    assert count_tokens(question.detail) <= ORACLE_TOKENS
    assert "def f1" not in question.detail


def test_its_answer_becomes_programs_and_what_it_repeats_stays_as_it_was(
    heaven: Heaven, state: SwarmState
) -> None:
    text = answer(
        node("new", 1, task="Go slowly"),
        node("c", 3, "new"),
        risk_hotspots=["work.py"],
        recommended_tests=["test_work.py"],
    )
    said = f"I thought about it.\n```json\n{text}\n```\nGood luck."
    plan = ask(heaven, state, said)[0].plan
    new, kept = plan.missions
    assert "NEED symdef f1" in new.source and "RUN test test_work.py" in new.source
    assert "INVARIANT Be careful with work.py" in new.source
    assert kept.code == state.plan.mission("c").code
    assert kept.depends_on == ("new",)


def test_the_leases_that_it_plans_are_those_of_the_missions(
    heaven: Heaven, state: SwarmState
) -> None:
    scopes: list[Json] = [{"scope_type": "file", "scope_value": "work.py"}]
    planned: Json = [{"mission_id": "n", "scopes": scopes}]
    plan = ask(heaven, state, answer(node("n", 1), leases_plan=planned))[0].plan
    assert [one.scope_value for one in plan.missions[0].scopes] == ["work.py"]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (answer(node("x", 1, "y"), node("y", 2, "x")), "x -> y -> x"),
        (answer(node("x", 1), node("y", 1)), "x and y may run at once and both lease symbol:f1"),
        (answer(node("x", 1, "gone")), "gone, which is no mission"),
        (answer(node("x", 1), wishes=[]), "wishes"),
        ("I do not know.", "no JSON object"),
        (answer(node("no good name", 1)), "no name for a mission"),
        (answer(node("x", 1), leases_plan=[{"mission_id": "z", "scopes": []}]), "names z"),
    ],
)
def test_a_wrong_answer_goes_back_once_with_the_complaint(
    heaven: Heaven, state: SwarmState, wrong: str, complaint: str
) -> None:
    replacement, oracle = ask(heaven, state, wrong, answer(node("n", 1)))
    assert [one.name for one in replacement.plan.missions] == ["n"]
    assert complaint in oracle.asked[1].detail
    with pytest.raises(OracleUseless, match=complaint):
        ask(heaven, state, wrong, wrong)


def test_an_oracle_without_advice_is_no_oracle(heaven: Heaven, state: SwarmState) -> None:
    with pytest.raises(OracleUseless, match="no advice"):
        ask(heaven, state)


def test_an_answer_may_stand_in_other_words() -> None:
    text = answer(node("n", 1))
    for said in (text, f"Here: {text} - done", f"```\n{text}\n```"):
        assert read_answer(said).updated_dag.nodes[0].mission.mission_id == "n"
