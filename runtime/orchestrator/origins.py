"""Which instruction of a mission wrote the lines that its landing brought into the tree.

A mission's edits were made in a worktree; what landed is their net change, merged perhaps. Each
landed line is followed into the mission's last version of the file, and there, through the edits
of its runs, to the one that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from ...heaven.canonical import decode_object
from ...heaven.records import Json
from .. import fields
from ..door import Entry
from ..edits.lines import split_lines
from ..history import Author, Change, Hunk, RunHistory
from ..lineage import Lineage, Written, pairs
from ..record import Record
from . import swarmlog
from .swarmlog import Landing


def with_landings(record: Record, past: Iterable[RunHistory]) -> tuple[RunHistory, ...]:
    """The histories, in which a mission's run has changed what landed, when it landed: nothing
    before its last run, and nothing where it did not. Raises BlobMissing, BlobDamaged, FieldError.
    """
    known = {one.run.name: one for one in past}
    if all(one.run.mission is None for one in known.values()):
        return tuple(known.values())
    made = {name: one for name, one in known.items() if one.run.mission is not None}
    for name, one in made.items():
        known[name] = replace(one, changes=())
    for landing in swarmlog.landings(record):
        mine = [made[name] for name in landing.runs if name in made]
        if len(mine) == len(landing.runs) and mine and not mine[-1].run.undone:
            last = mine[-1]
            changes = tuple(_changes(record, landing, mine))
            known[last.run.name] = replace(last, changes=changes)
    return tuple(known.values())


def _changes(record: Record, landing: Landing, mine: Sequence[RunHistory]) -> Iterator[Change]:
    recorded = decode_object(record.get_blob(landing.record))
    for file in fields.records(recorded, "files"):
        path = fields.text(file, "path")
        after = fields.optional_text(file, "after")
        last = _last_author(mine, path)
        if last is None:
            continue
        by_line: Mapping[int, Author] = {}
        if after is not None:
            by_line = _authors(record, path, record.get_blob(after), mine)
        # The last one first: it stands for lines that no edit is known to have written.
        authors = {_key(one): one for one in (last, *by_line.values())}
        places = {key: place for place, key in enumerate(authors)}
        hunks = [
            part
            for hunk in fields.items(file, "hunks")
            for part in _parts(hunk, [places[_key(by_line.get(n, last))] for n in _after(hunk)])
        ]
        yield Change(
            mine[-1].run,
            Entry(0, last.entry.pc, "EMIT", "", {}, None, landing.event),
            path,
            fields.optional_text(file, "before"),
            after,
            fields.text(file, "mode"),
            tuple(hunks),
            tuple(authors.values()),
        )


def _key(author: Author) -> tuple[str, int, int]:
    return author.history.run.name, author.entry.seq, author.operation


def _authors(
    record: Record, path: str, content: bytes, mine: Sequence[RunHistory]
) -> dict[int, Author]:
    """By line (1-based) of the landed file: the operation that wrote it in the worktree."""
    versions = [change.after for one in mine for change in one.changes if change.path == path]
    if not versions or versions[-1] is None:
        return {}
    final = record.get_blob(versions[-1])
    origins = Lineage(record, mine).origins(path, final)
    by_run = {one.run.name: one for one in mine}
    found: dict[int, Author] = {}
    for line, older in enumerate(pairs(split_lines(final), split_lines(content)), 1):
        origin = None if older is None else origins[older]
        if isinstance(origin, Written):
            history = by_run[origin.change.run.name]
            found[line] = Author(history, origin.change.entry, origin.operation)
    return found


def _last_author(mine: Sequence[RunHistory], path: str) -> Author | None:
    """The last edit of the file; of any file, where a conflict mission took over the rest."""
    every = [(one, change) for one in mine for change in one.changes]
    of_file = [(one, change) for one, change in every if change.path == path] or every
    if not of_file:
        return None
    history, change = of_file[-1]
    return Author(history, change.entry, change.hunks[0].op if change.hunks else 0)


def _numbers(hunk: Json) -> tuple[int, int, int, int]:
    """Where a recorded hunk begins and how long it is, before and after."""
    found = [one for one in hunk if isinstance(one, int)] if isinstance(hunk, list) else []
    if len(found) != 5:
        raise fields.FieldError("hunks", "lists of five numbers")
    return found[1], found[2], found[3], found[4]


def _after(hunk: Json) -> range:
    _, _, start, count = _numbers(hunk)
    return range(start, start + count)


def _parts(hunk: Json, writers: Sequence[int]) -> Iterator[Hunk]:
    """The hunk, cut where one author's lines end and the next one's begin."""
    before_start, before_count, after_start, _ = _numbers(hunk)
    if not writers:
        yield Hunk(0, before_start, before_count, after_start, 0)
    at = 0
    for writer, run in groupby(writers):
        length = sum(1 for _ in run)
        yield Hunk(writer, before_start, before_count, after_start + at, length)
        before_start, before_count, at = before_start + before_count, 0, at + length
