"""Multigranularity locking (Gray, 1975): a lock on a place is announced on every place above it.

Shared (S) and exclusive (X) locks sit on a node; each puts an intention (IS, IX) on the node's
ancestors. Whether a lock is free is then a matter of the few counters between it and the root,
however many locks there are below or beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from .scopes import Key

LockMode: TypeAlias = Literal["S", "X"]
_Held: TypeAlias = Literal["IS", "IX", "S", "X"]

_INTENTION: Final[dict[LockMode, _Held]] = {"S": "IS", "X": "IX"}
_INCOMPATIBLE: Final[dict[_Held, tuple[_Held, ...]]] = {
    "IS": ("X",),
    "IX": ("S", "X"),
    "S": ("IX", "X"),
    "X": ("IS", "IX", "S", "X"),
}
_NONE: Final[dict[_Held, int]] = {"IS": 0, "IX": 0, "S": 0, "X": 0}


class LockTable:
    """Who holds which mode where. An owner's own locks never stand in its way.

    Not thread-safe: the lease table calls it under its lock.
    """

    def __init__(self) -> None:
        self._totals: dict[Key, dict[_Held, int]] = {}
        self._by_owner: dict[Key, dict[str, dict[_Held, int]]] = {}

    def blocker(self, owner: str, key: Key, mode: LockMode) -> str | None:
        """An owner (the first by name) whose locks rule out `mode` on `key`; None if it is free."""
        for depth in range(len(key) + 1):
            wanted: _Held = mode if depth == len(key) else _INTENTION[mode]
            there = key[:depth]
            totals = self._totals.get(there)
            if totals is None:
                return None  # nothing is held below either: it would have announced itself here
            owners = self._by_owner[there]
            mine: Mapping[_Held, int] = owners.get(owner, _NONE)
            for held in _INCOMPATIBLE[wanted]:
                if totals[held] > mine.get(held, 0):
                    return min(o for o, modes in owners.items() if o != owner and modes[held])
        return None

    def blockers(self, owner: str, key: Key, mode: LockMode) -> set[str]:
        """Every owner whose locks rule out `mode` on `key`."""
        found: set[str] = set()
        for depth in range(len(key) + 1):
            wanted: _Held = mode if depth == len(key) else _INTENTION[mode]
            owners = self._by_owner.get(key[:depth], {})
            for other, modes in owners.items():
                if other != owner and any(modes[held] for held in _INCOMPATIBLE[wanted]):
                    found.add(other)
        return found

    def holds(self, owner: str) -> bool:
        """Whether the owner has any lock: each is announced at the root."""
        return owner in self._by_owner.get((), {})

    def add(self, owner: str, key: Key, mode: LockMode) -> None:
        self._count(owner, key, mode, 1)

    def remove(self, owner: str, key: Key, mode: LockMode) -> None:
        """Undo one `add` of the same three."""
        self._count(owner, key, mode, -1)

    def _count(self, owner: str, key: Key, mode: LockMode, by: int) -> None:
        for depth in range(len(key) + 1):
            held: _Held = mode if depth == len(key) else _INTENTION[mode]
            there = key[:depth]
            totals = self._totals.get(there)
            if totals is None:
                totals = self._totals[there] = dict(_NONE)
                self._by_owner[there] = {}
            owners = self._by_owner[there]
            mine = owners.get(owner)
            if mine is None:
                mine = owners[owner] = dict(_NONE)
            totals[held] += by
            mine[held] += by
            if by < 0 and not any(mine.values()):
                del owners[owner]
                if not owners:
                    del self._by_owner[there], self._totals[there]
