"""An operation on a file that is not as its author saw it: followed, merged, or refused.

What the author saw must be known, as the content of `base_blob`. Lines that are in it once, and are
in the file once, with the same surroundings, are the same lines wherever they moved to. Otherwise
the change is merged with what others did to the file since. No hash is computed anew.
"""

from __future__ import annotations

from dataclasses import replace

from ...proto.edit_ir import EditOp
from .anchors import CONTEXT
from .assemble import in_order
from .before import Before, Version
from .lines import bare, show
from .locate import meant
from .merge import Lines, Merger, Stretch, carried, stretches, touching
from .refusal import DRIFT, Clash, EditRefused
from .region import How, Region, Seen
from .shape import Content
from .versions import Versions


def follow(
    index: int,
    op: EditOp,
    before: Before,
    versions: Versions,
    merger: Merger,
    refusal: EditRefused,
) -> Region:
    """Where the operation belongs now. Raises `refusal`, which says why it is not where its author
    wrote it, completed by the first line that stands in its way."""
    if refusal.code not in DRIFT or not op.base_blob or op.base_blob == before.blob:
        raise refusal
    base = versions.base(op)
    wanted = None if base is None else meant(index, op, base, versions)
    if base is None or wanted is None:
        raise refusal
    # A symbol or a quote was looked for in all of the file already.
    region = _moved(index, before, base, wanted) if op.lines is not None else None
    if region is None:
        region = _merged(index, before, base, wanted, merger)
    if region is None:
        explain_clash(refusal, before, base, wanted.start, wanted.end)
        raise refusal
    return region


def _moved(index: int, before: Before, base: Version, wanted: Seen) -> Region | None:
    start, end = wanted.start, wanted.end
    if len(_places(base, base, start, end)) != 1:
        return None
    found = _places(before, base, start, end)
    if len(found) != 1:
        return None
    how: How = "exact" if found[0] == start else "moved"
    return Region(index, found[0], found[0] + end - start, wanted.content, how=how, seen=wanted)


def _places(version: Version, base: Version, start: int, end: int) -> list[int]:
    """Where `version` has the lines `start`..`end` of `base`, with the same surroundings."""
    old, lines = base.text.bare, version.text.bare
    size, low = end - start, max(0, start - CONTEXT)
    window = old[low : end + CONTEXT]
    lead = start - low
    if not window:
        return [0] if not lines else []
    rare = min(range(len(window)), key=lambda at: len(version.places.get(window[at], ())))
    found: list[int] = []
    for line in version.places.get(window[rare], ()):
        first = line - rare
        place = first + lead
        if first < 0 or lines[first : first + len(window)] != window:
            continue
        around = lines[max(0, place - CONTEXT) : place + size + CONTEXT]
        if len(around) == len(window):
            found.append(place)
    return found


def _merged(
    index: int, before: Before, base: Version, wanted: Seen, merger: Merger
) -> Region | None:
    old, now = base.text.bare, before.text.bare
    start, end, new = wanted.start, wanted.end, wanted.content
    merged = merger.merge(old, (*old[:start], *new.lines, *old[end:]), now)
    if merged is None:
        return None
    since = merger.stretches(old, now)
    first, last = carried(since, start), carried(since, end)
    if now[first:last] == old[start:end] and merged == (*now[:first], *new.lines, *now[last:]):
        return Region(index, first, last, new, how="merged", seen=wanted)
    first, last, lines = _trim(now, merged)
    content = Content(lines, closed=new.closed, crlf=new.crlf)
    return Region(index, first, last, content, how="merged", seen=wanted, loose=True)


def _trim(now: Lines, merged: Lines) -> tuple[int, int, Lines]:
    """The one region of `now` that became another one in `merged`."""
    low, shorter = 0, min(len(now), len(merged))
    while low < shorter and now[low] == merged[low]:
        low += 1
    same = 0
    while same < shorter - low and now[-1 - same] == merged[-1 - same]:
        same += 1
    return low, len(now) - same, merged[low : len(merged) - same]


def explain_clash(refusal: EditRefused, now: Version, base: Version, start: int, end: int) -> None:
    """Say in the refusal where the lines `start`..`end` of `base` first meet another change."""
    since = stretches(base.text.bare, now.text.bare)
    clash = touching(since, start, end)
    if clash is None:
        # Several changes around it leave no stretch of lines that both sides kept.
        clash = _beside(since, start, end)
    if clash is None:
        refusal.clash = Clash(base.blob, start, end, refusal.line or start + 1)
        return
    old, lines = base.text.bare, now.text.bare
    old_at, new_at = clash.old_start, clash.new_start
    gone, come = old_at < clash.old_end, new_at < clash.new_end
    refusal.line = new_at + 1
    refusal.expected = show(old[old_at]) if gone else "(nothing between these lines)"
    refusal.actual = show(lines[new_at]) if come else "(deleted)"
    refusal.clash = Clash(base.blob, start, end, new_at + 1)


def _beside(since: tuple[Stretch, ...], start: int, end: int) -> Stretch | None:
    near = [
        one for one in since if one.old_start <= end + CONTEXT and one.old_end >= start - CONTEXT
    ]
    return near[0] if near else None


def check_together(
    before: Before,
    after: bytes,
    regions: list[Region],
    ops: list[EditOp],
    versions: Versions,
    merger: Merger,
) -> EditRefused | None:
    """Whether the regions of one file, each merged by itself, are the merge of them all.

    A place that is known only by the outcome may lie on either side of another operation's.
    """
    if len(regions) < 2 or all(region.how != "merged" for region in regions):
        return None
    base = versions.base(ops[0]) if len({op.base_blob for op in ops}) == 1 else None
    loose = next((region for region in regions if region.loose), None)
    if base is None or any(region.seen is None for region in regions):
        # Written against several versions: there is no one merge to compare with.
        if loose is None:
            return None
    else:
        lines = tuple([bare(line) for line in Version(before.path, after).text.lines])
        if _all_merged(before, base, regions, merger) == lines:
            return None
    at = loose or next(region for region in regions if region.how == "merged")
    return EditRefused(
        "base_mismatch",
        "the file changed where this operation and another one of the batch belong",
        op_index=at.op_index,
        path=before.path,
        line=at.start + 1,
        next_step="send this operation in a batch of its own",
    )


def _all_merged(
    before: Before, base: Version, regions: list[Region], merger: Merger
) -> Lines | None:
    old = base.text.bare
    originals = [
        replace(region, start=one.start, end=one.end, content=one.content)
        for region in regions
        if (one := region.seen) is not None
    ]
    ours: list[bytes] = []
    done = 0
    for region in in_order(originals):
        ours += [*old[done : region.start], *region.content.lines]
        done = region.end
    ours += old[done:]
    return merger.merge(old, tuple(ours), before.text.bare)
