"""A swarm at work: missions given to angels as they become ready, landed in the order of the DAG.

Everything that must survive is an event before it is acted on (`swarmlog`), so that a swarm that
was killed is resumed from its log: what had landed stays landed, what had run is landed, what was
running goes on in its worktree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from ...heaven import Heaven, HeavenError
from ..angels import Angel
from ..caller import Caller, Interrupted, caller, on_behalf_of
from ..dead import close_dead
from . import swarmlog
from .board import Board, Options, Told
from .errors import SwarmEnded
from .integrator import complete, release
from .landing_line import LandingLine
from .plan import MissionPlan
from .replanning import Replanning
from .serving import Serving
from .swarmlog import SwarmState

__all__ = ["Finished", "Options", "Told", "resume_swarm", "run_swarm"]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a swarm ended. `failed` has the reason by mission; `took_over` how long (seconds) after
    an angel's death each of its missions was with the next one."""

    swarm: str
    status: swarmlog.Status
    landed: tuple[str, ...]
    failed: dict[str, str]
    head: str
    tree: str
    took_over: tuple[float, ...]

    @property
    def exit_code(self) -> int:
        return 0 if self.status == "done" else 1


def run_swarm(
    heaven: Heaven,
    plan: MissionPlan,
    *,
    angel: str | None,
    directory: Path,
    options: Options,
    check_timeout: float = 900.0,
    oracle: Angel | None = None,
    observe: Callable[[Told], None] | None = None,
    on_start: Callable[[str], None] | None = None,
    on_angel: Callable[[int], None] | None = None,
) -> Finished:
    """Carry out a plan. `angel` is a specification in which `{mission}` stands for the mission's
    name, its paths counted from `directory`; `on_angel` is told the pid of each angel's process.

    An interrupt leaves the swarm to be resumed. Raises BadPlan before anything is done; RunError,
    HeavenError, CheckUnavailable, OSError where the environment ends it, to be resumed as well.
    """
    close_dead(heaven)
    plan.check(heaven)
    heaven.build_index()
    base = heaven.put_blob(heaven.snapshot().to_json())
    state = swarmlog.start(
        heaven,
        plan,
        base=base,
        angel=angel,
        directory=str(directory),
        angels=options.angels,
        check_timeout=check_timeout,
    )
    if on_start is not None:
        on_start(state.name)
    return _work(heaven, state, options, oracle, observe, on_angel)


def resume_swarm(
    heaven: Heaven,
    name: str,
    *,
    options: Options,
    oracle: Angel | None = None,
    observe: Callable[[Told], None] | None = None,
    on_angel: Callable[[int], None] | None = None,
) -> Finished:
    """Go on with a swarm whose process died or was interrupted. Raises NoSuchSwarm, SwarmEnded, and
    what `run_swarm` raises."""
    state = swarmlog.find_swarm(heaven, name)
    if state.status is not None:
        raise SwarmEnded(state.name, state.status)
    close_dead(heaven)
    heaven.build_index()
    for mission in state.missions.values():
        if mission.landing is None and mission.ran is not None and mission.ran.exit_code == 0:
            landing = complete(heaven, state, mission.name, mission.ran)
            if landing is not None:
                mission.landing = landing
                state.landings.append(landing)
    heaven.append(swarmlog.RESUMED, {"swarm": state.name})
    return _work(heaven, state, options, oracle, observe, on_angel)


def _work(
    heaven: Heaven,
    state: SwarmState,
    options: Options,
    oracle: Angel | None,
    observe: Callable[[Told], None] | None,
    on_angel: Callable[[int], None] | None,
) -> Finished:
    over = Event()

    def check_wanted() -> None:
        if over.is_set():
            raise Interrupted("the swarm was interrupted")

    async def work() -> Finished:
        try:
            return await _to_the_end(Board(heaven, state, options, observe), oracle, on_angel)
        finally:
            # A check of the gate runs in a thread, which an interrupt does not reach.
            over.set()

    asker = caller()
    try:
        with on_behalf_of(Caller(asker.environ, asker.python, check_wanted)):
            return asyncio.run(work())
    except BaseExceptionGroup as several:
        raise _first(several) from several
    finally:
        for mission in state.missions:
            with suppress(HeavenError):
                release(heaven, f"{state.name}/{mission}")


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    for one in group.exceptions:
        return _first(one) if isinstance(one, BaseExceptionGroup) else one
    raise AssertionError("a group of exceptions is never empty")


async def _to_the_end(
    board: Board, oracle: Angel | None, on_angel: Callable[[int], None] | None
) -> Finished:
    state = board.state
    _take_up(board)
    serving = Serving(board, Replanning(board, oracle).stopped, on_angel)
    async with asyncio.TaskGroup() as group:
        for _ in range(min(board.options.angels, len(board.dag))):
            group.create_task(serving.serve())
        group.create_task(LandingLine(board, state.check_timeout).work())
    failed = {
        name: mission.failed
        for name in board.dag
        if (mission := state.mission(name)).failed is not None
    }
    tree = (await asyncio.to_thread(board.heaven.snapshot)).tree_hash
    status: swarmlog.Status = "failed" if failed else "done"
    message = "; ".join(f"{name}: {reason}" for name, reason in failed.items()) or None
    swarmlog.finish(board.heaven, state, status, message, tree)
    return Finished(
        state.name,
        status,
        tuple(one.mission for one in state.landings),
        failed,
        state.head,
        tree,
        tuple(serving.took_over),
    )


def _take_up(board: Board) -> None:
    """What a process before this one had under way."""
    for mission in board.state.missions.values():
        if mission.status == "running":
            attempt = mission.attempts[-1]
            board.claimed.add(mission.name)
            board.waiting.append(attempt)
            board.meters[mission.name] = board.attempts.measured(attempt)
        elif mission.status == "ran":
            board.claimed.add(mission.name)
            assert mission.ran is not None, "its status says so"
            if mission.ran.exit_code:
                mission.failed = mission.ran.message or "it failed"
