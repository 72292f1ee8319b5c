"""The state of the VM between two instructions, as a value that stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..heaven.records import JsonObject
from .outcome import Failure


@dataclass(frozen=True, slots=True)
class Section:
    """An open section. `enter` is its ENTER's pc, `tries` how often each of its handlers (by index)
    was used, and `context_mark` and `edits_mark` how much context and how many edits there were
    before it.

    `passed` has the kinds of RUN so far and whether the last one passed.
    """

    label: str
    enter: int
    mission: str
    tries: tuple[tuple[int, int], ...]
    context_mark: int
    edits_mark: int
    passed: tuple[tuple[str, bool], ...]
    last_exit: int | None


@dataclass(frozen=True, slots=True)
class Moment:
    """The instruction at `pc` is the next one; where `failure` is set, it has just failed, and no
    handler has been looked for yet.

    `steps`, `syscalls` and `angel_calls` count from the start, `tokens` what of the budget is
    spent, `edits` the edits that stand. `sections` are the open ones, outermost first. `output` is
    an answer or expansion that no EMIT has landed; `shown` are the excerpts its author saw.
    """

    pc: int
    failure: Failure | None
    steps: int
    syscalls: int
    angel_calls: int
    tokens: int
    edits: int
    sections: tuple[Section, ...]
    context: tuple[JsonObject, ...]
    invariants: tuple[str, ...]
    scopes: tuple[tuple[str, str], ...]
    output: JsonObject | None
    shown: tuple[JsonObject, ...]
    handled: tuple[Failure, ...]


class Pausing(Protocol):
    """What a machine shows of itself to whoever watches it step by step."""

    @property
    def pc(self) -> int: ...

    @property
    def depth(self) -> int:
        """How many sections are open."""
        ...

    def moment(self, failure: Failure | None = None) -> Moment: ...


class Pause(Protocol):
    """Called before each instruction, and with its failure after one that failed, before a handler
    is looked for. What it raises ends the execution, with nothing done after it."""

    def __call__(self, machine: Pausing, failure: Failure | None) -> None: ...
