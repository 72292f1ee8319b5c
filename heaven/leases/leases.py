"""Leases: who may write where, until when.

Everything here is derived from the events `lease_granted`, `lease_renewed`, `lease_released` and
`lease_expired`. The clock is looked at when somebody asks for something, and what it says becomes
an event; a replay never looks at it. Each grant has a fencing token, one higher than any before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Condition, RLock
from typing import Final

from ...proto.leases import AcquireResponse, Lease, Scope
from ..clock import Clock, to_text
from ..errors import BadScope, Closed, LeaseGone, LeaseNotOwned
from ..log.derived import Fold
from ..log.eventlog import EventLog
from ..records import Json
from .grants import (
    EXPIRED,
    GRANTED,
    RELEASED,
    RENEWED,
    granted_data,
    granted_row,
)
from .live import LiveLeases
from .lockmodes import LockMode
from .scopes import Key, Node, SymbolFinder, canonical_order, nodes_of
from .waiting import Line, Waiter
from .writes import Extents, LineFinder, TouchedLines, Write

DEFAULT_TTL_SECONDS: Final = 600.0
MAX_TTL_SECONDS: Final = 30 * 86_400.0
MAX_WAIT_SECONDS: Final = 600.0
# The clock may be set, so whoever waits for an expiry looks at it now and then.
_LOOK_EVERY_S: Final = 0.25


class LeaseTable:
    """The live leases of one Heaven. Thread-safe; `guard` is the lock of its derived state.

    `root` and `find_symbols` say what modules and symbols stand for at the moment of a grant; the
    answer is written into the event. `find_lines` says where symbols are at the moment of a write.
    """

    name: Final = "leases/1"

    def __init__(
        self,
        guard: RLock,
        clock: Clock,
        root: Path,
        find_symbols: SymbolFinder,
        find_lines: LineFinder,
    ) -> None:
        self._guard = guard
        self._clock = clock
        self._root = root
        self._find_symbols = find_symbols
        self._find_lines = find_lines
        self.live = LiveLeases()
        self._line = Line(self.live.locks)
        self._freed = Condition(guard)
        self._being_written = 0

    @property
    def folds(self) -> Mapping[str, Fold]:
        return self.live.folds

    def state(self) -> Json:
        return self.live.state()

    def restore(self, state: Json) -> None:
        self.live.restore(state)

    def acquire(
        self,
        log: EventLog,
        owner_id: str,
        mission_id: str,
        scopes: Sequence[Scope],
        *,
        ttl_seconds: float = DEFAULT_TTL_SECONDS,
        partial: bool = False,
        mode: LockMode = "X",
        wait_seconds: float = 0.0,
        go_on: Callable[[], bool] | None = None,
    ) -> AcquireResponse:
        """Lease each scope for `ttl_seconds`: all or none of them, or with `partial` those free.

        `acquired` and `denied` come in canonical order, spelled as normalised. A scope that the
        owner already has comes back as the same lease, its expiry moved out if that is later.
        With `wait_seconds`, wait so long for what is not free, behind those who wait already (see
        waiting.py), or until `go_on()` is false; not with `partial`, nor inside `writing`.
        Raises BadScope, PathOutside, and what `EventLog.append` raises.
        """
        _check_ttl(ttl_seconds)
        if not owner_id:
            raise BadScope("a lease needs an owner")
        if not 0 <= wait_seconds <= MAX_WAIT_SECONDS or (wait_seconds and partial):
            raise BadScope(
                f"a request may wait 0 to {MAX_WAIT_SECONDS:.0f} seconds, and none if partial"
            )
        until = time.monotonic() + wait_seconds
        wanted = self._places(scopes)
        place = Waiter(owner_id, _keys(wanted), mode)
        waiting = False
        try:
            while True:
                with self._guard:
                    response = self._grant(log, place, mission_id, wanted, ttl_seconds, partial)
                    if partial or not response.denied:
                        break
                    if not waiting:
                        if not wait_seconds or self._being_written:
                            break
                        waiting = self._line.join(place)
                        if not waiting:
                            break
                    if not self._wait(log, until) or (go_on is not None and not go_on()):
                        break
                # What a symbol or a module stands for may have changed in the meantime.
                wanted = self._places(scopes)
                place.keys = _keys(wanted)
        finally:
            if waiting:
                with self._guard:
                    self._line.leave(place)
                    self._freed.notify_all()
        if response.acquired:
            log.sync()
        return response

    def holders(
        self, log: EventLog, owner_id: str, scopes: Iterable[Scope], mode: LockMode
    ) -> dict[str, str]:
        """For each scope (`type:value`) that `owner_id` could not have now, an owner in its way.

        Raises BadScope, PathOutside, and what `EventLog.append` raises.
        """
        wanted = self._places(scopes)
        with self._guard:
            self._expire(log, self._clock.now())
            found = {
                f"{scope.scope_type}:{scope.scope_value}": self._blocker(
                    Waiter(owner_id, (), mode), tuple(node.key for node in nodes)
                )
                for scope, nodes in wanted
            }
        return {name: owner for name, owner in found.items() if owner is not None}

    def renew(
        self, log: EventLog, owner_id: str, lease_ids: Collection[str], ttl_seconds: float
    ) -> tuple[Lease, ...]:
        """Let each lease end `ttl_seconds` from now, unless it ends later anyway; all or none.

        Raises LeaseGone, LeaseNotOwned, BadScope, and what `EventLog.append` raises.
        """
        _check_ttl(ttl_seconds)
        with self._guard:
            now = self._clock.now()
            self._expire(log, now)
            for lease_id in lease_ids:
                self._check_owner(owner_id, lease_id)
                if lease_id not in self.live.grants:
                    raise LeaseGone(lease_id)
            self._extend(log, lease_ids, now + timedelta(seconds=ttl_seconds))
            renewed = tuple(self.live.grants[lease_id].lease for lease_id in lease_ids)
        log.sync()
        return renewed

    def release(self, log: EventLog, owner_id: str, lease_ids: Collection[str]) -> tuple[str, ...]:
        """End the leases; returns those that were still active. Raises LeaseNotOwned (and then
        ends none), and what `EventLog.append` raises."""
        with self._guard:
            self._expire(log, self._clock.now())
            for lease_id in lease_ids:
                self._check_owner(owner_id, lease_id)
            ended = tuple(i for i in dict.fromkeys(lease_ids) if i in self.live.grants)
            if ended:
                log.append(RELEASED, {"leases": list(ended)}, sync=False)
                self._freed.notify_all()
        if ended:
            log.sync()
        return ended

    def active(self) -> tuple[Lease, ...]:
        """The leases that have not ended by now, in the order of their tokens."""
        with self._guard:
            now = self._clock.now()
            live = [grant.lease for grant in self.live.grants.values() if grant.expires > now]
        return tuple(sorted(live, key=lambda lease: lease.fencing_token))

    def check_write(
        self,
        log: EventLog,
        owner_id: str,
        paths: Iterable[str],
        tokens: Collection[int] | None = None,
        lines: TouchedLines | None = None,
    ) -> None:
        """Return only if live exclusive leases of the owner let it write every path: the file
        itself, a directory or module above it, or symbols in it.

        Under symbols, a path may be written in the `lines` that it names (see writes.py), a path
        that is not in `lines` anywhere; where others have leases in the file, only in the owner's
        own symbols. With `tokens`, the lease's fencing token must be among them. Raises NotLeased,
        StaleToken, PathOutside, what `EventLog.append` raises, and TreeUnreadable.
        """
        with self._checked(log, Write(owner_id, tuple(paths), tokens, lines or {})):
            pass

    @contextmanager
    def writing(
        self,
        log: EventLog,
        owner_id: str,
        paths: Iterable[str],
        tokens: Collection[int] | None = None,
        lines: TouchedLines | None = None,
    ) -> Iterator[None]:
        """`check_write`, and then nobody else is granted anything until the block ends: the check
        and the write are one step. Keep the block short."""
        with self._checked(log, Write(owner_id, tuple(paths), tokens, lines or {})):
            self._being_written += 1
            try:
                yield
            finally:
                self._being_written -= 1

    @contextmanager
    def _checked(self, log: EventLog, write: Write) -> Iterator[None]:
        """In the block the write is allowed, and the guard held. Where symbols lie is asked without
        it; who holds them may change meanwhile, and then it is asked again."""
        extents: Extents = {}
        while True:
            with self._guard:
                self._expire(log, self._clock.now())
                unknown = write.check(self.live, extents)
                if not unknown:
                    yield
                    return
            extents = {**extents, **{place: self._find_lines(*place) for place in unknown}}

    def _places(self, scopes: Iterable[Scope]) -> list[tuple[Scope, tuple[Node, ...]]]:
        """Each scope once, in canonical order, with what it covers. Asks the index: call it
        without the guard."""
        return [
            (scope, nodes_of(scope, self._root, self._find_symbols))
            for scope in canonical_order(scopes)
        ]

    def _grant(
        self,
        log: EventLog,
        request: Waiter,
        mission_id: str,
        wanted: Iterable[tuple[Scope, tuple[Node, ...]]],
        ttl_seconds: float,
        partial: bool,
    ) -> AcquireResponse:
        """Grant what can be granted now; not synced yet. With the guard held."""
        now = self._clock.now()
        self._expire(log, now)
        owner_id, mode = request.owner, request.mode
        expires = now + timedelta(seconds=ttl_seconds)
        lease_ids: list[str] = []
        fresh: list[Json] = []
        denied: list[str] = []
        for scope, nodes in wanted:
            held = self.live.held(owner_id, scope, mode)
            if held is not None:
                lease_ids.append(held)
            elif self._blocker(request, tuple(node.key for node in nodes)) is not None:
                denied.append(f"{scope.scope_type}:{scope.scope_value}")
            else:
                token = self.live.last_token + len(fresh) + 1
                lease_ids.append(f"L{token}")
                fresh.append(granted_row(token, scope, nodes))
        if denied and not partial:
            return AcquireResponse((), tuple(denied))
        if fresh:
            data = granted_data(owner_id, mission_id, mode, now, expires, fresh)
            log.append(GRANTED, data, sync=False)
        self._extend(log, lease_ids, expires)
        acquired = tuple(self.live.grants[lease_id].lease for lease_id in lease_ids)
        return AcquireResponse(acquired, tuple(denied))

    def _wait(self, log: EventLog, until: float) -> bool:
        """Wait until something may have become free; False when the time is up. The guard is let go
        meanwhile."""
        left = until - time.monotonic()
        if left <= 0:
            return False
        if log.closed:
            raise Closed
        pause = min(left, _LOOK_EVERY_S)
        next_end = self.live.next_end()
        if next_end is not None:
            left = (next_end - self._clock.now()).total_seconds()
            pause = min(pause, max(left, 0.001))
        self._freed.wait(pause)
        return True

    def _blocker(self, request: Waiter, keys: tuple[Key, ...]) -> str | None:
        """Someone who holds, or waits longer for, what excludes these of the request's places."""
        for key in keys:
            owner = self.live.locks.blocker(request.owner, key, request.mode)
            if owner is not None:
                return owner
        return self._line.ahead(request, keys)

    def _extend(self, log: EventLog, lease_ids: Iterable[str], expires: datetime) -> None:
        later: list[Json] = [i for i in lease_ids if self.live.grants[i].expires < expires]
        if later:
            log.append(RENEWED, {"leases": later, "expires": to_text(expires)}, sync=False)

    def _expire(self, log: EventLog, now: datetime) -> None:
        """Write down what has run out. Not synced: whatever is granted because of it comes later
        in the log, and is."""
        ended: list[Json] = list(self.live.run_out(now))
        if ended:
            log.append(EXPIRED, {"leases": ended}, sync=False)
            self._freed.notify_all()

    def _check_owner(self, owner_id: str, lease_id: str) -> None:
        grant = self.live.grants.get(lease_id)
        if grant is not None and grant.lease.owner_id != owner_id:
            raise LeaseNotOwned(lease_id, owner_id, grant.lease.owner_id)


def _keys(wanted: Iterable[tuple[Scope, tuple[Node, ...]]]) -> tuple[Key, ...]:
    """Every place of a request, once."""
    return tuple(dict.fromkeys(node.key for _, nodes in wanted for node in nodes))


def _check_ttl(ttl_seconds: float) -> None:
    if not (math.isfinite(ttl_seconds) and 0 < ttl_seconds <= MAX_TTL_SECONDS):
        raise BadScope(
            f"a lease lives more than 0 and at most {MAX_TTL_SECONDS:.0f} seconds, "
            f"not {ttl_seconds}"
        )
