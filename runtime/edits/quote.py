"""Where a quoted text is in a file: exactly once, or refused with what comes nearest."""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from ...proto.edit_ir import EditOp
from .before import Version
from .lines import bare, show, split_lines
from .refusal import EditRefused
from .shape import Content, encode

_SHOWN = 8
_NEAR = 2000
"""Lines of a file that are compared loosely to find the nearest one."""


def find_quote(index: int, op: EditOp, version: Version) -> tuple[int, int, Content]:
    """The lines (0-based, end exclusive) that hold `op.find`, and what they become.

    Line endings are not compared; overlapping occurrences count. Raises EditRefused: no_match,
    ambiguous, bad_op.
    """
    wanted = encode(index, op, op.find or "").replace(b"\r\n", b"\n")
    lines = version.text.bare
    content = b"".join([line + b"\n" for line in lines])
    places = _occurrences(content, wanted)
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    if not places:
        raise _no_match(index, op, lines, split_lines(wanted))
    if len(places) > 1:
        shown = [f"line {bisect_right(starts, place)}" for place in places[:_SHOWN]]
        more = [f"{len(places) - _SHOWN} more"] if len(places) > _SHOWN else []
        raise EditRefused(
            "ambiguous",
            f"the text to replace is there {len(places)} times",
            op_index=index,
            path=op.path,
            line=bisect_right(starts, places[0]),
            candidates=(*shown, *more),
            next_step="quote more of the lines around it, or use replace_span",
        )
    at = places[0]
    until = at + len(wanted)
    first = bisect_right(starts, at) - 1
    new = encode(index, op, op.content or "")
    crlf = b"\r\n" in new
    filled = content[starts[first] : at] + new.replace(b"\r\n", b"\n")
    last = bisect_right(starts, until) - 1
    if until > starts[last] or (filled and not filled.endswith(b"\n")):
        # What follows on the line where the quote ends is part of the region.
        end = min(last + 1, len(lines))
        filled += content[until : starts[end]]
    else:
        end = last
    new_lines = tuple(bare(line) for line in split_lines(filled))
    return first, end, Content(new_lines, closed=filled.endswith(b"\n"), crlf=crlf)


def _occurrences(content: bytes, wanted: bytes) -> list[int]:
    found: list[int] = []
    at = content.find(wanted)
    while at >= 0:
        found.append(at)
        at = content.find(wanted, at + 1)
    return found


def _no_match(
    index: int, op: EditOp, lines: Sequence[bytes], wanted: Sequence[bytes]
) -> EditRefused:
    """Shows the first line that differs where most of the quoted lines are in a row."""
    quoted = [bare(line) for line in wanted]
    best: int | None = None
    length = 0
    for at, line in enumerate(lines):
        if line != quoted[0] and not line.endswith(quoted[0]):
            continue
        run = 1
        while run < len(quoted) and lines[at + run : at + run + 1] == (quoted[run],):
            run += 1
        if run > length:
            best, length = at, run
    message = "the text to replace is not there"
    place = best
    if place is None:
        place = _nearest(quoted[0], lines)
        length = 0
    if place is not None and length < len(quoted):
        found = lines[place + length] if place + length < len(lines) else None
        if found is not None and found.split() == quoted[length].split():
            message += "; the line is there with other blanks"
        return EditRefused(
            "no_match",
            message,
            op_index=index,
            path=op.path,
            line=place + length + 1,
            expected=show(quoted[length]),
            actual="(end of file)" if found is None else show(found),
            next_step="quote the lines as they are in the file",
        )
    return EditRefused(
        "no_match",
        message,
        op_index=index,
        path=op.path,
        expected=show(quoted[0]),
        next_step="read the file again, and quote the lines as they are there",
    )


def _nearest(line: bytes, lines: Sequence[bytes]) -> int | None:
    """The line that is like `line`, blanks aside."""
    words = line.split()
    for place, other in enumerate(lines):
        if other.split() == words and words:
            return place
    texts = [show(other) for other in lines[:_NEAR]]
    near = difflib.get_close_matches(show(line), texts, n=1)
    return texts.index(near[0]) if near else None
