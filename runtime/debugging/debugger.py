"""Moving through a run: forwards, live where it has not been yet, and backwards in its record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..moment import Moment, Pausing
from ..outcome import Failure, Outcome
from .breakpoints import Breakpoint, Breakpoints
from .timeline import Row, Timeline

Reason: TypeAlias = Literal["start", "step", "breakpoint", "interrupt", "end", "record end", "goto"]
Way: TypeAlias = Literal["step", "next", "finish", "continue"]


class CannotMove(Exception):
    """There is nowhere to go that way; says why."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the debugger stands. `newest` is the last position there is; `live` says that going on
    from here does what the program says for the first time."""

    position: int
    newest: int
    live: bool
    reason: Reason
    breakpoint: Breakpoint | None


@dataclass(slots=True)
class _Goal:
    """Where a movement ends: at the `left`-th position of those that count, which are all (step),
    those with no section open that was not (next), those with one fewer (finish), or none."""

    way: Way
    left: int
    depth: int

    def reached(self, row: Row) -> bool:
        """Asked once of every position that is passed."""
        if self.way == "step":
            counts = True
        elif self.way == "next":
            counts = row.depth <= self.depth
        else:
            counts = self.way == "finish" and row.depth < self.depth
        self.left -= counts
        return counts and self.left == 0


class Debugger:
    """A position in a timeline, and the live machine at its end, if there is one.

    The machine is stopped inside `pause`, which calls `converse` with each stop; once that returns,
    the machine goes on, so it must return only after `go` has given None. What it raises ends the
    execution (see `runtime.caller`). A run that is resumed has a timeline that was read: it first
    stops where its record ends.
    """

    def __init__(
        self,
        timeline: Timeline,
        breakpoints: Breakpoints,
        converse: Callable[[Stop], None] | None = None,
    ) -> None:
        self.timeline = timeline
        self.breakpoints = breakpoints
        self.at = 0
        self.live = converse is not None
        self.interrupted = False
        self._converse = converse
        self._behind = len(timeline.rows)
        self._goal = _Goal("step", 1, 0)

    def pause(self, machine: Pausing, failure: Failure | None) -> None:
        """See `runtime.moment.Pause`."""
        assert self._converse is not None, "a recorded run has no machine"
        if self._behind:
            self._behind -= 1
            if not self._behind:
                self.at = self.timeline.last
                self._converse(self.here("start"))
            return
        self.timeline.note(machine, failure)
        stop = self._stop_at(self.timeline.last)
        if stop is not None:
            self._converse(stop)

    def ended(self, outcome: Outcome | None) -> Stop:
        """The live run is over; `outcome` is None where the environment ended it."""
        self.live = False
        self.timeline.look_up()
        if outcome is not None:
            self.timeline.close(outcome)
        self.at = self.timeline.last
        return self.here(self._end())

    def here(self, reason: Reason, breakpoint: Breakpoint | None = None) -> Stop:
        last = self.timeline.last
        return Stop(self.at, last, self.live and self.at == last, reason, breakpoint)

    def moment(self) -> Moment:
        """The state at the position."""
        return self.timeline.moment(self.at)

    @property
    def row(self) -> Row:
        return self.timeline.rows[self.at]

    def go(self, way: Way, count: int = 1) -> Stop | None:
        """Move forwards: `count` positions (step), as many over sections that open on the way
        (next), out of the innermost section (finish), or on; breakpoints stop all of them.

        None where the live run has to go on to get there. Raises CannotMove at the end.
        """
        self._check_finish(way)
        if self.at == self.timeline.last and not self.live:
            raise CannotMove(
                "the run has ended here"
                if self.timeline.outcome is not None
                else "the record ends here"
            )
        self._goal = _Goal(way, count, self.row.depth)
        self.interrupted = False
        for position in range(self.at + 1, self.timeline.last + 1):
            stop = self._stop_at(position)
            if stop is not None:
                return stop
        if self.live:
            return None
        self.at = self.timeline.last
        return self.here(self._end())

    def go_back(self, way: Way, count: int = 1) -> Stop:
        """The same backwards; the start stops it. Raises CannotMove at the start."""
        self._check_finish(way)
        if self.at == 0:
            raise CannotMove("the run starts here")
        goal = _Goal(way, count, self.row.depth)
        for position in range(self.at - 1, 0, -1):
            row = self.timeline.rows[position]
            hit = self.breakpoints.hit(row)
            if hit is not None or goal.reached(row):
                self.at = position
                return self._at_breakpoint(hit) if hit else self.here("step")
        self.at = 0
        return self.here("start")

    def go_to(self, position: int) -> Stop:
        """Look at a position. Raises CannotMove where there is none such yet."""
        last = self.timeline.last
        if not 0 <= position <= last:
            raise CannotMove(f"there is no position {position} yet: they are 0 to {last}")
        self.at = position
        return self.here("goto")

    def _stop_at(self, position: int) -> Stop | None:
        """Stop at a position that was come to from before, where there is a reason to."""
        row = self.timeline.rows[position]
        hit = self.breakpoints.hit(row) if position else None
        reached = self._goal.reached(row) or row.end
        if hit is None and not reached and not self.interrupted:
            return None
        self.at = position
        if hit is not None:
            self.interrupted = False
            return self._at_breakpoint(hit)
        if row.end:
            return self.here("end")
        if reached:
            return self.here("step" if position else "start")
        self.interrupted = False
        return self.here("interrupt")

    def _at_breakpoint(self, hit: Breakpoint) -> Stop:
        if hit.temporary:
            self.breakpoints.delete(hit.number)
        return self.here("breakpoint", hit)

    def _check_finish(self, way: Way) -> None:
        if way == "finish" and self.row.depth == 0:
            raise CannotMove("no section is open here")

    def _end(self) -> Reason:
        return "record end" if self.timeline.outcome is None else "end"
