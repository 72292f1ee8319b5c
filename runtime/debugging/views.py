"""What a debugger shows at a position, as JSON: the same for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from ...aa.opcodes import CHOICES, Action, Kind, Op
from ...heaven.records import Json, JsonObject
from .. import fields
from ..conversation import mode_after
from ..difference import FileDiff, combined
from ..history import Change, standing
from ..moment import Section
from ..operands import named, text_at
from ..orchestrator.packing import fit_pack
from ..outcome import Failure
from ..replay import commit_of
from ..tokens import count_tokens
from .breakpoints import Breakpoint
from .debugger import Debugger, Stop
from .staging import pending

Sources: TypeAlias = Mapping[str, Sequence[str]]
"""The lines of each file of the line table; "" is the program itself."""


def stop_json(debugger: Debugger, stop: Stop, sources: Sources) -> dict[str, Json]:
    """Where it stands and why."""
    hit = stop.breakpoint
    outcome = debugger.timeline.outcome if debugger.row.end else None
    return {
        "reason": stop.reason,
        "breakpoint": None if hit is None else hit.number,
        "position": stop.position,
        "newest": stop.newest,
        "live": stop.live,
        **place(debugger, sources),
        "outcome": None
        if outcome is None
        else {"status": outcome.status, "message": outcome.stuck or _said(outcome.failure)},
    }


def breakpoint_json(one: Breakpoint) -> dict[str, Json]:
    """A breakpoint and the instructions that it stops before."""
    return {
        "breakpoint": one.number,
        "what": one.what,
        "where": one.where,
        "pcs": [*sorted(one.pcs)],
        "temporary": one.temporary,
    }


def place(debugger: Debugger, sources: Sources) -> dict[str, Json]:
    """The instruction, its source line, the open sections."""
    module = debugger.timeline.module
    moment = debugger.moment()
    instruction = module.code[moment.pc]
    line = module.lines[moment.pc]
    file = text_at(module, line.file)
    text = sources.get(file, ())
    sections: list[Json] = [_section(debugger, one) for one in moment.sections]
    return {
        "pc": moment.pc,
        "op": instruction.op.name,
        "operands": named(module, instruction),
        "instruction": debugger.timeline.text_of(instruction),
        "file": file or debugger.timeline.run.program,
        "line": line.line,
        "statement": text[line.line - 1].strip() if 0 < line.line <= len(text) else None,
        "sections": sections,
        "failure": None if moment.failure is None else _failure(moment.failure),
    }


def registers(debugger: Debugger) -> dict[str, Json]:
    """Budget, counters, retries left, what is in force."""
    timeline, moment = debugger.timeline, debugger.moment()
    budget = timeline.module.budget
    handled: list[Json] = [_failure(one) for one in moment.handled]
    leases: list[Json] = [f"{kind}:{value}" for kind, value in moment.scopes]
    held = any(entry.op == "ACQUIRE" for entry in debugger.timeline.entries(debugger.at))
    tree = timeline.tree(debugger.at)
    return {
        "budget": {
            "tokens": budget,
            "spent": moment.tokens,
            "left": max(budget - moment.tokens, 0),
        },
        "steps": moment.steps,
        "syscalls": moment.syscalls,
        "angel_calls": moment.angel_calls,
        "edits": moment.edits,
        "output": None if moment.output is None else fields.text(moment.output, "kind"),
        "invariants": list(moment.invariants),
        "leases": leases,
        "leases_held": held,
        "tree": None if tree is None else tree.hash(),
        "sections": [_section(debugger, one) for one in moment.sections],
        "handled": handled,
    }


def context(debugger: Debugger) -> dict[str, Json]:
    """The shards shown so far, and the prompt that they make for the next ANGEL from here on."""
    module, moment = debugger.timeline.module, debugger.moment()
    shards: list[Json] = [_shard(one) for one in moment.context if "excerpts" in one]
    notes: list[Json] = [dict(one) for one in moment.context if "excerpts" not in one]
    found: dict[str, Json] = {
        "shards": shards,
        "notes": notes,
        "invariants": list(moment.invariants),
        "angel": None,
    }
    at = next(
        (pc for pc in range(moment.pc, len(module.code)) if module.code[pc].op is Op.ANGEL), None
    )
    if at is not None:
        said = module.code[at].operands
        task = text_at(module, said[0])
        returns = CHOICES[Kind.RETURN][said[1]]
        left = max(module.budget - moment.tokens, 0)
        pack = fit_pack(
            task,
            moment.invariants,
            moment.context,
            mode=mode_after(module, at),
            returns=returns,
            prompt=False,
            budget=left,
        ).text
        found["angel"] = {
            "pc": at,
            "where": debugger.timeline.lines.get(at, ""),
            "task": task,
            "returns": returns,
            "prompt": pack,
            "tokens": count_tokens(pack),
            "left": left,
        }
    return found


def edits(debugger: Debugger, root: Path | None) -> dict[str, Json]:
    """`staged`: an output that no EMIT has landed. `pending`: what the open sections landed, which
    a failure would undo. `kept`: what stays whatever happens to the open sections. `undone`: the
    run was taken back since."""
    timeline, moment = debugger.timeline, debugger.moment()
    made = timeline.entries(debugger.at)
    batches = standing(timeline.run, made)
    mark = moment.sections[0].edits_mark if moment.sections else len(batches)
    tree = timeline.tree(debugger.at)
    staged: dict[str, Json] | None = None
    if moment.output is not None and tree is not None:
        commit = commit_of(timeline.record, timeline.run)
        one = pending(moment.output, moment.shown, tree, timeline.record, root, commit)
        staged = {
            "kind": one.kind,
            "diff": one.diff,
            "reason": one.reason,
            "output": dict(one.text),
        }
    return {
        "staged": staged,
        "pending": _diffs(debugger, batches[mark:]),
        "kept": _diffs(debugger, batches[:mark]),
        "undone": timeline.run.undone or timeline.run.status == "abandoned",
    }


def log(debugger: Debugger) -> dict[str, Json]:
    """The syscalls before this position."""
    lines = debugger.timeline.lines
    calls: list[Json] = [
        {
            "seq": entry.seq,
            "pc": entry.pc,
            "where": lines.get(entry.pc, ""),
            "op": entry.op,
            "operands": dict(entry.operands),
            "result": None if entry.result is None else dict(entry.result),
        }
        for entry in debugger.timeline.entries(debugger.at)
    ]
    return {"syscalls": calls}


def everything(debugger: Debugger, sources: Sources) -> dict[str, Json]:
    """What `print` looks names up in."""
    moment = debugger.moment()
    return {
        "position": debugger.at,
        **place(debugger, sources),
        **registers(debugger),
        "output": None if moment.output is None else dict(moment.output),
        "context": [dict(one) for one in moment.context],
        "log": log(debugger)["syscalls"],
        "params": dict(debugger.timeline.run.params),
        "run": debugger.timeline.run.name,
    }


def _diffs(debugger: Debugger, batches: Iterable[tuple[Change, ...]]) -> list[Json]:
    changes = [change for batch in batches for change in batch]
    return [_diff(one) for one in combined(debugger.timeline.record, changes)]


def _diff(one: FileDiff) -> Json:
    return {
        "path": one.path,
        "before": one.before,
        "after": one.after,
        "diff": one.diff.decode("utf-8", "backslashreplace"),
    }


def _section(debugger: Debugger, section: Section) -> dict[str, Json]:
    timeline = debugger.timeline
    used = dict(section.tries)
    handlers: list[Json] = []
    for index, handler in enumerate(timeline.module.handlers):
        if handler.enter == section.enter:
            limit = handler.count if handler.action is Action.RETRY else 1
            tries = used.get(index, 0)
            handlers.append(
                {
                    "action": handler.action.name,
                    "used": tries,
                    "left": 0 if handler.action is Action.HALT else max(limit - tries, 0),
                }
            )
    return {
        "label": section.label,
        "enter": section.enter,
        "where": timeline.lines.get(section.enter, ""),
        "attempt": 1 + sum(used.values()),
        "handlers": handlers,
        "checks": dict(section.passed),
        "exit_code": section.last_exit,
    }


def _failure(failure: Failure) -> dict[str, Json]:
    return {
        "kind": failure.kind,
        "pc": failure.pc,
        "message": failure.message,
        "detail": failure.detail,
    }


def _said(failure: Failure | None) -> str | None:
    return None if failure is None else failure.message


def _shard(shard: JsonObject) -> Json:
    meta = fields.record(shard, "meta")
    excerpts: list[Json] = [
        f"{fields.text(one, 'path')}:{fields.number(one, 'start_line')}-"
        f"{fields.number(one, 'end_line')}"
        for one in fields.records(shard, "excerpts")
    ]
    return {
        "handle": fields.text(meta, "handle"),
        "kind": fields.text(shard, "kind"),
        "subject": fields.text(meta, "subject"),
        "bytes": fields.number(meta, "bytes"),
        "excerpts": excerpts,
    }
