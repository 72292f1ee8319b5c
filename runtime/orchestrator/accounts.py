"""What a run or a swarm has cost: by mission, by phase, in dollars where the price is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ...heaven.clock import from_text
from ...heaven.errors import BlobMissing
from ...heaven.records import Json
from ..record import Record
from ..runs import Run, all_runs, find
from . import swarmlog
from .meter import Meter, measure
from .prices import Prices
from .swarmlog import SwarmState
from .tsln import METRICS, Row, Table


@dataclass(frozen=True, slots=True)
class Bill:
    """One run. `cost` is in dollars, None where the price table has no row for its angel."""

    run: Run
    meter: Meter
    cost: float | None

    def json(self) -> dict[str, Json]:
        return {
            "run": self.run.name,
            "program": self.run.program,
            "mission": self.run.mission,
            "angel": self.run.angel,
            "status": self.run.status,
            "cost": self.cost,
            **self.meter.json(),
        }


@dataclass(frozen=True, slots=True)
class Account:
    """`name` is a run's or a swarm's. `takeovers`, `conflicts` (edits that met another mission's)
    and `again` (missions done again) are a swarm's own. `prices` is the date of the price table."""

    name: str
    bills: tuple[Bill, ...]
    total: Meter
    cost: float | None
    prices: str
    takeovers: int = 0
    conflicts: int = 0
    again: int = 0

    def json(self) -> dict[str, Json]:
        bills: list[Json] = [one.json() for one in self.bills]
        return {
            "name": self.name,
            "cost": self.cost,
            "prices_of": self.prices,
            "takeovers": self.takeovers,
            "landing_conflicts": self.conflicts,
            "done_again": self.again,
            "total": self.total.json(),
            "runs": bills,
        }

    def table(self) -> Table:
        """The runs' metrics, a row each, in the columns of `tsln.METRICS`."""
        rows: list[Row] = []
        base = self.bills[0].run.started if self.bills else "1970-01-01T00:00:00Z"
        for one in self.bills:
            run, counts = one.run, one.meter.total
            started = from_text(run.started)
            elapsed = timedelta(0)
            if run.finished is not None:
                elapsed = from_text(run.finished) - started
            rows.append(
                (
                    _ms(started - from_text(base)),
                    "completed" if run.status == "done" else run.status or "active",
                    counts.faults,
                    counts.fault_bytes,
                    counts.retries,
                    counts.rejects,
                    counts.conflicts,
                    counts.test_failures,
                    counts.tokens_in,
                    counts.tokens_out,
                    counts.turns,
                    _ms(elapsed),
                    one.meter.phase_transitions,
                )
            )
        return Table(METRICS, base, tuple(rows))


def account(record: Record, name: str, prices: Prices) -> Account:
    """Of a run (`r3`, `last`) or a swarm (`s1`). Raises NoSuchRun, NoSuchSwarm, RunDamaged,
    ReplayDivergence, BlobMissing, BlobDamaged."""
    if not name.startswith("s"):
        return _account(name, (find(record, name),), record, prices, None)
    state = swarmlog.find_swarm(record, name)
    mine = tuple(
        run for run in all_runs(record) if (run.mission or "").partition("/")[0] == state.name
    )
    return _account(state.name, mine, record, prices, state)


def _account(
    name: str, runs: tuple[Run, ...], record: Record, prices: Prices, state: SwarmState | None
) -> Account:
    bills = []
    total = Meter()
    for run in runs:
        try:
            meter = measure(record, run)
        except BlobMissing:
            continue  # what it did was given up (aa gc)
        total.add(meter)
        bills.append(Bill(run, meter, prices.cost(run.angel, meter.total)))
    known = [one.cost for one in bills if one.cost is not None]
    cost = round(sum(known), 6) if len(known) == len(bills) else None
    missions = [] if state is None else list(state.missions.values())
    ways = [attempt.way for mission in missions for attempt in mission.attempts]
    return Account(
        name=runs[0].name if state is None else name,
        bills=tuple(bills),
        total=total,
        cost=cost,
        prices=prices.date,
        takeovers=sum(mission.takeovers for mission in missions),
        conflicts=ways.count("conflict"),
        again=ways.count("again"),
    )


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
