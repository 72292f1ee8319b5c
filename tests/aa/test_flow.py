"""The flow graph and its dominators are those of the instructions, worked out the slow way."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.flow import Graph, Irreducible, build, dominators
from genesis_ssmp.aa.module import Module
from genesis_ssmp.aa.opsets import opcode_bytes
from genesis_ssmp.aa.sections import attempts, find_sections
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.modules import long_module, modules
from kit.programs import examples
from kit.simulator import START, steps


def graph_of(module: Module) -> Graph:
    ops = opcode_bytes(module.code)
    return build(ops, find_sections(ops)[0], module.handlers)


def edges_of(module: Module) -> dict[int, set[int]]:
    """Where each reachable instruction may lead, by trying everything that may happen."""
    edges: dict[int, set[int]] = {}
    todo, seen = [START], {START}
    while todo:
        state = todo.pop()
        targets = edges.setdefault(state.pc, set())
        for _, after in steps(module, state):
            if after is not None:
                targets.add(after.pc)
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
    return edges


def slow_dominators(edges: dict[int, set[int]]) -> dict[int, set[int]]:
    """By definition: the largest sets with dom(n) = {n} + what all predecessors have in common."""
    found = {pc: set(edges) for pc in edges}
    found[0] = {0}
    changed = True
    while changed:
        changed = False
        for pc in sorted(edges.keys() - {0}):
            before = [found[source] for source, targets in edges.items() if pc in targets]
            now = {pc} | (set.intersection(*before) if before else set())
            changed |= now != found[pc]
            found[pc] = now
    return found


@settings(max_examples=examples(25), deadline=None)
@given(modules(most_items=2, deepest=2))
def test_dominators_are_those_of_the_instructions(module: Module) -> None:
    graph = graph_of(module)
    tree = dominators(graph)
    edges = edges_of(module)
    slow = slow_dominators(edges)
    for pc in range(len(module.code)):
        block = graph.block_of(pc)
        assert tree.reachable[block] == (pc in edges)
        if pc not in edges:
            continue
        fast = {
            above
            for above in edges
            if (graph.block_of(above) == block and above <= pc)
            or (graph.block_of(above) != block and tree.dominates(graph.block_of(above), block))
        }
        assert fast == slow[pc]


@settings(max_examples=examples(25), deadline=None)
@given(modules(most_items=2, deepest=2))
def test_every_edge_of_the_instructions_is_in_the_graph(module: Module) -> None:
    graph = graph_of(module)
    for pc, targets in edges_of(module).items():
        block = graph.block_of(pc)
        for target in targets:
            to = graph.block_of(target)
            if target == pc + 1 and to == block:
                continue
            assert to in graph.forward[block] or to in graph.backward[block]
            assert graph.starts[to] == target, "an edge arrives in the middle of a block"


@settings(max_examples=examples(50), deadline=None)
@given(st.data())
def test_dominators_of_any_graph_without_backward_edges(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 9))
    forward = tuple(
        tuple(sorted(data.draw(st.sets(st.integers(node + 1, count), max_size=3)) - {count}))
        for node in range(count)
    )
    graph = Graph(tuple(range(count)), tuple(range(1, count + 1)), forward, ((),) * count)
    tree = dominators(graph)
    edges = {0: set(forward[0])}
    for node in range(1, count):
        if any(node in edges.get(source, ()) for source in range(node)):
            edges[node] = set(forward[node])
    slow = slow_dominators(edges)
    for below in edges:
        assert {above for above in edges if tree.dominates(above, below)} == slow[below]
    for node in set(range(count)) - edges.keys():
        assert not tree.reachable[node]
        assert not tree.dominates(0, node)


def test_a_backward_edge_to_what_may_not_have_been_passed_is_noticed() -> None:
    forward = ((1, 2), (3,), (3,), ())
    graph = Graph((0, 1, 2, 3), (1, 2, 3, 4), forward, ((), (), (), (1,)))
    with pytest.raises(Irreducible):
        dominators(graph)


def test_straight_code_is_few_blocks_however_long_it_is() -> None:
    assert len(graph_of(long_module(50_000)).starts) == 2


def test_handlers_behind_a_halt_do_not_count() -> None:
    module = long_module(1)
    assert attempts(module.handlers)[3].again == 2
    first = module.handlers[0]
    halted = (type(first)(first.enter, first.leave, type(first.action).HALT, 0), first)
    assert attempts(halted)[3].again == 0
    assert attempts(halted)[3].halts
