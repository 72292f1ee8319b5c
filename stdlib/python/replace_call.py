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
from .functions import Function, function, place_of_call, unproven
from .signatures import FunctionSource, function_of
from .uses import Call, Place, sites

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME = "REPLACE_CALL"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Calls of `args["func"]` become calls of `args["by"]`, which is imported where it must be. A
    method gives way to a method of the same class only. Calls in the body of `by` stay.

    Raises MacroRefused: also where a call's arguments do not fit the other function.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    trees = Trees(index)
    found = function(index, trees, _NAME, args)
    by = callee(index, _NAME, args, "by")
    if found.special:
        raise MacroRefused("unsupported", f"{found.name} is called by making an instance")
    if by.symbol is not None and by.symbol.id in {one.id for one in found.symbols}:
        raise MacroRefused("name", f"{found.name} is what is called already")
    if bool(found.naming.classes) != by.is_member:
        raise MacroRefused(
            "unsupported", f"{found.name} and {by.text}: one is a method, and one is none"
        )
    if by.is_member:
        _check_class(index, found, by)
    target = _target(index, trees, by)
    include = args.get("unsure") == "include"
    names = Names(index, trees, found.naming, by)
    patches: list[Patch] = []
    left: list[Place] = []
    for call in found.uses.calls:
        if not call.sure and not include:
            continue
        if within(index, call, by):
            left.append(place_of_call(call, f"is in {by.text} itself"))
            continue
        if target is not None:
            _check_fits(trees, call, target, by)
        node = call.callee
        if by.symbol is not None and by.is_member:
            patches.append(Patch(call.path, node.start_byte, node.end_byte, by.symbol.name))
            continue
        above = node.parent
        whole = above if above is not None and above.type == "attribute" else node
        patches.append(Patch(call.path, whole.start_byte, whole.end_byte, names.at(call)))
    if not patches:
        raise MacroRefused("nothing", f"no call of {found.name} is left to replace")
    listed = [*sites(index, left)]
    listed += [s for s in unproven(index, found) if not include or s.why != "may be a call of it"]
    edit = edit_of(index, [*names.patches, *patches], f"calls of {by.text}")
    order = sorted(set(listed), key=lambda site: (site.path, site.line, site.why))
    return Expansion(edit, len(patches), tuple(order))


def _check_class(index: SymbolIndex, found: Function, by: Callee) -> None:
    """Whatever has the one method must have the other."""
    assert by.symbol is not None
    owners = {Key(by.symbol.path, row_of(index, k).owner) for k in keys_of(index, by.symbol)}
    for one in found.naming.classes:
        if owners.isdisjoint(found.naming.line(one).classes):
            row = row_of(index, one)
            raise MacroRefused("unsupported", f"{row.qualname} has no {by.symbol.name}")


def _target(index: SymbolIndex, trees: Trees, by: Callee) -> FunctionSource | None:
    """The parameters that calls have to fit; None where they are not known."""
    if by.symbol is None or by.symbol.kind == "class":
        return None
    keys = keys_of(index, by.symbol)
    target = function_of(index, trees, keys[-1])
    return None if len(keys) > 1 or target.opaque else target


def _check_fits(trees: Trees, call: Call, target: FunctionSource, by: Callee) -> None:
    where = f"{call.path}:{call.node.start_point.row + 1}"
    if call.splat("list_splat") or call.splat("dictionary_splat"):
        raise MacroRefused(
            "unsupported", f"what a call passes is not to be seen ({where})", (where,)
        )
    offset = 1 if call.unbound and not (target.static or target.on_class) else 0
    given = len(call.positionals) - offset
    keywords = [] if call.lone_generator else [
        trees.text(call.path, key)
        for one in call.arguments.items
        if (key := one.child_by_field_name("name")) is not None and one.type == "keyword_argument"
    ]  # fmt: skip
    filled = {one.name for one in target.positionals[:given]}
    wrong = ""
    if given > len(target.positionals) and not target.has("args"):
        wrong = f"takes {len(target.positionals)} arguments by position, not {given}"
    for name in keywords:
        param = target.param(name)
        known = param is not None and param.kind in ("either", "keyword")
        if (not known and not target.has("kwargs")) or name in filled:
            wrong = wrong or f"does not take {name}= there"
        filled.add(name)
    for one in target.own:
        needs = one.kind in ("positional", "either", "keyword") and not one.default
        if needs and one.name not in filled:
            wrong = wrong or f"needs {one.name}"
    if wrong:
        raise MacroRefused("unsupported", f"{by.text} {wrong} ({where})", (where,))
