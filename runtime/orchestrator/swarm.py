"""A swarm at work: missions given to angels as they become ready, landed in the order of the DAG.

Everything that must survive is an event before it is acted on (`swarmlog`), so that a swarm that
was killed is resumed from its log: what had landed stays landed, what had run is landed, what was
running goes on in its worktree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

from ...heaven import Heaven, HeavenError
from ...heaven.errors import LeaseGone
from ...heaven.records import Json, JsonObject
from .. import fields
from ..angels import Angel
from ..checks import CheckUnavailable
from ..edits import recover
from ..errors import RunError
from ..runs import close_interrupted
from . import swarmlog
from .attempts import Attempts
from .dag import Dag
from .errors import SwarmEnded
from .integrator import Refused, complete, integrate, lease, release
from .meter import Meter, Reading
from .oracle import Replacement, ask_for_plan
from .plan import MissionPlan
from .pool import AngelDied, AngelHandle
from .swarmlog import Attempt, Landing, Ran, SwarmState
from .thrash import Limits, ThrashDetector
from .verifier import Gate
from .worktree import end_processes, remove_worktree

STARTS: Final = 3
"""How often in a row an angel's process may fail to start."""


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


class _Thrashing(Exception):
    """The mission gets nowhere; its angel is to be stopped."""


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
    _tidy(heaven)
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
    _tidy(heaven)
    heaven.build_index()
    for mission in state.missions.values():
        if mission.landing is None and mission.ran is not None and mission.ran.exit_code == 0:
            landing = complete(heaven, state, mission.name, mission.ran)
            if landing is not None:
                mission.landing = landing
                state.landings.append(landing)
    heaven.append(swarmlog.RESUMED, {"swarm": state.name})
    return _work(heaven, state, options, oracle, observe, on_angel)


def _tidy(heaven: Heaven) -> None:
    recover(heaven)
    close_interrupted(heaven)


def _work(
    heaven: Heaven,
    state: SwarmState,
    options: Options,
    oracle: Angel | None,
    observe: Callable[[Told], None] | None,
    on_angel: Callable[[int], None] | None,
) -> Finished:
    swarm = Swarm(heaven, state, options, oracle, observe, on_angel)
    try:
        return asyncio.run(swarm.work())
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


