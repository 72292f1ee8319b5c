"""What `aa debug` prints for people: a stop, the source around it, and what is asked about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..heaven.records import Json, JsonObject
from ..runtime import fields
from ..runtime.debugging.breakpoints import Breakpoint
from ..runtime.debugging.debugger import Debugger, Stop
from ..runtime.debugging.timeline import Timeline
from ..runtime.debugging.views import Sources
from ..runtime.door import Entry
from .listing import said

AROUND: Final = 5
"""Source lines that `list` shows before and after the current one."""


def stop_lines(stop: Stop, shown: JsonObject, timeline: Timeline) -> list[str]:
    """A stop; `shown` is its JSON."""
    lines: list[str] = []
    failure = fields.optional_record(shown, "failure")
    outcome = fields.optional_record(shown, "outcome")
    if stop.breakpoint is not None:
        lines.append(f"breakpoint {stop.breakpoint.number}: {stop.breakpoint.where}")
    elif stop.reason == "interrupt":
        lines.append("interrupted")
    elif stop.reason == "record end":
        doubt = timeline.doubt()
        cut = f", in {doubt.op}, which has no result" if doubt else ""
        message = timeline.run.message
        lines.append(f"the record ends here{cut}" + (f": {message}" if message else ""))
    if failure is not None:
        lines.append(f"failed: {fields.text(failure, 'message')}")
    if outcome is not None:
        message = fields.optional_text(outcome, "message")
        ended = f"the run has ended: {fields.text(outcome, 'status')}"
        lines.append(ended + (f": {message}" if message else ""))
    at = f"[{stop.position}]"
    if stop.position < stop.newest:
        at = f"[{stop.position} of {stop.newest}]"
    if outcome is not None:
        return [*lines, f"{at} end"]
    where = f"{fields.text(shown, 'file')}:{fields.number(shown, 'line')}"
    statement = fields.optional_text(shown, "statement")
    lines.append(f"{at} {where}" + (f": {statement}" if statement else ""))
    lines.append(f"    {fields.number(shown, 'pc')}  {fields.text(shown, 'instruction')}")
    return lines


def where_lines(shown: JsonObject) -> list[str]:
    """The open sections, the innermost first, and the current instruction."""
    lines = [
        f"#0  {fields.text(shown, 'file')}:{fields.number(shown, 'line')}  "
        f"{fields.text(shown, 'instruction')}"
    ]
    sections = list(reversed(fields.records(shown, "sections")))
    for number, section in enumerate(sections, 1):
        lines.append(f"#{number}  section {_section(section)}")
    return lines


def list_lines(
    debugger: Debugger, sources: Sources, file: str, middle: int, here: int | None
) -> list[str]:
    """Source lines around `middle`; `->` at the line `here`, `B` where a breakpoint is."""
    text = sources.get(file, ())
    module = debugger.timeline.module
    stops = {
        module.lines[pc].line
        for one in debugger.breakpoints.all()
        for pc in one.pcs
        if module.constants[module.lines[pc].file] == file
    }
    first, last = max(middle - AROUND, 1), min(middle + AROUND, len(text))
    return [
        f"{number:>4} {'B' if number in stops else ' '}{'->' if number == here else '  '} "
        f"{text[number - 1]}".rstrip()
        for number in range(first, last + 1)
    ]


def register_lines(shown: JsonObject) -> list[str]:
    budget = fields.record(shown, "budget")
    held = "held" if fields.flag(shown, "leases_held") else "not taken yet"
    leases = fields.texts(shown, "leases")
    lines = [
        f"budget       {fields.number(budget, 'left'):,} of {fields.number(budget, 'tokens'):,} "
        f"tokens left, {fields.number(budget, 'spent'):,} spent",
        f"steps        {fields.number(shown, 'steps')}, "
        f"{fields.number(shown, 'syscalls')} syscalls, "
        f"{fields.number(shown, 'angel_calls')} angel calls",
        f"edits        {fields.number(shown, 'edits')} landed",
        f"output       {fields.optional_text(shown, 'output') or 'none'}",
        f"leases       {', '.join(leases) or 'none'}" + (f" ({held})" if leases else ""),
    ]
    tree = fields.optional_text(shown, "tree")
    lines.append(f"tree         {tree[:16] if tree else 'not pinned yet'}")
    lines += [f"invariant    {text}" for text in fields.texts(shown, "invariants")]
    lines += [f"section      {_section(one)}" for one in fields.records(shown, "sections")]
    for failure in fields.records(shown, "handled"):
        lines.append(f"handled      {fields.text(failure, 'message').splitlines()[0]}")
    return lines


def _section(section: JsonObject) -> str:
    label = fields.text(section, "label")
    handlers = [
        f"IF_FAIL {fields.text(one, 'action')}"
        + ("" if fields.text(one, "action") == "HALT" else f" ({fields.number(one, 'left')} left)")
        for one in fields.records(section, "handlers")
    ]
    checks = [
        f"RUN {kind} {'passed' if passed else 'failed'}"
        for kind, passed in fields.record(section, "checks").items()
    ]
    parts = [f"attempt {fields.number(section, 'attempt')}", *handlers, *checks]
    return f"{label} at {fields.text(section, 'where')}: {', '.join(parts)}"


def context_lines(shown: JsonObject) -> list[str]:
    shards = fields.records(shown, "shards")
    lines = [
        f"{fields.text(one, 'handle'):<4} {fields.text(one, 'kind'):<12} "
        f"{fields.text(one, 'subject')}  {fields.number(one, 'bytes')} bytes  "
        f"{', '.join(fields.texts(one, 'excerpts'))}".rstrip()
        for one in shards
    ]
    for note in fields.records(shown, "notes"):
        lines.append(f"the attempt before failed: {fields.text(note, 'message')}")
        lines += [f"    {line}" for line in fields.text(note, "detail").splitlines()]
        if advice := fields.text(note, "advice"):
            lines.append(f"advice of the oracle: {advice}")
    lines += [f"invariant: {text}" for text in fields.texts(shown, "invariants")]
    angel = fields.optional_record(shown, "angel")
    if angel is not None:
        lines.append(
            f"for ANGEL at {fields.text(angel, 'where')}: a prompt of about "
            f"{fields.number(angel, 'tokens'):,} tokens, {fields.number(angel, 'left'):,} left "
            "(`prompt` prints it)"
        )
    return lines or ["nothing was shown yet, and no ANGEL comes after this"]


def edit_lines(shown: JsonObject, *, whole: bool) -> list[str]:
    """`whole` also prints the diffs of what is not undone with the open sections."""
    lines: list[str] = []
    staged = fields.optional_record(shown, "staged")
    if staged is not None:
        lines.append(f"staged, not landed ({fields.text(staged, 'kind')}):")
        diff, reason = (fields.optional_text(staged, name) for name in ("diff", "reason"))
        if reason is not None:
            lines.append(f"  {reason}")
            lines += _indented(fields.record(staged, "output"))
        lines += (diff or "").splitlines()
    changed = fields.records(shown, "pending")
    if changed:
        lines.append("landed by the open sections (a failure undoes it):")
        lines += _diffs(changed)
    kept = fields.records(shown, "kept")
    if kept:
        paths = ", ".join(fields.text(one, "path") for one in kept)
        landed = "landed, and undone since:" if fields.flag(shown, "undone") else "landed:"
        lines.append(landed if whole else f"landed before: {paths} (`edits all`)")
        lines += _diffs(kept) if whole else []
    return lines or ["no edits"]


def _diffs(changed: Sequence[JsonObject]) -> list[str]:
    return [line for one in changed for line in fields.text(one, "diff").splitlines()]


def log_lines(entries: Sequence[Entry], where: Mapping[int, str]) -> list[str]:
    lines = [
        f"{entry.seq:>3}  {where.get(entry.pc, ''):<18} {entry.op:<13} {said(entry)}".rstrip()
        for entry in entries
    ]
    return lines or ["no syscalls yet"]


def breakpoint_lines(found: Sequence[Breakpoint]) -> list[str]:
    lines = [
        f"{one.number:>3}  {one.what:<8} {one.where}"
        + ("  (once)" if one.temporary else "")
        + (f"  at {', '.join(f'*{pc}' for pc in sorted(one.pcs))}" if len(one.pcs) > 1 else "")
        for one in found
    ]
    return lines or ["no breakpoints"]


def value_lines(value: Json) -> list[str]:
    """A value that `print` found: texts as they are, all else as JSON."""
    if isinstance(value, str):
        return value.splitlines() or [""]
    import json

    return json.dumps(value, ensure_ascii=False, indent=2).splitlines()


def _indented(value: JsonObject) -> list[str]:
    return [f"  {line}" for line in value_lines(dict(value))]
