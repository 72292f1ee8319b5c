"""Angels at work: an idle one is given what is ready, heard while it works, replaced if it dies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from time import monotonic
from typing import Final

from ...heaven.errors import LeaseGone
from ...heaven.records import JsonObject
from .. import fields
from ..errors import RunError
from . import swarmlog
from .board import Board
from .integrator import lease
from .meter import PHASES, Meter, Reading
from .pool import AngelDied, AngelHandle
from .swarmlog import Attempt
from .thrash import ThrashDetector
from .worktree import end_processes

STARTS: Final = 3
"""How often in a row, for each angel, its process may fail to start."""
_LOOK_AGAIN: Final = 0.25


class _Thrashing(Exception):
    """The mission gets nowhere; its angel is to be stopped."""


class Serving:
    """The angels of a swarm. `took_over` is how long (seconds) missions were without one."""

    def __init__(
        self,
        board: Board,
        on_thrashing: Callable[[Attempt], Awaitable[None]],
        on_angel: Callable[[int], None] | None,
    ) -> None:
        self._board = board
        self._on_thrashing = on_thrashing
        self._on_angel = on_angel
        self._logging = asyncio.Lock()
        self._died: dict[str, float] = {}
        self._failed_starts = 0
        self.took_over: list[float] = []

    async def serve(self) -> None:
        """One angel's missions, one after the other. It has a process also while it is idle: who
        takes over a mission should not have to be started first."""
        board = self._board
        handle = AngelHandle(board.options.lease_seconds, board.notify)
        try:
            while True:
                async with board.changed:
                    while not (choice := board.choose()) and handle.pid is not None:
                        if board.over:
                            return
                        await board.changed.wait()
                if choice is None:
                    if board.over:
                        return
                    with suppress(AngelDied):
                        await self._start(handle)
                    continue
                attempt = await self._given_out(choice)
                if attempt is not None:
                    await self._do(handle, attempt)
        finally:
            await handle.close()

    async def _given_out(self, choice: Attempt | str) -> Attempt | None:
        """The attempt that an idle angel is to make; None where it cannot begin yet."""
        if isinstance(choice, Attempt):
            return await self._prepared(choice)
        return await self._begin(choice)

    async def _prepared(self, attempt: Attempt) -> Attempt:
        """The attempt, with its leases and its worktree, made anew where it is gone."""
        board = self._board
        owner = board.owner(attempt.mission)
        scopes = board.plan.mission(attempt.mission).scopes
        await asyncio.to_thread(lease, board.heaven, owner, scopes, board.options.lease_seconds)
        mission = board.plan.mission(attempt.mission)
        found = await asyncio.to_thread(board.attempts.ensure, attempt, mission)
        return attempt if found == attempt else board.given(found, "its worktree was gone")

    async def _begin(self, name: str) -> Attempt | None:
        """A mission's first attempt, once it has its leases; None while somebody else has them."""
        board = self._board
        owner = board.owner(name)
        mission = board.plan.mission(name)
        seconds = board.options.lease_seconds
        if await asyncio.to_thread(lease, board.heaven, owner, mission.scopes, seconds):
            attempt = await asyncio.to_thread(board.attempts.first, mission)
            return board.given(attempt, "started")
        board.claimed.discard(name)
        await asyncio.sleep(_LOOK_AGAIN)
        return None

    async def _do(self, handle: AngelHandle, attempt: Attempt) -> None:
        board = self._board
        name = attempt.mission
        board.working[name] = handle
        try:
            await self._start(handle)
            if name in self._died:
                self.took_over.append(monotonic() - self._died.pop(name))
            said = await self._listen(handle, attempt)
        except AngelDied as died:
            await self._lost(attempt, died.reason)
        except _Thrashing:
            await handle.kill()
            await self._on_thrashing(attempt)
        else:
            if attempt not in board.dropped:
                await self._ended(attempt, said)
        finally:
            if board.working.get(name) is handle:
                del board.working[name]
            await board.notify()

    async def _start(self, handle: AngelHandle) -> None:
        before = handle.pid
        try:
            await handle.start()
        except AngelDied as died:
            self._failed_starts += not died.killed
            if self._failed_starts > STARTS * self._board.options.angels:
                raise RunError(f"angels' processes do not start: {died.reason}") from None
            raise
        self._failed_starts = 0
        if self._on_angel is not None and handle.pid not in (None, before):
            self._on_angel(handle.pid or 0)

    async def _listen(self, handle: AngelHandle, attempt: Attempt) -> JsonObject:
        """Its last word. Keeps the mission's leases while it is heard. Raises AngelDied."""
        board = self._board
        task = board.attempts.task(attempt)
        renewed = monotonic()
        said: JsonObject = {}
        meter = board.meters.setdefault(attempt.mission, Meter())
        detector = board.detectors.setdefault(attempt.mission, ThrashDetector(board.options.limits))
        async with aclosing(handle.work(task)) as words:
            async for said in words:
                if said.get("event") == "reading":
                    meter.take(_reading(said))
                    if detector.look(meter) is not None:
                        raise _Thrashing
                if monotonic() - renewed > board.options.lease_seconds / 3:
                    renewed = monotonic()
                    await asyncio.to_thread(self._renew, attempt.mission)
        return said

    def _renew(self, mission: str) -> None:
        board = self._board
        owner = board.owner(mission)
        held = [one.lease_id for one in board.heaven.active_leases() if one.owner_id == owner]
        with suppress(LeaseGone):
            board.heaven.renew(owner, held, ttl_seconds=board.options.lease_seconds)

    async def _lost(self, attempt: Attempt, reason: str) -> None:
        """Its angel died: the next one goes on with it."""
        board = self._board
        if attempt in board.dropped:
            return
        mission = board.state.mission(attempt.mission)
        mission.takeovers += 1
        self._died[attempt.mission] = monotonic()
        if mission.takeovers > board.options.takeovers * len(mission.attempts):
            await board.fail(
                attempt.mission, f"its angels died {mission.takeovers} times: {reason}"
            )
            return
        swarmlog.note(
            board.heaven,
            swarmlog.TAKEN_OVER,
            board.state.name,
            attempt.mission,
            attempt=attempt.number,
            reason=reason,
        )
        board.tell(swarmlog.TAKEN_OVER, attempt.mission, reason)
        # A check that it ran may go on without it, in the files that the next one works on.
        await asyncio.to_thread(end_processes, board.heaven, attempt.worktree)
        board.waiting.append(attempt)

    async def _ended(self, attempt: Attempt, said: JsonObject) -> None:
        board = self._board
        if said.get("event") == "refused":
            text = fields.text(said, "text").strip()
            await board.fail(attempt.mission, f"its program does not fit the repository: {text}")
            return
        async with self._logging:
            ran = await asyncio.to_thread(
                board.attempts.carry_over,
                attempt,
                fields.number(said, "exit_code"),
                fields.optional_text(said, "message"),
            )
        board.state.mission(attempt.mission).ran = ran
        if ran.exit_code:
            await board.not_done(attempt, ran.message or f"exit code {ran.exit_code}")
        else:
            board.tell(swarmlog.RAN, attempt.mission, ", ".join(ran.runs))


def _reading(said: JsonObject) -> Reading:
    return Reading(
        fields.one_of(said, "phase", PHASES),
        fields.text(said, "what"),
        fields.number(said, "amount"),
    )