class Swarm:
    """One swarm in one event loop. Files, checks and the log are worked on in threads; what this
    object knows is touched in the loop alone."""

    def __init__(
        self,
        heaven: Heaven,
        state: SwarmState,
        options: Options,
        oracle: Angel | None,
        observe: Callable[[Told], None] | None,
        on_angel: Callable[[int], None] | None,
    ) -> None:
        self._heaven = heaven
        self._state = state
        self._options = options
        self._oracle = oracle
        self._observe = observe
        self._on_angel = on_angel
        self._plan = state.plan
        self._dag: Dag = state.plan.dag()
        self._attempts = Attempts(heaven, state)
        self._gate = Gate(heaven, f"{state.name}/gate", state.check_timeout)
        self._changed = asyncio.Condition()
        self._logging = asyncio.Lock()
        self._waiting: list[Attempt] = []
        self._claimed: set[str] = set()
        self._working: dict[str, AngelHandle] = {}
        self._dropped: set[Attempt] = set()
        self._died: dict[str, float] = {}
        self._took_over: list[float] = []
        self._meters: dict[str, Meter] = {}
        self._detectors: dict[str, ThrashDetector] = {}
        self._failed_starts = 0

    async def work(self) -> Finished:
        """To the end of the plan."""
        self._take_up()
        async with asyncio.TaskGroup() as group:
            for _ in range(self._options.angels):
                group.create_task(self._serve())
            group.create_task(self._integrate())
        failed = {
            name: mission.failed
            for name in self._dag
            if (mission := self._state.mission(name)).failed is not None
        }
        tree = (await asyncio.to_thread(self._heaven.snapshot)).tree_hash
        status: swarmlog.Status = "failed" if failed else "done"
        message = "; ".join(f"{name}: {reason}" for name, reason in failed.items()) or None
        swarmlog.finish(self._heaven, self._state, status, message, tree)
        return Finished(
            self._state.name,
            status,
            tuple(one.mission for one in self._state.landings),
            failed,
            self._state.head,
            tree,
            tuple(self._took_over),
        )

    def _take_up(self) -> None:
        """What a process before this one had under way."""
        for mission in self._state.missions.values():
            if mission.status == "running":
                attempt = mission.attempts[-1]
                self._claimed.add(mission.name)
                self._waiting.append(attempt)
                self._meters[mission.name] = self._attempts.measured(attempt)
            elif mission.status == "ran":
                self._claimed.add(mission.name)
                assert mission.ran is not None, "its status says so"
                if mission.ran.exit_code:
                    self._state.mission(mission.name).failed = mission.ran.message or "it failed"

    # Giving out

    async def _serve(self) -> None:
        """One angel's missions, one after the other. It has a process also while it is idle: who
        takes over a mission should not have to be started first."""
        handle = AngelHandle(self._options.lease_seconds, self._notify)
        try:
            while True:
                async with self._changed:
                    while not (choice := self._choose()) and handle.pid is not None:
                        if self._over:
                            return
                        await self._changed.wait()
                if choice is None:
                    if self._over:
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

    def _choose(self) -> Attempt | str | None:
        """An attempt that lost its angel first, else the first mission that is ready."""
        if self._waiting:
            return self._waiting.pop(0)
        landed = {one.mission for one in self._state.landings}
        for name in self._dag.ready(landed):
            if name not in self._claimed and self._state.mission(name).failed is None:
                self._claimed.add(name)
                return name
        return None

    async def _prepared(self, attempt: Attempt) -> Attempt:
        """The attempt, with its leases and its worktree, made anew where it is gone."""
        owner = f"{self._state.name}/{attempt.mission}"
        scopes = self._plan.mission(attempt.mission).scopes
        await asyncio.to_thread(lease, self._heaven, owner, scopes, self._options.lease_seconds)
        mission = self._plan.mission(attempt.mission)
        found = await asyncio.to_thread(self._attempts.ensure, attempt, mission)
        return attempt if found == attempt else self._given(found, "its worktree was gone")

    def _given(self, attempt: Attempt, text: str) -> Attempt:
        """Note that the attempt has begun."""
        mission = self._state.mission(attempt.mission)
        mission.attempts.append(attempt)
        mission.ran = None
        self._tell(swarmlog.GIVEN, attempt.mission, text)
        return attempt

    async def _begin(self, name: str) -> Attempt | None:
        """A mission's first attempt, once it has its leases; None while somebody else has them."""
        owner = f"{self._state.name}/{name}"
        mission = self._plan.mission(name)
        seconds = self._options.lease_seconds
        if await asyncio.to_thread(lease, self._heaven, owner, mission.scopes, seconds):
            attempt = await asyncio.to_thread(self._attempts.first, mission)
            return self._given(attempt, "started")
        self._claimed.discard(name)
        await asyncio.sleep(_LOOK_AGAIN)
        return None

    # Working

    async def _do(self, handle: AngelHandle, attempt: Attempt) -> None:
        name = attempt.mission
        self._working[name] = handle
        try:
            await self._start(handle)
            if name in self._died:
                self._took_over.append(monotonic() - self._died.pop(name))
            said = await self._listen(handle, attempt)
        except AngelDied as died:
            await self._lost(attempt, died.reason)
        except _Thrashing:
            await handle.kill()
            await self._thrashing(attempt)
        else:
            if attempt not in self._dropped:
                await self._ended(attempt, said)
        finally:
            if self._working.get(name) is handle:
                del self._working[name]
            await self._notify()

    async def _start(self, handle: AngelHandle) -> None:
        before = handle.pid
        try:
            await handle.start()
        except AngelDied as died:
            self._failed_starts += 1
            if self._failed_starts > STARTS * self._options.angels:
                raise RunError(f"angels' processes do not start: {died.reason}") from None
            raise
        self._failed_starts = 0
        if self._on_angel is not None and handle.pid not in (None, before):
            self._on_angel(handle.pid or 0)

    async def _listen(self, handle: AngelHandle, attempt: Attempt) -> JsonObject:
        """Its last word. Keeps the mission's leases while it is heard. Raises AngelDied."""
        task = self._attempts.task(attempt)
        renewed = monotonic()
        said: JsonObject = {}
        meter = self._meters.setdefault(attempt.mission, Meter())
        detector = self._detectors.setdefault(attempt.mission, ThrashDetector(self._options.limits))
        async with aclosing(handle.work(task)) as words:
            async for said in words:
                if said.get("event") == "reading":
                    meter.take(_reading(said))
                    if detector.look(meter) is not None:
                        raise _Thrashing
                if monotonic() - renewed > self._options.lease_seconds / 3:
                    renewed = monotonic()
                    await asyncio.to_thread(self._renew, attempt.mission)
        return said

    def _renew(self, mission: str) -> None:
        owner = f"{self._state.name}/{mission}"
        held = [one.lease_id for one in self._heaven.active_leases() if one.owner_id == owner]
        with suppress(LeaseGone):
            self._heaven.renew(owner, held, ttl_seconds=self._options.lease_seconds)

    async def _lost(self, attempt: Attempt, reason: str) -> None:
        """Its angel died: the next one goes on with it."""
        if attempt in self._dropped:
            return
        mission = self._state.mission(attempt.mission)
        mission.takeovers += 1
        self._died[attempt.mission] = monotonic()
        if mission.takeovers > self._options.takeovers * len(mission.attempts):
            await self._fail(
                attempt.mission, f"its angels died {mission.takeovers} times: {reason}"
            )
            return
        swarmlog.note(
            self._heaven,
            swarmlog.TAKEN_OVER,
            self._state.name,
            attempt.mission,
            attempt=attempt.number,
            reason=reason,
        )
        self._tell(swarmlog.TAKEN_OVER, attempt.mission, reason)
        # A check that it ran may go on without it, in the files that the next one works on.
        await asyncio.to_thread(end_processes, self._heaven, attempt.worktree)
        self._waiting.append(attempt)

    async def _ended(self, attempt: Attempt, said: JsonObject) -> None:
        if said.get("event") == "refused":
            text = fields.text(said, "text").strip()
            await self._fail(attempt.mission, f"its program does not fit the repository: {text}")
            return
        async with self._logging:
            ran = await asyncio.to_thread(
                self._attempts.carry_over,
                attempt,
                fields.number(said, "exit_code"),
                fields.optional_text(said, "message"),
            )
        self._state.mission(attempt.mission).ran = ran
        if ran.exit_code:
            await self._not_done(attempt, ran.message or f"exit code {ran.exit_code}")
        else:
            self._tell(swarmlog.RAN, attempt.mission, ", ".join(ran.runs))

    # Landing

    async def _integrate(self) -> None:
        """Land what has run, each mission when all before it in the order are settled."""
        while True:
            async with self._changed:
                while (name := self._to_land()) is None:
                    if self._over:
                        return
                    await self._changed.wait()
            ran = self._state.mission(name).ran
            assert ran is not None, "what is to land has run"
            await self._land(name, ran)
            await self._notify()

    def _to_land(self) -> str | None:
        for name in self._dag:
            mission = self._state.mission(name)
            if mission.status in ("landed", "failed"):
                continue
            return name if mission.ran is not None and not mission.ran.exit_code else None
        return None

    async def _land(self, name: str, ran: Ran) -> None:
        mission = self._plan.mission(name)
        try:
            landing = await asyncio.to_thread(
                integrate,
                self._heaven,
                self._state,
                mission,
                ran,
                self._gate,
                self._options.lease_seconds,
            )
        except CheckUnavailable as missing:
            await self._fail(name, str(missing))
            return
        if isinstance(landing, Landing):
            self._state.mission(name).landing = landing
            self._state.landings.append(landing)
            self._tell(swarmlog.LANDED, name, f"tree {landing.tree[:12]}")
            return
        if isinstance(landing, Refused):
            if landing.code in ("lease", "invariant"):
                # The same edit would come of it again.
                await self._fail(name, landing.message)
                return
            self._count(name, "conflicts")
            if landing.programs:
                attempt = await asyncio.to_thread(self._attempts.conflict, mission, ran, landing)
                self._waiting.append(self._given(attempt, f"conflict: {landing.message}"))
                return
            reason = landing.message
        else:
            self._count(name, "test_failures")
            reason = f"on the tree as it is now, {landing}"
        await self._again(name, reason)

    def _count(self, name: str, what: str) -> None:
        self._meters.setdefault(name, Meter()).take(Reading("verify", what))

    async def _not_done(self, attempt: Attempt, reason: str) -> None:
        """An attempt ended badly. One at a conflict gives way to the mission done again."""
        if attempt.way == "conflict":
            await self._again(attempt.mission, reason)
        else:
            await self._fail(attempt.mission, reason)

    async def _again(self, name: str, reason: str) -> None:
        """The mission once more on the tree as it is now, if that is allowed."""
        state = self._state.mission(name)
        done = sum(one.way == "again" for one in state.attempts)
        if done >= self._options.again:
            await self._fail(name, reason)
            return
        attempt = await asyncio.to_thread(self._attempts.again, self._plan.mission(name))
        self._waiting.append(self._given(attempt, f"again: {reason}"))

    async def _fail(self, name: str, reason: str) -> None:
        """The mission has failed, and what waits for it is left out."""
        left_out = [one for one in self._dag if name in self._dag.before(one)]
        for one, why in ((name, reason), *((one, f"left out: {name} failed") for one in left_out)):
            if self._state.mission(one).failed is None:
                self._state.mission(one).failed = why
                swarmlog.note(self._heaven, swarmlog.FAILED, self._state.name, one, reason=why)
                self._tell(swarmlog.FAILED, one, why)
        await asyncio.to_thread(release, self._heaven, f"{self._state.name}/{name}")
        for attempt in self._state.mission(name).attempts[-1:]:
            await asyncio.to_thread(remove_worktree, self._heaven, attempt.worktree)

    # Thrashing

    async def _thrashing(self, attempt: Attempt) -> None:
        name = attempt.mission
        reason = self._detectors[name].reason or ""
        meter = self._meters[name]
        swarmlog.note(
            self._heaven,
            swarmlog.THRASHING,
            self._state.name,
            name,
            reason=reason,
            metrics=meter.json(),
        )
        self._tell(swarmlog.THRASHING, name, reason)
        if self._oracle is None or self._state.replacements >= self._options.replacements:
            await self._fail(name, f"thrashing: {reason}")
            return
        try:
            replacement = await asyncio.to_thread(
                ask_for_plan, self._heaven, self._oracle, self._state, name, reason, meter
            )
        except RunError as error:
            await self._fail(name, f"thrashing: {reason}; the oracle gave no plan: {error}")
            return
        await self._replace(name, replacement)

    async def _replace(self, thrashing: str, replacement: Replacement) -> None:
        """Go on with another plan. What it has as it was goes on; what it leaves out is stopped."""
        new = replacement.plan
        kept = {
            one.name
            for one in new.missions
            if one.name != thrashing
            and any(old.name == one.name and old.code == one.code for old in self._plan.missions)
        }
        settled = {one.mission for one in self._state.landings}
        dropped = [
            name for name in self._state.missions if name not in kept and name not in settled
        ]
        swarmlog.note(
            self._heaven,
            swarmlog.REPLACED,
            self._state.name,
            thrashing,
            plan=replacement.blob,
            request=replacement.request,
            answer=replacement.answer,
            dropped=_names(dropped),
        )
        self._plan, self._state.plan = new, new
        self._dag = new.dag()
        self._state.replacements += 1
        stopped: list[AngelHandle] = []
        for name in dropped:
            mission = self._state.missions.pop(name)
            self._dropped.update(mission.attempts)
            self._claimed.discard(name)
            self._meters.pop(name, None)
            self._detectors.pop(name, None)
            handle = self._working.get(name)
            if handle is not None and name != thrashing:
                stopped.append(handle)
        self._waiting = [one for one in self._waiting if one not in self._dropped]
        for handle in stopped:
            await handle.kill()
        for name in dropped:
            await asyncio.to_thread(release, self._heaven, f"{self._state.name}/{name}")
        self._tell(swarmlog.REPLACED, thrashing, f"{len(new.missions)} missions")

    # What all of them need

    @property
    def _over(self) -> bool:
        return all(self._state.mission(name).status in ("landed", "failed") for name in self._dag)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _tell(self, kind: str, mission: str, text: str) -> None:
        if self._observe is not None:
            self._observe(Told(kind, mission, text))


_LOOK_AGAIN: Final = 0.25


def _reading(said: JsonObject) -> Reading:
    from .meter import PHASES

    return Reading(
        fields.one_of(said, "phase", PHASES),
        fields.text(said, "what"),
        fields.number(said, "amount"),
    )


def _names(names: Sequence[str]) -> list[Json]:
    return [*names]
