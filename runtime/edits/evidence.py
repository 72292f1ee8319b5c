"""Whether an operation lands on the text that its author saw.

An operation on lines is shown to fit by its surroundings and, where it takes lines away, by those
lines themselves: surroundings alone do not show that the span changed, and a span that is the whole
file has none. Lines with the same text and surroundings elsewhere in the file would fit as well, so
they are told apart by `base_blob`: only if the whole file is as the author saw it are line numbers
trusted. When the file changed elsewhere and the place is still unmistakable, the operation fits.
No hash is ever computed anew to make an operation fit.
"""

from __future__ import annotations

from ...proto.edit_ir import EditOp
from .anchors import CONTEXT, anchor_at, hash_lines, span_at
from .before import Version
from .lines import Text, show
from .refusal import Clash, Code, EditRefused
from .versions import Versions


def check_lines(
    index: int, op: EditOp, before: Version, start: int, end: int, versions: Versions
) -> None:
    """Check an operation on the lines `start`..`end` (0-based; `end` = `start` inserts).

    Needed: `anchor_hash`, and to take lines away `span_hash` or `base_blob` too; for an insertion
    `base_blob` alone serves. Raises EditRefused: unproven, anchor_mismatch, span_mismatch,
    base_mismatch, ambiguous.
    """
    inserts = start == end
    same_base = bool(op.base_blob) and op.base_blob == before.blob
    if not op.anchor_hash and not (inserts and op.base_blob):
        raise _unproven(index, op, "anchor_hash")
    if not inserts and not op.span_hash and not op.base_blob:
        raise _unproven(index, op, "span_hash, or base_blob")
    if op.anchor_hash and op.anchor_hash != anchor_at(before.text, start, end):
        raise differs("anchor_mismatch", index, op, before, start, end, versions)
    if op.span_hash and op.span_hash != span_at(before.text, start, end):
        raise differs("span_mismatch", index, op, before, start, end, versions)
    if same_base:
        return
    if not op.anchor_hash or not (inserts or op.span_hash):
        raise differs("base_mismatch", index, op, before, 0, len(before.text.lines), versions)
    twins = _twins(before, start, end)
    base = versions.base(op)
    if not twins and base is not None and end <= len(base.text.lines):
        # The author's own lines may be gone, and these be what was their twin.
        twins = _twins(base, start, end)
    if twins:
        raise EditRefused(
            "ambiguous",
            "the same lines with the same surroundings are there more than once, and nothing "
            "shows that the file is as the author saw it",
            op_index=index,
            path=op.path,
            line=start + 1,
            candidates=tuple(f"line {place + 1}" for place in sorted([start, *twins])),
            next_step="read the lines again, and give the base_blob of what was read",
        )


def check_definition(
    index: int,
    op: EditOp,
    before: Version,
    definition: tuple[int, int],
    region: tuple[int, int],
    versions: Versions,
) -> None:
    """Check an operation on lines `region` (0-based; empty for an insertion) at the definition on
    lines `definition`.

    The definition is located by its name; one of these shows that it is the one the author saw:
    `base_blob` is the file's, `span_hash` is the definition's, `anchor_hash` fits the place of an
    insertion, or the file in `base_blob` holds this very definition exactly once. Raises
    EditRefused: unproven, anchor_mismatch, span_mismatch, base_mismatch.
    """
    start, end = definition
    by_anchor = bool(op.anchor_hash) and region[0] == region[1]
    if not (by_anchor or op.span_hash or op.base_blob):
        lacking = "span_hash or base_blob"
        raise _unproven(index, op, lacking if region[0] < region[1] else f"anchor_hash, {lacking}")
    if op.anchor_hash and op.anchor_hash != anchor_at(before.text, *region):
        raise differs("anchor_mismatch", index, op, before, *region, versions)
    if op.span_hash and op.span_hash != span_at(before.text, start, end):
        raise differs("span_mismatch", index, op, before, start, end, versions)
    if by_anchor or op.span_hash or op.base_blob == before.blob:
        return
    base = versions.base(op)
    if base is None or _count(base.text, before.text.bare[start:end]) != 1:
        raise differs("base_mismatch", index, op, before, start, end, versions)


