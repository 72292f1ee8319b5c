"""Where a Go function is called, and where it is a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..lists import Listing, listing
from ..occurrences import Spot, Token
from ..targets import named
from .scopes import bindings
from .signatures import results_of
from .subject import Repository, Subject
from .uses import Uses

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Call:
    """`callee` is the token of the function's name; `offset` is 1 where the receiver is the first
    argument (`Type.Method(value)`), `sure` False where another function may be meant."""

    path: str
    node: Node
    callee: Token
    arguments: Listing
    offset: int
    sure: bool

    @property
    def function(self) -> Node:
        """All that stands before the arguments."""
        found = self.node.child_by_field_name("function")
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Called:
    """`values` are where the function is named and not called, `unknown` where it may be."""

    calls: tuple[Call, ...]
    values: tuple[Spot, ...]
    unknown: tuple[Spot, ...]


def called(repository: Repository, found: Subject, uses: Uses) -> Called:
    homes = {
        Token(key.path, row.name_start, row.name_start + len(found.name.encode()))
        for key in found.keys
        for row in [repository.packages.row(key)]
    }
    calls: list[Call] = []
    values: list[Spot] = []
    unknown: list[Spot] = []
    for token in sorted(uses.sure - homes):
        call = _call(repository, token, True)
        if call is not None:
            calls.append(call)
        else:
            values.append(Spot(*token, "is a value here, whose type would change", False))
    for spot in uses.unsure:
        call = (
            _call(repository, Token(spot.path, spot.start, spot.end), False) if spot.exact else None
        )
        if call is not None:
            calls.append(call)
        else:
            unknown.append(spot)
    return Called(tuple(calls), tuple(values), tuple(unknown))


def _call(repository: Repository, token: Token, sure: bool) -> Call | None:
    node = repository.trees.at(*token)
    if node.type not in ("identifier", "field_identifier"):
        return None
    whole = node
    above = node.parent
    offset = 0
    if above is not None and above.type == "selector_expression":
        if above.child_by_field_name("field") != node:
            return None
        operand = above.child_by_field_name("operand")
        offset = int(operand is not None and is_type(repository, token.path, operand))
        whole, above = above, above.parent
    while above is not None and (
        above.type == "parenthesized_expression"
        or (
            above.type in ("index_expression", "type_instantiation_expression")
            and above.named_children[0] == whole
        )
    ):
        whole, above = above, above.parent
    if above is None or above.type != "call_expression":
        return None
    if above.child_by_field_name("function") != whole:
        return None
    arguments = above.child_by_field_name("arguments")
    if arguments is None:
        return None
    rows = listing(token.path, repository.trees.source(token.path), arguments)
    return Call(token.path, above, token, rows, offset, sure)


_AROUND = frozenset(
    {
        "parenthesized_expression", "unary_expression", "index_expression", "pointer_type",
        "type_instantiation_expression", "generic_type",
    }
)  # fmt: skip


def is_type(repository: Repository, path: str, node: Node) -> bool:
    """Whether an expression names a type of the repository: `T`, `(*T)`, `pkg.T`, `T[int]`."""
    while node.type in _AROUND:
        node = node.named_children[0]
    packages = repository.packages
    facts = packages.facts(path)
    if node.type in ("identifier", "type_identifier"):
        name = repository.trees.text(path, node)
        scope = scope_at(repository, path, node.start_byte)
        local = bindings(facts, scope, name, node.start_byte)
        if local and not any(one.how == "definition" for one in local):
            return False
        found = repository.types.resolve(path, node)
        return found is not None and repository.types.declared(found) is not None
    if node.type == "selector_expression":
        operand, name_node = node.child_by_field_name("operand"), node.child_by_field_name("field")
        if operand is None or name_node is None:
            return False
        one = packages.imported(path, repository.trees.text(path, operand))
        where = packages.directory(one.path) if one is not None else None
        package = packages.importable(where) if where is not None else None
        if package is None:
            return False
        keys = packages.scope(package).get(repository.trees.text(path, name_node), [])
        return any(packages.row(key).kind in ("type", "interface") for key in keys)
    return False


def scope_at(repository: Repository, path: str, start: int) -> int:
    """The scope in which a token stands; the file's where the index has no use there."""
    facts = repository.packages.facts(path)
    return next((use.scope for use in facts.uses if use.start == start), 0)


def may_spread(repository: Repository, call: Call) -> bool:
    """Whether a lone argument is a call that may give several values: `f(g())`."""
    items: Sequence[Node] = call.arguments.items
    if len(items) != 1 or items[0].type != "call_expression":
        return False
    function = items[0].child_by_field_name("function")
    if function is None or function.type in ("func_literal", "parenthesized_expression"):
        return True
    name = repository.trees.text(call.path, function).partition("[")[0].rpartition(".")[2]
    for one in named(repository.index, name, kin="go"):
        if one.kind not in ("function", "method"):
            continue
        node = repository.trees.at(one.path, one.name_at.start_byte, one.name_at.end_byte).parent
        if node is not None and len(results_of(repository, one.path, node)) > 1:
            return True
    return not named(repository.index, name, kin="go") and name not in _SINGLE


_SINGLE = frozenset(
    {
        "len", "cap", "append", "new", "make", "string", "int", "byte", "rune", "float64", "min",
        "max", "Sprintf", "Sprint", "Sprintln", "Errorf", "New", "String", "Error", "Background",
        "TODO", "Now", "Join", "TrimSpace", "ToLower", "ToUpper", "Itoa", "Repeat", "TypeOf",
        "ValueOf", "Quote",
    }
)  # fmt: skip
"""Functions, built in or of Go's library, that give one value under any owner."""
