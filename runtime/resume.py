"""Going on with a run whose process died: the program again, answered by the log at first.

The VM keeps nothing, so executing the module from its start, with the door answering the recorded
syscalls, brings it to where it was. Its effects take over what the dead process had: the tree, the
leases, the edits to undo. From the first syscall without a recorded result on, everything is done
for real (design section 4).

The syscall that the process died in has an intent and no result: it is *in doubt*. Most are safe to
do again, or can be completed from Heaven: an edit that had landed is in the journal, what a page
fault drew is given back to its mission, a check is run again. An angel or an oracle may have been
paid already, and is asked again only where the program allows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..aa.module import Module
from ..aa.opcodes import Action, Op, Syscall
from ..heaven import Heaven
from ..heaven.records import JsonObject
from . import fields
from .door import FIRST_HEAD, Call, Entry, LiveDoor, ReplayDoor
from .errors import AngelInDoubt, ReplayDivergence
from .operands import named
from .replay import source_lines
from .runs import Run, entries

ADOPTED: Final = frozenset({Syscall.REV, Syscall.LEASE, Syscall.EMIT, Syscall.ROLLBACK})
"""Syscalls whose recorded answer the effects must see, to have the state that they left."""

PAID: Final = frozenset({Syscall.ANGEL, Syscall.ESCALATE})


@dataclass(slots=True)
class ResumeDoor:
    """Answers from the record first, does effects for real after it.

    `doubt` is the syscall that the process died in, None where it died between two. `allow` says
    whether a paid question in doubt may be put again.
    """

    heaven: Heaven
    run: str
    recorded: Sequence[Entry]
    doubt: Entry | None
    line_of: dict[int, str]
    allow: Callable[[int], bool]
    _replay: ReplayDoor = field(init=False)
    _live: LiveDoor | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._replay = ReplayDoor(self.recorded, self.line_of, ADOPTED)

    @property
    def live(self) -> bool:
        """Whether the record is used up."""
        return self._replay.calls == len(self.recorded)

    @property
    def head(self) -> str:
        if self._live is not None:
            return self._live.head
        return self._replay.head if self._replay.calls else FIRST_HEAD

    @property
    def upcoming(self) -> Entry | None:
        if not self.live:
            return self._replay.upcoming
        return self.doubt if self._live is None else None

    def call(self, call: Call, effect: Callable[[JsonObject | None], JsonObject]) -> JsonObject:
        """Raises ReplayDivergence, AngelInDoubt, and what the effect raises."""
        if not self.live:
            return self._replay.call(call, effect)
        if self._live is None:
            if self.doubt is not None:
                ReplayDoor((self.doubt,), self.line_of).compare(call)
                if call.syscall in PAID and not self.allow(call.pc):
                    task = call.operands.get("task", call.operands.get("failure"))
                    line = self.line_of.get(call.pc, "")
                    raise AngelInDoubt(self.run, call.pc, line, str(task))
            seq = len(self.recorded)
            self._live = LiveDoor(
                self.heaven, self.run, seq=seq, head=self._replay.head, begun=self.doubt
            )
        return self._live.call(call, effect)


@dataclass(frozen=True, slots=True)
class CutOff:
    """What the log has of a cut-off run: the syscalls with results, and the one without."""

    recorded: tuple[Entry, ...]
    doubt: Entry | None

    @property
    def questions(self) -> int:
        """How many the oracle has answered."""
        return sum(entry.op == Syscall.ESCALATE.value for entry in self.recorded)


def cut_off(heaven: Heaven, run: Run) -> CutOff:
    """Raises RunDamaged."""
    found = entries(heaven, run)
    if not found or found[-1].result is not None:
        return CutOff(found, None)
    return CutOff(found[:-1], found[-1])


def settle(heaven: Heaven, run: Run, cut: CutOff) -> None:
    """Give back what the page fault in doubt drew, so that asking again gets the same answer."""
    if cut.doubt is not None and "mission" in cut.doubt.operands:
        mission = fields.text(cut.doubt.operands, "mission")
        heaven.rewind_mission(f"{run.name}/{mission}", cut.doubt.event)


def retried(module: Module, pc: int) -> bool:
    """Whether the program allows what is at `pc` to be tried again: an open section around it has
    IF_FAIL RETRY."""
    allowing = {one.enter for one in module.handlers if one.action is Action.RETRY}
    opened: list[int] = []
    for at, instruction in enumerate(module.code[: pc + 1]):
        if instruction.op is Op.ENTER:
            opened.append(at)
        elif instruction.op is Op.LEAVE:
            opened.pop()
    return any(at in allowing for at in opened)


def compare(run: Run, recorded: Module, now: Module) -> None:
    """Hold a program against the one that a run is pinned to: every operand of every instruction,
    and the handlers. Raises ReplayDivergence at the first pc where they differ."""
    lines = source_lines(now, run.program) | source_lines(recorded, run.program)
    for pc in range(max(len(recorded.code), len(now.code))):
        was = _shown(recorded, pc)
        here = _shown(now, pc)
        if was != here:
            raise _divergence(pc, lines, was, here or "no instruction")
    for number in range(max(len(recorded.handlers), len(now.handlers))):
        pair = [
            str(one.handlers[number]) if number < len(one.handlers) else "no handler"
            for one in (recorded, now)
        ]
        if pair[0] != pair[1]:
            known = recorded if number < len(recorded.handlers) else now
            raise _divergence(known.handlers[number].enter, lines, pair[0], pair[1])
    heads = [
        f"{one.language} MODE {one.mode}, BUDGET {one.budget}, output {one.output_mode}"
        for one in (recorded, now)
    ]
    if heads[0] != heads[1]:
        raise _divergence(0, lines, heads[0], heads[1])


def _divergence(pc: int, lines: dict[int, str], was: str | None, now: str) -> ReplayDivergence:
    reason = "the program is not the one that the run is pinned to"
    return ReplayDivergence(0, pc, lines.get(pc, ""), reason, was, now)


def _shown(module: Module, pc: int) -> str | None:
    if pc >= len(module.code):
        return None
    instruction = module.code[pc]
    return f"pc {pc} {instruction.op.name} {named(module, instruction)}"
