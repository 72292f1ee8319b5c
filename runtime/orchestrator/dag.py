"""A plan's missions and what waits for what: a directed acyclic graph, checked before it is run.

Two missions *may run at once* when neither has to wait for the other. Such missions must not want
the same place: each would hold what the other needs for as long as it works.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ...heaven.leases.scopes import Key
from ...proto.leases import Scope
from .errors import BadPlan

Places: TypeAlias = Callable[[Scope], Collection[Key]]
"""What a scope covers in the repository as it is now."""


@dataclass(frozen=True, slots=True)
class Node:
    """A mission of the graph: what it leases exclusively, and whom it waits for."""

    name: str
    depends_on: tuple[str, ...]
    scopes: tuple[Scope, ...]


class Dag:
    """A checked graph. Iterates over its missions' names in the order in which they land."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        """Raises BadPlan: a name twice, a dependency that is no mission, a cycle."""
        self._nodes = {node.name: node for node in nodes}
        problems = [*_doubled(nodes), *_unknown(nodes, self._nodes)]
        if not problems:
            cycle = _cycle(self._nodes)
            if cycle:
                problems.append("these missions wait for each other: " + " -> ".join(cycle))
        if problems:
            raise BadPlan(tuple(problems))
        self.order = _topological(nodes)
        self._before: dict[str, frozenset[str]] = {}
        for name in self.order:
            direct = self._nodes[name].depends_on
            self._before[name] = frozenset(direct).union(*(self._before[one] for one in direct))

    def __iter__(self) -> Iterator[str]:
        return iter(self.order)

    def __len__(self) -> int:
        return len(self.order)

    def node(self, name: str) -> Node:
        return self._nodes[name]

    def before(self, name: str) -> frozenset[str]:
        """All that must be done before this mission, its dependencies' dependencies too."""
        return self._before[name]

    def ready(self, done: Collection[str]) -> tuple[str, ...]:
        """The missions whose dependencies are all in `done`, and that are not, in landing order."""
        return tuple(
            name
            for name in self.order
            if name not in done and all(one in done for one in self._nodes[name].depends_on)
        )

    def at_once(self) -> Iterator[tuple[str, str]]:
        """Every two missions that may run at once, in landing order."""
        for place, first in enumerate(self.order):
            for second in self.order[place + 1 :]:
                if first not in self._before[second]:
                    yield first, second

    def check_leases(self, places: Places) -> None:
        """Raises BadPlan with every two missions that may run at once and want the same place, and
        what `places` raises."""
        known: dict[Scope, Collection[Key]] = {}

        def cached(scope: Scope) -> Collection[Key]:
            if scope not in known:
                known[scope] = places(scope)
            return known[scope]

        problems = []
        for first, second in self.at_once():
            clash = overlapping(self._nodes[first].scopes, self._nodes[second].scopes, cached)
            if clash is not None:
                mine, theirs = (f"{one.scope_type}:{one.scope_value}" for one in clash)
                what = mine if mine == theirs else f"{mine} and {theirs}, which overlap"
                problems.append(
                    f"missions {first} and {second} may run at once and both lease {what}; "
                    f"let {second} depend on {first}, or narrow their leases"
                )
        if problems:
            raise BadPlan(tuple(problems))


def overlapping(
    ours: Iterable[Scope], theirs: Sequence[Scope], places: Places
) -> tuple[Scope, Scope] | None:
    """The first scope of each side that want the same place."""
    for mine in ours:
        for other in theirs:
            if any(
                one[: len(two)] == two or two[: len(one)] == one
                for one in places(mine)
                for two in places(other)
            ):
                return mine, other
    return None


def _doubled(nodes: Iterable[Node]) -> Iterator[str]:
    seen: set[str] = set()
    for node in nodes:
        if node.name in seen:
            yield f"mission {node.name} is there twice"
        seen.add(node.name)


def _unknown(nodes: Iterable[Node], known: Mapping[str, Node]) -> Iterator[str]:
    for node in nodes:
        for name in node.depends_on:
            if name not in known:
                yield f"mission {node.name} depends on {name}, which is no mission of the plan"


def _cycle(nodes: Mapping[str, Node]) -> tuple[str, ...]:
    """The names along one cycle, the first again at the end; empty where there is none."""
    done: set[str] = set()
    for start in nodes:
        if start in done:
            continue
        path: list[str] = []
        on_path: set[str] = set()
        pending: list[tuple[str, Iterator[str]]] = [(start, iter(nodes[start].depends_on))]
        path.append(start)
        on_path.add(start)
        while pending:
            name, rest = pending[-1]
            following = next(rest, None)
            if following is None:
                pending.pop()
                done.add(path.pop())
                on_path.discard(name)
            elif following in on_path:
                return (*path[path.index(following) :], following)
            elif following not in done:
                path.append(following)
                on_path.add(following)
                pending.append((following, iter(nodes[following].depends_on)))
    return ()


def _topological(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Dependencies first; of those that could come next, the one that the plan names first."""
    order: list[str] = []
    placed: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = next(one for one in waiting if placed.issuperset(one.depends_on))
        waiting.remove(node)
        placed.add(node.name)
        order.append(node.name)
    return tuple(order)
