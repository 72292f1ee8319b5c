"""Swarms as the log has them: what was planned, given out, carried over and landed, read back.

The events that a swarm writes are made here and read here, so that what resumes, replays or lists a
swarm cannot disagree with what ran it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from ...heaven import Heaven
from ...heaven.canonical import decode_object
from ...heaven.canonical import encode as canonical
from ...heaven.records import Event, Json, JsonObject
from .. import fields
from ..door import FIRST_HEAD
from ..record import Record
from .errors import NoSuchSwarm
from .plan import MissionPlan, read_record

STARTED: Final = "swarm_started"
RESUMED: Final = "swarm_resumed"
FINISHED: Final = "swarm_finished"
GIVEN: Final = "mission_started"
TAKEN_OVER: Final = "mission_taken_over"
RAN: Final = "mission_ran"
LANDED: Final = "mission_landed"
FAILED: Final = "mission_failed"
THRASHING: Final = "swarm_thrashing"
REPLACED: Final = "plan_replaced"

KINDS: Final = frozenset(
    {
        *(STARTED, RESUMED, FINISHED, THRASHING, REPLACED),
        *(GIVEN, TAKEN_OVER, RAN, LANDED, FAILED),
    }
)

Way: TypeAlias = Literal["first", "again", "conflict"]
Status: TypeAlias = Literal["done", "failed"]


@dataclass(frozen=True, slots=True)
class Script:
    """A program of an attempt: name, and blob ids of its bytecode and its text."""

    name: str
    code: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a mission. `base` is the blob of the manifest of the tree that it is to change,
    `depth` that of its conflict missions, `settles` the runs whose refused edit it is about.
    `event` is the number of the event that began it."""

    mission: str
    number: int
    way: Way
    depth: int
    base: str
    worktree: str
    programs: tuple[Script, ...]
    settles: tuple[str, ...] = ()
    event: int = 0

    @property
    def name(self) -> str:
        """What its angel knows it by: the mission's name, with `.c1` for a conflict mission."""
        return f"{self.mission}.c{self.depth}" if self.way == "conflict" else self.mission


@dataclass(frozen=True, slots=True)
class Ran:
    """How an attempt ended: the names of its runs in this log, its exit code, its last tree."""

    attempt: Attempt
    runs: tuple[str, ...]
    exit_code: int
    message: str | None
    event: int


@dataclass(frozen=True, slots=True)
class Landing:
    """A mission's edit in the tree. `edit` and `record` are blob ids; the record is what EMIT
    answers. `tree` is the hash of the whole tree after it, `head` the swarm's, `event` the number
    of the event that says it."""

    mission: str
    runs: tuple[str, ...]
    base: str
    edit: str
    record: str
    tree: str
    receipts: tuple[JsonObject, ...]
    head: str
    event: int = 0


@dataclass(slots=True)
class MissionState:
    """What became of a mission so far."""

    name: str
    attempts: list[Attempt] = field(default_factory=list)
    takeovers: int = 0
    ran: Ran | None = None
    landing: Landing | None = None
    failed: str | None = None

    @property
    def status(self) -> str:
        if self.landing is not None:
            return "landed"
        if self.failed is not None:
            return "failed"
        if self.ran is not None:
            return "ran"
        return "running" if self.attempts else "waiting"


@dataclass(slots=True)
class SwarmState:
    """A swarm. `base` is the blob of its first tree's manifest, `angel` the specification of its
    angels and `directory` where their paths count from. `status` is None until it ends."""

    name: str
    seq: int
    plan: MissionPlan
    base: str
    angel: str | None
    directory: str
    angels: int
    check_timeout: float
    started: str
    missions: dict[str, MissionState] = field(default_factory=dict)
    landings: list[Landing] = field(default_factory=list)
    replacements: int = 0
    thrashed: list[JsonObject] = field(default_factory=list)
    resumed: int = 0
    status: str | None = None
    message: str | None = None
    tree: str | None = None
    finished: str | None = None

    @property
    def head(self) -> str:
        return self.landings[-1].head if self.landings else FIRST_HEAD

    def mission(self, name: str) -> MissionState:
        return self.missions.setdefault(name, MissionState(name))

    @property
    def runs(self) -> tuple[str, ...]:
        """Every run that its missions made, in the order of the log."""
        found = [name for one in self.missions.values() for name in _runs_of(one)]
        return tuple(dict.fromkeys(found))


