"""Where each line of a file comes from: followed backwards through the recorded changes.

A change by a run is crossed by its hunks, which are exact; a line that stands unchanged inside a
hunk (the edit replaced more than it altered) is older than the change. A stretch that no run made
is crossed by comparing both versions. A file that a run or somebody else moved is followed under
its old name.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from .edits.lines import split_lines
from .history import Change, RunHistory
from .record import Record

ALIKE: Final = 0.5
"""The share of lines that a file must have kept to count as moved rather than new (git's, too)."""


@dataclass(frozen=True, slots=True)
class Written:
    """Operation `operation` of `change` wrote the line."""

    change: Change
    operation: int


@dataclass(frozen=True, slots=True)
class Unwritten:
    """No run wrote the line, and why that is known."""

    reason: str


Origin: TypeAlias = Written | Unwritten


@dataclass(frozen=True, slots=True)
class _Place:
    """A file before a point in the log: `limit` is how many of all changes count."""

    path: str
    limit: int
    lines: Sequence[bytes]


class Lineage:
    """The recorded changes of a repository, for questions about lines.

    `present` are the paths in the working tree: one with recorded changes that is not there has
    been deleted or moved.
    """

    def __init__(
        self, record: Record, past: Sequence[RunHistory], present: Iterable[str] = ()
    ) -> None:
        self._record = record
        self._changes = sorted(
            (change for history in past for change in history.changes),
            key=lambda change: change.entry.event,
        )
        self._present = frozenset(present)

    def origins(self, path: str, content: bytes) -> list[Origin]:
        """The origin of every line of `path`, whose content is `content` now. Raises BlobMissing
        where the contents of a run were given up, BlobDamaged."""
        lines = split_lines(content)
        found: list[Origin | None] = [None] * len(lines)
        # Which line of the version that is looked at each line still without an origin is.
        alive = {number: number for number in range(len(lines))}
        place = _Place(path, len(self._changes), lines)
        while alive:
            at = self._last(place)
            if at is None:
                moved = self._moved_from(place)
                if moved is None:
                    _settle(alive, found, "it was there before any run changed this file")
                    break
                alive, lost = _carry(alive, pairs(moved.lines, place.lines))
                _settle(lost, found, f"it was changed, by no run, when the file was {moved.path}")
                place = moved
                continue
            change = self._changes[at]
            if change.after is None:
                _settle(alive, found, f"it came after run {change.run.name} had deleted the file")
                break
            after = split_lines(self._record.get_blob(change.after))
            if after != place.lines:
                alive, lost = _carry(alive, pairs(after, place.lines))
                reason = f"it was changed after run {change.run.name}, by no run"
                _settle(lost, found, reason)
            place = self._before(change, at, after, alive, found)
            if place.limit < 0:
                _settle(alive, found, "no operation of the run that made the file wrote it")
                break
        return [one if one is not None else Unwritten("it is not followed") for one in found]

    def _last(self, place: _Place) -> int | None:
        """The newest change of the file."""
        for at in range(place.limit - 1, -1, -1):
            if self._changes[at].path == place.path:
                return at
        return None

    def _before(
        self,
        change: Change,
        at: int,
        after: Sequence[bytes],
        alive: dict[int, int],
        found: list[Origin | None],
    ) -> _Place:
        """Cross a change: `alive` is brought to the version before it, lines that it wrote get
        their origin. A limit of -1 says that there was none before."""
        moved = self._moved_by(change, at, after) if change.before is None else None
        if moved is not None:
            known = pairs(moved.lines, after)
            for number, line in list(alive.items()):
                older = known[line]
                if older is None:
                    found[number] = Written(change, _operation(change, line))
                    del alive[number]
                else:
                    alive[number] = older
            return moved
        before = [] if change.before is None else split_lines(self._record.get_blob(change.before))
        crossed = _across(change, before, after)
        for number, line in list(alive.items()):
            older, operation = crossed[line]
            if operation is not None:
                found[number] = Written(change, operation)
                del alive[number]
            elif older is not None:
                alive[number] = older
        return _Place(change.path, -1 if change.before is None else at, before)

    def _moved_by(self, change: Change, at: int, after: Sequence[bytes]) -> _Place | None:
        """The file that the same edit deleted and that this new one is, more or less."""
        same = [
            (number, one)
            for number, one in enumerate(self._changes)
            if one.entry is change.entry and one.after is None
        ]
        deleted = (
            _Place(one.path, min(number, at), split_lines(self._record.get_blob(before)))
            for number, one in same
            if (before := one.before) is not None
        )
        return _most_alike(deleted, after)

    def _moved_from(self, place: _Place) -> _Place | None:
        """The file that runs changed, that is not there any more, and that this one is."""
        newest: dict[str, int] = {}
        for at in range(place.limit):
            newest[self._changes[at].path] = at
        gone = (
            _Place(path, at + 1, split_lines(self._record.get_blob(after)))
            for path, at in newest.items()
            if path != place.path
            and path not in self._present
            and (after := self._changes[at].after) is not None
        )
        return _most_alike(gone, place.lines)


def _most_alike(places: Iterable[_Place], lines: Sequence[bytes]) -> _Place | None:
    best: tuple[float, _Place] | None = None
    for place in places:
        share = alike(place.lines, lines)
        if share >= ALIKE and (best is None or share > best[0]):
            best = (share, place)
    return None if best is None else best[1]


def alike(old: Sequence[bytes], new: Sequence[bytes]) -> float:
    """The share of lines that both have, of the longer one, 0 to 1. Two empty files are not."""
    kept = sum((Counter(old) & Counter(new)).values())
    return kept / max(len(old), len(new), 1)


def _across(
    change: Change, before: Sequence[bytes], after: Sequence[bytes]
) -> list[tuple[int | None, int | None]]:
    """For each line after the change: its number before it, or the operation that wrote it."""
    known: list[tuple[int | None, int | None]] = [(None, None)] * len(after)
    done = shift = 0
    for hunk in sorted(change.hunks, key=lambda one: one.after_start):
        start, end = hunk.after_start - 1, hunk.after_start - 1 + hunk.after_count
        for line in range(done, min(start, len(after))):
            known[line] = (line + shift, None)
        first = hunk.before_start - 1
        kept = pairs(before[first : first + hunk.before_count], after[start:end])
        for offset, older in enumerate(kept):
            written = (None, hunk.op) if older is None else (first + older, None)
            known[start + offset] = written
        done = max(end, done)
        shift += hunk.before_count - hunk.after_count
    for line in range(done, len(after)):
        known[line] = (line + shift, None)
    return known


def _operation(change: Change, line: int) -> int:
    for hunk in change.hunks:
        if hunk.after_start - 1 <= line < hunk.after_start - 1 + hunk.after_count:
            return hunk.op
    return change.hunks[0].op if change.hunks else 0


def pairs(old: Sequence[bytes], new: Sequence[bytes]) -> list[int | None]:
    """For each line of `new`, the line of `old` that it is, or None where it is new. Both 0-based.

    The common head and tail are paired first: most edits touch little of a file, and comparing is
    quadratic at worst.
    """
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    paired: list[int | None] = [*range(head), *([None] * (len(new) - head))]
    for offset in range(tail):
        paired[len(new) - 1 - offset] = len(old) - 1 - offset
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    for block in _blocks(*middle):
        for offset in range(block.size):
            paired[head + block.b + offset] = head + block.a + offset
    return paired


def _blocks(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[difflib.Match]:
    if old and new:
        yield from difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_matching_blocks()


def _carry(
    alive: Mapping[int, int], known: Sequence[int | None]
) -> tuple[dict[int, int], dict[int, int]]:
    """Lines that were there before, by their numbers there, and the others."""
    kept: dict[int, int] = {}
    lost: dict[int, int] = {}
    for number, line in alive.items():
        older = known[line]
        if older is None:
            lost[number] = line
        else:
            kept[number] = older
    return kept, lost


def _settle(alive: Mapping[int, int], found: list[Origin | None], reason: str) -> None:
    for number in alive:
        found[number] = Unwritten(reason)
