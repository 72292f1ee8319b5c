"""REPLACE_CALL on Go: another function is called, with the same arguments, wherever one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ...heaven.index.symbols import SymbolIndex
from ..arguments import needed
from ..occurrences import Spot, site_of
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from .callees import Names, callee, source_of_callee, within
from .calls import Call, called
from .imports import ImportEdits
from .signatures import FunctionSource, function_of
from .subject import Repository, Subject, subject
from .types import plain_type
from .uses import uses_of

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME: Final = "REPLACE_CALL"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Calls of `args["func"]` become calls of `args["by"]`, whose package is imported where it must
    be; an import that nothing uses then goes. A method gives way to a method of the same types
    only. Calls in the body of `by` stay.

    Raises MacroRefused: also where the two do not take and give the same types.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    repository = Repository(index)
    found = subject(
        repository, _NAME, needed(args, _NAME, "func"), args.get("in"), args.get("kind")
    )
    mine = function_of(repository, min(found.keys))
    by = callee(repository, _NAME, args, "by", found.symbols[0].path)
    if by.found is not None and by.found.keys == found.keys:
        raise MacroRefused("name", f"{found.name} is what is called already")
    if mine.is_method != by.is_method:
        raise MacroRefused(
            "unsupported", f"{found.name} and {by.name}: one is a method, and one is none"
        )
    if by.found is not None and by.is_method:
        _check_owners(repository, found, by.found)
    target = source_of_callee(repository, by)
    if target is not None and (_shape(target) != _shape(mine)):
        raise MacroRefused(
            "unsupported",
            f"{by.name} takes and gives other types than {found.name}: "
            f"{_shape(target)}, not {_shape(mine)}",
        )
    include = args.get("unsure") == "include"
    uses = called(repository, found, uses_of(repository, found))
    edits = ImportEdits(repository)
    names = Names(repository, edits, by)
    patches: list[Patch] = []
    removed: dict[str, list[tuple[int, int]]] = {}
    left: list[Spot] = [*uses.unknown]
    left += [one._replace(why="is a value here") for one in uses.values]
    if target is None:
        why = f"whether {by.name} takes and gives the same is not known"
        left += [Spot(*one.callee, why, False) for one in uses.calls[:1]]
    for call in uses.calls:
        if not call.sure and not include:
            left.append(Spot(*call.callee, "may be a call of it", True))
        elif within(repository, call, by):
            left.append(Spot(*call.callee, f"is in {by.name} itself", False))
        elif by.is_method:
            patches.append(Patch(*call.callee, by.name))
        else:
            start, end = _whole(call)
            removed.setdefault(call.path, []).append((start, end))
            patches.append(Patch(call.path, start, end, names.at(call)))
    if not patches:
        raise MacroRefused("nothing", f"no call of {found.name} is left to replace")
    for path, stretches in removed.items():
        edits.drop_unused(path, stretches)
    for call in uses.calls:
        if call.path in removed and not by.is_method and not within(repository, call, by):
            names.at(call)
    sites = tuple(site_of(index, one) for one in sorted(set(left)))
    edit = edit_of(index, [*edits.patches(), *patches], f"calls of {by.name}")
    return Expansion(edit, len(patches), sites)


def _shape(one: FunctionSource) -> str:
    params = ", ".join(("..." if p.variadic else "") + plain_type(p.type) for p in one.params)
    return f"({params}) ({', '.join(map(plain_type, one.results))})"


def _check_owners(repository: Repository, found: Subject, by: Subject) -> None:
    """Whatever has the one method must have the other."""
    for key in sorted(found.keys):
        owner = repository.owner(key)
        method = repository.types.methods(owner).rows.get(by.name)
        if method is None or method[1] not in by.keys:
            raise MacroRefused("unsupported", f"{owner.name} has no {by.name}")


def _whole(call: Call) -> tuple[int, int]:
    """The function's name with the package before it."""
    node = call.function
    while node.start_byte < call.callee.start or node.end_byte > call.callee.end:
        if node.type == "selector_expression":
            break
        node = node.named_children[0]
    return node.start_byte, node.end_byte
