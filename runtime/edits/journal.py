"""The record of an edit in Heaven's log: written before the first file changes, closed after.

`edit_staged` holds everything that is needed to finish the edit or to take it back;
`edit_landed` or `edit_abandoned` closes it. `edit_prepared` comes before one that cannot be made
again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ...heaven.protocol import HeavenProtocol
from ...heaven.records import Event, Json, JsonObject
from ..errors import RunError
from .assemble import Hunk

STAGED = "edit_staged"
LANDED = "edit_landed"
ABANDONED = "edit_abandoned"
PREPARED = "edit_prepared"


class BadJournal(RunError):
    """An event of the log is not what its kind says: another version wrote it."""

    def __init__(self, seq: int, what: str) -> None:
        super().__init__(f"event {seq}: {what}")
        self.seq = seq


@dataclass(frozen=True, slots=True)
class LandedFile:
    """One file of a landed edit. `before` and `after` are blob ids; None where there is no file.

    `mode` is as git has it; `permissions` are the exact bits, None for a file that is new.
    """

    path: str
    before: str | None
    after: str | None
    mode: int
    hunks: tuple[Hunk, ...]
    permissions: int | None = None


@dataclass(frozen=True, slots=True)
class Landed:
    """An edit that is on disk, files sorted by path. `clocks` are the new file clocks.

    `made_directories` are those that the edit created.
    """

    edit_id: str
    run: str
    files: tuple[LandedFile, ...]
    made_directories: tuple[str, ...] = ()
    clocks: Mapping[str, int] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(change.path for change in self.files)


@dataclass(frozen=True, slots=True)
class Journal:
    """An `edit_staged` event. `clocks` are the file clocks before; see `Staged` for the rest."""

    edit: Landed
    clocks: Mapping[str, int]
    abandoned_directories: tuple[str, ...]

    def data(self) -> JsonObject:
        """The event's data, for `from_event`."""
        edit = self.edit
        return {
            "edit_id": edit.edit_id,
            "run": edit.run,
            "files": [_file(change) for change in edit.files],
            "clocks": dict(self.clocks),
            "made_directories": list(edit.made_directories),
            "abandoned_directories": list(self.abandoned_directories),
        }


def from_event(event: Event) -> Journal:
    """Read an `edit_staged` event. Raises BadJournal."""
    data = event.data
    try:
        clocks = {path: _int(n) for path, n in _dict(data["clocks"]).items()}
        edit = Landed(
            edit_id=_str(data["edit_id"]),
            run=_str(data["run"]),
            files=tuple(map(_landed_file, _list(data["files"]))),
            made_directories=tuple(map(_str, _list(data["made_directories"]))),
            clocks={path: count + 1 for path, count in clocks.items()},
        )
        return Journal(edit, clocks, tuple(map(_str, _list(data["abandoned_directories"]))))
    except (KeyError, TypeError) as error:
        raise BadJournal(event.seq, f"not an {STAGED} of this version ({error})") from None


def edit_id_of(event: Event) -> str:
    """Which edit the event is about. Raises BadJournal."""
    value = event.data.get("edit_id")
    if not isinstance(value, str):
        raise BadJournal(event.seq, f"an {event.kind} without edit_id")
    return value


def landed_edits(heaven: HeavenProtocol, after: int = 0) -> Iterator[Journal]:
    """Every edit that was begun after the event `after` and landed, in the order in which they did.
    Raises BadJournal."""
    begun: dict[str, Journal] = {}
    for event in heaven.events(after=after, kinds={STAGED, LANDED, ABANDONED}):
        if event.kind == STAGED:
            begun[edit_id_of(event)] = from_event(event)
            continue
        journal = begun.pop(edit_id_of(event), None)
        if journal is not None and event.kind == LANDED:
            yield journal


def undo_name(run: str) -> str:
    """What the journal has in the place of a run's name for the edit that takes the run back."""
    return f"undo of {run}"


def _file(change: LandedFile) -> Json:
    return {
        "path": change.path,
        "before": change.before,
        "after": change.after,
        "mode_before": None if change.before is None else change.mode,
        "mode_after": None if change.after is None else change.mode,
        "permissions": change.permissions,
        "hunks": [
            [h.op_index, h.before_start, h.before_count, h.after_start, h.after_count]
            for h in change.hunks
        ],
    }


def _landed_file(value: Json) -> LandedFile:
    data = _dict(value)
    mode = data["mode_before"] if data["before"] is not None else data["mode_after"]
    hunks = []
    for numbers in _list(data["hunks"]):
        op_index, before_start, before_count, after_start, after_count = map(_int, _list(numbers))
        hunks.append(Hunk(op_index, before_start, before_count, after_start, after_count))
    return LandedFile(
        path=_str(data["path"]),
        before=None if data["before"] is None else _str(data["before"]),
        after=None if data["after"] is None else _str(data["after"]),
        mode=_int(mode),
        hunks=tuple(hunks),
        permissions=None if data["permissions"] is None else _int(data["permissions"]),
    )


def _str(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _int(value: Json) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is not a number")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value


def _dict(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not an object")
    return value
