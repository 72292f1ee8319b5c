"""Why a line is as it is: from the line back to the instruction, the answer and the receipt.

`lineage` finds the change that wrote the line. One that no run wrote is "outside Heaven", with
git's word on it where there is one.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..aa.decode import decode
from ..heaven.errors import BlobMissing
from ..heaven.paths import normalise, resolve_inside
from ..heaven.records import Json, JsonObject
from ..heaven.tree import list_files
from . import fields
from .door import Entry
from .edits.lines import split_lines
from .history import Change, RunHistory, histories
from .lineage import Lineage, Origin, Unwritten
from .record import Record
from .replay import source_lines
from .runs import entries
from .transcript import Part, transcript, turns_of


class NoSuchLine(Exception):
    """The path or the line is not there: the caller's mistake."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A run wrote the line.

    `statement` is the program's own source line where its text is known, `operation` the edit
    operation, `prompt` and `answer` blob ids where an angel wrote it (in its last of `turns`
    turns; `conversation` is all of them, where it was asked for), `check` the answer to the first
    RUN after it.
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
    turns: int
    conversation: tuple[Part, ...]
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


def why(heaven: Record, root: Path, path: str, line: int, *, prompts: bool = False) -> Why:
    """The cause of line `line` (1-based) of `path`, with the angel's conversation if `prompts`.

    Raises NoSuchLine, PathOutside, RunDamaged."""
    path, content = _read(root, path)
    lines = split_lines(content)
    if not 1 <= line <= len(lines):
        raise NoSuchLine(f"{path} has {len(lines)} lines, there is no line {line}")
    text = lines[line - 1].decode("utf-8", "replace").rstrip("\r\n")
    past = histories(heaven)
    origin = _origins(heaven, root, past, path, content)[line - 1]
    if isinstance(origin, Unwritten):
        return Why(path, line, text, Outside(origin.reason, _git_blame(root, path, line)))
    change = origin.change
    return Why(path, line, text, _cause(heaven, change, origin.operation, {}, prompts))


def _origins(
    heaven: Record, root: Path, past: Sequence[RunHistory], path: str, content: bytes
) -> list[Origin]:
    try:
        return Lineage(heaven, past, list_files(root)).origins(path, content)
    except BlobMissing:
        reason = "the contents of an earlier run of this file were dropped (aa gc)"
        return [Unwritten(reason)] * len(split_lines(content))


@dataclass(frozen=True, slots=True)
class Blamed:
    """One line of a file: what wrote it. `run` and the rest are None where no run did; `commit` is
    then git's word, where it has one."""

    line: int
    text: str
    run: str | None
    where: str | None
    author: str | None
    reason: str | None
    commit: str | None


def blame(heaven: Record, root: Path, path: str) -> tuple[Blamed, ...]:
    """Every line of a file. Raises NoSuchLine (no such file), PathOutside, RunDamaged."""
    path, content = _read(root, path)
    past = histories(heaven)
    recorded: dict[str, tuple[Entry, ...]] = {}
    origins = _origins(heaven, root, past, path, content)
    commits = _git_blame_all(root, path) if any(isinstance(o, Unwritten) for o in origins) else {}
    known: dict[tuple[int, int], tuple[str, str, str]] = {}
    rows: list[Blamed] = []
    for number, (data, origin) in enumerate(zip(split_lines(content), origins, strict=True), 1):
        text = data.decode("utf-8", "replace").rstrip("\r\n")
        if isinstance(origin, Unwritten):
            commit = commits.get(number)
            rows.append(Blamed(number, text, None, None, None, origin.reason, commit))
            continue
        change = origin.change
        writer = origin.operation if change.authors else 0
        if (id(change), writer) not in known:
            cause = _cause(heaven, change, origin.operation, recorded)
            author = cause.macro or cause.angel or cause.instruction
            known[id(change), writer] = cause.run, cause.where, author
        run, where, author = known[id(change), writer]
        rows.append(Blamed(number, text, run, where, author, None, None))
    return tuple(rows)


