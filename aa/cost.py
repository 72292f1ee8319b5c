"""The worst case of a run, as exact numbers, before the run.

Every check may pass or fail as it likes. Code runs straight on; a failed check starts its section
again while a RETRY or an ESCALATE is left (just behind the ENTER, which is not executed again), and
else fails the section around it. A section that is entered anew has all of its handlers again, so
nested sections multiply. The first HALT is where every run ends that is not ended by a failure.

Almost every number is largest on the run that fails each section as late and as often as it may and
then succeeds; only rollbacks can be more on a run that ends by failing.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from .module import Module
from .node import dataclass
from .opcodes import OPCODES, Op, Syscall
from .opsets import FAULTS, OpSet, opcode_bytes
from .sections import NO_HANDLERS, Attempts, attempts, find_sections

FAULTS_PER_ATTEMPT: Final = 20
"""Page faults that the governor grants one attempt at a section, the angel's own included."""

TURNS_PER_CALL: Final = 12
"""Turns that one call of an angel may take, where the run's configuration does not say."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Upper bounds of one run, each reached by some run.

    `angel_turns` are requests to the model: a call is a conversation of up to TURNS_PER_CALL turns.
    `tokens` is the mission's BUDGET where a model can be asked at all: of all turns together.
    `faults` counts the FAULT instructions and, where an angel is called, what the governor still
    grants it in that attempt.
    `escalations` are questions to the oracle, `rollbacks` the times that landed edits are undone.
    """

    instructions: int
    angel_calls: int
    angel_turns: int
    tokens: int
    faults: int
    runs: int
    macros: int
    emits: int
    escalations: int
    rollbacks: int

    def rows(self) -> tuple[tuple[str, int], ...]:
        """(name, bound) pairs in a fixed order, for printing."""
        return tuple((field.name, int(getattr(self, field.name))) for field in fields(self))


def cost(module: Module) -> Cost:
    """The worst case of a verified module; linear in its code. Raises ValueError where sections do
    not pair up, which the verifier refuses."""
    return _Walk(module).total()


# Positions in a vector of sums.
_STEPS, _ANGELS, _FAULTS, _RUNS, _MACROS, _EMITS, _ORACLE = range(7)
_COUNTED: Final = {Syscall.RUN: _RUNS, Syscall.MACRO: _MACROS, Syscall.EMIT: _EMITS}
_SLOTS: Final = {
    int(op): _COUNTED[spec.syscall] for op, spec in OPCODES.items() if spec.syscall in _COUNTED
}
_COUNTING: Final = OpSet(
    op
    for op, spec in OPCODES.items()
    if spec.can_fail or spec.syscall in _COUNTED or op in (Op.ENTER, Op.LEAVE, Op.HALT)
)


# Looking up a member of an enumeration is slow in a loop over all instructions.
_ENTER, _LEAVE, _HALT, _ANGEL, _EMIT = map(int, (Op.ENTER, Op.LEAVE, Op.HALT, Op.ANGEL, Op.EMIT))


class _Attempt:
    """One attempt at a section, as far as the walk has come: sums since its start.

    `sums` is what getting here costs and `failing` what the attempt costs if it fails at the last
    place where it can. The rollback counts are kept apart, since a failure adds to them:
    `undone` on the way here, `undone_failing` with the failure at its worst place,
    `undone_halting` the same where a HALT handler answers, `undone_ended` if the run ended inside.
    """

    __slots__ = (
        "angel",
        "answer",
        "failing",
        "landed_before",
        "static_faults",
        "sums",
        "undone",
        "undone_ended",
        "undone_failing",
        "undone_halting",
    )

    def __init__(self, answer: Attempts, landed_before: int) -> None:
        self.answer = answer
        self.landed_before = landed_before
        self.sums = [0] * 7
        self.failing: list[int] | None = None
        self.static_faults = 0
        self.angel = False
        self.undone = 0
        self.undone_failing = 0
        self.undone_halting = 0
        self.undone_ended: int | None = None


