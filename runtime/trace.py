"""Where the time and the tokens of a run went, from the times in its log (`aa trace`).

The log has the time of each syscall's intent and of its result. What lies between them is the
syscall's; the rest is the VM's own work, and the gaps of a run that was resumed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..aa.decode import decode
from ..heaven.clock import from_text
from ..heaven.records import Json
from . import fields
from .door import Entry
from .record import Record
from .replay import source_lines
from .runs import Run, entries

_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One syscall. Times are microseconds; `start` counts from the run's start. `duration` is None
    where no result was recorded. Tokens are those of an angel's turn, else 0; `cached` of the ones
    in came from the provider's cache."""

    seq: int
    pc: int
    op: str
    where: str
    subject: str
    start: int
    duration: int | None
    tokens_in: int
    tokens_out: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Total:
    """All syscalls of one instruction: how many, microseconds, tokens."""

    pc: int
    op: str
    where: str
    calls: int
    duration: int
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class Trace:
    """`began` is when the run started. `whole` are the microseconds from its first event to its
    last."""

    run: Run
    began: datetime
    whole: int
    steps: tuple[Step, ...]

    @property
    def inside(self) -> int:
        """Microseconds within syscalls."""
        return sum(step.duration or 0 for step in self.steps)

    def totals(self) -> tuple[Total, ...]:
        """By instruction, the longest first."""
        grouped: dict[tuple[int, str], list[Step]] = {}
        for step in self.steps:
            grouped.setdefault((step.pc, step.op), []).append(step)
        made = [
            Total(
                pc,
                op,
                steps[0].where,
                len(steps),
                sum(step.duration or 0 for step in steps),
                sum(step.tokens_in for step in steps),
                sum(step.tokens_out for step in steps),
            )
            for (pc, op), steps in grouped.items()
        ]
        return tuple(sorted(made, key=lambda total: (-total.duration, total.pc, total.op)))


def trace(record: Record, run: Run) -> Trace:
    """Raises RunDamaged, BlobMissing."""
    began = from_text(run.started)
    intents: dict[int, int] = {}
    results: dict[int, int] = {}
    last = resumed = 0
    for event in record.events(after=run.seq):
        if event.data.get("run") != run.name:
            continue
        at = (from_text(event.time) - began) // _MICROSECOND
        if event.kind == "syscall_intent":
            intents.setdefault(fields.number(event.data, "seq"), at)
        elif event.kind == "syscall_result":
            seq = fields.number(event.data, "seq")
            # A syscall that a process died in is done again; nobody worked between the two.
            intents[seq] = max(intents.get(seq, at), resumed)
            results[seq] = at
        elif event.kind == "run_resumed":
            resumed = at
        if event.kind.startswith(("syscall", "run")):
            last = max(last, at)
    where = source_lines(decode(record.get_blob(run.module)), run.program)
    steps = tuple(
        _step(entry, where, intents[entry.seq], results.get(entry.seq))
        for entry in entries(record, run)
    )
    return Trace(run, began, last, steps)


def _step(entry: Entry, where: dict[int, str], start: int, end: int | None) -> Step:
    result = entry.result or {}
    paid = entry.op == "ANGEL" and "tokens_in" in result
    return Step(
        entry.seq,
        entry.pc,
        entry.op,
        where.get(entry.pc, ""),
        _subject(entry),
        start,
        None if end is None else max(end - start, 0),
        fields.number(result, "tokens_in") if paid else 0,
        fields.number(result, "tokens_out") if paid else 0,
        fields.number(result, "cached_read") if paid and "cached_read" in result else 0,
    )


def _subject(entry: Entry) -> str:
    """What a syscall was about, in a few words."""
    operands = entry.operands
    if "command" in operands:
        args = fields.record(operands, "args")
        return " ".join([fields.text(operands, "command"), *(str(one) for one in args.values())])
    for name in ("task", "selector", "name", "rev", "failure"):
        value = operands.get(name)
        if isinstance(value, str) and value:
            return value.splitlines()[0]
    return ""


