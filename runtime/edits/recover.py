"""After a crash: every edit that was begun is finished, or taken back, by what the log says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...heaven import Heaven
from ...heaven.errors import PathOutside
from .before import Before, read
from .disk import Disk, Step, Target, no_hook
from .journal import ABANDONED, LANDED, STAGED, Journal, Landed, LandedFile, edit_id_of, from_event
from .land import close, failed, landing_lock
from .refusal import EditRefused

State: TypeAlias = Literal["before", "after", "other"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file of an unfinished edit that somebody outside Heaven changed; it was left alone."""

    edit_id: str
    path: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was done: edits finished, edits taken back, and what could be neither."""

    finished: tuple[Landed, ...] = ()
    taken_back: tuple[Landed, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def recover(heaven: Heaven, *, step: Step = no_hook) -> Recovery:
    """Close every edit that a dead process left open; call it before anything else is written.

    An edit is finished if each of its files is as before or as after it. Otherwise the files that
    are as after it are put back, and the others, which were changed from outside, are left alone
    and reported. May itself be cut off and called again. Raises LandFailed, BadJournal, BlobMissing
    or BlobDamaged (the contents are gone), LogFailed.
    """
    with landing_lock(heaven):
        finished: list[Landed] = []
        taken_back: list[Landed] = []
        conflicts: list[Conflict] = []
        for journal in _open_edits(heaven):
            edit = journal.edit
            states = [_state(heaven, change) for change in edit.files]
            others = [
                Conflict(edit.edit_id, change.path)
                for change, (state, _) in zip(edit.files, states, strict=True)
                if state == "other"
            ]
            try:
                if others:
                    _take_back(heaven, journal, states, others, step)
                    taken_back.append(edit)
                    conflicts.extend(others)
                else:
                    _finish(heaven, journal, states, step)
                    finished.append(edit)
            except (OSError, PathOutside) as error:
                raise failed(edit.edit_id, error, edit.paths[0], False) from error
        return Recovery(tuple(finished), tuple(taken_back), tuple(conflicts))


def _open_edits(heaven: Heaven) -> list[Journal]:
    """Journalled edits that nothing closed, oldest first."""
    begun: dict[str, Journal] = {}
    for event in heaven.events(kinds=(STAGED, LANDED, ABANDONED)):
        if event.kind == STAGED:
            begun[edit_id_of(event)] = from_event(event)
        else:
            begun.pop(edit_id_of(event), None)
    return list(begun.values())


def _state(heaven: Heaven, change: LandedFile) -> tuple[State, Before | None]:
    try:
        now = read(heaven.root, change.path, -1)
    except EditRefused:
        return "other", None
    blob = None if now is None else now.blob
    if blob == change.after:
        return "after", now
    return ("before" if blob == change.before else "other"), now


def _finish(
    heaven: Heaven, journal: Journal, states: Sequence[tuple[State, Before | None]], step: Step
) -> None:
    edit = journal.edit
    disk = Disk(heaven.root, edit.edit_id, step)
    disk.remove_temporaries(edit.paths)
    targets = [
        _target(heaven, number, change, change.after, now)
        for number, (change, (state, now)) in enumerate(zip(edit.files, states, strict=True))
        if state == "before"
    ]
    disk.put(targets, journal.abandoned_directories)
    disk.sync_directories(edit.paths)
    close(heaven, journal, step)


def _take_back(
    heaven: Heaven,
    journal: Journal,
    states: Sequence[tuple[State, Before | None]],
    others: Sequence[Conflict],
    step: Step,
) -> None:
    edit = journal.edit
    disk = Disk(heaven.root, edit.edit_id, step)
    disk.remove_temporaries(edit.paths)
    targets = [
        _target(heaven, number, change, change.before, now)
        for number, (change, (state, now)) in enumerate(zip(edit.files, states, strict=True))
        if state == "after"
    ]
    disk.put(targets, edit.made_directories)
    disk.sync_directories(edit.paths)
    step("append", ABANDONED)
    heaven.append(
        ABANDONED,
        {
            "edit_id": edit.edit_id,
            "reason": "files were changed from outside before it was finished",
            "conflicts": [conflict.path for conflict in others],
        },
    )
    step("done", ABANDONED)


def _target(
    heaven: Heaven, number: int, change: LandedFile, blob: str | None, now: Before | None
) -> Target:
    content = None if blob is None else heaven.get_blob(blob)
    owner = None if now is None else now.owner
    return Target(change.path, content, change.permissions, owner, number)
