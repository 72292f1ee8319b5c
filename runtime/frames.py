"""Sections while they are executed, and the two ways in which control leaves straight line."""

from __future__ import annotations

from dataclasses import dataclass, field

from .moment import Section
from .outcome import Failure, Status


@dataclass(slots=True)
class Frame:
    """A section being executed."""

    enter: int
    label: str
    context_mark: int
    edits_mark: int
    mission: str
    tries: dict[int, int] = field(default_factory=dict)
    passed: dict[str, bool] = field(default_factory=dict)
    last_exit: int | None = None

    def section(self) -> Section:
        """The frame as it is, as a value that stays."""
        return Section(
            self.label,
            self.enter,
            self.mission,
            tuple(self.tries.items()),
            self.context_mark,
            self.edits_mark,
            tuple(self.passed.items()),
            self.last_exit,
        )


class SectionFailed(Exception):
    """A check failed; the handlers of the open sections decide what follows."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Ended(Exception):
    """The run is over, from wherever that was decided."""

    def __init__(self, status: Status, failure: Failure | None, stuck: str | None) -> None:
        super().__init__(status)
        self.status: Status = status
        self.failure = failure
        self.stuck = stuck
