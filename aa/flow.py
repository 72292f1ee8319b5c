"""The control flow of a module: blocks, edges, dominators.

Code runs straight on; the only ways off that line are HALT and a failed check, which goes back to
just behind the ENTER of an enclosing section that has a RETRY or ESCALATE. Such a backward edge may
leave a block in its middle: it leads to where the path has been before, so it decides nothing about
dominance, and blocks are cut only where an edge arrives and behind HALT. There are no forward
jumps, so blocks in code order are in topological order once the backward edges are left out.
"""

from __future__ import annotations

from bisect import bisect_right

from .module import Handler
from .node import dataclass
from .opcodes import Op
from .opsets import CAN_FAIL, HALTS, MARKS
from .sections import NO_HANDLERS, Section, attempts


class Irreducible(ValueError):
    """A backward edge goes to a block that does not dominate its source.

    No module with paired sections has one: seeing it means that `build` and the meaning of handlers
    have come apart, a bug in this package.
    """


@dataclass(frozen=True, slots=True)
class Graph:
    """Blocks in code order: block `b` covers the pcs from `starts[b]` to `ends[b]`, not included.

    `forward[b]` are the blocks that the end of `b` leads to, `backward[b]` those that a failed
    check in `b` leads to, each starting behind an ENTER.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    forward: tuple[tuple[int, ...], ...]
    backward: tuple[tuple[int, ...], ...]

    def block_of(self, pc: int) -> int:
        return bisect_right(self.starts, pc) - 1


def build(ops: bytes, sections: tuple[Section, ...], handlers: tuple[Handler, ...]) -> Graph:
    """The flow graph of opcode bytes whose sections pair up and whose handlers name sections."""
    resumes = _resume_points(sections, handlers)
    halts = [pc + 1 for pc in HALTS.pcs(ops)]
    cuts = {pc for pcs in resumes for pc in pcs}.union(halts)
    starts = sorted(pc for pc in cuts | {0} if pc < len(ops))
    ends = (*starts[1:], len(ops))[: len(starts)]
    halted = set(halts)
    forward = tuple(
        () if end in halted or end == len(ops) else (block + 1,) for block, end in enumerate(ends)
    )
    graph = Graph(tuple(starts), ends, forward, ())
    return Graph(graph.starts, ends, forward, _backward(ops, graph, resumes))


def _resume_points(
    sections: tuple[Section, ...], handlers: tuple[Handler, ...]
) -> list[tuple[int, ...]]:
    """By section, the pcs where a check that fails directly in it may go on."""
    answers = attempts(handlers)
    points: list[tuple[int, ...]] = []
    for section in sections:
        answer = answers.get(section.enter, NO_HANDLERS)
        own = (section.enter + 1,) if answer.again else ()
        outer = points[section.parent] if section.parent >= 0 and not answer.halts else ()
        points.append(own + outer)
    return points


def _backward(
    ops: bytes, graph: Graph, resumes: list[tuple[int, ...]]
) -> tuple[tuple[int, ...], ...]:
    """For each block, where the checks in it may lead."""
    found: list[set[int]] = [set() for _ in graph.starts]
    open_: list[int] = []
    entered = 0
    place = 0
    # Between two section marks all checks lead to the same places.
    for mark in (*MARKS.pcs(ops), len(ops)):
        pcs = resumes[open_[-1]] if open_ else ()
        if pcs and place < mark:
            for block in range(graph.block_of(place), graph.block_of(mark - 1) + 1):
                first = max(place, graph.starts[block])
                if next(CAN_FAIL.pcs(ops, first, min(mark, graph.ends[block])), None) is not None:
                    found[block].update(graph.block_of(pc) for pc in pcs)
        if mark < len(ops):
            if ops[mark] == Op.ENTER:
                open_.append(entered)
                entered += 1
            else:
                open_.pop()
        place = mark + 1
    return tuple(tuple(sorted(blocks)) for blocks in found)


@dataclass(frozen=True, slots=True)
class Dominators:
    """The dominator tree of a graph; block 0 is its root. Unreachable blocks are not in it."""

    reachable: tuple[bool, ...]
    _order: tuple[int, ...]
    _size: tuple[int, ...]

    def dominates(self, above: int, below: int) -> bool:
        """Every path from the start to block `below` passes all of block `above`, or is in it."""
        if not (self.reachable[above] and self.reachable[below]):
            return False
        first = self._order[above]
        return first <= self._order[below] < first + self._size[above]


def dominators(graph: Graph) -> Dominators:
    """The dominator tree, in time linear in the graph.

    Backward edges of a reducible graph do not change who dominates whom, so the tree is that of
    the forward edges, one pass in code order; that the graph is reducible is checked, not assumed.
    Raises Irreducible.
    """
    count = len(graph.starts)
    idom = [-1] * count
    depth = [0] * count
    reachable = [False] * count
    if count:
        reachable[0] = True
        idom[0] = 0
    for block in range(count):
        if not reachable[block]:
            continue
        for after in graph.forward[block]:
            if not reachable[after]:
                reachable[after] = True
                idom[after] = block
                depth[after] = depth[block] + 1
                continue
            left, right = idom[after], block
            while left != right:
                if depth[left] > depth[right]:
                    left = idom[left]
                else:
                    right = idom[right]
            idom[after] = left
            depth[after] = depth[left] + 1
    tree = _number(tuple(reachable), idom)
    for block, targets in enumerate(graph.backward):
        if reachable[block]:
            for target in targets:
                if not tree.dominates(target, block):
                    raise Irreducible(f"block {block} goes back to {target}, which is not above it")
    return tree


def _number(reachable: tuple[bool, ...], idom: list[int]) -> Dominators:
    """Preorder numbers and subtree sizes, so that dominance is one interval test."""
    count = len(idom)
    size = [1] * count
    for block in range(count - 1, 0, -1):
        if reachable[block]:
            size[idom[block]] += size[block]
    order = [0] * count
    free = [1] * count
    for block in range(1, count):
        if reachable[block]:
            above = idom[block]
            order[block] = free[above]
            free[above] += size[block]
            free[block] = order[block] + 1
    return Dominators(reachable, tuple(order), tuple(size))
