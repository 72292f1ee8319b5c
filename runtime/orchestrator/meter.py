"""What a mission costs: counted from what its run tells as it goes, or from its record.

A `Reading` is one thing that counts, small enough to be sent by a process that may be killed after
it. The same readings come out of a live run and of its record, since both are executions of one VM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from dataclasses import fields as fields_of
from typing import Final, Literal, TypeAlias

from ...aa.decode import decode
from ...heaven.records import Json, JsonObject
from .. import fields
from ..door import ReplayDoor, Stopped
from ..edits.refusal import DRIFT
from ..outcome import Progress
from ..record import Record
from ..replay import source_lines
from ..runs import Run, entries
from ..unasked import Unasked
from ..vm import Machine

Phase: TypeAlias = Literal["understand", "plan", "execute", "verify"]
PHASES: Final[tuple[Phase, ...]] = ("understand", "plan", "execute", "verify")

_FAULTS: Final[Mapping[str, Phase]] = {
    "PF_SYMDEF": "understand",
    "PF_SLICE": "understand",
    "PF_TESTS": "verify",
}
"""What the other page faults ask for is for planning."""
_CONFLICTS: Final = frozenset({*DRIFT, "lease"})


@dataclass(frozen=True, slots=True)
class Reading:
    """`what` happened in `phase`; `amount` counts tokens, bytes or times. A `turn` or a
    `test` with amount 0 is a turn without an answer, a test run that passed."""

    phase: Phase
    what: str
    amount: int = 1


@dataclass(slots=True)
class Counts:
    """Tokens are the provider's where it tells. `tokens_cached` are those of `tokens_in` that a
    provider's cache had; `fault_bytes` is what page faults brought."""

    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    faults: int = 0
    fault_bytes: int = 0
    turns: int = 0
    retries: int = 0
    rejects: int = 0
    conflicts: int = 0
    test_failures: int = 0

    def add(self, other: Counts) -> None:
        for one in fields_of(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    def json(self) -> dict[str, Json]:
        return asdict(self)


_COUNTED: Final = frozenset(one.name for one in fields_of(Counts))


@dataclass(slots=True)
class Meter:
    """`faults_by_turn` has the page faults of each turn, the one under way last;
    `failures_in_a_row` the test runs that failed since one passed. With `answer_refused` the answer
    of the angel is one that had no better: that it is refused again when it is to land counts no
    more."""

    total: Counts = field(default_factory=Counts)
    phases: dict[Phase, Counts] = field(default_factory=dict)
    phase: Phase | None = None
    phase_transitions: int = 0
    faults_by_turn: list[int] = field(default_factory=lambda: [0])
    failures_in_a_row: int = 0
    answer_refused: bool = False

    def take(self, reading: Reading) -> None:
        if reading.phase != self.phase:
            self.phase_transitions += self.phase is not None
            self.phase = reading.phase
        what = reading.what
        if what == "test_passed":
            self.failures_in_a_row = 0
            return
        if what in ("answer_taken", "answer_refused"):
            self.answer_refused = what == "answer_refused"
        if what.startswith("emit_") and not self.answer_refused:
            what = what.removeprefix("emit_")
        if what not in _COUNTED:
            return
        counts = self.phases.setdefault(reading.phase, Counts())
        for one in (counts, self.total):
            setattr(one, what, getattr(one, what) + reading.amount)
        if reading.what == "faults":
            self.faults_by_turn[-1] += reading.amount
        elif reading.what == "turns":
            self.faults_by_turn.append(0)
        elif reading.what == "test_failures":
            self.failures_in_a_row += reading.amount

    def add(self, other: Meter) -> None:
        """Another mission's figures, for a sum; what stands in a row is no sum."""
        self.total.add(other.total)
        for phase, counts in other.phases.items():
            self.phases.setdefault(phase, Counts()).add(counts)
        self.phase_transitions += other.phase_transitions

    def json(self) -> dict[str, Json]:
        phases: dict[str, Json] = {
            name: self.phases[name].json() for name in PHASES if name in self.phases
        }
        return {
            **self.total.json(),
            "phase_transitions": self.phase_transitions,
            "phases": phases,
        }


def readings(progress: Progress) -> list[Reading]:
    """What of it counts."""
    take = _READERS.get(progress.kind)
    return [] if take is None else take(progress.text, progress.result or {})


def _fault(text: str, result: JsonObject) -> list[Reading]:
    phase = _FAULTS.get(text.partition(" ")[0], "plan")
    found = [Reading(phase, "faults")]
    if "shards" in result:
        metas = (fields.record(one, "meta") for one in fields.records(result, "shards"))
        size = sum(fields.number(meta, "bytes") for meta in metas)
        found.append(Reading(phase, "fault_bytes", size))
    return found


def _angel(text: str, result: JsonObject) -> list[Reading]:
    found = [Reading("execute", "turns")]
    for name, spelled in (
        ("tokens_in", "tokens_in"),
        ("tokens_out", "tokens_out"),
        ("tokens_cached", "cached_read"),
    ):
        amount = result.get(spelled)
        if isinstance(amount, int) and amount:
            found.append(Reading("execute", name, amount))
    if "refused" in result:
        found.append(Reading("execute", "rejects"))
    return found


def _validate(text: str, result: JsonObject) -> list[Reading]:
    """An answer that went back to its angel; silence after a complaint is none."""
    if fields.flag(result, "silent"):
        return []
    refused = fields.optional_record(result, "refused")
    wrong = any(fields.flag(one, "answer") for one in fields.records(result, "wrong"))
    if refused is None and not wrong:
        return [Reading("execute", "answer_taken")]
    return [Reading("execute", _kind(refused or {})), Reading("execute", "answer_refused")]


def _emit(text: str, result: JsonObject) -> list[Reading]:
    refused = fields.optional_record(result, "refused")
    if refused is None:
        return [Reading("execute", "landed")]
    return [Reading("execute", f"emit_{_kind(refused)}")]


def _kind(refused: JsonObject) -> str:
    return "conflicts" if refused.get("code") in _CONFLICTS else "rejects"


def _macro(text: str, result: JsonObject) -> list[Reading]:
    return [Reading("execute", "conflicts" if "refused" in result else "expanded")]


def _check(text: str, result: JsonObject) -> list[Reading]:
    if fields.flag(result, "passed"):
        return [Reading("verify", "test_passed")]
    return [Reading("verify", "test_failures")]


def _retry(text: str, result: JsonObject) -> list[Reading]:
    return [Reading("verify", "retries")]


_READERS: Final[Mapping[str, Callable[[str, JsonObject], list[Reading]]]] = {
    "fault.done": _fault,
    "angel.done": _angel,
    "validate.done": _validate,
    "emit.done": _emit,
    "macro.done": _macro,
    "run.done": _check,
    "retry": _retry,
}


def measure(record: Record, run: Run) -> Meter:
    """The meter of a recorded run, ended or not: its program again, every answer from the record.

    Raises RunDamaged, ReplayDivergence, BlobMissing, BlobDamaged.
    """
    recorded = entries(record, run)
    answered = sum(entry.result is not None for entry in recorded)
    module = decode(record.get_blob(run.module))
    door = ReplayDoor(recorded, source_lines(module, run.program), (), upto=answered)
    meter = Meter()

    def see(progress: Progress) -> None:
        for reading in readings(progress):
            meter.take(reading)

    with suppress(Stopped):
        Machine(module, Unasked(), door, see, run.limits).run()
    return meter
