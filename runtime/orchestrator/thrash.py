"""When a mission no longer gets anywhere: four conditions, each with a number, latched."""

from __future__ import annotations

from dataclasses import dataclass

from .meter import Meter


@dataclass(frozen=True, slots=True)
class Limits:
    """Thrashing is *more* than these: `faults` page faults in each of `turns` turns one after
    the other; rejected answers; conflicts; test runs that failed one after the other."""

    faults: int = 20
    turns: int = 2
    rejects: int = 2
    conflicts: int = 3
    test_failures: int = 3


class ThrashDetector:
    """Looks at the meter of one mission. What it once found stays found."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.reason: str | None = None

    def look(self, meter: Meter) -> str | None:
        """Why the mission counts as thrashing, None while it does not."""
        if self.reason is None:
            self.reason = _reason(meter, self._limits)
        return self.reason


def _reason(meter: Meter, limits: Limits) -> str | None:
    counts = meter.total
    window = meter.faults_by_turn[-limits.turns :]
    if len(window) == limits.turns and all(one > limits.faults for one in window):
        shown = ", ".join(map(str, window))
        return f"more than {limits.faults} page faults in {limits.turns} turns in a row ({shown})"
    for number, limit, what in (
        (counts.rejects, limits.rejects, "rejected answers"),
        (counts.conflicts, limits.conflicts, "conflicts"),
        (meter.failures_in_a_row, limits.test_failures, "test runs in a row that failed"),
    ):
        if number > limit:
            return f"{number} {what}, more than {limit}"
    return None
