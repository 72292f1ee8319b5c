"""Counters of the server, as Prometheus reads them. Touched by the event loop only."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from typing import Final

BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 10.0)
"""Upper bounds in seconds."""


class Metrics:
    """Requests by route and status, how long they took, and how many are being answered."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._seconds: dict[str, float] = {}
        self._buckets: dict[str, list[int]] = {}
        self.in_flight = 0
        self.streams = 0

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count one. `route` is a name of the table, never what a client sent."""
        self._requests[route, status] += 1
        self._seconds[route] = self._seconds.get(route, 0.0) + seconds
        counts = self._buckets.setdefault(route, [0] * (len(BUCKETS) + 1))
        counts[bisect_left(BUCKETS, seconds)] += 1

    def render(self, gauges: Mapping[str, int]) -> str:
        """The text format 0.0.4; `gauges` are figures of Heaven itself."""
        lines = ["# TYPE heaven_requests_total counter"]
        for (route, status), count in sorted(self._requests.items()):
            labels = f'route="{route}",status="{status}"'
            lines.append(f"heaven_requests_total{{{labels}}} {count}")
        lines.append("# TYPE heaven_request_seconds histogram")
        for route, counts in sorted(self._buckets.items()):
            total = 0
            for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
                total += count
                labels = f'route="{route}",le="{bound}"'
                lines.append(f"heaven_request_seconds_bucket{{{labels}}} {total}")
            lines.append(f'heaven_request_seconds_sum{{route="{route}"}} {self._seconds[route]:f}')
            lines.append(f'heaven_request_seconds_count{{route="{route}"}} {total}')
        own = {"requests_in_flight": self.in_flight, "event_streams": self.streams}
        for name, value in {**own, **gauges}.items():
            lines += [f"# TYPE heaven_{name} gauge", f"heaven_{name} {value}"]
        return "\n".join(lines) + "\n"
