"""Which leases are live: what the lease events come to, and the ways to look a lease up."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from ...proto.leases import Lease, Scope
from ..clock import from_text
from ..log.derived import BadState, Fold
from ..records import Event, Json
from .grants import (
    EXPIRED,
    GRANTED,
    RELEASED,
    RENEWED,
    Grant,
    grant_state,
    read_ended,
    read_granted,
    read_grants,
    read_renewed,
)
from .lockmodes import LockMode, LockTable
from .scopes import Key, path_key

_K = TypeVar("_K")


class LiveLeases:
    """Derived from `lease_granted`, `lease_renewed`, `lease_released` and `lease_expired` alone; a
    clock is never looked at. Not thread-safe: the lease table calls it under its lock."""

    def __init__(self) -> None:
        self.grants: dict[str, Grant] = {}
        self.locks = LockTable()
        self.last_token = 0
        self._by_scope: dict[tuple[str, Scope, LockMode], str] = {}
        self._writers: dict[Key, set[str]] = {}
        self._of_symbols: dict[str, set[str]] = {}
        self._deadlines: list[tuple[datetime, str]] = []

    @property
    def folds(self) -> Mapping[str, Fold]:
        """How each kind of lease event changes the table."""
        return {
            GRANTED: self._fold_granted,
            RENEWED: self._fold_renewed,
            RELEASED: self._fold_ended,
            EXPIRED: self._fold_ended,
        }

    def state(self) -> Json:
        """The live leases in the order of their tokens, and the last token given."""
        live = sorted(self.grants.values(), key=lambda grant: grant.lease.fencing_token)
        return {"last_token": self.last_token, "live": [grant_state(grant) for grant in live]}

    def restore(self, state: Json) -> None:
        for lease_id in list(self.grants):
            self._remove(lease_id)
        self._deadlines.clear()
        match state:
            case {"last_token": int(last), "live": list(live)}:
                try:
                    for row in live:
                        for grant in read_grants(row if isinstance(row, dict) else {}):
                            self._add(grant)
                except ValueError as error:
                    raise BadState(f"a lease is malformed: {error}") from None
                self.last_token = last
            case _:
                raise BadState("the leases lack a field")

    def held(self, owner_id: str, scope: Scope, mode: LockMode) -> str | None:
        """The owner's lease of this very scope that serves for `mode`."""
        exclusive = self._by_scope.get((owner_id, scope, "X"))
        if exclusive is not None or mode == "X":
            return exclusive
        return self._by_scope.get((owner_id, scope, "S"))

    def run_out(self, now: datetime) -> list[str]:
        """The leases that end by `now`; to be ended by an event, for they are told once."""
        ended: dict[str, None] = {}
        while self._deadlines and self._deadlines[0][0] <= now:
            _, lease_id = heapq.heappop(self._deadlines)
            grant = self.grants.get(lease_id)
            if grant is not None and grant.expires <= now:
                ended[lease_id] = None
        return list(ended)

    def next_end(self) -> datetime | None:
        """When the next lease may end."""
        return self._deadlines[0][0] if self._deadlines else None

    def of_symbols(self, path: str) -> list[Grant]:
        """The leases, of any mode, on definitions in the file."""
        return [self.grants[lease_id] for lease_id in sorted(self._of_symbols.get(path, ()))]

    def in_the_way(self, grant: Grant) -> str | None:
        """An owner who holds what excludes the grant."""
        for node in grant.nodes:
            owner = self.locks.blocker(grant.lease.owner_id, node.key, grant.mode)
            if owner is not None:
                return owner
        return None

    def covering(self, path: str) -> Iterator[Grant]:
        """The exclusive grants under which `path` may be written."""
        key = path_key(path)
        for depth in range(len(key) + 1):
            for lease_id in self._writers.get(key[:depth], ()):
                grant = self.grants[lease_id]
                if depth == len(key) or any(
                    node.symbol is None and node.key == key[:depth] for node in grant.nodes
                ):
                    yield grant

    def holder(self, path: str) -> str | None:
        owners = {grant.lease.owner_id for grant in self.covering(path)}
        return min(owners, default=None)

    def _fold_granted(self, event: Event) -> None:
        for grant in read_granted(event):
            self._add(grant)
            self.last_token = max(self.last_token, grant.lease.fencing_token)

    def _add(self, grant: Grant) -> None:
        lease = grant.lease
        self.grants[lease.lease_id] = grant
        self._by_scope[lease.owner_id, scope_of(lease), grant.mode] = lease.lease_id
        heapq.heappush(self._deadlines, (grant.expires, lease.lease_id))
        for node in grant.nodes:
            self.locks.add(lease.owner_id, node.key, grant.mode)
        for key in _written(grant):
            self._writers.setdefault(key, set()).add(lease.lease_id)
        for path in _files_of_symbols(grant):
            self._of_symbols.setdefault(path, set()).add(lease.lease_id)

    def _fold_renewed(self, event: Event) -> None:
        lease_ids, expires_at = read_renewed(event)
        expires = from_text(expires_at)
        for lease_id in lease_ids:
            old = self.grants[lease_id]
            lease = replace(old.lease, expires_at=expires_at)
            self.grants[lease_id] = replace(old, lease=lease, expires=expires)
            heapq.heappush(self._deadlines, (expires, lease_id))

    def _fold_ended(self, event: Event) -> None:
        for lease_id in read_ended(event):
            self._remove(lease_id)
        if len(self._deadlines) > 2 * len(self.grants) + 64:
            self._deadlines = [(grant.expires, i) for i, grant in self.grants.items()]
            heapq.heapify(self._deadlines)

    def _remove(self, lease_id: str) -> None:
        grant = self.grants.pop(lease_id)
        lease = grant.lease
        del self._by_scope[lease.owner_id, scope_of(lease), grant.mode]
        for node in grant.nodes:
            self.locks.remove(lease.owner_id, node.key, grant.mode)
        for key in _written(grant):
            _discard(self._writers, key, lease_id)
        for path in _files_of_symbols(grant):
            _discard(self._of_symbols, path, lease_id)


def scope_of(lease: Lease) -> Scope:
    return Scope(lease.scope_type, lease.scope_value)


def _written(grant: Grant) -> set[Key]:
    """The files and directories that the grant lets its owner write."""
    if grant.mode == "S":
        return set()
    return {path_key(node.path) for node in grant.nodes if node.path is not None}


def _files_of_symbols(grant: Grant) -> set[str]:
    return {node.path for node in grant.nodes if node.path is not None and node.symbol is not None}


def _discard(index: dict[_K, set[str]], key: _K, lease_id: str) -> None:
    index[key].discard(lease_id)
    if not index[key]:
        del index[key]
