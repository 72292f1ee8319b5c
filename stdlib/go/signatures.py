"""Parameters of a Go function, as its declaration writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...heaven.index.bind import Key
from ..lists import Listing, listing
from ..refused import MacroRefused
from .subject import Repository

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Param:
    """One name, or one type without a name (`name` is empty then). `number` is the declaration in
    the list, `among` its place in a declaration of several names."""

    name: str
    type: str
    variadic: bool
    number: int
    among: int
    node: Node
    name_node: Node | None


@dataclass(frozen=True, slots=True)
class FunctionSource:
    """A declared function, a method, or a method that an interface asks for (`body` is None)."""

    key: Key
    node: Node
    params: tuple[Param, ...]
    listing: Listing
    results: tuple[str, ...]
    body: Node | None
    receiver: Node | None

    @property
    def is_method(self) -> bool:
        return self.receiver is not None or self.node.type == "method_elem"

    @property
    def variadic(self) -> bool:
        return bool(self.params) and self.params[-1].variadic

    @property
    def named(self) -> bool:
        """Whether a parameter that it gets is to have a name."""
        return all(one.name for one in self.params)

    def param(self, name: str) -> Param | None:
        return next((one for one in self.params if one.name == name and name != "_"), None)


def function_of(repository: Repository, key: Key) -> FunctionSource:
    """Raises MacroRefused where the definition is no function."""
    row = repository.packages.row(key)
    where = repository.where(key)
    node = repository.trees.at(key.path, row.name_start, row.name_start + 1).parent
    kinds = ("function_declaration", "method_declaration", "method_elem")
    parameters = node.child_by_field_name("parameters") if node is not None else None
    if node is None or node.type not in kinds or parameters is None:
        raise MacroRefused("unsupported", f"{row.qualname} ({where}) is a {row.kind}", (where,))
    body = node.child_by_field_name("body")
    if node.type != "method_elem" and body is None:
        raise MacroRefused("outside", f"{row.qualname} ({where}) is not written in Go", (where,))
    rows = listing(key.path, repository.trees.source(key.path), parameters)
    return FunctionSource(
        key, node, tuple(_params(repository, key.path, rows)), rows,
        results_of(repository, key.path, node), body, node.child_by_field_name("receiver"),
    )  # fmt: skip


def _params(repository: Repository, path: str, rows: Listing) -> list[Param]:
    found: list[Param] = []
    for number, node in enumerate(rows.items):
        kind = node.child_by_field_name("type")
        text = repository.trees.text(path, kind) if kind is not None else ""
        variadic = node.type == "variadic_parameter_declaration"
        names = node.children_by_field_name("name")
        for among, one in enumerate(names):
            name = repository.trees.text(path, one)
            found.append(Param(name, text, variadic, number, among, node, one))
        if not names:
            found.append(Param("", text, variadic, number, 0, node, None))
    return found


def results_of(repository: Repository, path: str, node: Node) -> tuple[str, ...]:
    """The types of what a function gives back."""
    result = node.child_by_field_name("result")
    if result is None:
        return ()
    if result.type != "parameter_list":
        return (repository.trees.text(path, result),)
    return tuple(
        one.type
        for one in _params(repository, path, listing(path, repository.trees.source(path), result))
    )
