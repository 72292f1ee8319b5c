"""WRAP_CALL: what a function returns goes through another function, wherever it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...heaven.index.symbols import SymbolIndex
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees
from .callees import Names, callee, within
from .changed import function
from .modules import Modules
from .scopes import text_of
from .spots import Spot, sites_of
from .uses import Call

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME = "WRAP_CALL"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """`f(x)` becomes `wrapper(f(x))` for every call of `args["func"]`; `args["wrapper"]` is
    imported where it must be. Calls in the wrapper's own body, awaited ones, tagged templates, JSX
    elements, and those that are wrapped already stay.

    Raises MacroRefused: no such function, no call, or a file cannot import the wrapper.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    trees = Trees(index)
    modules = Modules(index, trees)
    found = function(index, trees, modules, _NAME, args)
    wrapper = callee(index, _NAME, args, "wrapper")
    if wrapper.is_member:
        raise MacroRefused("unsupported", f"{wrapper.text} belongs to a class")
    include = args.get("unsure") == "include"
    names = Names(index, trees, modules, wrapper)
    patches: list[Patch] = []
    left: list[Spot] = list(found.uses.left)
    for call in found.uses.calls:
        if not call.sure and not include:
            left.append(call.spot("may be a call of it"))
            continue
        why = _why_left(call)
        if within(index, call, wrapper):
            why = f"is in {wrapper.text} itself"
        if why:
            left.append(call.spot(why))
        elif not _is_wrapped(call, names.at(call)):
            node = call.node
            patches.append(Patch(call.path, node.start_byte, node.start_byte, f"{names.at(call)}("))
            patches.append(Patch(call.path, node.end_byte, node.end_byte, ")"))
    if not patches:
        raise MacroRefused("nothing", f"no call of {found.name} is left to wrap")
    edit = edit_of(index, [*names.patches, *_ordered(patches)], f"calls in {wrapper.text}")
    return Expansion(edit, len(patches) // 2, sites_of(index, left))


def _ordered(patches: list[Patch]) -> list[Patch]:
    """Of a call that is an argument of another, the inner ending comes first."""
    return sorted(patches, key=lambda one: (one.path, one.start, one.text != ")"))


def _why_left(call: Call) -> str:
    above = call.node.parent
    if call.form == "super":
        return "is a call of super"
    if call.form == "tag":
        return "is a tagged template"
    if call.form == "jsx":
        return "is an element"
    if above is not None and above.type == "await_expression":
        return "is awaited"
    if above is not None and above.type == "decorator":
        return "is a decorator"
    return ""


def _is_wrapped(call: Call, name: str) -> bool:
    arguments = call.node.parent
    outer = arguments.parent if arguments is not None else None
    if outer is None or outer.type != "call_expression":
        return False
    if outer.child_by_field_name("arguments") != arguments:
        return False
    function = outer.child_by_field_name("function")
    return function is not None and text_of(function) == name
