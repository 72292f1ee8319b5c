"""What Heaven says about itself, and which subjects it is asked about most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING

from ..proto.heaven_status import HeavenStatus

if TYPE_CHECKING:
    from ..proto.pf import Args

# Subjects counted, and subjects told.
COUNTED = 1_024
TOLD = 20


class Hotset:
    """How often each symbol or path was served since this process opened Heaven: it tells what is
    hot now, and is kept nowhere. Thread-safe; once COUNTED subjects are known, the rarer half is
    forgotten."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()

    def served(self, asked: Args) -> None:
        subject = asked.symbol or asked.path
        if subject is None:
            return
        with self._lock:
            if subject not in self._counts and len(self._counts) >= COUNTED:
                self._counts = Counter(dict(self._counts.most_common(COUNTED // 2)))
            self._counts[subject] += 1

    def top(self) -> dict[str, int]:
        """The TOLD subjects served most often, first the most frequent, ties by name."""
        with self._lock:
            ranked = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
        return dict(ranked[:TOLD])


def describe(
    last_seq: int, leases: int, hotset: Mapping[str, int], clocks: Mapping[str, int]
) -> HeavenStatus:
    """The status record, its numbers as text where the wire wants text."""
    return HeavenStatus(
        state_rev=last_seq,
        active_leases_count=leases,
        hotset_summary={subject: str(count) for subject, count in hotset.items()},
        file_clock_summary={path: str(clocks[path]) for path in sorted(clocks)},
    )
