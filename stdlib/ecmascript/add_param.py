"""ADD_PARAM: one more parameter for a function, what overrides it and the calls that need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...heaven.index.symbols import SymbolIndex
from ..arguments import number
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees
from ..targets import place_of
from .changed import Function, function, refuse_unproven
from .functions import FunctionSource, scope_of
from .modules import Modules
from .scopes import FileScopes
from .snippets import a_type, check_names, expression, identifier
from .spots import Spot, sites_of
from .uses import Call

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

    def text(self, one: FunctionSource) -> str:
        typed = f": {self.type}" if self.type and one.typed else ""
        if self.default is None:
            return f"{self.name}{typed}"
        if one.body is None:
            return f"{self.name}?{typed}"
        return f"{self.name}{typed} = {self.default}"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Add `args["param"]` to `args["func"]` (a class stands for its constructor).

    `default` is its default value (a mere signature gets `param?`), `argument` what each call
    passes; at least one of them is needed where there are calls. It becomes the last parameter, or
    with `position` the one after so many others. TypeScript needs a `type` where there is no
    default. What a JSX element passes are properties: a component gets no more parameters.

    Raises MacroRefused: also where, without a default, a call may be one that cannot be seen.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    wanted = _wanted(args)
    trees = Trees(index)
    modules = Modules(index, trees)
    found = function(index, trees, modules, _NAME, args)
    at = _position(found, wanted)
    shifts = at < len(found.own[0].params)
    if wanted.default is None or shifts or wanted.argument is not None:
        found.check_followable()
    changed = _changed(found, wanted, at, shifts)
    for one in changed:
        _check_definition(modules, index, one, wanted)
    patches = [patch for one in changed for patch in one.add(at, wanted.text(one))]
    include = args.get("unsure") == "include"
    calls, left = _calls(modules, found, wanted, at, shifts, include)
    if wanted.default is None and wanted.argument is None and found.uses.calls:
        spots = sites_of(index, [one.spot("calls it") for one in found.uses.calls])
        raise MacroRefused(
            "arguments",
            f"{found.name} is called {len(found.uses.calls)} times: give `argument EXPR` or "
            "`default EXPR`",
            tuple(map(str, spots)),
        )
    left += found.uses.left
    left += [one.spot("may be a call of it") for one in found.uses.calls
             if not one.sure and not include]  # fmt: skip
    sites = sites_of(index, left)
    if (wanted.default is None or shifts) and not include:
        refuse_unproven(f"a use of {found.name} may not fit the new parameter", sites)
    edit = edit_of(index, [*patches, *calls], f"the parameter {wanted.name}")
    return Expansion(edit, len(changed) + len({(p.path, p.start) for p in calls}), sites)


def _wanted(args: Mapping[str, str]) -> _Wanted:
    texts = {
        key: expression(args[key], _NAME, key) if args.get(key) else None
        for key in ("default", "argument")
    }
    of_type = a_type(args["type"], _NAME) if args.get("type") else None
    place = number(args, _NAME, "position", 0)
    return _Wanted(
        identifier(args, _NAME, "param"), of_type, texts["default"], texts["argument"], place
    )


def _position(found: Function, wanted: _Wanted) -> int:
    """Before which parameter it comes."""
    first = found.own[-1]
    plain = len([one for one in first.params if not one.rest])
    if wanted.position is None:
        if first.rest:
            raise MacroRefused(
                "arguments",
                f"{found.name} ({first.where}) takes all other arguments in its last parameter: "
                "give `position`",
            )
        return plain
    if wanted.position > plain:
        raise MacroRefused(
            "arguments",
            f"position {wanted.position} is behind the {plain} parameters ({first.where})",
        )
    return wanted.position


def _changed(found: Function, wanted: _Wanted, at: int, shifts: bool) -> list[FunctionSource]:
    """The definitions that get it. What overrides with fewer parameters needs none."""
    own = found.own[-1]
    changed: list[FunctionSource] = []
    for one in found.every:
        if one.typed and wanted.type is None and (wanted.default is None or one.body is None):
            raise MacroRefused("arguments", f"TypeScript needs a `type` for it ({one.where})")
        if one is not own and len(one.params) != len(own.params):
            fewer = len(one.params) < len(own.params)
            plain = fewer and not shifts and wanted.default is not None and one not in found.own
            if not plain or wanted.argument is not None:
                raise MacroRefused(
                    "unsupported",
                    f"{found.name} has other parameters at {one.where} than at {own.where}",
                    (one.where,),
                )
            continue
        before, after = one.params[:at], one.params[at:]
        if wanted.default is None and any(p.optional for p in before):
            raise MacroRefused(
                "arguments", f"a parameter before it is optional ({one.where}): give a default"
            )
        if (
            wanted.default is not None
            and one.body is None
            and any(not p.optional and not p.rest for p in after)
        ):
            raise MacroRefused("arguments", f"a parameter after it is not optional ({one.where})")
        changed.append(one)
    return changed


def _check_definition(
    modules: Modules, index: SymbolIndex, one: FunctionSource, wanted: _Wanted
) -> None:
    path = one.key.path
    scopes = modules.file(path).scopes
    scope = scope_of(modules, path, one.node)
    if scope is not None and wanted.name in scope.names:
        raise MacroRefused("collision", f"{wanted.name} is taken ({one.where})", (one.where,))
    for use in scopes.references:
        inside = one.node.start_byte <= use.token.start < one.node.end_byte
        if use.name != wanted.name or not inside:
            continue
        if use.variable is None or not (
            one.node.start_byte <= use.variable.scope.node.start_byte < one.node.end_byte
            and use.variable.scope.node != one.node.parent
        ):
            where = place_of(index, path, use.token.start)
            raise MacroRefused(
                "collision", f"{wanted.name} means something else ({where})", (where,)
            )
    around = scope if scope is not None else scopes.top
    if wanted.default is not None:
        check_names(wanted.default, "the default", around, one.where)
    if wanted.type is not None and one.typed:
        _check_type(index, scopes, one, wanted)


def _check_type(
    index: SymbolIndex, scopes: FileScopes, one: FunctionSource, wanted: _Wanted
) -> None:
    """A type of the repository must be imported."""
    from ..syntax import parse

    text = f"let x: {wanted.type}\n;"
    for use in FileScopes(parse(text.encode(), "x.ts")).references:
        if use.variable is not None or scopes.top.names.get(use.name) is not None:
            continue
        known = [s for s in index.find_symbols(use.name) if s.path != one.key.path]
        if any(s.kind in ("class", "interface", "type", "enum") for s in known):
            raise MacroRefused(
                "unknown", f"the type uses {use.name}, which {one.key.path} does not import",
                (one.where,),
            )  # fmt: skip


def _calls(
    modules: Modules, found: Function, wanted: _Wanted, at: int, shifts: bool, include: bool
) -> tuple[list[Patch], list[Spot]]:
    """The changed calls, and those that were left."""
    patches: list[Patch] = []
    left: list[Spot] = []
    for call in found.uses.calls:
        if call.form == "jsx":
            left.append(call.spot("an element passes properties, not parameters"))
            continue
        if call.form == "tag":
            left.append(call.spot("a tagged template passes its own arguments"))
            continue
        if not call.sure and not include:
            continue
        items = call.arguments.items if call.arguments is not None else ()
        value = wanted.argument
        if value is None and (not shifts or len(items) <= at):
            continue
        if any(one.type == "spread_element" for one in items[:at]):
            left.append(call.spot("which argument is which is not to be seen"))
            continue
        value = value if value is not None else "undefined"
        scopes = modules.file(call.path).scopes
        scope = scopes.scope_at(call.node)
        check_names(value, "the argument", scope, call.where)
        patches += _pass(call, at, value)
    return patches, left


def _pass(call: Call, at: int, value: str) -> list[Patch]:
    if call.arguments is None:
        end = call.node.end_byte
        padded = ", ".join(["undefined"] * at + [value])
        return [Patch(call.path, end, end, f"({padded})")]
    missing = max(0, at - len(call.arguments.items))
    text = ", ".join(["undefined"] * missing + [value])
    return call.arguments.add(min(at, len(call.arguments.items)), text)
