"""Whether an operation lands on the text that its author saw.

An operation on lines is shown to fit by its surroundings and, where it takes lines away, by those
lines themselves: surroundings alone do not show that the span changed, and a span that is the whole
file has none. Lines with the same text and surroundings elsewhere in the file would fit as well, so
they are told apart by `base_blob`: only if the whole file is as the author saw it are line numbers
trusted. When the file changed elsewhere and the place is still unmistakable, the operation fits.
No hash is ever computed anew to make an operation fit.
"""

from __future__ import annotations

from typing import Protocol

from ...heaven.errors import BlobDamaged, BlobMissing
from ...proto.edit_ir import EditOp
from .anchors import CONTEXT, anchor_at, hash_lines, span_at
from .before import Before
from .lines import Text, show, split
from .refusal import Code, EditRefused


class BlobReader(Protocol):
    def get_blob(self, blob_id: str) -> bytes:
        """The content. Raises BlobMissing, BlobDamaged."""
        ...


def check_lines(
    index: int, op: EditOp, before: Before, start: int, end: int, blobs: BlobReader
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
        raise differs("anchor_mismatch", index, op, before, start, end, blobs)
    if op.span_hash and op.span_hash != span_at(before.text, start, end):
        raise differs("span_mismatch", index, op, before, start, end, blobs)
    if same_base:
        return
    if not op.anchor_hash or not (inserts or op.span_hash):
        raise differs("base_mismatch", index, op, before, 0, len(before.text.lines), blobs)
    twins = _twins(before, start, end)
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
    before: Before,
    definition: tuple[int, int],
    place: int,
    blobs: BlobReader,
) -> None:
    """Check an insertion at line `place` beside the definition on lines `definition` (0-based).

    The definition is located by its name; one of these shows that it is the one the author saw:
    `base_blob` is the file's, `span_hash` is the definition's, `anchor_hash` fits the place, or
    the file in `base_blob` holds this very definition exactly once. Raises EditRefused: unproven,
    anchor_mismatch, span_mismatch, base_mismatch.
    """
    start, end = definition
    if not (op.anchor_hash or op.span_hash or op.base_blob):
        raise _unproven(index, op, "anchor_hash, span_hash or base_blob")
    if op.anchor_hash and op.anchor_hash != anchor_at(before.text, place, place):
        raise differs("anchor_mismatch", index, op, before, place, place, blobs)
    if op.span_hash and op.span_hash != span_at(before.text, start, end):
        raise differs("span_mismatch", index, op, before, start, end, blobs)
    if op.anchor_hash or op.span_hash or op.base_blob == before.blob:
        return
    base = _base(op, blobs)
    if base is None or _count(base, before.text.bare[start:end]) != 1:
        raise differs("base_mismatch", index, op, before, start, end, blobs)


def check_whole(index: int, op: EditOp, before: Before, blobs: BlobReader) -> None:
    """Check `delete_file`: `base_blob` or `span_hash` (of all lines) must be there and fit.

    An `anchor_hash`, if given, must be that of no surroundings.
    """
    count = len(before.text.lines)
    if not op.base_blob and not op.span_hash:
        raise _unproven(index, op, "base_blob")
    if op.base_blob and op.base_blob != before.blob:
        raise differs("base_mismatch", index, op, before, 0, count, blobs)
    if op.span_hash and op.span_hash != hash_lines(before.text.lines):
        raise differs("span_mismatch", index, op, before, 0, count, blobs)
    if op.anchor_hash and op.anchor_hash != hash_lines(()):
        raise differs("anchor_mismatch", index, op, before, 0, count, blobs)


def differs(
    code: Code, index: int, op: EditOp, before: Before, start: int, end: int, blobs: BlobReader
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
    base = _base(op, blobs)
    line, expected, actual = start + 1, None, None
    if base is not None:
        then = base.bare[low:high]
        if then == now:  # the window is the same: look at the whole file
            low, then, now = 0, base.bare, before.text.bare
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


def _twins(before: Before, start: int, end: int) -> list[int]:
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


def _base(op: EditOp, blobs: BlobReader) -> Text | None:
    if not op.base_blob:
        return None
    try:
        return split(blobs.get_blob(op.base_blob))
    except (BlobMissing, BlobDamaged):
        return None


def _count(text: Text, lines: tuple[bytes, ...]) -> int:
    """How many times the lines are there in a row, overlapping ones included."""
    every = text.bare
    return sum(
        every[place] == lines[0] and every[place : place + len(lines)] == lines
        for place in range(len(every) - len(lines) + 1)
    )
