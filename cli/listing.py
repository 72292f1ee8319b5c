"""Runs as `aa log` and `aa status` print them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..aa.decode import decode
from ..heaven.records import JsonObject
from ..runtime import fields
from ..runtime.door import Entry
from ..runtime.replay import source_lines
from ..runtime.runs import Run, entries, find
from ..runtime.transcript import Part, calls_of, transcript, turns_of
from .narration import rejections
from .output import Json

if TYPE_CHECKING:
    from ..heaven import Heaven
    from ..runtime.orchestrator.swarmlog import SwarmState


def run_line(run: Run) -> str:
    """One line of the list of runs."""
    status = run.status or "interrupted"
    text = f"{run.name:<5} {status:<11} {run.started[:19]}Z  {run.program}"
    if run.params:
        text += "  " + " ".join(f"{name}={value}" for name, value in run.params.items())
    if run.mission:
        text += f"  ({run.mission})"
    if run.undone:
        text += "  (undone)"
    return text


def run_json(run: Run) -> Json:
    """A run for `--json`."""
    params: dict[str, Json] = dict(run.params)
    return {
        "run": run.name,
        "program": run.program,
        "module": run.module,
        "params": params,
        "angel": run.angel,
        "status": run.status,
        "exit_code": run.exit_code,
        "message": run.message,
        "undone": run.undone,
        "mission": run.mission,
        "head": run.head,
        "tree": run.tree,
        "started": run.started,
        "finished": run.finished,
        "steps": run.steps,
        "angel_calls": run.angel_calls,
        "turns": run.turns,
        "rejects": run.rejects,
        "tokens": run.tokens,
    }


def swarm_line(swarm: SwarmState) -> str:
    """A swarm and how its missions stand."""
    standing = Counter(swarm.mission(one.name).status for one in swarm.plan.missions)
    counts = ", ".join(f"{number} {status}" for status, number in sorted(standing.items()))
    status = swarm.status or "cut off"
    return f"{swarm.name:<5} {status:<11} {swarm.started[:19]}Z  {counts}"


def swarm_json(swarm: SwarmState) -> Json:
    """A swarm for `--json`."""
    missions: list[Json] = [
        {
            "mission": one.name,
            "depends_on": [*one.depends_on],
            "status": swarm.mission(one.name).status,
            "takeovers": swarm.mission(one.name).takeovers,
            "reason": swarm.mission(one.name).failed,
        }
        for one in swarm.plan.missions
    ]
    return {
        "swarm": swarm.name,
        "plan_id": swarm.plan.plan_id,
        "task": swarm.plan.task,
        "status": swarm.status,
        "started": swarm.started,
        "finished": swarm.finished,
        "head": swarm.head,
        "tree": swarm.tree,
        "missions": missions,
    }


def run_report(heaven: Heaven, run: Run) -> tuple[list[str], dict[str, Json]]:
    """A run with its syscalls: lines for people, and the same for `--json`."""
    where = source_lines(decode(heaven.get_blob(run.module)), run.program)
    recorded = entries(heaven, run)
    lines = [run_line(run)]
    if run.message:
        lines.append(f"      {run.message}")
    for entry in recorded:
        lines.append(
            f"  {entry.seq:>3}  {where.get(entry.pc, ''):<18} {entry.op:<13} {said(entry)}"
        )
    if run.head:
        lines.append(f"  head {run.head[:16]}  tree {(run.tree or '')[:16]}")
    calls: list[Json] = [
        {
            "seq": entry.seq,
            "pc": entry.pc,
            "where": where.get(entry.pc, ""),
            "op": entry.op,
            "operands": dict(entry.operands),
            "result": None if entry.result is None else dict(entry.result),
        }
        for entry in recorded
    ]
    return lines, {"run": run_json(run), "syscalls": calls}


def prompts_report(heaven: Heaven, name: str) -> tuple[list[str], Json]:
    """The conversations of a run with its angels: lines for people, and the same for `--json`."""
    recorded = entries(heaven, find(heaven, name))
    lines: list[str] = []
    told: list[Json] = []
    for call in calls_of(recorded):
        parts = tuple(transcript(heaven, turns_of(recorded, call)))
        lines += conversation_lines(parts)
        told.append([{"who": one.who, "text": one.text} for one in parts])
    return lines, told


def conversation_lines(parts: Iterable[Part]) -> list[str]:
    """A conversation as it is printed."""
    return [line for part in parts for line in (f"--- {part.who}", part.text.rstrip("\n"))]


def said(entry: Entry) -> str:
    """What came of a syscall, in a few words."""
    result = entry.result
    if result is None:
        return "in doubt: no result was recorded"
    if entry.op == "VALIDATE":
        return _verdict(result)
    refused = fields.optional_record(result, "refused")
    if refused is not None:
        return "refused: " + fields.text(refused, "message").splitlines()[0]
    if "files" in result:
        changed = fields.records(result, "files")
        return f"{len(changed)} files: " + ", ".join(fields.text(c, "path") for c in changed[:4])
    if "summary" in result:
        return fields.text(result, "summary")
    if "shards" in result:
        return f"{len(fields.records(result, 'shards'))} shards"
    if "acquired" in result:
        return ", ".join(fields.texts(result, "acquired"))
    if "tree" in result:
        return f"tree {fields.text(result, 'tree')[:16]}"
    if "sure" in result:
        unsure = len(fields.records(result, "unsure"))
        return f"{fields.number(result, 'sure')} places, {unsure} unsure"
    if "angel" in result:
        return f"{fields.text(result, 'angel')}, answer {fields.text(result, 'answer')[:12]}"
    return ""


def _verdict(result: JsonObject) -> str:
    """What came of a turn's answer."""
    why = rejections(result)
    if why:
        return f"sent back: {why[0].splitlines()[0]}"
    asked = len(fields.records(result, "faults"))
    if fields.optional_record(result, "response") is None:
        return f"no answer yet, {asked} request{'' if asked == 1 else 's'}"
    return f"it would land: {fields.text(result, 'kind')}"
