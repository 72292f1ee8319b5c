"""What each way of working sends and receives for the same change: `python -m bench.tokens`.

Changes are those of `bench.releases`: real ones, between successive releases. Each way sends its
instructions (and tool schemas), the task's words and source, and receives the change in its format.
Twice: the changed files whole, which is what most tools send; and only the definitions that the
change touches with three lines around what is outside of any, which is what an angel asks for by
page faults. Nobody is asked: the change is written in each format from the two releases, so that no
retry, no thinking and no misplaced edit is in the figures. Tokens are `runtime.tokens`'.

Renames, for which there is a macro op, are made on one definition of each release, by the macro op,
and counted in every format alike.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as field_of
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime import fields
from genesis_ssmp.runtime.edits import stage
from genesis_ssmp.runtime.landing import parse_edit
from genesis_ssmp.runtime.macros import expand_macro
from genesis_ssmp.runtime.pack import HEADER
from genesis_ssmp.runtime.tokens import count_tokens

from bench.history import Hunk, hunks_of
from bench.releases import NoTask, Task, pairs, release, task

_AROUND: Final = 3
_TOOLS: Final = "genesis_ssmp.runtime.angels.tools"
_SCHEMAS: Final = Path(__file__).resolve().parent.parent / "proto"

WHOLE: Final = """\
You change source code. Answer with each file that changes, whole: its path on a line of its own,
then the new content in a fence.
"""
BLOCKS: Final = """\
You change source code. Answer with search/replace blocks, the path on the line before each:
<<<<<<< SEARCH
lines exactly as they are in the file, enough of them to be found in one place only
=======
the new lines
>>>>>>> REPLACE
"""
DIFF: Final = """\
You change source code. Answer with a unified diff, three lines of context around each change:
--- a/path
+++ b/path
@@ -first,count +first,count @@
"""
NUMBERED: Final = HEADER


@dataclass(frozen=True, slots=True)
class Change:
    """One file's old and new lines (with their ends), and which old lines (0-based, end exclusive)
    a sender of definitions shows."""

    path: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    hunks: tuple[Hunk, ...]
    shown: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Sum:
    """Tokens of all changes so far, and those of each, to count who is cheaper."""

    sent: int = 0
    received: int = 0
    each: list[int] = field_of(default_factory=list)

    def add(self, sent: int, received: int) -> None:
        self.sent += sent
        self.received += received
        self.each.append(sent + received)


# What changes


def change(path: str, old: bytes, new: bytes) -> Change:
    before, after = _lines(old), _lines(new)
    hunks = hunks_of([line.encode() for line in before], [line.encode() for line in after])
    return Change(path, before, after, hunks, tuple(_parts(old, len(before), hunks)))


def _lines(content: bytes) -> tuple[str, ...]:
    return tuple(content.decode("utf-8", errors="replace").splitlines(keepends=True))


def _parts(old: bytes, count: int, hunks: Sequence[Hunk]) -> Iterator[tuple[int, int]]:
    """The functions and methods that hunks are in, lines around the others; merged, in order."""
    extents = [
        (min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1, node.end_lineno or 0)
        for node in ast.walk(ast.parse(old))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    wanted: list[tuple[int, int]] = []
    for hunk in hunks:
        around = [one for one in extents if one[0] <= hunk.start and hunk.end <= one[1]]
        near = (max(0, hunk.start - _AROUND), min(count, hunk.end + _AROUND))
        wanted.append(min(around, key=lambda one: one[1] - one[0]) if around else near)
    first, last = -1, -1
    for start, end in sorted(wanted):
        if start > last:
            if last > first:
                yield first, last
            first, last = start, end
        last = max(last, end)
    if last > first:
        yield first, last


def changes(one: Task) -> list[Change]:
    after = release(one.package, one.newer)
    return [change(path, one.tree[path], after[path]) for path in one.files]


# What is sent


def plain(parts: Sequence[Change], *, whole: bool) -> str:
    """Source in fences, without numbers."""
    found: list[str] = []
    for one in parts:
        for start, end in [(0, len(one.old))] if whole else one.shown:
            found.append(f"{one.path}\n```\n{''.join(one.old[start:end])}```\n")
    return "\n".join(found)


def numbered(parts: Sequence[Change], *, whole: bool) -> str:
    """Source as shards show it."""
    found: list[str] = []
    for number, one in enumerate(parts, 1):
        for start, end in [(0, len(one.old))] if whole else one.shown:
            width = len(str(end))
            lines = (
                f"{at:>{width}}| {line}" for at, line in enumerate(one.old[start:end], start + 1)
            )
            found.append(
                f"## s{number} slice {one.path}\n{one.path}:{start + 1}-{end}\n{''.join(lines)}"
            )
    return "\n".join(found)


def our_instructions(kind: str) -> str:
    """The header and the tool schemas that an angel is sent; without the tool loop, the header of a
    pack and the schema of the answer."""
    if find_spec(_TOOLS) is not None:
        tools = import_module(_TOOLS)
        head = import_module("genesis_ssmp.runtime.angels.header")
        offered = tools.offered("medium" if kind == "macro_ops" else "hard", kind)
        return str(head.header("hard", "edit_ir")) + json.dumps(tools.tools_json(offered))
    name = "edit_ir" if kind == "edit_ir" else "angel_response"
    schema = json.loads((_SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return HEADER + json.dumps(schema)


# What is received


def whole_files(parts: Sequence[Change]) -> str:
    return "\n".join(f"{one.path}\n```\n{''.join(one.new)}```\n" for one in parts)


def blocks(parts: Sequence[Change]) -> str:
    """Each hunk with as few lines around it as it takes to be found in one place only."""
    found: list[str] = []
    for one in parts:
        for first, last, new in _unique(one):
            search, replace = "".join(one.old[first:last]), "".join(new)
            found.append(f"{one.path}\n<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n")
    return "\n".join(found)


def _unique(one: Change) -> Iterator[tuple[int, int, list[str]]]:
    text = "".join(one.old)
    grown: list[list[int]] = []
    for hunk in one.hunks:
        first, last = hunk.start, hunk.end
        while first == last or text.count("".join(one.old[first:last])) > 1:
            if first == 0 and last == len(one.old):
                break
            first, last = max(0, first - 1), min(len(one.old), last + (first > hunk.start - 2))
        if grown and first <= grown[-1][1]:
            grown[-1][1] = max(grown[-1][1], last)
        else:
            grown.append([first, last])
    for first, last in grown:
        new: list[str] = []
        at = first
        for hunk in one.hunks:
            if first <= hunk.start and hunk.end <= last:
                new += [*one.old[at : hunk.start], *(line.decode() for line in hunk.new)]
                at = hunk.end
        yield first, last, [*new, *one.old[at:last]]


def unified(parts: Sequence[Change]) -> str:
    return "".join(
        "".join(difflib.unified_diff(one.old, one.new, f"a/{one.path}", f"b/{one.path}"))
        for one in parts
    )


def edit_ir(parts: Sequence[Change]) -> str:
    """The arguments of the tool call."""
    ops: list[dict[str, object]] = []
    for number, one in enumerate(parts, 1):
        for hunk in one.hunks:
            content = b"".join(hunk.new).decode()
            where = {"shard": f"s{number}"}
            if hunk.start == hunk.end:
                ops.append(
                    {"op": "insert_lines", **where, "lines": [hunk.start + 1], "content": content}
                )
            elif not hunk.new:
                ops.append({"op": "delete_span", **where, "lines": [hunk.start + 1, hunk.end]})
            else:
                lines = [hunk.start + 1, hunk.end]
                ops.append({"op": "replace_span", **where, "lines": lines, "content": content})
    return json.dumps({"ops": ops}, ensure_ascii=False)


# Counting


def count(words: str, parts: Sequence[Change], sums: dict[str, Sum]) -> None:
    received = {
        "whole files": (WHOLE, whole_files(parts)),
        "search/replace": (BLOCKS, blocks(parts)),
        "unified diff": (DIFF, unified(parts)),
        "Edit IR": (our_instructions("edit_ir"), edit_ir(parts)),
    }
    for whole in (True, False):
        for way, (instructions, answer) in received.items():
            if way == "whole files" and not whole:
                continue
            show = numbered if way == "Edit IR" else plain
            sent = instructions + show(parts, whole=whole) + f"\n## Task\n{words}\n"
            name = f"{way}, {'files' if whole else 'definitions'} sent"
            sums.setdefault(name, Sum()).add(count_tokens(sent), count_tokens(answer))


def renamed(one: Task, heaven: Heaven) -> tuple[str, str, list[Change]] | None:
    """Old name, new name and changes: the first function that the release changed, renamed by the
    macro op."""
    for symbol in one.symbols:
        name = symbol.qualname.rpartition(".")[2]
        if name.startswith("__"):
            continue
        old, new = f"{symbol.path}::{symbol.qualname}", f"{name}_anew"
        made = expand_macro(heaven, "RENAME_SYMBOL", {"old": old, "new": new})
        if "refused" in made:
            continue
        edit = parse_edit(fields.record(made, "edit"))
        staged = stage(edit, heaven.root, symbols=heaven, blobs=heaven)
        parts = [
            change(file.path, one.tree[file.path], file.after)
            for file in staged.files
            if file.after is not None and file.path.endswith(".py")
        ]
        if parts:
            return symbol.qualname, new, parts
    return None


def count_rename(one: Task, sums: dict[str, Sum]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for path, content in one.tree.items():
            if path.endswith((".py", ".pyi")):
                target = Path(directory, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        with Heaven.open(Path(directory)) as heaven:
            made = renamed(one, heaven)
    if made is None:
        return
    old, new, parts = made
    words = f"Rename {old} to {new}."
    count(words, parts, sums)
    call = {"macro_ops": [{"kind": "RENAME_SYMBOL", "old_name": old, "new_name": new}]}
    sent = our_instructions("macro_ops") + f"\n## Task\n{words}\n"
    sums.setdefault("macro op", Sum()).add(count_tokens(sent), count_tokens(json.dumps(call)))
    # In a program the rename is written by a person or a planner, and no model is asked.
    sums.setdefault("macro op in a program", Sum()).add(0, 0)


def table(sums: Mapping[str, Sum]) -> Iterator[str]:
    base = sums.get("search/replace, files sent")
    yield f"{'way':36}{'sent':>10}{'received':>10}{'both':>10}{'x s/r':>8}{'median':>9}"
    for name, one in sums.items():
        both = one.sent + one.received
        ratio = both / (base.sent + base.received) if base else 0.0
        middle = sorted(one.each)[len(one.each) // 2]
        yield (f"{name:36}{one.sent:>10,}{one.received:>10,}{both:>10,}{ratio:>8.2f}{middle:>9,}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=150, help="so many changes")
    parser.add_argument("--renames", type=int, default=40, help="so many renames")
    given = parser.parse_args()
    wanted = sorted(pairs(), key=lambda one: hashlib.sha256(" ".join(one).encode()).digest())
    sums: dict[str, Sum] = {}
    renames: dict[str, Sum] = {}
    counted = 0
    for pair in wanted:
        try:
            one = task(*pair)
            parts = changes(one)
        except (NoTask, SyntaxError) as reason:
            print(f"# {pair}: {reason}", file=sys.stderr)
            continue
        count(one.words, parts, sums)
        if len(renames.get("macro op", Sum()).each) < given.renames:
            count_rename(one, renames)
        counted += 1
        if counted == given.count:
            break
    tools = "the tool loop's" if find_spec(_TOOLS) is not None else "the answer's schema"
    print(f"Ours: {tools}, {count_tokens(our_instructions('edit_ir'))} tokens of instructions")
    for title, found in (("Real changes", sums), ("Renames", renames)):
        print(f"\n{title}: {max((len(one.each) for one in found.values()), default=0)}")
        print("\n".join(table(found)))


if __name__ == "__main__":
    main()
