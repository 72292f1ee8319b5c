"""The lines of a file that an operation replaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .shape import Content

How: TypeAlias = Literal["exact", "moved", "merged"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an operation means in the version that its author saw: lines `start`..`end` (0-based,
    end exclusive; equal for an insertion) become `content`."""

    start: int
    end: int
    content: Content


@dataclass(frozen=True, slots=True)
class Region:
    """Lines `start`..`end` (0-based, end exclusive) of the file before the batch give way to
    `content`; an insertion has `end` = `start`.

    `how` says how they were found. `seen` is what its author meant, None where that was not
    asked. `loose` is a merge whose place is known only by its outcome: lines
    with the same text beside it may as well be the ones that it brings.
    """

    op_index: int
    start: int
    end: int
    content: Content
    how: How = "exact"
    seen: Seen | None = None
    loose: bool = False

    @property
    def inserts(self) -> bool:
        return self.start == self.end
