"""REMOVE_PARAM on Go: a parameter that nothing reads goes from the function, from what an interface
ties to it, and from the calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from ...heaven.index.facts import Binding
from ...heaven.index.symbols import SymbolIndex
from ..arguments import needed
from ..occurrences import Spot, site_of
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..targets import place_of
from .calls import Call, called, may_spread
from .functions import check_changeable, refuse_unproven
from .imports import ImportEdits
from .names import identifier
from .rename_param import parameter_tokens
from .scopes import bindings
from .signatures import FunctionSource, function_of
from .subject import Repository, subject
from .uses import uses_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...heaven import Heaven

_NAME: Final = "REMOVE_PARAM"
_EFFECTS: Final = frozenset({"call_expression", "func_literal"})


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Take `args["param"]` from `args["func"]`; what an interface ties to it loses the parameter in
    the same place, whatever its name.

    Raises MacroRefused: also where a body uses it, where a call computes what it passes or would
    leave a variable unused, and where a call may be one that cannot be seen.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    repository = Repository(index)
    name = identifier(args, _NAME, "param")
    found = subject(
        repository, _NAME, needed(args, _NAME, "func"), args.get("in"), args.get("kind")
    )
    functions = [function_of(repository, key) for key in sorted(found.keys)]
    mine = {(one.path, one.name_at.start_byte) for one in found.symbols}
    holder = next(
        (
            one
            for one in functions
            if (one.key.path, repository.packages.row(one.key).name_start) in mine
            and one.param(name) is not None
        ),
        None,
    )
    if holder is None:
        raise MacroRefused("unknown", f"{found.name} ({found.where}) has no parameter {name}")
    param = holder.param(name)
    assert param is not None
    place = holder.params.index(param)
    doubts = check_changeable(repository, found, functions, f"no {name}")
    removed: dict[str, list[tuple[int, int]]] = {}
    patches: list[Patch] = []
    for one in functions:
        _check_unused(repository, one, place)
        patches += _drop(one, place)
        kind = one.params[place].node.child_by_field_name("type")
        if kind is not None and _alone(one, place):
            removed.setdefault(one.key.path, []).append((kind.start_byte, kind.end_byte))
    include = args.get("unsure") == "include"
    uses = called(repository, found, uses_of(repository, found))
    left: list[Spot] = [*doubts, *uses.values, *uses.unknown]
    places = 0
    for call in uses.calls:
        if not call.sure and not include:
            left.append(Spot(*call.callee, "may be a call of it", True))
            continue
        numbers = _numbers(repository, call, holder, place)
        if numbers is None:
            left.append(Spot(*call.callee, "what it passes is what another call gives", False))
            continue
        for number in numbers:
            node = call.arguments.items[number]
            _check_pure(repository, call.path, node)
            removed.setdefault(call.path, []).append((node.start_byte, node.end_byte))
        if numbers:
            patches += call.arguments.remove(numbers)
            places += 1
    sites = tuple(site_of(index, one) for one in sorted(set(left)))
    if not include:
        refuse_unproven(f"a use of {found.name} may pass {name}", sites)
    edits = ImportEdits(repository)
    for path, stretches in removed.items():
        _check_orphans(repository, path, stretches)
        edits.drop_unused(path, stretches)
    edit = edit_of(index, [*patches, *edits.patches()], f"no {name}")
    return Expansion(edit, len(functions) + places, sites)


def _check_unused(repository: Repository, one: FunctionSource, place: int) -> None:
    param = one.params[place]
    if param.name in ("", "_") or one.body is None:
        return
    sure, doubtful = parameter_tokens(repository, one.key, param.name)
    assert param.name_node is not None
    used = sorted(token.start for token in sure if token.start != param.name_node.start_byte)
    used += [spot.start for spot in doubtful]
    if used:
        where = place_of(repository.index, one.key.path, used[0])
        raise MacroRefused("unsupported", f"{param.name} is used: {where}", (where,))


def _alone(one: FunctionSource, place: int) -> bool:
    number = one.params[place].number
    return sum(1 for param in one.params if param.number == number) == 1


def _drop(one: FunctionSource, place: int) -> list[Patch]:
    param = one.params[place]
    if _alone(one, place):
        return one.listing.remove([param.number])
    path, name = one.key.path, param.name_node
    assert name is not None
    if param.among:
        before = one.params[place - 1].name_node
        assert before is not None
        return [Patch(path, before.end_byte, name.end_byte, "")]
    after = one.params[place + 1].name_node
    assert after is not None
    return [Patch(path, name.start_byte, after.start_byte, "")]


def _numbers(
    repository: Repository, call: Call, function: FunctionSource, place: int
) -> list[int] | None:
    """Which arguments go; None where that is not to be seen."""
    items = call.arguments.items
    at = place + call.offset
    if len(items) == 1 and len(function.params) + call.offset > 1 and may_spread(repository, call):
        return None
    if function.params[place].variadic:
        return list(range(at, len(items)))
    return [at] if at < len(items) else None


def _inside(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        one = stack.pop()
        yield one
        stack.extend(one.children)


def _check_pure(repository: Repository, path: str, node: Node) -> None:
    for one in _inside(node):
        if one.type in _EFFECTS or (
            one.type == "unary_expression" and one.children[0].type == "<-"
        ):
            where = place_of(repository.index, path, one.start_byte)
            raise MacroRefused(
                "unsupported", f"a call computes what it passes for it ({where})", (where,)
            )


def _check_orphans(repository: Repository, path: str, stretches: list[tuple[int, int]]) -> None:
    """Go does not compile a function with a variable that nothing reads."""
    facts = repository.packages.facts(path)

    def gone(at: int) -> bool:
        return any(start <= at < end for start, end in stretches)

    bound: dict[tuple[int, str], Binding] = {}
    for use in facts.uses:
        if use.on == -1 and gone(use.start):
            for one in bindings(facts, use.scope, use.name, use.start)[:1]:
                if one.how == "variable":
                    bound[one.scope, one.name] = one
    for (scope, name), one in sorted(bound.items()):
        others = [
            use
            for number in facts.names.get(name, ())
            for use in (facts.uses[number],)
            if use.on == -1
            and use.kind != "assignment"
            and not gone(use.start)
            and any(b.scope == scope for b in bindings(facts, use.scope, name, use.start))
        ]
        if not others:
            where = place_of(repository.index, path, one.at)
            raise MacroRefused(
                "unsupported",
                f"{name} ({where}) would be left with nothing that reads it",
                (where,),
            )