def _read(root: Path, path: str) -> tuple[str, bytes]:
    path = normalise(path)
    try:
        return path, resolve_inside(root, path).read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NoSuchLine(f"there is no file {path}") from error


def _cause(
    heaven: Record,
    change: Change,
    operation: int,
    known: dict[str, tuple[Entry, ...]],
    prompts: bool = False,
) -> Cause:
    """`known` are the syscalls of runs that were read already."""
    run, entry = change.run, change.entry
    if change.authors:
        author_of = change.authors[operation]
        run, entry, operation = author_of.history.run, author_of.entry, author_of.operation
    if run.name not in known:
        known[run.name] = entries(heaven, run)
    recorded = known[run.name]
    module = decode(heaven.get_blob(run.module))
    pc = entry.pc
    where = source_lines(module, run.program).get(pc, run.program)
    statement = None
    if run.source is not None and module.constants[module.lines[pc].file] == "":
        source = heaven.get_blob(run.source).decode().splitlines()
        number = module.lines[pc].line
        statement = source[number - 1].strip() if 0 < number <= len(source) else None
    before = [one for one in recorded if one.seq < entry.seq]
    author = next((e for e in reversed(before) if e.op in ("ANGEL", "MACRO")), None)
    turns: tuple[Entry, ...] = ()
    if author is not None and author.op == "ANGEL":
        turns = turns_of(recorded, fields.number(author.operands, "call"))
    made = author.result if author is not None and author.result is not None else {}
    leases = next((e.result for e in before if e.op == "ACQUIRE" and e.result), {})
    check = next(
        (e for e in recorded if e.seq > entry.seq and e.op == "RUN" and e.result),
        None,
    )
    edit = fields.record(entry.result or {}, "edit")
    return Cause(
        run=run.name,
        program=run.program,
        pc=pc,
        instruction=author.op if author is not None else entry.op,
        where=where,
        statement=statement,
        operation=fields.records(edit, "ops")[operation],
        operation_index=operation,
        prompt=fields.optional_text(made, "pack"),
        answer=fields.optional_text(made, "answer"),
        angel=fields.optional_text(made, "angel"),
        turns=len(turns),
        conversation=tuple(transcript(heaven, turns)) if prompts else (),
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
    """`abc123def456 Author: subject` of the commit that wrote the line, where git has it."""
    return _git_blame_all(root, path, f"{line},{line}").get(line)


def _git_blame_all(root: Path, path: str, lines: str | None = None) -> dict[int, str]:
    """Git's word on each line of the file, or on a range of them; empty where git has none."""
    some = [] if lines is None else ["-L", lines]
    command = ["git", "blame", "--porcelain", *some, "--", path]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=False, timeout=60)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return {}
    if done.returncode != 0:
        return {}
    found: dict[int, str] = {}
    facts: dict[str, dict[str, str]] = {}
    commit = number = ""
    for row in done.stdout.decode("utf-8", "replace").split("\n"):
        if row.startswith("\t"):
            about = facts[commit]
            found[int(number)] = (
                "not committed yet"
                if set(commit) == {"0"}
                else f"{commit[:12]} {about.get('author', '?')}: {about.get('summary', '')}"
            )
            continue
        name, _, value = row.partition(" ")
        if len(name) in (40, 64) and not name.strip("0123456789abcdef"):
            commit, number = name, value.split(" ")[1]
            facts.setdefault(commit, {})
        elif commit:
            facts[commit].setdefault(name, value)
    return found


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
        "turns": cause.turns,
        "conversation": [{"who": one.who, "text": one.text} for one in cause.conversation],
        "shown": list(cause.shown),
        "macro": cause.macro,
        "lease": list(cause.lease),
        "check": None if cause.check is None else dict(cause.check),
        "time": cause.time,
    }
    return result
