"""Why a line is as it is: from the line back to the instruction, the answer and the receipt.

The line is followed backwards through the recorded changes of its file. A stretch of history that
no run made (somebody edited the file) is crossed by diffing both versions; a line that came up in
such a stretch, or before the first run, is "outside Heaven", with git's word on it where there is
one.
"""

from __future__ import annotations

import difflib
import hashlib
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..aa.decode import decode
from ..heaven import Heaven
from ..heaven.errors import BlobMissing
from ..heaven.paths import normalise, resolve_inside
from ..heaven.records import Json, JsonObject
from . import fields
from .door import Entry
from .edits.lines import split_lines
from .history import Change, RunHistory, histories
from .replay import source_lines


class NoSuchLine(Exception):
    """The path or the line is not there: the caller's mistake."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A run wrote the line.

    `statement` is the program's own source line where its text is known, `operation` the edit
    operation, `prompt` and `answer` blob ids where an angel wrote it, `check` the answer to the
    first RUN after it.
    """

    run: str
    program: str
    pc: int
    instruction: str
    where: str
    statement: str | None
    operation: JsonObject
    operation_index: int
    prompt: str | None
    answer: str | None
    angel: str | None
    shown: tuple[str, ...]
    macro: str | None
    lease: tuple[str, ...]
    check: JsonObject | None
    time: str


@dataclass(frozen=True, slots=True)
class Outside:
    """No run wrote the line. `commit` is git's answer; None where git does not know either."""

    reason: str
    commit: str | None


@dataclass(frozen=True, slots=True)
class Why:
    path: str
    line: int
    text: str
    cause: Cause | Outside


def why(heaven: Heaven, root: Path, path: str, line: int) -> Why:
    """The cause of line `line` (1-based) of `path`. Raises NoSuchLine, PathOutside, RunDamaged."""
    path = normalise(path)
    try:
        content = resolve_inside(root, path).read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NoSuchLine(f"there is no file {path}") from error
    lines = split_lines(content)
    if not 1 <= line <= len(lines):
        raise NoSuchLine(f"{path} has {len(lines)} lines, there is no line {line}")
    text = lines[line - 1].decode("utf-8", "replace").rstrip("\r\n")
    past = histories(heaven)
    changes = [change for one in past for change in one.changes if change.path == path]
    try:
        found = _walk(heaven, changes, content, line)
    except BlobMissing:
        found = Outside("the contents of an earlier run of this file were dropped (aa gc)", None)
    if isinstance(found, Outside):
        return Why(path, line, text, Outside(found.reason, _git_blame(root, path, line)))
    change, operation = found
    history = next(one for one in past if one.run.name == change.run.name)
    return Why(path, line, text, _cause(heaven, history, change, operation))


def _walk(
    heaven: Heaven, changes: Sequence[Change], content: bytes, line: int
) -> tuple[Change, int] | Outside:
    """The change that wrote the line, and the index of its operation."""
    for change in reversed(changes):
        if change.after is None:
            return Outside("it came after a run had deleted the file", None)
        if hashlib.sha256(content).hexdigest() != change.after:
            after = heaven.get_blob(change.after)
            mapped = _map_back(split_lines(after), split_lines(content), line)
            if mapped is None:
                return Outside(f"it was changed after run {change.run.name}, by no run", None)
            line, content = mapped, after
        offset = 0
        for hunk in change.hunks:
            if hunk.after_start <= line < hunk.after_start + hunk.after_count:
                return change, hunk.op
            if hunk.after_start + hunk.after_count <= line:
                offset += hunk.before_count - hunk.after_count
        line += offset
        if change.before is None:
            return Outside("no operation of the run that made the file wrote it", None)
        content = heaven.get_blob(change.before)
    return Outside("it was there before any run changed this file", None)


def _map_back(old: list[bytes], new: list[bytes], line: int) -> int | None:
    """The line of `old` that line `line` of `new` is, or None where it is new."""
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for block in matcher.get_matching_blocks():
        if block.b < line <= block.b + block.size:
            return block.a + (line - block.b)
    return None


