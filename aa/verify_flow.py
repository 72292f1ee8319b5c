"""The verifier's last part: what holds on every path through the code.

Dominators say what has happened before an effect (REV, ACQUIRE); a small abstract interpretation
says in what state the output is at each EMIT. Code behind a HALT is never reached, and paths are
not looked for in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .findings import Findings
from .flow import Dominators, Graph, build, dominators
from .module import Module
from .opcodes import CHOICES, Kind, Op
from .opsets import EFFECTS, OpSet
from .sections import Section

_OUTSIDE: Final = OpSet((Op.REV, Op.LEASE, Op.ACQUIRE))
_CHANGES: Final = OpSet((Op.ANGEL, Op.MACRO, Op.EMIT))
_OUTPUT: Final = OpSet((Op.ANGEL, Op.MACRO, Op.OUTPUT, Op.EMIT))
_PLACED: Final = OpSet(
    (
        *(Op.ENTER, Op.LEAVE, Op.REV, Op.LEASE, Op.ACQUIRE, Op.EMIT, Op.OUTPUT),
        *(Op.RUN, Op.ASSERT_PASSED, Op.ASSERT_EXIT),
    )
)

# What the output may be at a place: a set of these, as bits.
_NONE, _UNCHECKED, _CHECKED = 1, 2, 4
_MAKES: Final = {
    int(Op.ANGEL): _UNCHECKED,
    int(Op.MACRO): _UNCHECKED,
    int(Op.OUTPUT): _CHECKED,
    int(Op.EMIT): _NONE,
}


def check_flow(
    module: Module, ops: bytes, sections: tuple[Section, ...], findings: Findings
) -> None:
    """Needs a module whose sections, handlers and operands are sound; `ops` are its opcodes."""
    graph = build(ops, sections, module.handlers)
    tree = dominators(graph)
    if ops[-1] != Op.HALT:
        findings.at("AA0718", len(ops) - 1, "the code ends here without a HALT")
    _check_places(module, ops, findings)
    _check_before(ops, graph, tree, findings)
    _check_output(ops, graph, tree, findings)


def _check_places(module: Module, ops: bytes, findings: Findings) -> None:
    """What may stand inside of a section, what outside, and what an assertion needs before it."""
    runs: list[set[int]] = [set()]
    mode = CHOICES[Kind.OUTPUT].index(module.output_mode)
    enter, leave, output, emit = map(int, (Op.ENTER, Op.LEAVE, Op.OUTPUT, Op.EMIT))
    for pc in _PLACED.pcs(ops):
        op = ops[pc]
        if op == output:
            found = module.code[pc].operands[0]
            if found != mode:
                word = CHOICES[Kind.OUTPUT][found]
                message = f"its mode is {word} and the module's is {module.output_mode}"
                findings.at("AA0722", pc, message)
        elif op == emit:
            if len(runs) == 1:
                findings.at("AA0717", pc, "it stands outside of all sections: nothing undoes it")
        elif op == enter:
            runs.append(set())
        elif op == leave:
            runs.pop()
        elif op == Op.RUN:
            runs[-1].add(module.code[pc].operands[0])
        elif op in _OUTSIDE:
            if len(runs) > 1:
                findings.at("AA0713", pc, "it stands in a section, which may run again")
        elif op == Op.ASSERT_PASSED:
            kind = module.code[pc].operands[0]
            if len(runs) == 1 or kind not in runs[-1]:
                word = CHOICES[Kind.RUN][kind]
                findings.at("AA0720", pc, f"no RUN {word} stands before it in its section")
        elif len(runs) == 1 or not runs[-1]:
            findings.at("AA0720", pc, "no RUN stands before it in its section")


def _check_before(ops: bytes, graph: Graph, tree: Dominators, findings: Findings) -> None:
    """REV before every effect; the leases before whatever may change the tree."""
    pinned = _only(ops, Op.REV, "AA0713", "the base revision is pinned", findings)
    leased = _only(ops, Op.ACQUIRE, "AA0714", "the leases are taken", findings)
    _check_leases(ops, leased, findings)
    for pc in _unprepared(ops, EFFECTS, pinned, graph, tree):
        if ops[pc] != Op.REV:
            findings.at("AA0713", pc, "it is reached before the base revision is pinned")
    for pc in _unprepared(ops, _CHANGES, leased, graph, tree):
        findings.at("AA0714", pc, "it is reached before the leases are taken")


def _only(ops: bytes, op: Op, code: str, done: str, findings: Findings) -> int | None:
    """The pc of the one instruction `op`, None if there is none."""
    first, *others = (*OpSet((op,)).pcs(ops), None)
    for pc in others:
        if pc is not None:
            findings.at(code, pc, f"{done} at pc {first} already")
    return first


def _check_leases(ops: bytes, acquire: int | None, findings: Findings) -> None:
    leases = list(OpSet((Op.LEASE,)).pcs(ops))
    for pc in leases:
        if acquire is None or pc > acquire:
            findings.at("AA0715", pc, "no ACQUIRE behind it takes this lease")
    if acquire is not None and not (leases and leases[0] < acquire):
        findings.at("AA0715", acquire, "no LEASE before it says what to take")


def _unprepared(
    ops: bytes, wanted: OpSet, before: int | None, graph: Graph, tree: Dominators
) -> Iterator[int]:
    """The pcs of `wanted` that some path reaches without having passed `before`."""
    home = -1 if before is None else graph.block_of(before)
    for block, (start, end) in enumerate(zip(graph.starts, graph.ends, strict=True)):
        if not tree.reachable[block]:
            continue
        if block == home and before is not None:
            # Within one block what stands first comes first.
            yield from wanted.pcs(ops, start, before)
        elif home < 0 or not tree.dominates(home, block):
            yield from wanted.pcs(ops, start, end)


def _check_output(ops: bytes, graph: Graph, tree: Dominators, findings: Findings) -> None:
    """Every EMIT lands an output that was checked after it was made, on every path."""
    states = _output_states(ops, graph, tree)
    for block, (start, end) in enumerate(zip(graph.starts, graph.ends, strict=True)):
        if not tree.reachable[block]:
            continue
        state = states[block]
        for pc in _OUTPUT.pcs(ops, start, end):
            made = _MAKES[ops[pc]]
            if made == _CHECKED and state & _NONE:
                findings.at("AA0716", pc, "it is reached without an output to check")
            elif made == _NONE and state != _CHECKED:
                what = "an output to land" if state & _NONE else "its output having been checked"
                findings.at("AA0716", pc, f"it is reached without {what}")
            state = made


def _output_states(ops: bytes, graph: Graph, tree: Dominators) -> list[int]:
    """What the output may be at the start of each block: the least fixed point over all edges.

    A section that starts again starts without an output, so a backward edge carries _NONE.
    """
    made: list[int | None] = []
    for start, end in zip(graph.starts, graph.ends, strict=True):
        last = max(ops.rfind(op, start, end) for op in _MAKES)
        made.append(_MAKES[ops[last]] if last >= 0 else None)
    states = [0] * len(graph.starts)
    states[0] = _NONE
    changed = True
    while changed:
        changed = False
        for block, own in enumerate(made):
            if not tree.reachable[block]:
                continue
            after = states[block] if own is None else own
            for target in graph.forward[block]:
                states[target] |= after
            for target in graph.backward[block]:
                # Behind this sweep: what it adds there flows on in the next.
                if not states[target] & _NONE:
                    states[target] |= _NONE
                    changed = True
    return states
