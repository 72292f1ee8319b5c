"""Taking a whole run back, as an edit of its own.

The log has every edit that the run landed, so the run may be long over. What others changed since
in the same files stays: the run's changes are taken out by three-way merges, newest first, and
where later work stands on them the undo is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..heaven import Heaven
from ..heaven.records import Json
from ..proto.leases import Scope
from .edits import EditRefused, FileChange, Hunk, Landed, LandedFile, Staged, land, recover
from .edits.assemble import assemble
from .edits.authors import who_changed
from .edits.before import Before, Version, read
from .edits.disk import Step, no_hook
from .edits.drift import explain_clash
from .edits.journal import landed_edits, undo_name
from .edits.merge import Merger, stretches, touching
from .edits.refusal import Clash
from .edits.region import Region
from .edits.shape import Content
from .edits.syntax import first_new_error
from .errors import LeaseDenied, RunError
from .runs import Run, close_interrupted

LEASE_SECONDS = 60.0

Action: TypeAlias = Literal["restored", "deleted", "added"]


@dataclass(slots=True)
class AlreadyUndone(RunError):
    """The run was taken back before; nothing is left to do."""

    run: str

    def __str__(self) -> str:
        return f"run {self.run} was undone already"


@dataclass(frozen=True, slots=True)
class Undoing:
    """What taking the run back comes to. `merged` are the paths that others changed as well, and
    whose changes stay."""

    run: str
    staged: Staged
    merged: tuple[str, ...]

    def action(self, change: FileChange) -> Action:
        if change.after is None:
            return "deleted"
        return "added" if change.before is None else "restored"

    def files_json(self) -> list[Json]:
        """`[{path, action, merged}]`."""
        return [
            {
                "path": change.path,
                "action": self.action(change),
                "merged": change.path in self.merged,
            }
            for change in self.staged.files
        ]


def refusals_json(refused: EditRefused) -> list[Json]:
    """`[{path, line, code, message, expected, actual, changed_by}]`, for every file."""
    return [
        {
            "path": one.path,
            "line": one.line,
            "code": one.code,
            "message": one.message,
            "expected": one.expected,
            "actual": one.actual,
            "changed_by": one.changed_by,
        }
        for one in (refused, *refused.others)
    ]


def refusal_text(refused: Exception) -> str:
    """Why a run cannot be taken back, in a line."""
    if not isinstance(refused, EditRefused):
        return str(refused)
    return "; ".join(
        f"{one.path} was changed since ({one.changed_by or 'by somebody else'})"
        if one.code == "changed"
        else str(one)
        for one in (refused, *refused.others)
    )


def plan_undo(heaven: Heaven, run: Run) -> Undoing:
    """Work it out; only reads. Nothing is staged where the run took its edits back itself.

    Raises AlreadyUndone; EditRefused (`changed_by` says by whom) for every file in which later work
    would be lost; BadJournal, BlobMissing, BlobDamaged.
    """
    if run.undone:
        raise AlreadyUndone(run.name)
    since = landed_edits(heaven, run.seq)
    mine = [journal.edit for journal in since if journal.edit.run == run.name]
    changes: list[FileChange] = []
    merged: list[str] = []
    refused: list[EditRefused] = []
    with Merger() as merger:
        for path in sorted({path for edit in mine for path in edit.paths}):
            one = _File(heaven, path, merger)
            try:
                change = one.taken_back(_steps(mine, path))
            except EditRefused as refusal:
                refused.append(refusal)
                continue
            if change is not None:
                changes.append(change)
                if one.merged:
                    merged.append(path)
    if refused:
        first, *rest = refused
        first.others = tuple(rest)
        raise first
    made = sorted({directory for edit in mine for directory in edit.made_directories})
    return Undoing(run.name, Staged(tuple(changes), tuple(made)), tuple(merged))


def undo_run(heaven: Heaven, run: Run, *, step: Step = no_hook) -> tuple[Undoing, Landed]:
    """Take the run back: all of its files or none, durable on return.

    Raises what `plan_undo` and `edits.land` raise, LeaseDenied where another owner holds a file.
    """
    recover(heaven)
    close_interrupted(heaven)
    return take_back(heaven, run, step=step)


def take_back(heaven: Heaven, run: Run, *, step: Step = no_hook) -> tuple[Undoing, Landed]:
    """As `undo_run`, where what dead processes left open is closed already."""
    undoing = plan_undo(heaven, run)
    owner = undo_name(run.name)
    scopes = [Scope("file", path) for path in undoing.staged.paths]
    if not scopes:
        return undoing, Landed("", owner, ())
    grant = heaven.acquire(owner, owner, scopes, ttl_seconds=LEASE_SECONDS)
    if grant.denied:
        raise LeaseDenied(grant.denied)
    tokens = [lease.fencing_token for lease in grant.acquired]
    try:
        landed = land(undoing.staged, heaven, run=owner, owner_id=owner, tokens=tokens, step=step)
    finally:
        heaven.release(owner, [lease.lease_id for lease in grant.acquired])
    return undoing, landed


def _steps(edits: Iterable[Landed], path: str) -> list[LandedFile]:
    """What the run made of the file, oldest first; edits right after one another are one."""
    steps: list[LandedFile] = []
    for edit in edits:
        for change in edit.files:
            if change.path != path:
                continue
            if steps and steps[-1].after == change.before:
                last = steps.pop()
                change = LandedFile(
                    path,
                    last.before,
                    change.after,
                    last.mode,
                    (),
                    change.permissions if last.permissions is None else last.permissions,
                )
            if change.before != change.after:
                steps.append(change)
    return steps


class _File:
    """One file of the run, being taken back."""

    def __init__(self, heaven: Heaven, path: str, merger: Merger) -> None:
        self._heaven = heaven
        self._path = path
        self._merger = merger
        self.merged = False

    def taken_back(self, steps: list[LandedFile]) -> FileChange | None:
        """None where nothing is left to be taken back. Raises EditRefused."""
        if not steps:
            return None
        found = read(self._heaven.root, self._path, -1)
        now: bytes | None = None if found is None else found.data
        for step in reversed(steps):
            now = self._before(step, now, found)
        then = None if found is None else found.data
        if now == then:
            return None
        if found is not None and now is not None and self.merged:
            self._check_parses(found, now)
        return FileChange(
            self._path,
            then,
            now,
            steps[0].mode if found is None else found.mode,
            _hunks(self._path, then, now),
            steps[0].permissions,
        )

    def _before(self, step: LandedFile, now: bytes | None, found: Before | None) -> bytes | None:
        """The file without what the step did."""
        after = None if step.after is None else self._heaven.get_blob(step.after)
        before = None if step.before is None else self._heaven.get_blob(step.before)
        if now == after:
            return before
        if before is None and now is None:
            return None  # somebody took it away already
        if before is None or after is None or now is None:
            raise self._refuse(step, after, now, found)
        versions = [Version(self._path, data) for data in (after, before, now)]
        old, wanted, current = versions
        merged = None
        if not any(version.binary for version in versions) and old.text.bare != wanted.text.bare:
            merged = self._merger.merge(old.text.bare, wanted.text.bare, current.text.bare)
        if merged is None:
            raise self._refuse(step, after, now, found, before)
        self.merged = True
        regions = []
        for one in stretches(current.text.bare, merged):
            lines = Content(merged[one.new_start : one.new_end], closed=True, crlf=False)
            regions.append(Region(0, one.old_start, one.old_end, lines))
        return assemble(current.text, regions)[0] if regions else now

    def _refuse(
        self,
        step: LandedFile,
        after: bytes | None,
        now: bytes | None,
        found: Before | None,
        before: bytes | None = None,
    ) -> EditRefused:
        refusal = EditRefused(
            "changed",
            "undoing the run would lose later work",
            path=self._path,
            line=1,
            expected="(no file)" if after is None else None,
            actual="(no file)" if now is None else None,
            next_step="undo that first, or take the run's change out by hand",
        )
        refusal.clash = Clash(step.after or "", 0, 0, 1)
        if after is not None and now is not None:
            old, current = Version(self._path, after), Version(self._path, now)
            start, end = _first_touched(old, current, before)
            explain_clash(refusal, current, old, start, end)
        blob = None if found is None else found.blob
        refusal.changed_by = who_changed(self._heaven, self._path, refusal.clash, blob)
        return refusal

    def _check_parses(self, found: Before, now: bytes) -> None:
        line = first_new_error(self._path, found.data, now)
        if line is not None:
            raise EditRefused(
                "unparsable",
                "others changed the file since, and without the run's change it would not parse",
                path=self._path,
                line=line,
                next_step="take the run's change out by hand",
            )


def _first_touched(old: Version, current: Version, before: bytes | None) -> tuple[int, int]:
    """The first lines of `old` that the run wrote and somebody else changed."""
    lines = old.text.bare
    if before is None:
        return 0, len(lines)
    since = stretches(lines, current.text.bare)
    for one in stretches(lines, Version(old.path, before).text.bare):
        if touching(since, one.old_start, one.old_end) is not None:
            return one.old_start, one.old_end
    return 0, len(lines)


def _hunks(path: str, then: bytes | None, now: bytes | None) -> tuple[Hunk, ...]:
    old, new = (Version(path, data or b"").text.bare for data in (then, now))
    return tuple(
        Hunk(
            0,
            one.old_start + 1,
            one.old_end - one.old_start,
            one.new_start + 1,
            one.new_end - one.new_start,
        )
        for one in stretches(old, new)
    )
