"""What a module may do, if every check may pass or fail: the meaning of bytecode in small.

`worst_case` tries all of it and returns the largest value of each count; `walk` takes one way and
looks at every step for what the verifier promises. Neither knows how `aa.cost` or `aa.verify` work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from genesis_ssmp.aa.module import Handler, Module
from genesis_ssmp.aa.opcodes import OPCODES, Action, Op, Syscall

COUNTS = (
    *("instructions", "angel_calls", "faults", "runs", "macros", "emits"),
    *("escalations", "rollbacks"),
)
_BY_SYSCALL = {
    Syscall.ANGEL: "angel_calls",
    Syscall.RUN: "runs",
    Syscall.MACRO: "macros",
    Syscall.EMIT: "emits",
}
Counts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Frame:
    enter: int
    mark: int
    """Edits in the tree when the section began."""
    tries: Counts = ()
    static_faults: int = 0
    angel: bool = False
    ran: frozenset[int] = frozenset()

    @property
    def faults(self) -> int:
        """What this attempt may have asked for: its own, or all that the governor grants."""
        return max(self.static_faults, 20 if self.angel else 0)


@dataclass(frozen=True, slots=True)
class State:
    pc: int
    frames: tuple[_Frame, ...]
    edits: int
    output: str
    """none, unchecked or checked."""


START = State(0, (_Frame(-1, 0),), 0, "none")

Step = tuple[Counts, State | None]
"""What a step adds to the counts, and where it leads; None is the end of the run."""


def steps(module: Module, state: State) -> Iterator[Step]:
    """All that may happen next. The first is that nothing fails."""
    instruction = module.code[state.pc]
    op, spec = instruction.op, OPCODES[instruction.op]
    frame = state.frames[-1]
    added = {"instructions": 1}
    if spec.syscall in _BY_SYSCALL:
        added[_BY_SYSCALL[spec.syscall]] = 1
    if spec.syscall is Syscall.FAULT:
        frame = replace(frame, static_faults=frame.static_faults + 1)
    elif op is Op.ANGEL:
        frame = replace(frame, angel=True)
    elif op is Op.RUN:
        frame = replace(frame, ran=frame.ran | {instruction.operands[0]})
    here = replace(state, frames=(*state.frames[:-1], frame))
    if op is Op.HALT:
        added["faults"] = sum(open_.faults for open_ in here.frames)
        yield _counts(added), None
        return
    after = replace(here, pc=state.pc + 1)
    if op is Op.ENTER:
        tries = (0,) * len(_handlers(module, state.pc))
        inner = _Frame(state.pc, state.edits, tries)
        after = replace(after, frames=(*after.frames, inner))
    elif op is Op.LEAVE:
        added["faults"] = frame.faults
        after = replace(after, frames=after.frames[:-1])
    elif op in (Op.ANGEL, Op.MACRO):
        after = replace(after, output="unchecked")
    elif op is Op.OUTPUT:
        after = replace(after, output="checked")
    elif op is Op.EMIT:
        after = replace(after, output="none", edits=state.edits + 1)
    yield _counts(added), after
    if spec.can_fail:
        for more, where in _failures(module, here):
            failed = {**added, **{name: added.get(name, 0) + more[name] for name in more}}
            yield _counts(failed), where


def _failures(module: Module, state: State) -> Iterator[tuple[dict[str, int], State | None]]:
    """How a failed check may go on: the oracle may answer or not, the rest is decided."""
    more = dict.fromkeys(COUNTS, 0)
    frames = list(state.frames)
    edits = state.edits
    while len(frames) > 1:
        frame = frames[-1]
        for index, handler in enumerate(_handlers(module, frame.enter)):
            if handler.action is Action.HALT:
                more["rollbacks"] += edits > frames[1].mark
                more["faults"] += sum(open_.faults for open_ in frames)
                yield more, None
                return
            limit = handler.count if handler.action is Action.RETRY else 1
            if frame.tries[index] >= limit:
                continue
            tries = tuple(count + (at == index) for at, count in enumerate(frame.tries))
            again = dict(more)
            again["escalations"] += handler.action is Action.ESCALATE
            again["rollbacks"] += edits > frame.mark
            again["faults"] += frame.faults
            fresh = _Frame(frame.enter, frame.mark, tries)
            yield again, State(frame.enter + 1, (*frames[:-1], fresh), frame.mark, "none")
            if handler.action is Action.RETRY:
                return
            more["escalations"] += 1
            frame = replace(frame, tries=tries)
        more["rollbacks"] += edits > frame.mark
        more["faults"] += frame.faults
        edits = frame.mark
        frames.pop()
    more["faults"] += frames[0].faults
    yield more, None


def worst_case(module: Module) -> dict[str, int]:
    """The largest value that each count has on any way through a small module, by trying all."""

    @cache
    def largest(state: State) -> Counts:
        best = (0,) * len(COUNTS)
        for added, after in steps(module, state):
            rest = largest(after) if after is not None else (0,) * len(COUNTS)
            best = tuple(max(b, a + r) for b, a, r in zip(best, added, rest, strict=True))
        return best

    return dict(zip(COUNTS, largest(START), strict=True))


def walk(module: Module, choose: Callable[[int], int], longest: int) -> dict[str, int]:
    """Take one way of at most `longest` steps; returns its counts.

    `choose(n)` picks one of n things that may happen. Fails an assertion where the module does
    something that the verifier should have refused.
    """
    total = dict.fromkeys(COUNTS, 0)
    state: State | None = START
    while state is not None and total["instructions"] < longest:
        look(module, state)
        ways = list(steps(module, state))
        added, state = ways[choose(len(ways))]
        for name, value in zip(COUNTS, added, strict=True):
            total[name] += value
    return total


def look(module: Module, state: State) -> None:
    """What the VM takes for granted at an instruction."""
    assert 0 <= state.pc < len(module.code), "the code is left without a HALT"
    instruction = module.code[state.pc]
    op, frame = instruction.op, state.frames[-1]
    inside = len(state.frames) > 1
    assert len(state.frames) <= 9, "sections are too deep"
    if op is Op.LEAVE:
        assert inside, "a LEAVE without its ENTER"
    if op in (Op.REV, Op.LEASE, Op.ACQUIRE):
        assert not inside, "what happens once is in a section"
    if op is Op.OUTPUT:
        assert state.output != "none", "there is no output to check"
    if op is Op.EMIT:
        assert inside and state.output == "checked", "an output lands unchecked"
    if op is Op.ASSERT_PASSED:
        assert inside and instruction.operands[0] in frame.ran, "nothing to assert on"
    if op is Op.ASSERT_EXIT:
        assert inside and frame.ran, "nothing to assert on"
    for index in range(len(instruction.operands)):
        _operand(module, state.pc, index)


def _operand(module: Module, pc: int, index: int) -> None:
    instruction = module.code[pc]
    kind = OPCODES[instruction.op].operands[index].kind.value
    value = instruction.operands[index]
    if kind == "text":
        assert isinstance(module.constants[value], str)
    elif kind == "record":
        record = module.constants[value]
        assert not isinstance(record, str)
        assert all(isinstance(module.constants[text], str) for pair in record for text in pair)


def _handlers(module: Module, enter: int) -> list[Handler]:
    return [handler for handler in module.handlers if handler.enter == enter]


def _counts(added: dict[str, int]) -> Counts:
    return tuple(added.get(name, 0) for name in COUNTS)
