"""ADD_PARAM on Go: one more parameter for a function, what an interface ties to it, and every
call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...heaven.index.symbols import SymbolIndex
from ..arguments import needed, number
from ..occurrences import Spot, site_of
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from .calls import Call, called, may_spread, scope_at
from .functions import check_changeable, refuse_unproven
from .imports import ImportEdits
from .names import identifier
from .rename_param import check_free, scope_of
from .signatures import FunctionSource, function_of
from .snippets import expression, fit, type_text
from .subject import Repository, subject
from .uses import uses_of

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME: Final = "ADD_PARAM"


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    type: str
    argument: str | None
    position: int | None


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Add `args["param"]` of `args["type"]` to `args["func"]` and to the methods that an interface
    ties to it.

    Go has no default values: `argument` (or `default`) is what each call passes; it is needed where
    there are calls. It becomes the last parameter that is not variadic, or with `position` the one
    after so many others. Packages that the type or the argument names are imported.

    Raises MacroRefused: also where the function is used as a value, or a call cannot be seen.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    repository = Repository(index)
    name = identifier(args, _NAME, "param")
    kind = type_text(needed(args, _NAME, "type"), _NAME, "type")
    given = args.get("argument") or args.get("default")
    argument = expression(given, _NAME, "argument") if given else None
    wanted = _Wanted(name, kind, argument, number(args, _NAME, "position", 0))
    found = subject(
        repository, _NAME, needed(args, _NAME, "func"), args.get("in"), args.get("kind")
    )
    functions = [function_of(repository, key) for key in sorted(found.keys)]
    doubts = check_changeable(repository, found, functions, "the parameter")
    edits = ImportEdits(repository)
    home = found.symbols[0].path
    patches: list[Patch] = []
    for one in functions:
        _check(repository, one, wanted)
        at = one.listing.node.start_byte
        fit(repository, edits, kind, "the type", one.key.path, at,
            max(scope_of(repository, one.key), 0), home)  # fmt: skip
        patches += _define(one, wanted)
    include = args.get("unsure") == "include"
    uses = called(repository, found, uses_of(repository, found))
    left: list[Spot] = [*doubts, *uses.values, *uses.unknown]
    places = 0
    if uses.calls and wanted.argument is None:
        sites = [site_of(index, Spot(*one.callee, "calls it", False)) for one in uses.calls]
        raise MacroRefused(
            "arguments",
            f"{found.name} is called {len(sites)} times: give `argument EXPR`",
            tuple(map(str, sites)),
        )
    for call in uses.calls:
        if not call.sure and not include:
            left.append(Spot(*call.callee, "may be a call of it", True))
            continue
        patch = _pass(repository, call, functions[0], wanted)
        if patch is None:
            left.append(Spot(*call.callee, "what it passes is what another call gives", False))
            continue
        assert wanted.argument is not None
        fit(repository, edits, wanted.argument, "the argument", call.path, call.callee.start,
            scope_at(repository, call.path, call.callee.start), home)  # fmt: skip
        patches += patch
        places += 1
    sites_left = tuple(site_of(index, one) for one in sorted(set(left)))
    if not include:
        refuse_unproven(f"a use of {found.name} may not fit the new parameter", sites_left)
    patches += edits.patches()
    edit = edit_of(index, patches, f"the parameter {name}")
    return Expansion(edit, len(functions) + places, sites_left)


def _check(repository: Repository, one: FunctionSource, wanted: _Wanted) -> None:
    if any(param.name == wanted.name for param in one.params):
        where = repository.where(one.key)
        raise MacroRefused("collision", f"it has a parameter {wanted.name} ({where})", (where,))
    check_free(repository, one.key, "", wanted.name)
    limit = len(one.params) - int(one.variadic)
    if wanted.position is not None and wanted.position > limit:
        raise MacroRefused(
            "arguments",
            f"position {wanted.position} is behind the {limit} parameters that it can follow "
            f"({repository.where(one.key)})",
        )


def _place(one: FunctionSource, wanted: _Wanted) -> int:
    limit = len(one.params) - int(one.variadic)
    return limit if wanted.position is None else wanted.position


def _define(one: FunctionSource, wanted: _Wanted) -> list[Patch]:
    path = one.key.path
    place = _place(one, wanted)
    text = f"{wanted.name} {wanted.type}"
    patches: list[Patch] = []
    if not one.named and one.body is None:
        text = wanted.type
    elif not one.named:
        patches = [
            Patch(path, param.node.start_byte, param.node.start_byte, "_ ") for param in one.params
        ]
    if place == len(one.params):
        return patches + one.listing.add(len(one.listing.items), text)
    after = one.params[place]
    if after.among and after.name_node is not None:
        # `a, b int`: the new one stands between.
        before = one.params[place - 1].name_node
        assert before is not None
        gap = f" {after.type}, {text}, "
        return [Patch(path, before.end_byte, after.name_node.start_byte, gap)]
    new = one.listing.add(after.number, text)
    if patches:
        # The declaration's own `_ ` stands behind what comes before it.
        at = new[0].start
        patches = [row for row in patches if row.start != at]
        new = [Patch(path, at, at, new[0].text + "_ ")]
    return patches + new


def _pass(
    repository: Repository, call: Call, function: FunctionSource, wanted: _Wanted
) -> list[Patch] | None:
    place = _place(function, wanted) + call.offset
    fixed = len(function.params) - int(function.variadic) + call.offset
    items = call.arguments.items
    if len(items) < fixed:
        return None
    if len(items) == 1 and (fixed > 1 or function.variadic) and may_spread(repository, call):
        return None
    assert wanted.argument is not None
    return call.arguments.add(place, wanted.argument)
