"""State that is a function of the event log, and how it takes part in a snapshot.

A `Derived` changes through its folds only, whether an event is new or replayed. Its `state` is
what a snapshot keeps; `restore` puts it back, as if the events had been folded again. To add one,
list it in `HeavenState` (state.py): boot, snapshots and fsck take it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from ..errors import HeavenError
from ..records import Event, Json

Fold: TypeAlias = Callable[[Event], None]


class BadState(HeavenError):
    """A snapshot holds a state that its owner cannot read. Nobody's fault: the log is replayed."""


class Derived(Protocol):
    """One part of what the log says. Its methods are called under the log's lock."""

    @property
    def name(self) -> str:
        """Its key in a snapshot, with a number to be raised when its state or the meaning of its
        events changes: `leases/1`. A snapshot with another list of names is not used."""
        ...

    @property
    def folds(self) -> Mapping[str, Fold]:
        """By event kind, the function that takes in such an event. Nobody else has these kinds."""
        ...

    def state(self) -> Json:
        """All of it, sharing nothing with what later events change. Equal states are equal JSON."""
        ...

    def restore(self, state: Json) -> None:
        """Become what `state` returned, whatever it was before. Raises BadState."""
        ...