def _runs_of(mission: MissionState) -> tuple[str, ...]:
    return () if mission.ran is None else mission.ran.runs


def link_landing(
    head: str, mission: str, run_heads: Sequence[str | None], edit: str, record: str
) -> str:
    """The swarm's head after one more landing."""
    return hashlib.sha256(canonical([head, mission, [*run_heads], edit, record])).hexdigest()


def start(
    heaven: Heaven,
    plan: MissionPlan,
    *,
    base: str,
    angel: str | None,
    directory: str,
    angels: int,
    check_timeout: float,
) -> SwarmState:
    """Record that a swarm begins. Names count up from `s1` in each repository."""
    count = sum(1 for _ in heaven.events(kinds={STARTED}))
    (stored,) = heaven.put_blobs([canonical(plan.record())])
    event = heaven.append(
        STARTED,
        {
            "swarm": f"s{count + 1}",
            "plan": stored,
            "base": base,
            "angel": angel,
            "directory": directory,
            "angels": angels,
            "check_timeout": check_timeout,
        },
    )
    return _started(heaven, event)


def given(heaven: Heaven, swarm: str, attempt: Attempt) -> Attempt:
    """Record that an attempt has its worktree and is given to an angel."""
    programs: list[Json] = [
        {"name": one.name, "code": one.code, "source": one.source} for one in attempt.programs
    ]
    event = heaven.append(
        GIVEN,
        {
            "swarm": swarm,
            "mission": attempt.mission,
            "attempt": attempt.number,
            "way": attempt.way,
            "depth": attempt.depth,
            "base": attempt.base,
            "worktree": attempt.worktree,
            "programs": programs,
            "settles": [*attempt.settles],
        },
    )
    return _attempt(event)


def ran(
    heaven: Heaven,
    swarm: str,
    attempt: Attempt,
    runs: Sequence[str],
    exit_code: int,
    message: str | None,
) -> Ran:
    """Record that an attempt is over and which runs it was."""
    event = heaven.append(
        RAN,
        {
            "swarm": swarm,
            "mission": attempt.mission,
            "attempt": attempt.number,
            "runs": [*runs],
            "exit_code": exit_code,
            "message": message,
        },
    )
    return Ran(attempt, tuple(runs), exit_code, message, event.seq)


def landed(heaven: Heaven, swarm: str, landing: Landing) -> None:
    receipts: list[Json] = [dict(one) for one in landing.receipts]
    heaven.append(
        LANDED,
        {
            "swarm": swarm,
            "mission": landing.mission,
            "runs": [*landing.runs],
            "base": landing.base,
            "edit": landing.edit,
            "record": landing.record,
            "tree": landing.tree,
            "receipts": receipts,
            "head": landing.head,
        },
    )


def note(heaven: Heaven, kind: str, swarm: str, mission: str, **said: Json) -> None:
    """Any other event about a mission."""
    heaven.append(kind, {"swarm": swarm, "mission": mission, **said})


def finish(
    heaven: Heaven, state: SwarmState, status: Status, message: str | None, tree: str
) -> None:
    data: dict[str, Json] = {
        "swarm": state.name,
        "status": status,
        "message": message,
        "tree": tree,
        "head": state.head,
    }
    heaven.append(FINISHED, data)


def all_swarms(record: Record) -> tuple[SwarmState, ...]:
    """Every swarm of this repository, oldest first. Raises FieldError, BlobMissing."""
    swarms: dict[str, SwarmState] = {}
    for event in record.events(kinds=KINDS):
        name = fields.text(event.data, "swarm")
        if event.kind == STARTED:
            swarms[name] = _started(record, event)
        else:
            _fold(record, swarms[name], event)
    return tuple(swarms.values())


