"""Replaced stretches of text as Edit IR: whole lines, with the hashes of what they replace."""

from __future__ import annotations

import codecs
import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from ..heaven.index.symbols import SymbolIndex
from ..proto.anchors import bare, prove_lines, split_file
from ..proto.edit_ir import EditIR, EditOp
from .refused import MacroRefused
from .syntax import count_errors, kin_of, parse, source_of


class Patch(NamedTuple):
    """Bytes `start`..`end` of a file become `text`, whose lines end in "\\n" whatever the file's
    do. Patches of one file do not overlap; those at one place stand in the order given."""

    path: str
    start: int
    end: int
    text: str


def edit_of(index: SymbolIndex, patches: Iterable[Patch], what: str) -> EditIR:
    """The patches as one batch. For use within the index's `ask`.

    Raises MacroRefused where a file is not UTF-8, or would have syntax errors that it has not now;
    `what` is done to it then.
    """
    by_path: dict[str, list[Patch]] = {}
    for patch in patches:
        by_path.setdefault(patch.path, []).append(patch)
    ops: list[EditOp] = []
    for path in sorted(by_path):
        source = source_of(index, path)
        stretches = [(one.start, one.end, one.text) for one in by_path[path]]
        check_syntax(path, source, patched(source, stretches), what)
        try:
            ops.extend(patch_edits(path, source, stretches))
        except UnicodeDecodeError as error:
            raise MacroRefused("unsupported", f"{path} is not UTF-8", (path,)) from error
    return EditIR(tuple(ops))


def check_syntax(path: str, before: bytes, after: bytes, what: str) -> None:
    """Raises MacroRefused where a file that there is a grammar for has more syntax errors after
    than before."""
    if kin_of(path) is None:
        return
    if count_errors(parse(after, path)) > count_errors(parse(before, path)):
        raise MacroRefused("syntax", f"{path} would no longer parse with {what}", (path,))


def patched(source: bytes, stretches: Iterable[tuple[int, int, str]]) -> bytes:
    """`source` with each stretch (start, end; bytes, disjoint) replaced."""
    parts: list[bytes] = []
    at = 0
    for start, end, text in sorted(stretches, key=lambda one: one[:2]):
        parts += [source[at:start], text.encode()]
        at = end
    parts.append(source[at:])
    return b"".join(parts)


class _Region:
    """Lines `first`..`last` (0-based) with the stretches that change them."""

    def __init__(self, first: int, last: int, stretches: list[tuple[int, int, str]]) -> None:
        self.first, self.last, self.stretches = first, last, stretches


def patch_edits(
    path: str, source: bytes, stretches: Iterable[tuple[int, int, str]]
) -> tuple[EditOp, ...]:
    """One operation for each run of adjacent lines that change.

    The file must be UTF-8; raises UnicodeDecodeError where a line that changes is not.
    """
    mark = len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0
    lines = split_file(source)
    starts = [mark, *accumulate((len(line) for line in lines), initial=mark)][1:]
    regions: list[_Region] = []
    inserted: dict[int, str] = {}
    for start, end, text in sorted(stretches, key=lambda one: one[:2]):
        if start == end and not text:
            continue
        start, end = max(start, mark), max(end, mark)
        first = bisect_right(starts, start) - 1
        if first == len(lines) and lines and not lines[-1].endswith(b"\n"):
            first -= 1
        if start == end and start == starts[first] and text.endswith("\n"):
            inserted[first] = inserted.get(first, "") + text
            continue
        if first == len(lines):  # text behind a file's last line ending
            inserted[first] = inserted.get(first, "") + text
            continue
        last = max(first, bisect_right(starts, max(start, end - 1)) - 1)
        last = min(last, len(lines) - 1)
        whole = start == starts[first] and (not text or text.endswith("\n"))
        if end > start and end == starts[last + 1] and not whole and not text.endswith("\n"):
            last = min(last + 1, len(lines) - 1)
        if regions and first <= regions[-1].last + 1:
            regions[-1].last = max(regions[-1].last, last)
            regions[-1].stretches.append((start, end, text))
        else:
            regions.append(_Region(first, last, [(start, end, text)]))
    for at in sorted(inserted):
        holder = next((one for one in regions if one.first <= at <= one.last), None)
        if holder is not None:
            # Before what replaces the line itself.
            holder.stretches.insert(0, (starts[at], starts[at], inserted[at]))
            del inserted[at]
    blob = hashlib.sha256(source).hexdigest()
    ops = [_replace(path, source, lines, starts, one, blob) for one in regions]
    ops += [_insert(path, lines, at, inserted[at], blob) for at in sorted(inserted)]
    return tuple(ops)


def _replace(
    path: str,
    source: bytes,
    lines: Sequence[bytes],
    starts: Sequence[int],
    region: _Region,
    blob: str,
) -> EditOp:
    begin, stop = starts[region.first], starts[region.last + 1]
    stretches = [(start - begin, end - begin, text) for start, end, text in region.stretches]
    after = patched(source[begin:stop], stretches)
    text = b"".join(bare(line) + b"\n" for line in split_file(after))
    if not lines[region.last].endswith(b"\n"):
        text = text.removesuffix(b"\n")
    proof = prove_lines(lines, region.first + 1, region.last + 1, blob)
    return EditOp(
        op="replace_span" if text else "delete_span",
        path=path,
        anchor_hash=proof.anchor_hash,
        span_hash=proof.span_hash,
        base_blob=proof.base_blob,
        lines=(region.first + 1, region.last + 1),
        content=text.decode("utf-8") if text else None,
    )


def _insert(path: str, lines: Sequence[bytes], at: int, text: str, blob: str) -> EditOp:
    proof = prove_lines(lines, at + 1, at, blob)
    return EditOp(
        op="insert_lines",
        path=path,
        anchor_hash=proof.anchor_hash,
        base_blob=proof.base_blob,
        lines=(at + 1,),
        content=text if text.endswith("\n") else text + "\n",
    )
