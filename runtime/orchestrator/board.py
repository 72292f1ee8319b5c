"""What a swarm knows while it works: its plan, how each mission stands, who works on what.

Touched in the event loop alone; files, checks and the log are worked on in threads. Whoever changes
something notifies, and whoever waits looks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ...heaven import Heaven
from . import swarmlog
from .attempts import Attempts
from .dag import Dag
from .integrator import release
from .meter import Meter
from .pool import AngelHandle
from .swarmlog import Attempt, SwarmState
from .thrash import Limits, ThrashDetector
from .worktree import remove_worktree


@dataclass(frozen=True, slots=True)
class Options:
    """`angels` at once. An angel that is silent for `lease_seconds` is taken for dead; `takeovers`
    of one attempt are allowed. A mission whose landing fails is done `again` so often."""

    angels: int = 4
    lease_seconds: float = 60.0
    takeovers: int = 25
    again: int = 1
    replacements: int = 2
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Told:
    """News of a swarm for whoever watches: `kind` is an event of `swarmlog`, or `gate`."""

    kind: str
    mission: str
    text: str


class Board:
    """`waiting` are attempts without an angel, `claimed` the missions that were given out,
    `working` the angels by mission, `dropped` the attempts that a new plan has no use for."""

    def __init__(
        self,
        heaven: Heaven,
        state: SwarmState,
        options: Options,
        observe: Callable[[Told], None] | None,
    ) -> None:
        self.heaven = heaven
        self.state = state
        self.options = options
        self.plan = state.plan
        self.dag: Dag = state.plan.dag()
        self.attempts = Attempts(heaven, state)
        self.changed = asyncio.Condition()
        self.waiting: list[Attempt] = []
        self.claimed: set[str] = set()
        self.working: dict[str, AngelHandle] = {}
        self.dropped: set[Attempt] = set()
        self.meters: dict[str, Meter] = {}
        self.detectors: dict[str, ThrashDetector] = {}
        self._observe = observe

    @property
    def over(self) -> bool:
        """Whether every mission has landed or failed."""
        return all(self.state.mission(name).status in ("landed", "failed") for name in self.dag)

    def owner(self, mission: str) -> str:
        """What the mission's leases are held as."""
        return f"{self.state.name}/{mission}"

    def tell(self, kind: str, mission: str, text: str) -> None:
        """News for whoever watches."""
        if self._observe is not None:
            self._observe(Told(kind, mission, text))

    async def notify(self) -> None:
        """Something has changed."""
        async with self.changed:
            self.changed.notify_all()

    async def fail(self, name: str, reason: str) -> None:
        """The mission has failed, and what waits for it is left out."""
        left_out = [one for one in self.dag if name in self.dag.before(one)]
        for one, why in ((name, reason), *((one, f"left out: {name} failed") for one in left_out)):
            if self.state.mission(one).failed is None:
                self.state.mission(one).failed = why
                swarmlog.note(self.heaven, swarmlog.FAILED, self.state.name, one, reason=why)
                self.tell(swarmlog.FAILED, one, why)
        await asyncio.to_thread(release, self.heaven, self.owner(name))
        for attempt in self.state.mission(name).attempts[-1:]:
            await asyncio.to_thread(remove_worktree, self.heaven, attempt.worktree)

    async def again(self, name: str, reason: str) -> None:
        """The mission once more on the tree as it is now, if that is allowed."""
        state = self.state.mission(name)
        done = sum(one.way == "again" for one in state.attempts)
        if done >= self.options.again:
            await self.fail(name, reason)
            return
        attempt = await asyncio.to_thread(self.attempts.again, self.plan.mission(name))
        self.waiting.append(self.given(attempt, f"again: {reason}"))

    def given(self, attempt: Attempt, text: str) -> Attempt:
        """Note that the attempt has begun."""
        mission = self.state.mission(attempt.mission)
        mission.attempts.append(attempt)
        mission.ran = None
        self.tell(swarmlog.GIVEN, attempt.mission, text)
        return attempt

    async def not_done(self, attempt: Attempt, reason: str) -> None:
        """An attempt ended badly. One at a conflict gives way to the mission done again."""
        if attempt.way == "conflict":
            await self.again(attempt.mission, reason)
        else:
            await self.fail(attempt.mission, reason)

    def choose(self) -> Attempt | str | None:
        """An attempt that lost its angel first, else the first mission that is ready."""
        if self.waiting:
            return self.waiting.pop(0)
        landed = {one.mission for one in self.state.landings}
        for name in self.dag.ready(landed):
            if name not in self.claimed and self.state.mission(name).failed is None:
                self.claimed.add(name)
                return name
        return None