def find_swarm(record: Record, name: str) -> SwarmState:
    """The swarm of this name; `last` is the newest. Raises NoSuchSwarm."""
    swarms = all_swarms(record)
    if name == "last" and swarms:
        return swarms[-1]
    for swarm in swarms:
        if swarm.name == name:
            return swarm
    raise NoSuchSwarm(name)


def landings(record: Record) -> tuple[Landing, ...]:
    """Every landing of every swarm, oldest first. Raises FieldError."""
    return tuple(_landing(event) for event in record.events(kinds={LANDED}))


def _started(record: Record, event: Event) -> SwarmState:
    data = event.data
    timeout = data.get("check_timeout")
    return SwarmState(
        name=fields.text(data, "swarm"),
        seq=event.seq,
        plan=_plan(record, data),
        base=fields.text(data, "base"),
        angel=fields.optional_text(data, "angel"),
        directory=fields.text(data, "directory"),
        angels=fields.number(data, "angels"),
        check_timeout=float(timeout) if isinstance(timeout, (int, float)) else 900.0,
        started=event.time,
    )


def _plan(record: Record, data: JsonObject) -> MissionPlan:
    return read_record(decode_object(record.get_blob(fields.text(data, "plan"))))


def _fold(record: Record, state: SwarmState, event: Event) -> None:
    data = event.data
    if event.kind == FINISHED:
        state.status = fields.text(data, "status")
        state.message = fields.optional_text(data, "message")
        state.tree = fields.text(data, "tree")
        state.finished = event.time
    elif event.kind == RESUMED:
        state.resumed += 1
    elif event.kind == REPLACED:
        state.plan = _plan(record, data)
        state.replacements += 1
        for name in fields.texts(data, "dropped"):
            state.missions.pop(name, None)
    else:
        _fold_mission(state, event)


def _fold_mission(state: SwarmState, event: Event) -> None:
    data = event.data
    mission = state.mission(fields.text(data, "mission"))
    if event.kind == GIVEN:
        mission.attempts.append(_attempt(event))
        mission.ran = None
    elif event.kind == TAKEN_OVER:
        mission.takeovers += 1
    elif event.kind == RAN:
        mission.ran = Ran(
            mission.attempts[-1],
            fields.texts(data, "runs"),
            fields.number(data, "exit_code"),
            fields.optional_text(data, "message"),
            event.seq,
        )
    elif event.kind == LANDED:
        mission.landing = _landing(event)
        state.landings.append(mission.landing)
    elif event.kind == FAILED:
        mission.failed = fields.text(data, "reason")
    elif event.kind == THRASHING:
        state.thrashed.append(data)


def _attempt(event: Event) -> Attempt:
    data = event.data
    ways: tuple[Way, ...] = ("first", "again", "conflict")
    return Attempt(
        mission=fields.text(data, "mission"),
        number=fields.number(data, "attempt"),
        way=fields.one_of(data, "way", ways),
        depth=fields.number(data, "depth"),
        base=fields.text(data, "base"),
        worktree=fields.text(data, "worktree"),
        programs=tuple(
            Script(
                fields.text(one, "name"),
                fields.text(one, "code"),
                fields.optional_text(one, "source"),
            )
            for one in fields.records(data, "programs")
        ),
        settles=fields.texts(data, "settles"),
        event=event.seq,
    )


def _landing(event: Event) -> Landing:
    data = event.data
    return Landing(
        mission=fields.text(data, "mission"),
        runs=fields.texts(data, "runs"),
        base=fields.text(data, "base"),
        edit=fields.text(data, "edit"),
        record=fields.text(data, "record"),
        tree=fields.text(data, "tree"),
        receipts=fields.records(data, "receipts"),
        head=fields.text(data, "head"),
        event=event.seq,
    )
