"""WRAP_CALL: what a function returns goes through another function, wherever it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...heaven.index.symbols import SymbolIndex
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees
from .callees import Names, callee, within
from .functions import function, place_of_call, unproven
from .uses import Call, Place, sites

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME = "WRAP_CALL"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """`f(x)` becomes `wrapper(f(x))` for every call of `args["func"]`; `args["wrapper"]` is
    imported where it must be. Calls in the wrapper's own body, awaited ones, and those that are
    wrapped already stay.

    Raises MacroRefused: no such function, no call, or a file cannot import the wrapper.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    trees = Trees(index)
    found = function(index, trees, _NAME, args)
    wrapper = callee(index, _NAME, args, "wrapper")
    if wrapper.is_member:
        raise MacroRefused("unsupported", f"{wrapper.text} belongs to a class")
    include = args.get("unsure") == "include"
    names = Names(index, trees, found.naming, wrapper)
    patches: list[Patch] = []
    left: list[Place] = []
    count = 0
    for call in found.uses.calls:
        if not call.sure and not include:
            continue
        if within(index, call, wrapper):
            left.append(place_of_call(call, f"is in {wrapper.text} itself"))
        elif call.node.parent is not None and call.node.parent.type == "await":
            left.append(place_of_call(call, "is awaited"))
        elif not _is_wrapped(trees, call, names.at(call)):
            node = call.node
            patches.append(Patch(call.path, node.start_byte, node.start_byte, f"{names.at(call)}("))
            patches.append(Patch(call.path, node.end_byte, node.end_byte, ")"))
            count += 1
    if not patches:
        raise MacroRefused("nothing", f"no call of {found.name} is left to wrap")
    listed = [*sites(index, left)]
    listed += [s for s in unproven(index, found) if not include or s.why != "may be a call of it"]
    edit = edit_of(index, [*names.patches, *patches], f"calls in {wrapper.text}")
    order = sorted(set(listed), key=lambda site: (site.path, site.line, site.why))
    return Expansion(edit, count, tuple(order))


def _is_wrapped(trees: Trees, call: Call, name: str) -> bool:
    arguments = call.node.parent
    outer = arguments.parent if arguments is not None else None
    if outer is None or outer.type != "call" or outer.child_by_field_name("arguments") != arguments:
        return False
    function = outer.child_by_field_name("function")
    return function is not None and trees.text(call.path, function) == name