class _Walk:
    def __init__(self, module: Module) -> None:
        self._ops = opcode_bytes(module.code)
        if find_sections(self._ops)[1]:
            raise ValueError("the sections of the module do not pair up")
        self._budget = module.budget
        self._answers = attempts(module.handlers)
        self._landed = 0  # EMITs on the straight way here
        # Outside of all sections nothing is undone, so no edit counts as landed there.
        self._open = [_Attempt(NO_HANDLERS, len(module.code))]

    def total(self) -> Cost:
        ops = self._ops
        current = self._open[-1]
        here = 0
        for pc in _COUNTING.pcs(ops):
            op = ops[pc]
            current.sums[_STEPS] += pc + 1 - here
            here = pc + 1
            if op == _ENTER:
                answer = self._answers.get(pc, NO_HANDLERS)
                current = _Attempt(answer, self._landed)
                self._open.append(current)
            elif op == _LEAVE:
                current = self._close(ended=False)
            elif op == _HALT:
                break
            else:
                self._check(current, op)
        while len(self._open) > 1:
            self._close(ended=True)
        return self._cost(self._open[0])

    def _check(self, attempt: _Attempt, op: int) -> None:
        """An instruction that may fail; all instructions with a counted effect do."""
        sums = attempt.sums
        if op == _ANGEL:
            sums[_ANGELS] += 1
            if not attempt.angel:
                attempt.angel = True
                sums[_FAULTS] += max(0, FAULTS_PER_ATTEMPT - attempt.static_faults)
        elif op in FAULTS:
            attempt.static_faults += 1
            if not attempt.angel or attempt.static_faults > FAULTS_PER_ATTEMPT:
                sums[_FAULTS] += 1
        elif op in _SLOTS:
            sums[_SLOTS[op]] += 1
        attempt.failing = sums.copy()
        self._may_undo(attempt, attempt.undone, self._landed)
        if op == _EMIT:
            self._landed += 1

    def _may_undo(self, attempt: _Attempt, undone: int, landed: int) -> None:
        """The attempt may fail after `undone` rollbacks, with `landed` edits in the tree."""
        own = undone + (landed > attempt.landed_before)
        attempt.undone_failing = max(attempt.undone_failing, own)
        if attempt.answer.halts:
            # A HALT handler undoes everything since the outermost section began.
            outermost = self._open[1].landed_before
            attempt.undone_halting = max(attempt.undone_halting, undone + (landed > outermost))

    def _close(self, *, ended: bool) -> _Attempt:
        """Add the innermost section to the one around it, at its LEAVE or at the end of the run."""
        inner = self._open[-1]
        answer, failing = inner.answer, inner.failing
        again = answer.again if failing is not None else 0
        asked = answer.escalations if failing is not None else 0
        lost = inner.undone_failing * again
        ends = [] if inner.undone_ended is None else [lost + inner.undone_ended]
        if failing is not None and answer.halts:
            ends.append(lost + inner.undone_halting)
        if ended:
            ends.append(lost + inner.undone)
        self._open.pop()
        outer = self._open[-1]
        if ends:
            outer.undone_ended = max(outer.undone_ended or 0, outer.undone + max(ends))
        if failing is not None and not answer.halts:
            outer.failing = [
                before + failed * (again + 1)
                for before, failed in zip(outer.sums, failing, strict=True)
            ]
            outer.failing[_ORACLE] += asked
            self._may_undo(outer, outer.undone + lost + inner.undone_failing, inner.landed_before)
        for slot, reached in enumerate(inner.sums):
            outer.sums[slot] += reached + (failing[slot] * again if failing is not None else 0)
        outer.sums[_ORACLE] += asked
        outer.undone += lost + inner.undone
        return outer

    def _cost(self, run: _Attempt) -> Cost:
        sums = run.sums
        asks = sums[_ANGELS] or sums[_ORACLE]
        return Cost(
            instructions=sums[_STEPS],
            angel_calls=sums[_ANGELS],
            angel_turns=sums[_ANGELS] * TURNS_PER_CALL,
            tokens=self._budget if asks else 0,
            faults=sums[_FAULTS],
            runs=sums[_RUNS],
            macros=sums[_MACROS],
            emits=sums[_EMITS],
            escalations=sums[_ORACLE],
            rollbacks=max(run.undone, run.undone_failing, run.undone_ended or 0),
        )
