"""Who waits for leases, and who goes first.

Requests that exclude each other are served in the order in which they began to wait, so a stream of
readers cannot keep a writer out. A request takes all it wants or nothing, hence who holds nothing
while it waits cannot be part of a deadlock. Who does hold something is not let into the line if
someone it would wait for waits for it; and where an earlier request waits for one of its leases, it
need not stand behind that request, which cannot go on before it anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .lockmodes import LockMode, LockTable
from .scopes import Key

MAX_WAITING: Final = 256
"""Requests that may wait at a time; one more is answered at once."""


@dataclass(slots=True, eq=False)
class Waiter:
    """A request in the line: its owner wants all `keys` in `mode`."""

    owner: str
    keys: tuple[Key, ...]
    mode: LockMode


class Line:
    """The waiting requests, oldest first, over the locks that are held.

    Not thread-safe: the lease table calls it under its lock.
    """

    def __init__(self, locks: LockTable) -> None:
        self._locks = locks
        self._waiters: list[Waiter] = []

    def __len__(self) -> int:
        return len(self._waiters)

    def join(self, waiter: Waiter) -> bool:
        """Let the request wait, unless the line is full or waiting would be for ever."""
        if len(self._waiters) >= MAX_WAITING or self._waits_for(waiter, waiter.owner, set()):
            return False
        self._waiters.append(waiter)
        return True

    def leave(self, waiter: Waiter) -> None:
        self._waiters.remove(waiter)

    def ahead(self, request: Waiter, keys: tuple[Key, ...]) -> str | None:
        """The owner of an earlier request that `request` (in the line or not) must let go first
        where it wants `keys`."""
        for earlier in self._before(request, keys):
            if not self._waits_for(earlier, request.owner, set()):
                return earlier.owner
        return None

    def _before(self, request: Waiter, keys: tuple[Key, ...]) -> Iterator[Waiter]:
        """Other owners' earlier requests that exclude these of the request's places."""
        for waiter in self._waiters:
            if waiter is request:
                return
            if waiter.owner != request.owner and _exclude(waiter, request.mode, keys):
                yield waiter

    def _waits_for(self, waiter: Waiter, owner: str, seen: set[str]) -> bool:
        """Whether the request cannot be served before `owner` gives up a lease, directly or
        because those that it waits for cannot."""
        if not self._locks.holds(owner):
            return False
        blockers = {
            other
            for key in waiter.keys
            for other in self._locks.blockers(waiter.owner, key, waiter.mode)
        }
        blockers.update(earlier.owner for earlier in self._before(waiter, waiter.keys))
        if owner in blockers:
            return True
        fresh = blockers - seen
        seen |= fresh
        return any(
            self._waits_for(other, owner, seen) for other in self._waiters if other.owner in fresh
        )


def _exclude(waiter: Waiter, mode: LockMode, keys: tuple[Key, ...]) -> bool:
    if waiter.mode == mode == "S":
        return False
    return any(_overlap(a, b) for a in waiter.keys for b in keys)


def _overlap(one: Key, other: Key) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
