"""Sections of a module's code: what ENTER and LEAVE pair up to, and how often each may run again.

The verifier, the flow graph and the cost all start from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .module import Handler
from .node import dataclass
from .opcodes import Action, Op
from .opsets import MARKS

MAX_DEPTH: Final = 8
"""How deep sections may nest."""


@dataclass(frozen=True, slots=True)
class Section:
    """`enter` and `leave` are pcs; `parent` is an index into the list of sections, -1 for none."""

    enter: int
    leave: int
    parent: int
    depth: int


@dataclass(frozen=True, slots=True)
class Unpaired:
    """An ENTER or LEAVE at `pc` that has no partner."""

    pc: int


@dataclass(frozen=True, slots=True)
class Attempts:
    """How a section answers a failed check, in the order in which its handlers are tried.

    `retries` and `escalations` each run it once more; handlers behind a HALT are never tried.
    """

    retries: int
    escalations: int
    halts: bool

    @property
    def again(self) -> int:
        """How many times the section may run after its first."""
        return self.retries + self.escalations


NO_HANDLERS: Final = Attempts(0, 0, False)


def find_sections(ops: bytes) -> tuple[tuple[Section, ...], tuple[Unpaired, ...]]:
    """All sections of opcode bytes in the order of their ENTER, and what does not pair up."""
    leaves: list[int] = []
    enters: list[tuple[int, int, int]] = []
    open_: list[int] = []
    unpaired: list[Unpaired] = []
    for pc in MARKS.pcs(ops):
        if ops[pc] == Op.ENTER:
            enters.append((pc, open_[-1] if open_ else -1, len(open_) + 1))
            open_.append(len(leaves))
            leaves.append(-1)
        elif open_:
            leaves[open_.pop()] = pc
        else:
            unpaired.append(Unpaired(pc))
    unpaired += (Unpaired(enters[index][0]) for index in open_)
    sections = tuple(
        Section(enter, leave, parent, depth)
        for (enter, parent, depth), leave in zip(enters, leaves, strict=True)
    )
    return sections, tuple(unpaired)


def attempts(handlers: Iterable[Handler]) -> dict[int, Attempts]:
    """What the handlers of each section amount to, by the pc of its ENTER."""
    found: dict[int, Attempts] = {}
    for handler in handlers:
        before = found.get(handler.enter, NO_HANDLERS)
        if before.halts:
            continue
        if handler.action is Action.HALT:
            after = Attempts(before.retries, before.escalations, True)
        elif handler.action is Action.ESCALATE:
            after = Attempts(before.retries, before.escalations + 1, False)
        else:
            after = Attempts(before.retries + handler.count, before.escalations, False)
        found[handler.enter] = after
    return found
