"""The new content of a file from its old lines and the regions that replace some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .lines import BOM, Text, bare, dominant_eol
from .region import Region


@dataclass(frozen=True, slots=True)
class Hunk:
    """What one operation changed: `before_count` lines from `before_start` (1-based, in the file
    before) became `after_count` lines from `after_start`. A count of 0: nothing, before that line.

    Lines that an operation gave back as they were, at the edges of its region, are not in it.
    """

    op_index: int
    before_start: int
    before_count: int
    after_start: int
    after_count: int


def in_order(regions: Sequence[Region]) -> list[Region]:
    """By place; what is inserted before a line comes before what replaces that line; insertions at
    one place in batch order."""
    return sorted(regions, key=lambda region: (region.start, not region.inserts, region.op_index))


def assemble(text: Text, regions: Sequence[Region]) -> tuple[bytes, tuple[Hunk, ...]]:
    """The content after the regions, which do not overlap, are replaced.

    Lines outside them stay byte for byte. New lines end as most of the file's do; whether the last
    line has an ending stays as it was (an empty file takes it from the new content; a blank line
    is nothing without one).
    """
    eol = dominant_eol(text.lines) or _eol_of(regions)
    old, out, hunks = text.lines, list[bytes](), list[Hunk]()
    done = 0
    newest = -1  # where in `out` the last new line is
    for region in in_order(regions):
        new = region.content.lines
        if region.start == 0 and text.bom and new and new[0].startswith(BOM):
            new = (new[0][len(BOM) :], *new[1:])
        start, end, new = trim(text.bare, region.start, region.end, new)
        out.extend(old[done:start])
        if end > start or new:
            hunks.append(Hunk(region.op_index, start + 1, end - start, len(out) + 1, len(new)))
        if new:
            out.extend(line + eol for line in new)
            newest = len(out) - 1
        done = end
    out.extend(old[done:])
    if newest >= 0 and newest == len(out) - 1:
        if text.unterminated:
            _open_last(out, old[-1], eol)
        elif not old and not _closed(regions):
            out[-1] = bare(out[-1])
    return text.bom + b"".join(out), tuple(hunks)


def trim(
    old: Sequence[bytes], start: int, end: int, new: tuple[bytes, ...]
) -> tuple[int, int, tuple[bytes, ...]]:
    """Leave out what the new lines have in common with the old ones at either edge."""
    low, high = 0, len(new)
    while start < end and low < high and old[start] == new[low]:
        start, low = start + 1, low + 1
    while start < end and low < high and old[end - 1] == new[high - 1]:
        end, high = end - 1, high - 1
    return start, end, new[low:high]


def _open_last(out: list[bytes], old_last: bytes, eol: bytes) -> None:
    """The last line has no ending, as before; the line that was last, if it stayed, gets one.

    A blank last line keeps its ending: without it there would be no line.
    """
    out[-1] = bare(out[-1]) or eol
    for place in range(len(out) - 2, -1, -1):
        if not out[place].endswith(b"\n"):
            out[place] = old_last + eol
            return


def _eol_of(regions: Sequence[Region]) -> bytes:
    return b"\r\n" if any(region.content.crlf for region in regions) else b"\n"


def _closed(regions: Sequence[Region]) -> bool:
    """Whether the content that comes last ends with a line ending."""
    return next(r for r in reversed(in_order(regions)) if r.content.lines).content.closed
