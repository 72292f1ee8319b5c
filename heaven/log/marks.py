"""Where records start in the log's file, so that no reader has to start from its beginning."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

EVERY_EVENTS: Final = 256
EVERY_BYTES: Final = 1024 * 1024


class Marks:
    """Some records' numbers and offsets (bytes), both rising. The first is record 1 at 0."""

    def __init__(self, seqs: Sequence[int] = (1,), offsets: Sequence[int] = (0,)) -> None:
        self.seqs = list(seqs)
        self.offsets = list(offsets)

    def next_due(self) -> tuple[int, int]:
        """The record after which, or else the offset from which on, the next mark is due."""
        return self.seqs[-1] + EVERY_EVENTS - 1, self.offsets[-1] + EVERY_BYTES

    def add(self, seq: int, offset: int) -> None:
        self.seqs.append(seq)
        self.offsets.append(offset)

    def extend(self, first: int, offsets: Sequence[int]) -> None:
        """Add what is due of the records that start at `offsets`, of which `first` is the number of
        the first; the last may be one that is still to come."""
        at = self.seqs[-1] + EVERY_EVENTS - first
        while at < len(offsets):
            self.add(first + at, offsets[at])
            at += EVERY_EVENTS
        if offsets[-1] >= self.offsets[-1] + EVERY_BYTES:
            self.add(first + len(offsets) - 1, offsets[-1])

    def before_seq(self, seq: int) -> tuple[int, int]:
        """The last marked record with a number of at most `seq` (1 or more): (number, offset)."""
        at = bisect_right(self.seqs, seq) - 1
        return self.seqs[at], self.offsets[at]

    def before_offset(self, offset: int) -> tuple[int, int]:
        """The last marked record that starts at `offset` or before it: (number, offset)."""
        at = bisect_right(self.offsets, offset) - 1
        return self.seqs[at], self.offsets[at]
