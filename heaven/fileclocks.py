"""File clocks: a counter for each path, raised with every change that lands on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import RLock
from typing import Final

from .errors import BadEvent
from .log.derived import BadState, Fold
from .log.eventlog import EventLog
from .paths import normalise
from .records import Event, Json

CLOCK_INC: Final = "clock_inc"


class FileClocks:
    """The counters, derived from the `clock_inc` events of `log`. A path never raised stands at 0.

    `guard` is the lock under which Heaven's derived state changes.
    """

    name: Final = "clocks/1"

    def __init__(self, guard: RLock) -> None:
        self._guard = guard
        self._counts: dict[str, int] = {}

    @property
    def folds(self) -> Mapping[str, Fold]:
        return {CLOCK_INC: self._fold}

    def state(self) -> Json:
        return dict(self._counts)

    def restore(self, state: Json) -> None:
        if not isinstance(state, dict):
            raise BadState("the clocks are no object")
        counts: dict[str, int] = {}
        for path, value in state.items():
            if not isinstance(value, int):
                raise BadState(f"the clock of {path!r} is not a number")
            counts[path] = value
        self._counts = counts

    def _fold(self, event: Event) -> None:
        clocks = event.data["clocks"]
        if not isinstance(clocks, dict):
            raise BadEvent(f"event {event.seq}: a clock_inc without clocks")
        for path, value in clocks.items():
            if not isinstance(value, int):
                raise BadEvent(f"event {event.seq}: the clock of {path!r} is not a number")
            self._counts[path] = value

    def get(self, paths: Iterable[str]) -> dict[str, int]:
        """The clock of each path, under its normalised spelling. Raises PathOutside."""
        with self._guard:
            return {name: self._counts.get(name, 0) for name in map(normalise, paths)}

    def all(self) -> dict[str, int]:
        """Every clock above 0."""
        with self._guard:
            return dict(self._counts)

    def increase(self, paths: Iterable[str], log: EventLog, *, sync: bool) -> dict[str, int]:
        """Raise the clock of each path by one, all in one event; their new values.

        A path named twice is raised once. Raises PathOutside and what `EventLog.append` raises.
        """
        names = sorted({normalise(path) for path in paths})
        if not names:
            return {}
        with self._guard:
            raised = {name: self._counts.get(name, 0) + 1 for name in names}
            log.append(CLOCK_INC, {"clocks": dict(raised)}, sync=False)
        if sync:
            log.sync()
        return raised
