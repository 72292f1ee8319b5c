"""REMOVE_PARAM: a parameter that nothing reads goes from definition, overrides and calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...heaven.index.symbols import SymbolIndex
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees
from ..targets import place_of
from .changed import Function, function, refuse_unproven
from .functions import FunctionSource, scope_of
from .modules import Modules
from .snippets import computes, identifier
from .spots import Spot, sites_of

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME = "REMOVE_PARAM"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Take `args["param"]` from `args["func"]` (a class stands for its constructor).

    Raises MacroRefused: also where a body uses it, where a call computes what it passes for it, and
    where a call may be one that cannot be seen.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    trees = Trees(index)
    modules = Modules(index, trees)
    found = function(index, trees, modules, _NAME, args)
    name = identifier(args, _NAME, "param")
    mine = [one for one in found.own if one.param(name) is not None]
    if not mine:
        raise MacroRefused(
            "unknown", f"{found.name} ({found.own[0].where}) has no parameter {name}"
        )
    found.check_followable()
    first = mine[-1].param(name)
    assert first is not None
    if first.rest:
        raise MacroRefused("unsupported", f"{name} takes whatever calls pass")
    at = first.number
    holders = _holders(found, name, at)
    for one in holders:
        _check_unused(index, modules, one, at)
    include = args.get("unsure") == "include"
    patches, left = _calls(found, name, at, include)
    left += found.uses.left
    left += [one.spot("may be a call of it") for one in found.uses.calls
             if not one.sure and not include]  # fmt: skip
    sites = sites_of(index, left)
    if not include:
        refuse_unproven(f"a use of {found.name} may pass {name}", sites)
    dropped = [patch for one in holders for patch in one.remove(at)]
    edit = edit_of(index, [*dropped, *patches], f"no {name}")
    return Expansion(edit, len(holders) + len(patches), sites)


def _holders(found: Function, name: str, at: int) -> list[FunctionSource]:
    """The definitions that have it: by its name, and overrides by its place."""
    holders = []
    for one in found.every:
        if len(one.params) <= at:
            if any(len(other.params) > at + 1 for other in found.every):
                continue
            continue
        param = one.params[at]
        if one in found.own and param.name != name:
            raise MacroRefused(
                "unsupported", f"{name} stands in another place at {one.where}", (one.where,)
            )
        if param.rest or not param.name:
            raise MacroRefused("unsupported", f"{one.where} takes it in another way", (one.where,))
        holders.append(one)
    return holders


def _check_unused(index: SymbolIndex, modules: Modules, one: FunctionSource, at: int) -> None:
    param = one.params[at]
    path = one.key.path
    scope = scope_of(modules, path, one.node)
    variable = scope.names.get(param.name) if scope is not None else None
    if variable is None:
        return
    used = [
        f"{place_of(index, path, token.start)} uses it"
        for token in variable.tokens
        if not param.node.start_byte <= token.start < param.node.end_byte
    ]
    if any(token.role == "property" for token in variable.bound):
        used.append(f"{one.where} makes a field of it")
    body = one.body
    if body is not None and b"arguments" in (body.text or b""):
        used += [
            f"{place_of(index, path, use.token.start)} reads `arguments`"
            for use in modules.file(path).scopes.references
            if use.name == "arguments" and body.start_byte <= use.token.start < body.end_byte
        ]
    if used:
        raise MacroRefused("unsupported", f"{param.name} is used: {used[0]}", tuple(used))


def _calls(found: Function, name: str, at: int, include: bool) -> tuple[list[Patch], list[Spot]]:
    patches: list[Patch] = []
    left: list[Spot] = []
    for call in found.uses.calls:
        if call.form in ("jsx", "tag"):
            left.append(call.spot("passes its own arguments"))
            continue
        if (not call.sure and not include) or call.arguments is None:
            continue
        items = call.arguments.items
        if any(one.type == "spread_element" for one in items[: at + 1]):
            left.append(call.spot("which argument is which is not to be seen"))
            continue
        if len(items) <= at:
            continue
        if computes(items[at]) is not None:
            raise MacroRefused(
                "unsupported",
                f"a call computes what it passes for {name} ({call.where})",
                (call.where,),
            )
        patches += call.arguments.remove([at])
    return patches, left
