"""ADD_PARAM: one more parameter for a function, its overrides and the calls that need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...heaven.index.symbols import SymbolIndex
from ..arguments import number
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused, Site
from ..syntax import Trees
from ..targets import row_of
from .followable import check_followable
from .functions import (
    Function,
    decorated,
    function,
    place_of_call,
    refuse_unproven,
    scope_at,
    unproven,
)
from .identifiers import identifier
from .rename_param import check_free, check_pytest
from .signatures import FunctionSource
from .snippets import check_names, expression, is_constant
from .uses import Call, Place, sites

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME = "ADD_PARAM"


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    type: str | None
    default: str | None
    argument: str | None
    position: int | None

    @property
    def text(self) -> str:
        typed = f"{self.name}: {self.type}" if self.type else self.name
        if self.default is None:
            return typed
        return f"{typed} = {self.default}" if self.type else f"{typed}={self.default}"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Add `args["param"]` to `args["func"]` (a class stands for its `__init__`).

    `default` is its default value, `argument` what each call passes; at least one of them is needed
    where there are calls. It becomes the last parameter (a keyword-only one, where something takes
    all other positional arguments), or with `position` the one after so many others. Overrides that
    do not pass on `**kwargs` get it too.

    Raises MacroRefused: also where, without a default, a call may be one that cannot be seen.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    wanted = _wanted(args)
    trees = Trees(index)
    found = function(index, trees, _NAME, args)
    changed = [one for one in found.every if one in found.own or not _takes_anything(one, wanted)]
    for one in changed:
        check_free(index, trees, one, "", wanted.name)
        for text, what in ((wanted.default, "the default"), (wanted.type, "the type")):
            row = row_of(index, one.key)
            if text:
                check_names(
                    index, found.naming, text, what, one.key.path, row.scope, row.name_start
                )
    shifts = _shifts(changed, wanted)
    careful = wanted.default is None or shifts
    if found.special and (careful or wanted.argument):
        raise MacroRefused(
            "unsupported",
            f"Python calls {found.name} ({found.where}) by itself: a new parameter can only be the "
            "last one, with a default",
        )
    patches = [patch for one in changed for patch in _define(one, wanted)]
    left = list(decorated(index, changed))
    if careful:
        check_pytest(index, changed)
    if careful or wanted.argument is not None:
        check_followable(index, found.naming)
    include = args.get("unsure") == "include"
    calls, places = _calls(index, trees, found, changed, wanted, shifts, include)
    if wanted.default is None and wanted.argument is None and found.uses.calls:
        listed = sites(index, [place_of_call(one, "calls it") for one in found.uses.calls])
        raise MacroRefused(
            "arguments",
            f"{found.name} is called {len(listed)} times: give `argument EXPR` or `default EXPR`",
            tuple(map(str, listed)),
        )
    patches += calls
    left += sites(index, places)
    if careful or wanted.argument is not None:
        left += [site for site in unproven(index, found) if not include or not _is_call(site)]
    sites_left = tuple(sorted(set(left), key=lambda site: (site.path, site.line, site.why)))
    if careful and not include:
        refuse_unproven(f"a use of {found.name} may not fit the new parameter", sites_left)
    edit = edit_of(index, patches, f"the parameter {wanted.name}")
    return Expansion(edit, len(changed) + len({(p.path, p.start) for p in calls}), sites_left)


def _is_call(site: Site) -> bool:
    return site.why == "may be a call of it"


def _wanted(args: Mapping[str, str]) -> _Wanted:
    name = identifier(args, _NAME, "param")
    texts = {
        key: expression(args[key], _NAME, key) if args.get(key) else None
        for key in ("type", "default", "argument")
    }
    position = number(args, _NAME, "position", 0)
    return _Wanted(name, texts["type"], texts["default"], texts["argument"], position)


def _takes_anything(one: FunctionSource, wanted: _Wanted) -> bool:
    """An override that hands on what it is given gets the new argument in its `**kwargs`."""
    return one.has("kwargs") and wanted.position is None


def _shifts(changed: list[FunctionSource], wanted: _Wanted) -> bool:
    """Whether positional arguments change their place."""
    if wanted.position is None:
        return False
    return any(wanted.position < len(one.positionals) or one.has("args") for one in changed)


def _define(one: FunctionSource, wanted: _Wanted) -> list[Patch]:
    """The new parameter in one definition."""
    items = one.listing.items
    row = f"{one.key.path}:{one.node.start_point.row + 1}"
    if wanted.position is None:
        last = next((p.number for p in one.params if p.kind == "kwargs"), len(items))
        lone = wanted.default is None and any(p.default for p in one.positionals)
        text = f"*, {wanted.text}" if lone and not one.star else wanted.text
        return one.listing.add(last, text)
    positionals = one.positionals
    if wanted.position > len(positionals):
        raise MacroRefused(
            "arguments",
            f"position {wanted.position} is behind the {len(positionals)} positional parameters "
            f"({row})",
        )
    before, after = positionals[: wanted.position], positionals[wanted.position :]
    if wanted.default is None and any(p.default for p in before):
        raise MacroRefused(
            "arguments", f"a parameter before it has a default ({row}): it needs one too"
        )
    if wanted.default is not None and any(not p.default for p in after):
        raise MacroRefused(
            "arguments", f"a parameter after it has no default ({row}): it cannot have one"
        )
    if after:
        return one.listing.add(after[0].number, wanted.text)
    last = before[-1].number + 1 if before else one.bound
    if last < len(items) and items[last].type == "positional_separator":
        last += 1
    return one.listing.add(last, wanted.text)


def _calls(
    index: SymbolIndex,
    trees: Trees,
    found: Function,
    changed: list[FunctionSource],
    wanted: _Wanted,
    shifts: bool,
    include: bool,
) -> tuple[list[Patch], list[Place]]:
    """The changed calls, and those that were left because what they pass is not to be seen."""
    patches: list[Patch] = []
    left: list[Place] = []
    by_name = any(one.has("kwargs") for one in changed)
    positional_only = bool(
        shifts
        and wanted.position is not None
        and any(
            p.kind == "positional" for one in found.own for p in one.positionals[wanted.position :]
        )
    )
    for call in found.uses.calls:
        if by_name and call.keyword(trees, wanted.name) is not None:
            where = sites(index, [place_of_call(call, "")])[0]
            raise MacroRefused(
                "collision",
                f"a call passes {wanted.name} already ({where.path}:{where.line})",
                (f"{where.path}:{where.line}",),
            )
        if not call.sure and not include:
            continue
        splatted = call.splat("dictionary_splat") and (by_name or wanted.argument is not None)
        if splatted:
            left.append(place_of_call(call, f"{wanted.name} may be among the ** arguments"))
            continue
        value = wanted.argument
        at = _place(call, found, wanted, shifts)
        if at is None:
            left.append(place_of_call(call, "which argument is which is not to be seen"))
            continue
        if at >= 0 and value is None:
            value = wanted.default
            if value is None or not is_constant(value):
                raise MacroRefused(
                    "arguments",
                    f"calls pass arguments after it by position: give `argument EXPR` "
                    f"({call.path}:{call.node.start_point.row + 1})",
                )
        if value is None:
            continue
        check_names(
            index, found.naming, value, "the argument", call.path,
            scope_at(index, call.path, call.callee.start_byte), call.callee.start_byte,
        )  # fmt: skip
        if at < 0 and positional_only:
            left.append(place_of_call(call, f"passes too few arguments for {wanted.name}"))
            continue
        patches += _pass(call, at, value if at >= 0 else f"{wanted.name}={value}")
    return patches, left


def _place(call: Call, found: Function, wanted: _Wanted, shifts: bool) -> int | None:
    """Before which argument the new one goes; -1 where it is given by name; None: not known."""
    if not shifts or wanted.position is None:
        return -1
    positionals = call.positionals
    offset = 0
    if call.unbound is None:
        return None
    if call.unbound and not any(one.static or one.on_class for one in found.own):
        offset = 1
    place = wanted.position + offset
    if any(one.type == "list_splat" for one in positionals[:place]):
        return None
    return place if len(positionals) > place else -1


def _pass(call: Call, at: int, text: str) -> list[Patch]:
    if call.lone_generator:
        node = call.arguments.node
        if at == 0:
            return [
                Patch(call.path, node.start_byte, node.start_byte, f"({text}, "),
                Patch(call.path, node.end_byte, node.end_byte, ")"),
            ]
        return [
            Patch(call.path, node.start_byte, node.start_byte, "("),
            Patch(call.path, node.end_byte, node.end_byte, f", {text})"),
        ]
    items = call.arguments.items
    return call.arguments.add(items.index(call.positionals[at]) if at >= 0 else len(items), text)
