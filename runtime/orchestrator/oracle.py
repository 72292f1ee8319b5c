"""The oracle: a stronger model that is asked for another plan when a mission gets nowhere.

It is told ids and summaries, never a transcript: what is wanted, how the missions stand, what it
has cost, the symbols that the trouble is about, the end of the failing output. What it answers
(`oracle.schema.json`) becomes programs, and is checked as any plan is. A wrong answer goes back
once, with the complaint.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Final

from ...heaven import Heaven, HeavenError
from ...heaven.canonical import encode as canonical
from ...heaven.clock import from_text
from ...heaven.records import Json
from ...proto import wire
from ...proto.oracle import Metrics, OracleRequest, OracleResponse, Plan
from ..angels import Angel, Question
from ..errors import RunError
from ..tokens import count_tokens
from .errors import BadPlan
from .meter import Meter
from .needs import needs_for
from .plan import MissionPlan, PlannedMission, ProgramsWrong, compile_mission, make_plan
from .printing import program_text
from .swarmlog import SwarmState

ORACLE_TOKENS: Final = 16_000
_TRIES: Final = 2
_SHORTLIST: Final = 20
_FENCE: Final = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)
_WANTED: Final = (
    'Answer with one JSON object: {"updated_dag": {"plan_id", "task_desc", "repo_path", "nodes": '
    '[{"mission": {"mission_id", "base_rev": "HEAD", "goal", "scopes": [{"scope_type": '
    '"symbol|module|file|directory", "scope_value"}], "lease_ids": [], "tasks": [text], '
    '"token_budget", "created_at"}, "depends_on": [id]}], "created_at"}, "leases_plan": '
    '[{"mission_id", "scopes"}], "risk_hotspots": [text], "recommended_tests": [selector]}. '
    "Missions that may run at once must lease different places. A mission that you repeat as it is "
    "goes on; one that you leave out is stopped; what has landed stays."
)


class OracleUseless(RunError):
    """The oracle has no plan to give, or none that can be carried out."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A plan in the place of another one. `blob`, `request` and `answer` are blob ids."""

    plan: MissionPlan
    blob: str
    request: str
    answer: str


def ask_for_plan(
    heaven: Heaven, oracle: Angel, state: SwarmState, mission: str, reason: str, meter: Meter
) -> Replacement:
    """Raises OracleUseless, AngelUnavailable."""
    request = state_vector(heaven, state, mission, reason, meter)
    said = _question(heaven, state, request, reason)
    (stored,) = heaven.put_blobs([canonical(wire.dump(request))])
    complaint = ""
    for call in range(_TRIES):
        detail = said if not complaint else f"{said}\n\nYour last answer is not valid: {complaint}"
        advice = oracle.advise(
            Question(f"{state.name}/{mission}", call, mission, f"thrashing: {reason}", detail)
        )
        if advice is None:
            raise OracleUseless("the oracle has no advice to give")
        (answer,) = heaven.put_blobs([advice.text.encode()])
        try:
            plan = new_plan(heaven, state, read_answer(advice.text))
        except (wire.WireError, BadPlan, ProgramsWrong, HeavenError) as error:
            complaint = str(error)
            continue
        (blob,) = heaven.put_blobs([canonical(plan.record())])
        return Replacement(plan, blob, stored, answer)
    raise OracleUseless(complaint)


def state_vector(
    heaven: Heaven, state: SwarmState, mission: str, reason: str, meter: Meter
) -> OracleRequest:
    """Ids and summaries, in the shape of `oracle.schema.json`."""
    spec, ledger = heaven.put_blobs([state.plan.task.encode(), _ledger(state).encode()])
    started = from_text(state.started)
    elapsed = heaven.clock.now() - started
    counts = meter.total
    metrics = Metrics(
        pf_count=counts.faults,
        pf_response_size_total=counts.fault_bytes,
        retries=counts.retries,
        rejects=counts.rejects,
        conflicts=counts.conflicts,
        test_failures=counts.test_failures,
        tokens_in=counts.tokens_in,
        tokens_out=counts.tokens_out,
        started_at=state.started,
        elapsed_ms=int(elapsed.total_seconds() * 1000),
        turns=counts.turns,
        status="thrashing",
        phase_transitions=meter.phase_transitions,
        thrash_reason=reason,
    )
    return OracleRequest(
        spec_blob_id=spec,
        symbol_shortlist=_shortlist(state.plan.mission(mission)),
        metrics_summary=metrics,
        decision_ledger_blob_id=ledger,
    )


