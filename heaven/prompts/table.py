"""Which prompts there are: a row for each, derived from the `prompt_stored` events."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import asdict, replace
from threading import RLock
from typing import Final

from ..errors import BadEvent, PromptMissing
from ..log.derived import BadState, Fold
from ..log.eventlog import EventLog
from ..records import Event, Json, JsonObject
from .records import SHORT, Prompt, PromptEntry

PROMPT_STORED: Final = "prompt_stored"
MIN_PREFIX: Final = 8

_NEAR: Final = 5
_NEWEST: Final = 20
_REF: Final = re.compile(r"(?:sha256[:-])?([0-9a-f]{1,64})", re.IGNORECASE)
_ID: Final = re.compile(r"[0-9a-f]{64}")


class PromptTable:
    """The rows of one Heaven. Thread-safe; `guard` is the lock of its derived state.

    `ref` is a prompt id, or the first MIN_PREFIX or more digits of one if no other begins so, with
    or without `sha256:` before it.
    """

    name: Final = "prompts/1"

    def __init__(self, guard: RLock) -> None:
        self._guard = guard
        self._entries: dict[str, PromptEntry] = {}
        self._sorted: list[str] = []

    @property
    def folds(self) -> Mapping[str, Fold]:
        return {PROMPT_STORED: self._fold}

    def state(self) -> Json:
        return [asdict(one) for one in self._entries.values()]

    def restore(self, state: Json) -> None:
        if not isinstance(state, list):
            raise BadState("the prompts are no list")
        entries = [_read_entry(row) for row in state]
        self._entries = {one.prompt_id: one for one in entries}
        self._sorted = sorted(self._entries)

    def add(self, log: EventLog, prompt: Prompt, outline: str, previous: str | None) -> bool:
        """Have the prompt in the log, on disk on return; whether it was there before.

        Raises what `EventLog.append` raises.
        """
        data: dict[str, Json] = {
            "prompt_id": prompt.prompt_id,
            "title": prompt.title,
            "total_bytes": prompt.total_bytes,
            "sections": len(prompt.sections),
            "outline": outline,
            "previous": previous,
        }
        with self._guard:
            there = self._entries.get(prompt.prompt_id)
            if there is None or there.outline != outline:
                log.append(PROMPT_STORED, data, sync=False)
        # Also where it was there: another thread may have appended it and not be done.
        log.sync()
        return there is not None

    def all(self) -> tuple[PromptEntry, ...]:
        """Every prompt, in the order in which they were stored first."""
        with self._guard:
            return tuple(self._entries.values())

    def find(self, ref: str) -> PromptEntry:
        """The prompt that `ref` names. Raises PromptMissing."""
        given = _REF.fullmatch(ref.strip())
        digits = given.group(1).lower() if given else ""
        with self._guard:
            exact = self._entries.get(digits)
            if exact is not None:
                return exact
            near = self._near(digits)
            if given is not None and len(digits) < MIN_PREFIX:
                raise PromptMissing(
                    ref, f"no prompt {ref!r}: an id has {MIN_PREFIX} digits or more", near
                )
            at = bisect_left(self._sorted, digits)
            found = [one for one in self._sorted[at : at + _NEAR] if one.startswith(digits)]
            if given is None or not found:
                raise PromptMissing(ref, f"no prompt {ref!r} is stored", near)
            if len(found) > 1:
                raise PromptMissing(ref, f"more than one prompt begins with {ref!r}", tuple(found))
            return self._entries[found[0]]

    def _near(self, digits: str) -> tuple[str, ...]:
        """Stored ids that begin most like `digits`, then the newest, shortened."""
        newest = [one for one, _ in zip(reversed(self._entries), range(_NEWEST), strict=False)]
        at = bisect_left(self._sorted, digits)
        beside = self._sorted[max(0, at - 1) : at + 1] if digits else []
        alike = {one: _alike(one, digits) for one in [*beside, *newest]}
        found = sorted(alike, key=lambda one: -(alike[one] if alike[one] >= 3 else 0))
        return tuple(one[:SHORT] for one in found[:_NEAR])

    def _fold(self, event: Event) -> None:
        entry = _read_stored(event)
        first = self._entries.get(entry.prompt_id)
        if first is None:
            insort(self._sorted, entry.prompt_id)
            self._entries[entry.prompt_id] = entry
        else:
            self._entries[entry.prompt_id] = replace(
                first, outline=entry.outline, sections=entry.sections, title=entry.title
            )


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(other))


def _read_stored(event: Event) -> PromptEntry:
    entry = _entry(event.data, event.time)
    if entry is None:
        raise BadEvent(f"event {event.seq}: a {PROMPT_STORED} that tells of no prompt")
    return entry


def _read_entry(row: Json) -> PromptEntry:
    if isinstance(row, dict) and isinstance(stored_at := row.get("stored_at"), str):
        entry = _entry(row, stored_at)
        if entry is not None:
            return entry
    raise BadState("a row that tells of no prompt")


def _entry(data: JsonObject, stored_at: str) -> PromptEntry | None:
    match data:
        case {
            "prompt_id": str(prompt_id),
            "title": str(title),
            "total_bytes": int(total),
            "sections": int(sections),
            "outline": str(outline),
            "previous": (str() | None) as previous,
        } if _ID.fullmatch(prompt_id) and _ID.fullmatch(outline):
            return PromptEntry(prompt_id, title, total, sections, outline, stored_at, previous)
    return None