def check_whole(index: int, op: EditOp, before: Version, versions: Versions) -> None:
    """Check `delete_file`, and `add_file` in the place of a file.

    `base_blob` or `span_hash` (of all lines) must be there and fit. An `anchor_hash`, if given,
    must be that of no surroundings.
    """
    count = len(before.text.lines)
    if not op.base_blob and not op.span_hash:
        raise _unproven(index, op, "base_blob")
    if op.base_blob and op.base_blob != before.blob:
        refusal = differs("base_mismatch", index, op, before, 0, count, versions)
        base = versions.base(op)
        if base is not None:
            refusal.clash = Clash(base.blob, 0, len(base.text.lines), refusal.line or 1)
        raise refusal
    if op.span_hash and op.span_hash != hash_lines(before.text.lines):
        raise differs("span_mismatch", index, op, before, 0, count, versions)
    if op.anchor_hash and op.anchor_hash != hash_lines(()):
        raise differs("anchor_mismatch", index, op, before, 0, count, versions)


def differs(
    code: Code, index: int, op: EditOp, before: Version, start: int, end: int, versions: Versions
) -> EditRefused:
    """The refusal for a hash that does not fit, with the first line that differs.

    What the author saw is known only if the blob store has `base_blob`; without it the first line
    of the region is shown as it is now.
    """
    what = {
        "anchor_mismatch": "the lines around the edit are not those that its author saw",
        "span_mismatch": "the lines to be edited are not those that its author saw",
        "base_mismatch": "the file is not the one that its author saw",
    }[code]
    low, high = max(0, start - CONTEXT), end + CONTEXT
    now = before.text.bare[low:high]
    base = versions.base(op)
    line, expected, actual = start + 1, None, None
    if base is not None:
        then = base.text.bare[low:high]
        if then == now:  # the window is the same: look at the whole file
            low, then, now = 0, base.text.bare, before.text.bare
        first = next(
            (n for n, (old, new) in enumerate(zip(then, now, strict=False)) if old != new),
            min(len(then), len(now)),
        )
        if then == now:
            what += "; its hash is not that of the base_blob's lines either"
        else:
            line = low + first + 1
            expected = show(then[first]) if first < len(then) else "(end of file)"
            actual = show(now[first]) if first < len(now) else "(end of file)"
    elif start < len(before.text.lines):
        actual = show(before.text.lines[start])
    return EditRefused(
        code,
        what,
        op_index=index,
        path=op.path,
        line=line,
        expected=expected,
        actual=actual,
        next_step="read these lines again and write the edit against what is there now",
    )


def _unproven(index: int, op: EditOp, lacking: str) -> EditRefused:
    return EditRefused(
        "unproven",
        f"nothing shows that the author saw this text: {op.op} lacks {lacking}",
        op_index=index,
        path=op.path,
        next_step=f"give {lacking} of the text that was read",
    )


def _twins(before: Version, start: int, end: int) -> list[int]:
    """Another place (0-based) with the same span and the same anchor; the first one found."""
    lines = before.text.bare
    size, count = end - start, len(lines)
    window = lines[max(0, start - CONTEXT) : end + CONTEXT]
    places = before.places[lines[start]] if start < count else []
    edges = [*range(min(CONTEXT, count) + 1), *range(max(0, count - CONTEXT), count + 1)]
    for place in [*places, *(edges if size == 0 else ())]:
        if place == start or place + size > count:
            continue
        low, high = max(0, place - CONTEXT), place + size + CONTEXT
        if min(high, count) - low != len(window):
            continue
        if lines[low:high] == window and (size == 0 or place - low == min(start, CONTEXT)):
            return [place]
    return []


def _count(text: Text, lines: tuple[bytes, ...]) -> int:
    """How many times the lines are there in a row, overlapping ones included."""
    every = text.bare
    return sum(
        every[place] == lines[0] and every[place : place + len(lines)] == lines
        for place in range(len(every) - len(lines) + 1)
    )
