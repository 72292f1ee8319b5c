from __future__ import annotations

from itertools import pairwise

import pytest
from genesis_ssmp.heaven.leases.scopes import Key, path_key
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.runtime.orchestrator.dag import Dag, Node
from genesis_ssmp.runtime.orchestrator.errors import BadPlan
from hypothesis import given, settings
from hypothesis import strategies as st


def node(name: str, *after: str, files: str = "") -> Node:
    return Node(name, after, tuple(Scope("file", one) for one in files.split()))


def places(scope: Scope) -> list[Key]:
    return [path_key(scope.scope_value)]


def test_missions_land_in_the_plans_order_where_nothing_else_is_said() -> None:
    assert Dag([node("c"), node("a", "b"), node("b"), node("d")]).order == ("c", "b", "a", "d")


def test_what_is_ready_waits_for_nothing_that_is_not_done() -> None:
    dag = Dag([node("a"), node("b", "a"), node("c", "a", "b"), node("d")])
    assert dag.ready(()) == ("a", "d")
    assert dag.ready({"a", "d"}) == ("b",)
    assert dag.before("c") == {"a", "b"}


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([node("a", "a")], "a -> a"),
        ([node("a", "c"), node("b", "a"), node("c", "b")], "a -> c -> b -> a"),
        ([node("x"), node("a", "x", "b"), node("b", "a")], "a -> b -> a"),
        ([node("a", "gone")], "a depends on gone, which is no mission"),
        ([node("a"), node("a")], "a is there twice"),
    ],
)
def test_what_is_no_graph_is_refused_with_the_names(nodes: list[Node], words: str) -> None:
    with pytest.raises(BadPlan, match=words):
        Dag(nodes)


def test_one_place_in_two_missions_that_may_run_at_once_is_refused_with_both_names() -> None:
    nodes = [node("a", files="src/x.py"), node("b", files="src"), node("c", files="docs")]
    with pytest.raises(BadPlan) as refused:
        Dag(nodes).check_leases(places)
    (problem,) = refused.value.problems
    assert problem.startswith(
        "missions a and b may run at once and both lease file:src/x.py and file:src, which overlap"
    )


def test_one_place_in_two_missions_one_after_the_other_is_fine() -> None:
    nodes = [node("a", files="x"), node("b", "a"), node("c", "b", files="x")]
    Dag(nodes).check_leases(places)


@st.composite
def graphs(draw: st.DrawFn) -> list[Node]:
    count = draw(st.integers(1, 9))
    edges = draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))))
    return [
        Node(f"m{n}", tuple(f"m{to}" for of, to in sorted(edges) if of == n), ())
        for n in draw(st.permutations(range(count)))
    ]


@settings(deadline=None)
@given(graphs())
def test_a_graph_is_ordered_or_a_cycle_of_it_is_named(nodes: list[Node]) -> None:
    waits = {one.name: one.depends_on for one in nodes}
    try:
        dag = Dag(nodes)
    except BadPlan as refused:
        names = refused.problems[0].partition(": ")[2].split(" -> ")
        assert names[0] == names[-1]
        assert all(to in waits[of] for of, to in pairwise(names))
        return
    assert sorted(dag.order) == sorted(waits)
    for name in dag:
        assert all(dag.order.index(one) < dag.order.index(name) for one in waits[name])
    for first, second in dag.at_once():
        assert first not in dag.before(second) and second not in dag.before(first)
