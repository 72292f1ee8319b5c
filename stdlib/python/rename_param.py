"""Renaming a parameter: within the function and its overrides, and where it is given by name."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...heaven.index.bind_fixtures import is_fixture
from ...heaven.index.facts import FileFacts
from ...heaven.index.naming import Naming
from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..refused import MacroRefused
from ..syntax import Trees
from ..targets import place_of, row_of
from .followable import check_followable
from .signatures import FunctionSource, function_of
from .unsure import Spot
from .uses import Uses, uses_of

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Spots:
    """The bytes (path, start, end) that are the parameter's name, and those that may be."""

    sure: set[tuple[str, int, int]]
    unsure: tuple[Spot, ...]


def rename_param(index: SymbolIndex, symbols: Sequence[Symbol], old: str, new: str) -> Spots:
    """The tokens to change. For use within the index's `ask`. Raises MacroRefused."""
    trees = Trees(index)
    naming = index.naming(symbols)
    first = symbols[0]
    where = f"{first.path}:{first.name_at.start_line}"
    functions = [function_of(index, trees, key) for key in sorted(naming.keys)]
    holders = [one for one in functions if one.param(old) is not None]
    mine = [one for one in holders if row_of(index, one.key).qualname == first.qualname]
    if not mine:
        raise MacroRefused("unknown", f"{first.qualname} ({where}) has no parameter {old}")
    if naming.classes:
        check_followable(index, naming)
    check_pytest(index, mine)
    sure: set[tuple[str, int, int]] = set()
    unsure: list[Spot] = []
    for function in holders:
        check_free(index, trees, function, old, new)
        sure |= parameter_tokens(index, trees, naming, function, old)
        for decorator in function.opaque:
            row = row_of(index, function.key)
            why = f"@{decorator} may read the parameters"
            end = row.name_start + len(row.name.encode())
            unsure.append(Spot(function.key.path, row.name_start, end, why, False))
    by_name = any(_by_name(one, old) for one in holders)
    unsure += by_keyword(trees, uses_of(index, trees, symbols, naming), old, sure, by_name)
    return Spots(sure, tuple(unsure))


def check_pytest(index: SymbolIndex, functions: Sequence[FunctionSource]) -> None:
    """Raises MacroRefused for tests and fixtures: their parameters are names of fixtures."""
    for function in functions:
        row = row_of(index, function.key)
        if is_fixture(row) or row.name.startswith("test"):
            where = place_of(index, function.key.path, row.name_start)
            raise MacroRefused(
                "unsupported",
                f"{row.qualname} ({where}) is called by pytest, which reads its parameters",
                (where,),
            )


def check_free(
    index: SymbolIndex, trees: Trees, function: FunctionSource, old: str, new: str
) -> None:
    """Raises MacroRefused where a parameter `new` would clash in the function, or hide a name that
    it uses. `old` is the parameter that becomes it, or empty."""
    path = function.key.path
    facts = index.facts_of(path) or FileFacts()
    row = row_of(index, function.key)
    if function.param(new) is not None:
        where = place_of(index, path, row.name_start)
        raise MacroRefused("collision", f"{row.qualname} ({where}) has a parameter {new}", (where,))
    body = function.body
    inside = [
        facts.uses[number]
        for number in facts.names.get(new, ())
        if body.start_byte <= facts.uses[number].start < body.end_byte
        and facts.uses[number].on == -1
    ]
    bound = [
        one
        for (_, name), bindings in facts.table.items()
        if name == new
        for one in bindings
        if body.start_byte <= one.at < body.end_byte and one.how not in ("field",)
    ]
    at = [one.start for one in inside] + [one.at for one in bound]
    # A class in the function has names of its own.
    at = [one for one in at if not _in_class(facts, one)]
    if at:
        where = place_of(index, path, min(at))
        raise MacroRefused(
            "collision", f"{row.qualname} uses {new} for something else ({where})", (where,)
        )
    if old and hasattr(builtins, new) and not hasattr(builtins, old):
        where = place_of(index, path, row.name_start)
        raise MacroRefused("collision", f"{new} is a builtin function or class", (where,))


def _in_class(facts: FileFacts, at: int) -> bool:
    return any(
        one.how == "definition" and one.at == at and facts.scopes[one.scope].kind == "class"
        for one in facts.bindings
    )


def parameter_tokens(
    index: SymbolIndex, trees: Trees, naming: Naming, function: FunctionSource, name: str
) -> set[tuple[str, int, int]]:
    """The parameter's name in its definition and wherever the function's body means it."""
    param = function.param(name)
    assert param is not None
    path = function.key.path
    facts = index.facts_of(path) or FileFacts()
    row = row_of(index, function.key)
    at = param.name_node
    found = {(path, at.start_byte, at.end_byte)}
    for number in facts.names.get(name, ()):
        use = facts.uses[number]
        if use.on != -1 or use.imported >= 0:
            continue
        if not row.start <= use.start < row.end:
            continue
        owner = naming.owner(path, use.scope, name, use.start)
        if owner is not None and owner.scope == row.inner:
            found.add((path, use.start, use.end))
    # Assignments, `nonlocal` and the like bind it again.
    for one in facts.table.get((row.inner, name), ()):
        if one.how != "field":
            found.add((path, one.at, one.at + len(name.encode())))
    return found


def _by_name(function: FunctionSource, name: str) -> bool:
    param = function.param(name)
    return param is not None and param.kind in ("either", "keyword")


def by_keyword(
    trees: Trees, uses: Uses, old: str, sure: set[tuple[str, int, int]], by_name: bool
) -> list[Spot]:
    """Put the keywords of proven calls into `sure`; those that may be its are returned."""
    unsure: list[Spot] = []
    if not by_name:
        return unsure
    for call in uses.calls:
        given = call.keyword(trees, old)
        key = given.child_by_field_name("name") if given is not None else None
        if key is not None and call.sure:
            sure.add((call.path, key.start_byte, key.end_byte))
        elif key is not None:
            why = "what is called is not known"
            unsure.append(Spot(call.path, key.start_byte, key.end_byte, why, True))
        elif call.sure and call.splat("dictionary_splat"):
            node = call.node
            why = f"{old} may be among the ** arguments"
            unsure.append(Spot(call.path, node.start_byte, node.end_byte, why, False))
    for place in uses.reads:
        partial = _partial(trees, place.path, place.start, place.end, old)
        if partial is not None:
            sure.add((place.path, partial.start_byte, partial.end_byte))
            continue
        unsure.append(Spot(place.path, place.start, place.end, place.why, False))
    return unsure


def _partial(trees: Trees, path: str, start: int, end: int, name: str) -> Node | None:
    """The keyword in `functools.partial(function, name=...)`."""
    node: Node | None = trees.at(path, start, end)
    while node is not None and node.type in ("identifier", "attribute"):
        node = node.parent
    outer = node.parent if node is not None and node.type == "argument_list" else None
    function = outer.child_by_field_name("function") if outer is not None else None
    if node is None or outer is None or function is None:
        return None
    if trees.text(path, function).rpartition(".")[2] not in ("partial", "partialmethod"):
        return None
    for one in node.named_children:
        key = one.child_by_field_name("name") if one.type == "keyword_argument" else None
        if key is not None and trees.text(path, key) == name:
            return key
    return None