def read_answer(text: str) -> OracleResponse:
    """The answer in what the oracle said, whatever stands around it. Raises WireError."""
    candidates = [text.strip(), *(found.strip() for found in _FENCE.findall(text))]
    start, end = text.find("{"), text.rfind("}")
    if 0 <= start < end:
        candidates.append(text[start : end + 1])
    failure = wire.WireError("", "there is no JSON object in the answer")
    for candidate in candidates:
        if not candidate.startswith("{"):
            continue
        try:
            return wire.parse_json(OracleResponse, candidate)
        except wire.WireError as error:
            failure = error
    raise failure


def new_plan(heaven: Heaven, state: SwarmState, answer: OracleResponse) -> MissionPlan:
    """The oracle's graph as programs. Raises BadPlan, ProgramsWrong, BadScope, PathOutside."""
    landed = {one.mission for one in state.landings}
    leases = {one.mission_id: one.scopes for one in answer.leases_plan}
    old = {one.name: one for one in state.plan.missions}
    dag = answer.updated_dag
    missions: list[PlannedMission] = []
    for node in dag.nodes:
        wanted = node.mission
        name = wanted.mission_id
        if name in landed:
            continue
        waits = tuple(one for one in node.depends_on if one not in landed)
        scopes = leases.get(name, wanted.scopes)
        known = old.get(name)
        if known is not None and (known.tasks, known.scopes) == (wanted.tasks, scopes):
            missions.append(replace(known, depends_on=waits))
            continue
        text = program_text(
            replace(wanted, scopes=scopes, base_rev="HEAD"),
            needs=needs_for(heaven, scopes),
            checks=_checks(answer),
            invariants=_hotspots(answer),
            heading=(wanted.goal,),
        )
        missions.append(compile_mission(name, f"{name}.isa", text, waits))
    unknown = [name for name in leases if name not in {one.mission.mission_id for one in dag.nodes}]
    if unknown:
        raise BadPlan((f"leases_plan names {unknown[0]}, which is no mission of the plan",))
    plan = make_plan(dag.task_desc, missions)
    plan.check(heaven)
    return plan


def _checks(answer: OracleResponse) -> list[str]:
    return [f"RUN test {one}" for one in answer.recommended_tests] or ["RUN test"]


def _hotspots(answer: OracleResponse) -> list[str]:
    spots = ", ".join(" ".join(one.split()) for one in answer.risk_hotspots)
    return [f"Be careful with {spots}"] if spots else []


def _ledger(state: SwarmState) -> str:
    """What became of each mission, a line each."""
    lines = []
    for one in state.plan.missions:
        mission = state.mission(one.name)
        waits = f" after {', '.join(one.depends_on)}" if one.depends_on else ""
        reason = f": {mission.failed}" if mission.failed else ""
        lines.append(f"{one.name}{waits}: {mission.status}{reason}")
    return "\n".join(lines)


def _shortlist(mission: PlannedMission) -> tuple[str, ...]:
    named = [one.scope_value for one in mission.scopes if one.scope_type in ("symbol", "module")]
    return tuple(named[:_SHORTLIST])


def _question(heaven: Heaven, state: SwarmState, request: OracleRequest, reason: str) -> str:
    """The state vector with what its ids stand for, within the oracle's tokens."""
    graph: Plan = state.plan.wire(heaven)
    parts: dict[str, Json] = {
        "request": wire.dump(request),
        "spec": state.plan.task,
        "decisions": [*_ledger(state).splitlines()],
        "plan": wire.dump(graph),
    }
    text = _asked(parts)
    for spare in ("plan", "decisions"):
        if count_tokens(text) > ORACLE_TOKENS:
            parts.pop(spare)
            text = _asked(parts)
    return text


def _asked(parts: dict[str, Json]) -> str:
    return f"{_WANTED}\n\n{json.dumps(parts, ensure_ascii=False, indent=1)}"
