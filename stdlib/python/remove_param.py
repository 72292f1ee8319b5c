"""REMOVE_PARAM: a parameter that nothing reads goes from definition, overrides and calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...heaven.index.symbols import SymbolIndex
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees
from ..targets import place_of
from .followable import check_followable
from .functions import (
    Function,
    decorated,
    function,
    place_of_call,
    refuse_unproven,
    unproven,
)
from .identifiers import identifier
from .rename_param import check_pytest, parameter_tokens
from .signatures import FunctionSource, Param
from .uses import Call, Place, sites

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...heaven import Heaven

_NAME = "REMOVE_PARAM"
_EFFECTS = frozenset({"call", "await", "yield", "named_expression"})


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Take `args["param"]` from `args["func"]` (a class stands for its `__init__`).

    Raises MacroRefused: also where a body uses it, where a call computes what it passes for it, and
    where a call may be one that cannot be seen.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    trees = Trees(index)
    found = function(index, trees, _NAME, args)
    name = identifier(args, _NAME, "param")
    if found.special:
        raise MacroRefused(
            "unsupported",
            f"Python calls {found.name} ({found.where}) by itself: not every call can be seen",
        )
    holders = [one for one in found.every if one.param(name) is not None]
    mine = [one for one in holders if one in found.own]
    if not mine:
        raise MacroRefused("unknown", f"{found.name} ({found.where}) has no parameter {name}")
    check_pytest(index, holders)
    check_followable(index, found.naming)
    _check_unused(index, trees, found, holders, name)
    first = mine[0].param(name)
    assert first is not None
    if first.kind in ("args", "kwargs") or first.number < mine[0].bound:
        raise MacroRefused("unsupported", f"{name} takes whatever calls pass, or is `self`")
    place = _position(mine[0], first)
    for one in holders:
        other = one.param(name)
        assert other is not None
        if _position(one, other) != place:
            where = f"{one.key.path}:{one.node.start_point.row + 1}"
            raise MacroRefused(
                "unsupported", f"an override has {name} in another place ({where})", (where,)
            )
    patches = [patch for one in holders for patch in _drop(one, name)]
    include = args.get("unsure") == "include"
    calls, left = _calls(trees, found, name, place, include)
    unseen = [
        *decorated(index, holders),
        *sites(index, left),
        *(s for s in unproven(index, found) if not include or s.why != "may be a call of it"),
    ]
    listed = tuple(sorted(set(unseen), key=lambda site: (site.path, site.line, site.why)))
    if not include:
        refuse_unproven(f"a use of {found.name} may pass {name}", listed)
    edit = edit_of(index, [*patches, *calls], f"no {name}")
    return Expansion(edit, len(holders) + len(calls), listed)


def _check_unused(
    index: SymbolIndex, trees: Trees, found: Function, holders: list[FunctionSource], name: str
) -> None:
    used: list[str] = []
    for one in holders:
        param = one.param(name)
        assert param is not None
        for path, start, _ in sorted(parameter_tokens(index, trees, found.naming, one, name)):
            if start != param.name_node.start_byte:
                used.append(f"{place_of(index, path, start)} uses it")
    if used:
        raise MacroRefused("unsupported", f"{name} is used: {used[0]}", tuple(used))


def _position(one: FunctionSource, param: Param) -> int:
    """Which positional argument it takes; -1 for one that is given by name only."""
    return one.positionals.index(param) if param in one.positionals else -1


def _drop(one: FunctionSource, name: str) -> list[Patch]:
    param = one.param(name)
    assert param is not None
    items = one.listing.items
    numbers = [param.number]
    before = items[param.number - 1].type if param.number else ""
    after = items[param.number + 1].type if param.number + 1 < len(items) else ""
    if before == "keyword_separator" and after in ("", "dictionary_splat_pattern"):
        numbers.insert(0, param.number - 1)
    elif after == "positional_separator" and param.number == 0:
        numbers.append(param.number + 1)
    return one.listing.remove(numbers)


def _calls(
    trees: Trees, found: Function, name: str, place: int, include: bool
) -> tuple[list[Patch], list[Place]]:
    patches: list[Patch] = []
    left: list[Place] = []
    for call in found.uses.calls:
        if not call.sure and not include:
            continue
        given = call.keyword(trees, name)
        if given is None and place >= 0:
            given = _positional(call, found, place)
            if given is call.node:
                left.append(place_of_call(call, "which argument is which is not to be seen"))
                continue
        if given is None:
            if call.splat("dictionary_splat"):
                left.append(place_of_call(call, f"{name} may be among the ** arguments"))
            continue
        computed = _computes(given)
        if computed is not None:
            where = f"{call.path}:{computed.start_point.row + 1}"
            raise MacroRefused(
                "unsupported", f"a call computes what it passes for {name} ({where})", (where,)
            )
        patches += call.arguments.remove([call.arguments.items.index(given)])
    return patches, left


def _positional(call: Call, found: Function, place: int) -> Node | None:
    """What a call passes for it by position; the call's own node where that is not to be seen."""
    offset = 0
    if call.unbound is None:
        return call.node
    if call.unbound and not any(one.static or one.on_class for one in found.own):
        offset = 1
    positionals = call.positionals
    if any(one.type == "list_splat" for one in positionals[: place + offset + 1]):
        return call.node
    if len(positionals) <= place + offset:
        return None
    return call.node if call.lone_generator else positionals[place + offset]


def _computes(node: Node) -> Node | None:
    """A part of an argument that does something."""
    stack = [node]
    while stack:
        one = stack.pop()
        if one.type in _EFFECTS:
            return one
        if one.type != "lambda":
            stack.extend(one.children)
    return None
