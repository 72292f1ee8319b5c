"""A mission that thrashes: stopped, and another plan in the place of the one that led there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ...heaven.records import Json
from ..angels import Angel
from ..errors import RunError
from . import swarmlog
from .board import Board
from .integrator import release
from .oracle import Replacement, ask_for_plan
from .pool import AngelHandle
from .swarmlog import Attempt


class Replanning:
    """`oracle` is who is asked for another plan, None where there is nobody to ask."""

    def __init__(self, board: Board, oracle: Angel | None) -> None:
        self._board = board
        self._oracle = oracle

    async def stopped(self, attempt: Attempt) -> None:
        """Its angel was stopped because its mission thrashes."""
        board = self._board
        name = attempt.mission
        reason = board.detectors[name].reason or ""
        meter = board.meters[name]
        swarmlog.note(
            board.heaven,
            swarmlog.THRASHING,
            board.state.name,
            name,
            reason=reason,
            metrics=meter.json(),
        )
        board.tell(swarmlog.THRASHING, name, reason)
        if self._oracle is None or board.state.replacements >= board.options.replacements:
            await board.fail(name, f"thrashing: {reason}")
            return
        try:
            replacement = await asyncio.to_thread(
                ask_for_plan,
                board.heaven,
                self._oracle,
                board.state,
                name,
                reason,
                meter,
            )
        except RunError as error:
            await board.fail(name, f"thrashing: {reason}; the oracle gave no plan: {error}")
            return
        await self._replace(name, replacement)

    async def _replace(self, thrashing: str, replacement: Replacement) -> None:
        """Go on with another plan. What it has as it was goes on; what it leaves out is stopped."""
        board = self._board
        new = replacement.plan
        kept = {
            one.name
            for one in new.missions
            if one.name != thrashing
            and any(old.name == one.name and old.code == one.code for old in board.plan.missions)
        }
        settled = {one.mission for one in board.state.landings}
        dropped = [
            name for name in board.state.missions if name not in kept and name not in settled
        ]
        swarmlog.note(
            board.heaven,
            swarmlog.REPLACED,
            board.state.name,
            thrashing,
            plan=replacement.blob,
            request=replacement.request,
            answer=replacement.answer,
            dropped=_names(dropped),
        )
        board.plan, board.state.plan = new, new
        board.dag = new.dag()
        board.state.replacements += 1
        stopped: list[AngelHandle] = []
        for name in dropped:
            mission = board.state.missions.pop(name)
            board.dropped.update(mission.attempts)
            board.claimed.discard(name)
            board.meters.pop(name, None)
            board.detectors.pop(name, None)
            handle = board.working.get(name)
            if handle is not None and name != thrashing:
                stopped.append(handle)
        board.waiting = [one for one in board.waiting if one not in board.dropped]
        for handle in stopped:
            await handle.kill()
        for name in dropped:
            await asyncio.to_thread(release, board.heaven, board.owner(name))
        board.tell(swarmlog.REPLACED, thrashing, f"{len(new.missions)} missions")


def _names(names: Sequence[str]) -> list[Json]:
    return [*names]
