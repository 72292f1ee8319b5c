"""What has run lands: one mission after the other, in the order of the DAG."""

from __future__ import annotations

import asyncio

from ..checks import CheckUnavailable
from . import swarmlog
from .board import Board
from .integrator import Refused, integrate
from .meter import Meter, Reading
from .swarmlog import Landing, Ran
from .verifier import Gate


class LandingLine:
    """Lands the missions of one swarm."""

    def __init__(self, board: Board, check_timeout: float) -> None:
        self._board = board
        self._gate = Gate(board.heaven, f"{board.state.name}/gate", check_timeout)

    async def work(self) -> None:
        """Land what has run, each mission when all before it in the order are settled."""
        board = self._board
        while True:
            async with board.changed:
                while (name := self._to_land()) is None:
                    if board.over:
                        return
                    await board.changed.wait()
            ran = board.state.mission(name).ran
            assert ran is not None, "what is to land has run"
            await self._land(name, ran)
            await board.notify()

    def _to_land(self) -> str | None:
        board = self._board
        for name in board.dag:
            mission = board.state.mission(name)
            if mission.status in ("landed", "failed"):
                continue
            return name if mission.ran is not None and not mission.ran.exit_code else None
        return None

    async def _land(self, name: str, ran: Ran) -> None:
        board = self._board
        mission = board.plan.mission(name)
        try:
            landing = await asyncio.to_thread(
                integrate,
                board.heaven,
                board.state,
                mission,
                ran,
                self._gate,
                board.options.lease_seconds,
            )
        except CheckUnavailable as missing:
            await board.fail(name, str(missing))
            return
        if isinstance(landing, Landing):
            board.state.mission(name).landing = landing
            board.state.landings.append(landing)
            board.tell(swarmlog.LANDED, name, f"tree {landing.tree[:12]}")
            return
        if isinstance(landing, Refused):
            if landing.code in ("lease", "invariant"):
                # The same edit would come of it again.
                await board.fail(name, landing.message)
                return
            self._count(name, "conflicts")
            if landing.programs:
                attempt = await asyncio.to_thread(board.attempts.conflict, mission, ran, landing)
                board.waiting.append(board.given(attempt, f"conflict: {landing.message}"))
                return
            reason = landing.message
        else:
            self._count(name, "test_failures")
            reason = f"on the tree as it is now, {landing}"
        await board.again(name, reason)

    def _count(self, name: str, what: str) -> None:
        self._board.meters.setdefault(name, Meter()).take(Reading("verify", what))
