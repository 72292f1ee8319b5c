"""The positions of a run: which there are, and what the VM's state was at each.

A position is a place between two instructions, or the place right after an instruction that failed,
before a handler is looked for. Position 0 is before the first instruction. The state at a position
is not kept: it is made again, by executing the module with the door answering from the log. So
looking back does nothing to the world, and what a live run shows at a position is what its record
shows there for ever.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from ...aa.disassemble import instruction_texts
from ...aa.module import Module
from ..door import Entry, ReplayDoor, Stopped
from ..errors import RunDamaged
from ..landing import Tree, track
from ..moment import Moment, Pausing
from ..outcome import Failure, Outcome
from ..record import Record
from ..replay import pinned_manifest, source_lines
from ..runs import Run, entries, find
from ..unasked import Unasked
from ..vm import Machine

WINDOW: Final = 64
"""Moments before the one asked for that a replay keeps, since whoever goes back goes on back."""
_KEPT: Final = 4 * WINDOW


@dataclass(frozen=True, slots=True)
class Row:
    """A position. `depth` is the number of open sections; `end` is set on the one after the last
    instruction."""

    pc: int
    depth: int
    failed: bool = False
    end: bool = False


class _Arrived(Exception):
    """A replay has come to the position that was asked for."""


class Timeline:
    """The positions of one run so far. `record` is read again as the run goes on."""

    def __init__(self, record: Record, run: Run, module: Module) -> None:
        self.record = record
        self.run = run
        self.module = module
        self.lines = source_lines(module, run.program)
        self.text_of = instruction_texts(module)
        self.rows: list[Row] = []
        self.outcome: Outcome | None = None
        self._entries: tuple[Entry, ...] = ()
        self._stale = True
        self._moments: OrderedDict[int, Moment] = OrderedDict()

    @property
    def last(self) -> int:
        """The newest position."""
        return len(self.rows) - 1

    def note(self, machine: Pausing, failure: Failure | None) -> None:
        """A live machine has come to a new position."""
        self.rows.append(Row(machine.pc, machine.depth, failure is not None))
        self._keep(self.last, machine.moment(failure))
        self._stale = True

    def close(self, outcome: Outcome) -> None:
        """A live machine has ended: the position after its last instruction."""
        self.outcome = outcome
        self.rows.append(Row(self.rows[-1].pc, 0, end=True))
        self._stale = True

    def look_up(self) -> None:
        """Know what the log says of the run now: how it ended, whether it was taken back."""
        self.run = find(self.record, self.run.name)

    def read(self) -> None:
        """All positions of a recorded run, as far as its record goes.

        Raises ReplayDivergence, RunDamaged, BlobMissing, BlobDamaged.
        """

        def pause(machine: Pausing, failure: Failure | None) -> None:
            self.rows.append(Row(machine.pc, machine.depth, failure is not None))

        door = self._door()
        machine = Machine(self.module, Unasked(), door, None, self.run.limits, pause)
        try:
            outcome = machine.run()
        except Stopped:
            return
        self.close(outcome)
        if self.run.head is not None and door.head != self.run.head:
            raise RunDamaged(self.run.name, "its syscalls do not give the run head that it names")

    def moment(self, at: int) -> Moment:
        """The state at position `at` (0 to `last`). Raises what `read` raises."""
        if at not in self._moments:
            self._replay(at)
        self._moments.move_to_end(at)
        return self._moments[at]

    def entries(self, at: int) -> tuple[Entry, ...]:
        """The syscalls before position `at`, all with their results."""
        return self._recorded()[: self.moment(at).syscalls]

    def doubt(self) -> Entry | None:
        """The syscall that the run died in, None where there is none."""
        found = self._recorded()
        return found[-1] if found and found[-1].result is None else None

    def tree(self, at: int) -> Tree | None:
        """The tree as the run has it at position `at`; None before it pinned one."""
        made = self.entries(at)
        if not any(entry.op == "REV" for entry in made):
            return None
        pinned = pinned_manifest(self.record, self.run, made)
        tree = Tree({path: (mode, sha) for path, mode, sha in pinned.entries})
        for entry in made:
            if entry.op in ("EMIT", "ROLLBACK") and entry.result is not None:
                track(tree, entry.result)
        return tree

    def _replay(self, at: int) -> None:
        """Execute up to position `at`, and keep it and those just before it."""
        first = at - WINDOW
        position = -1

        def pause(machine: Pausing, failure: Failure | None) -> None:
            nonlocal position
            position += 1
            if position >= first:
                self._keep(position, machine.moment(failure))
            if position == at:
                raise _Arrived

        if self.rows[at].end:
            machine = Machine(self.module, Unasked(), self._door(), None, self.run.limits, pause)
            machine.run()
            self._keep(at, machine.moment())
            return
        try:
            Machine(self.module, Unasked(), self._door(), None, self.run.limits, pause).run()
        except _Arrived:
            return
        raise RunDamaged(self.run.name, f"its record does not lead to position {at}")

    def _door(self) -> ReplayDoor:
        recorded = self._recorded()
        # A run that was cut off, or still goes on, is followed as far as it was answered.
        whole = self.run.head is not None or self.outcome is not None
        answered = sum(entry.result is not None for entry in recorded)
        return ReplayDoor(recorded, self.lines, reenacted=(), upto=None if whole else answered)

    def _recorded(self) -> tuple[Entry, ...]:
        if self._stale:
            self._entries = entries(self.record, self.run)
            self._stale = False
        return self._entries

    def _keep(self, at: int, moment: Moment) -> None:
        self._moments[at] = moment
        self._moments.move_to_end(at)
        while len(self._moments) > _KEPT:
            self._moments.popitem(last=False)