def _cause(heaven: Heaven, history: RunHistory, change: Change, operation: int) -> Cause:
    run = history.run
    module = decode(heaven.get_blob(run.module))
    pc = change.entry.pc
    where = source_lines(module, run.program).get(pc, run.program)
    statement = None
    if run.source is not None and module.constants[module.lines[pc].file] == "":
        source = heaven.get_blob(run.source).decode().splitlines()
        number = module.lines[pc].line
        statement = source[number - 1].strip() if 0 < number <= len(source) else None
    before = [entry for entry in history.entries if entry.seq < change.entry.seq]
    author = next((e for e in reversed(before) if e.op in ("ANGEL", "MACRO")), None)
    made = author.result if author is not None and author.result is not None else {}
    leases = next((e.result for e in before if e.op == "ACQUIRE" and e.result), {})
    check = next(
        (e for e in history.entries if e.seq > change.entry.seq and e.op == "RUN" and e.result),
        None,
    )
    edit = fields.record(change.entry.result or {}, "edit")
    return Cause(
        run=run.name,
        program=run.program,
        pc=pc,
        instruction=author.op if author is not None else change.entry.op,
        where=where,
        statement=statement,
        operation=fields.records(edit, "ops")[operation],
        operation_index=operation,
        prompt=fields.optional_text(made, "pack"),
        answer=fields.optional_text(made, "answer"),
        angel=fields.optional_text(made, "angel"),
        shown=_shown(before) if author is not None and author.op == "ANGEL" else (),
        macro=_macro_text(author.operands) if author and author.op == "MACRO" else None,
        lease=fields.texts(leases, "acquired") if leases else (),
        check=check.result if check is not None else None,
        time=run.started,
    )


def _shown(before: Sequence[Entry]) -> tuple[str, ...]:
    """What the faults before the answer brought: `symdef Greet`, ..."""
    shown: list[str] = []
    for entry in before:
        if entry.result is not None and "shards" in entry.result:
            for shard in fields.records(entry.result, "shards"):
                subject = fields.text(fields.record(shard, "meta"), "subject")
                shown.append(f"{fields.text(shard, 'kind')} {subject}")
    return tuple(shown)


def _macro_text(operands: JsonObject) -> str:
    args = fields.record(operands, "args")
    return " ".join([fields.text(operands, "name"), *(f"{k}={args[k]}" for k in args)])


def _git_blame(root: Path, path: str, line: int) -> str | None:
    """`abc123def456 Author date subject` of the commit that wrote the line, where git has it."""
    command = ["git", "blame", "--porcelain", "-L", f"{line},{line}", "--", path]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, check=False, timeout=60
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0 or not done.stdout:
        return None
    head, *rest = done.stdout.splitlines()
    facts: dict[str, str] = {}
    for entry in rest:
        name, _, value = entry.partition(" ")
        facts.setdefault(name, value)
    commit = head.split(" ")[0]
    if set(commit) == {"0"}:
        return "not committed yet"
    return f"{commit[:12]} {facts.get('author', '?')}: {facts.get('summary', '')}"


def as_json(answer: Why) -> dict[str, Json]:
    """For `--json`."""
    result: dict[str, Json] = {"path": answer.path, "line": answer.line, "text": answer.text}
    cause = answer.cause
    if isinstance(cause, Outside):
        result["outside"] = {"reason": cause.reason, "commit": cause.commit}
        return result
    result["cause"] = {
        "run": cause.run,
        "program": cause.program,
        "pc": cause.pc,
        "instruction": cause.instruction,
        "where": cause.where,
        "statement": cause.statement,
        "operation": dict(cause.operation),
        "operation_index": cause.operation_index,
        "prompt": cause.prompt,
        "answer": cause.answer,
        "angel": cause.angel,
        "shown": list(cause.shown),
        "macro": cause.macro,
        "lease": list(cause.lease),
        "check": None if cause.check is None else dict(cause.check),
        "time": cause.time,
    }
    return result
