"""What runs did to files, oldest first: the edits that stand (rolled-back ones are left out)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..heaven.records import JsonObject
from . import fields
from .door import Entry
from .record import Record
from .runs import Run, all_runs, entries, pruned_runs


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that one edit operation replaced: 1-based starts, counts in lines."""

    op: int
    before_start: int
    before_count: int
    after_start: int
    after_count: int


@dataclass(frozen=True, slots=True)
class Change:
    """One file as one EMIT changed it. `before` and `after` are blob ids, None for no file; `mode`
    is git's (`100644`). Where it is a mission's landing, `authors` are those that its hunks' `op`
    counts."""

    run: Run
    entry: Entry
    path: str
    before: str | None
    after: str | None
    mode: str
    hunks: tuple[Hunk, ...]
    authors: tuple[Author, ...] = ()


@dataclass(frozen=True, slots=True)
class RunHistory:
    """A run with the changes of it that stand."""

    run: Run
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Author:
    """An operation of an EMIT in a mission's worktree."""

    history: RunHistory
    entry: Entry
    operation: int


def histories(heaven: Record) -> tuple[RunHistory, ...]:
    """Every run of the repository whose record is there. One that was abandoned or undone has no
    changes that stand."""
    from .orchestrator.origins import with_landings

    pruned = pruned_runs(heaven)
    kept = (run_history(heaven, run) for run in all_runs(heaven) if run.name not in pruned)
    landed = with_landings(heaven, kept)
    return tuple(replace(one, changes=()) if one.run.undone else one for one in landed)


def run_history(heaven: Record, run: Run) -> RunHistory:
    """The standing changes of one run. Raises RunDamaged."""
    landed = standing(run, entries(heaven, run, ("EMIT", "ROLLBACK")))
    if run.status == "abandoned" and not run.kept:
        landed = ()
    return RunHistory(run, tuple(change for batch in landed for change in batch))


def standing(run: Run, recorded: Iterable[Entry]) -> tuple[tuple[Change, ...], ...]:
    """The edits that stand after these syscalls of the run, one tuple an EMIT."""
    landed: list[tuple[Change, ...]] = []
    for entry in recorded:
        if entry.result is None or "files" not in entry.result:
            continue
        if entry.op == "EMIT":
            landed.append(_changes(run, entry, entry.result))
        elif entry.op == "ROLLBACK":
            del landed[fields.number(entry.operands, "mark") :]
    return tuple(landed)


def _changes(run: Run, entry: Entry, result: JsonObject) -> tuple[Change, ...]:
    return tuple(
        Change(
            run,
            entry,
            fields.text(change, "path"),
            fields.optional_text(change, "before"),
            fields.optional_text(change, "after"),
            fields.text(change, "mode"),
            tuple(_hunk(hunk) for hunk in fields.items(change, "hunks")),
        )
        for change in fields.records(result, "files")
    )


def _hunk(value: object) -> Hunk:
    numbers = [n for n in value if isinstance(n, int)] if isinstance(value, list) else []
    if len(numbers) != 5:
        raise fields.FieldError("hunks", "a list of five numbers")
    return Hunk(*numbers)