def chrome(traced: Trace) -> dict[str, Json]:
    """The Trace Event Format of Chrome and Perfetto: one complete event ("X") a syscall, times in
    microseconds."""
    name = f"{traced.run.name} {traced.run.program}"
    events: list[Json] = [
        {"name": "process_name", "ph": "M", "pid": 1, "tid": 1, "args": {"name": name}},
        {
            "name": name,
            "cat": "run",
            "ph": "X",
            "ts": 0,
            "dur": traced.whole,
            "pid": 1,
            "tid": 1,
            "args": {"status": traced.run.status, "head": traced.run.head},
        },
    ]
    for step in traced.steps:
        events.append(
            {
                "name": f"{step.op} {step.subject}".rstrip(),
                "cat": step.op,
                "ph": "X",
                "ts": step.start,
                "dur": step.duration or 0,
                "pid": 1,
                "tid": 1,
                "args": _attributes(step),
            }
        )
    return {"traceEvents": events, "displayTimeUnit": "ms"}


def otlp(traced: Trace) -> dict[str, Json]:
    """OTLP's JSON encoding (opentelemetry-proto 1.x, `TracesData`): a span for the run, and one in
    it for each syscall. Ids are hashes of the run, so that the same run gives the same spans."""
    run = traced.run
    seed = f"{run.name}\0{run.module}\0{run.started}"
    trace_id = hashlib.sha256(seed.encode()).hexdigest()[:32]
    parent = _span_id(trace_id, -1)
    epoch = int(traced.began.timestamp()) * 1_000_000 + traced.began.microsecond
    spans: list[Json] = [
        {
            "traceId": trace_id,
            "spanId": parent,
            "name": f"{run.name} {run.program}",
            "kind": 1,
            **_times(epoch, 0, traced.whole),
            "attributes": _pairs({"genesis.run": run.name, "genesis.status": run.status or ""}),
            "status": {"code": 1 if run.status == "done" else 2},
        }
    ]
    for step in traced.steps:
        spans.append(
            {
                "traceId": trace_id,
                "spanId": _span_id(trace_id, step.seq),
                "parentSpanId": parent,
                "name": step.op,
                "kind": 3 if step.op == "ANGEL" else 1,
                **_times(epoch, step.start, step.duration or 0),
                "attributes": _pairs(
                    {f"genesis.{key}": value for key, value in _attributes(step).items()}
                ),
                "status": {"code": 1 if step.duration is not None else 0},
            }
        )
    resource: dict[str, Json] = {"attributes": _pairs({"service.name": "genesis"})}
    scope: dict[str, Json] = {"scope": {"name": "genesis_ssmp.runtime.trace"}, "spans": spans}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _attributes(step: Step) -> dict[str, Json]:
    found: dict[str, Json] = {"seq": step.seq, "pc": step.pc, "where": step.where}
    if step.subject:
        found["subject"] = step.subject
    if step.tokens_in or step.tokens_out:
        found |= {"tokens_in": step.tokens_in, "tokens_out": step.tokens_out}
    if step.cached:
        found["tokens_cached"] = step.cached
    return found


def _span_id(trace_id: str, seq: int) -> str:
    return hashlib.sha256(f"{trace_id}/{seq}".encode()).hexdigest()[:16]


def _times(epoch: int, start: int, duration: int) -> dict[str, Json]:
    # 64-bit integers are texts in protobuf's JSON.
    return {
        "startTimeUnixNano": str((epoch + start) * 1000),
        "endTimeUnixNano": str((epoch + start + duration) * 1000),
    }


def _pairs(values: dict[str, Json]) -> list[Json]:
    pairs: list[Json] = []
    for key, value in values.items():
        shown: Json = (
            {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}
        )
        pairs.append({"key": key, "value": shown})
    return pairs
