"""REPLACE_CALL: another function is called, with the same arguments, wherever one is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...heaven.index.bind import Key
from ...heaven.index.symbols import SymbolIndex
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees
from ..targets import keys_of, row_of
from .callees import Callee, Names, callee, within
from .changed import Function, function
from .functions import FunctionSource, function_of
from .modules import Modules
from .spots import Spot, sites_of
from .uses import Call

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME = "REPLACE_CALL"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Calls of `args["func"]` become calls of `args["by"]`, which is imported where it must be. A
    method gives way to a method of the same class only. Calls in the body of `by` stay.

    Raises MacroRefused: also where a call passes more or fewer arguments than the other function
    takes.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    trees = Trees(index)
    modules = Modules(index, trees)
    found = function(index, trees, modules, _NAME, args)
    by = callee(index, _NAME, args, "by")
    if found.members is not None and found.members.name == "constructor":
        raise MacroRefused("unsupported", f"{found.name} is called by making an instance")
    if by.symbol is not None and by.symbol.id in {one.id for one in found.symbols}:
        raise MacroRefused("name", f"{found.name} is what is called already")
    if by.symbol is not None and by.symbol.kind == "class":
        raise MacroRefused("unsupported", f"{by.text} is a class, which must be called by `new`")
    if (found.members is not None) != by.is_member:
        raise MacroRefused(
            "unsupported", f"{found.name} and {by.text}: one is a method, and one is none"
        )
    if by.is_member:
        _check_class(index, found, by)
    target = _target(index, trees, by)
    include = args.get("unsure") == "include"
    names = Names(index, trees, modules, by)
    patches: list[Patch] = []
    left: list[Spot] = list(found.uses.left)
    for call in found.uses.calls:
        if not call.sure and not include:
            left.append(call.spot("may be a call of it"))
            continue
        if call.form in ("tag", "jsx", "super"):
            left.append(call.spot("is no plain call"))
            continue
        if within(index, call, by):
            left.append(call.spot(f"is in {by.text} itself"))
            continue
        if target is not None:
            _check_fits(call, target, by)
        node = call.token
        if by.symbol is not None and by.is_member:
            patches.append(Patch(call.path, node.start_byte, node.end_byte, by.symbol.name))
            continue
        above = node.parent
        whole = above if above is not None and above.type == "member_expression" else node
        patches.append(Patch(call.path, whole.start_byte, whole.end_byte, names.at(call)))
    if not patches:
        raise MacroRefused("nothing", f"no call of {found.name} is left to replace")
    edit = edit_of(index, [*names.patches, *patches], f"calls of {by.text}")
    return Expansion(edit, len(patches), sites_of(index, left))


def _check_class(index: SymbolIndex, found: Function, by: Callee) -> None:
    """Whatever has the one method must have the other."""
    assert by.symbol is not None and found.members is not None
    owners = {Key(by.symbol.path, row_of(index, k).owner) for k in keys_of(index, by.symbol)}
    for one in found.members.keys:
        owner = Key(one.path, row_of(index, one).owner)
        if owners.isdisjoint(index.line(owner)):
            raise MacroRefused(
                "unsupported", f"{row_of(index, owner).qualname} has no {by.symbol.name}"
            )


def _target(index: SymbolIndex, trees: Trees, by: Callee) -> FunctionSource | None:
    """The parameters that calls have to fit; None where they are not known."""
    if by.symbol is None or by.symbol.kind not in ("function", "method"):
        return None
    keys = keys_of(index, by.symbol)
    return None if len(keys) > 1 else function_of(index, trees, keys[0])


def _check_fits(call: Call, target: FunctionSource, by: Callee) -> None:
    items = call.arguments.items if call.arguments is not None else ()
    if any(one.type == "spread_element" for one in items):
        raise MacroRefused(
            "unsupported", f"what a call passes is not to be seen ({call.where})", (call.where,)
        )
    least = len([one for one in target.params if not one.optional and not one.rest])
    most = None if target.rest else len(target.params)
    if len(items) < least and target.typed:
        wrong = f"needs {least} arguments, not {len(items)}"
    elif most is not None and len(items) > most:
        wrong = f"takes {most} arguments, not {len(items)}"
    else:
        return
    raise MacroRefused("unsupported", f"{by.text} {wrong} ({call.where})", (call.where,))
