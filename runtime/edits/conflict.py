"""A refused edit, explained: who is in its way, and a program that would settle it.

The program is a small AA mission: the lines around the place as they are, what the edit was written
for, what it was to make of that, and what changed since. Whoever runs it spends an angel's call;
nothing runs by itself. The edit of such a mission may be refused in its turn, and gets another one;
after `MAX_DEPTH` of them somebody has to look.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...heaven import Heaven
from ...heaven.durable import make_directory, sync_directory, write_file
from ...heaven.errors import BlobDamaged, BlobMissing
from ...heaven.layout import conflict_directory, locate
from ...proto.edit_ir import EditIR, EditOp
from .authors import who_changed
from .before import Before, read
from .lines import show, split
from .refusal import Clash, EditRefused

WINDOW: Final = 30
"""Lines on each side of the place that the mission's angel is shown."""
MAX_DEPTH: Final = 2
MAX_EXPLAINED: Final = 8
"""Refusals of one batch that are explained: each reads the log, and has a mission of its own."""
MAX_QUOTED: Final = 200
"""Lines of either version that the task quotes."""
_HEAD: Final = re.compile(r"# Conflict mission, depth (\d+) of \d+:")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028-\u202e\u2066-\u2069]")


def explain(refused: EditRefused, edit: EditIR, heaven: Heaven, *, depth: int) -> None:
    """Complete the refusal, and the next few, where what the author saw is known.

    `depth` is that of the mission whose edit was refused, 0 where that was no conflict mission.
    Raises what Heaven raises when it cannot be read or written, and OSError.
    """
    known = [one for one in (refused, *refused.others) if one.clash is not None]
    for one in known[:MAX_EXPLAINED]:
        assert one.clash is not None
        try:
            now = read(heaven.root, one.path, one.op_index)
        except EditRefused:
            continue  # a link or a directory by now: there are no lines to settle
        one.changed_by = who_changed(heaven, one.path, one.clash, None if now is None else now.blob)
        if depth >= MAX_DEPTH:
            one.next_step = (
                f"look yourself: {MAX_DEPTH} conflict missions in a row could not settle it"
            )
        else:
            one.mission = _store(one, one.clash, edit, heaven, now, depth + 1)


def depth_of(source: str) -> int:
    """How deep a program's text is in conflict missions; 0 for every other program."""
    found = _HEAD.match(source)
    return int(found[1]) if found else 0


def _store(
    refused: EditRefused,
    clash: Clash,
    edit: EditIR,
    heaven: Heaven,
    now: Before | None,
    depth: int,
) -> str | None:
    """Compile the mission, keep it as blobs and as a file, and return the file's path from the
    root; None where AA has no words for it (a path with a blank)."""
    from ...aa.encode import encode
    from ...aa.pipeline import compile_source
    from ...aa.source import Source

    ops = [
        op
        for index, op in enumerate(edit.ops)
        if index == refused.op_index or (refused.op_index < 0 and op.path == refused.path)
    ]
    text = _program(refused, clash, ops, heaven, now, depth)
    name = f"conflict-{depth}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.aa"
    module = compile_source(Source(name, text)).module
    if module is None:
        return None
    heaven.put_blobs([text.encode(), encode(module)])
    directory = conflict_directory(locate(heaven.root))
    make_directory(directory)
    where = directory / name
    if not where.exists():
        temporary = directory / f".{name}.tmp"
        write_file(temporary, text.encode())
        temporary.replace(where)
        sync_directory(directory)
    return where.relative_to(Path(heaven.root)).as_posix()


def _program(
    refused: EditRefused,
    clash: Clash,
    ops: Sequence[EditOp],
    heaven: Heaven,
    now: Before | None,
    depth: int,
) -> str:
    path, who = refused.path, refused.changed_by
    lines = [
        f"# Conflict mission, depth {depth} of {MAX_DEPTH}: an edit of {path} met a change",
        f"# by {who}. Run it with `aa run`; it needs an angel.",
        "BASE_REV HEAD",
        f"LEASE file:{path}",
    ]
    count = 0 if now is None else len(now.text.lines)
    if count:
        first = max(1, min(clash.line, count) - WINDOW)
        last = min(count, clash.line + (clash.end - clash.start) + WINDOW)
        lines.append(f"NEED slice {path} {first} {max(1, last - first + 1)}")
    task = _task(refused, clash, ops, heaven, now is not None)
    lines += [f"DO {_quote(task)}", "RETURN edit_ir", ""]
    return "\n".join(lines)


def _task(
    refused: EditRefused, clash: Clash, ops: Sequence[EditOp], heaven: Heaven, there: bool
) -> str:
    parts = [
        f"An edit of {refused.path} does not fit any more: {refused.message}.",
        f"It was written for lines {clash.start + 1} to {clash.end} as they were then:"
        if clash.end > clash.start
        else f"It was to insert lines before line {clash.start + 1}, between these as they were:",
        _fenced(_then(clash, heaven)),
    ]
    for op in ops:
        new = op.template if op.op == "template" else op.content
        parts.append(
            f"{op.op} was to put this there:" if new else f"{op.op} was to take them away."
        )
        if op.find is not None:
            parts.append(f"in the place of:\n{_fenced(op.find.splitlines())}")
        if new:
            parts.append(_fenced(new.splitlines()))
    parts.append(f"Since then {refused.changed_by} changed line {clash.line}:")
    if refused.expected is not None or refused.actual is not None:
        parts.append(f"  then: {refused.expected or '(not known)'}\n  now:  {refused.actual or ''}")
    parts.append(
        "Make the change that the edit meant in the file as it is now, and keep what the other "
        "change did. Leave out what is there already."
        if there
        else "The file is not there any more. Add it only if the edit makes no sense without it."
    )
    return "\n".join(parts)


def _then(clash: Clash, heaven: Heaven) -> list[str]:
    try:
        base = split(heaven.get_blob(clash.base)).bare
    except (BlobMissing, BlobDamaged):
        return ["(not known any more)"]
    around = 3 if clash.start == clash.end else 0
    return [show(line) for line in base[max(0, clash.start - around) : clash.end + around]]


def _fenced(lines: Sequence[str]) -> str:
    left_out = len(lines) - MAX_QUOTED
    more = [f"({left_out} more lines)"] if left_out > 0 else []
    return "\n".join(
        ["    ----", *(f"    {line}" for line in lines[:MAX_QUOTED]), *more, "    ----"]
    )


def _quote(text: str) -> str:
    """The text as AA spells it: a block where that is possible, which is easier to read."""
    text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    text = text.encode("utf-8", "backslashreplace").decode().replace("${", "$${")
    if '"""' not in text and "\\" not in text:
        return f'"""\n{text}\n"""'
    for character, spelled in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(character, spelled)
    return f'"{text}"'
