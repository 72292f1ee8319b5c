"""WRAP_CALL on Go: what a function gives goes through another function, wherever it is called."""

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
from .signatures import function_of
from .subject import Repository, subject
from .types import plain_type
from .uses import uses_of

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME: Final = "WRAP_CALL"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """`f(x)` becomes `wrapper(f(x))` for every call of `args["func"]`; the wrapper's package is
    imported where it must be. Calls in the wrapper's own body, those of `go` and `defer`, and those
    that are wrapped already stay.

    Raises MacroRefused: no such function, no call, a file cannot import the wrapper, or the wrapper
    does not take, or does not give, what the function gives.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    repository = Repository(index)
    found = subject(
        repository, _NAME, needed(args, _NAME, "func"), args.get("in"), args.get("kind")
    )
    wrapper = callee(repository, _NAME, args, "wrapper", found.symbols[0].path)
    if wrapper.is_method:
        raise MacroRefused("unsupported", f"{wrapper.name} is a method")
    results = function_of(repository, min(found.keys)).results
    if not results:
        raise MacroRefused("unsupported", f"{found.name} ({found.where}) gives nothing to wrap")
    target = source_of_callee(repository, wrapper)
    same = target is None or [plain_type(t) for t in target.results] == [
        plain_type(t) for t in results
    ]
    if target is not None:
        fixed = len(target.params) - int(target.variadic)
        if len(results) != fixed and not (target.variadic and len(results) > fixed):
            raise MacroRefused(
                "unsupported",
                f"{wrapper.name} takes {fixed} arguments, and {found.name} gives {len(results)}",
            )
    include = args.get("unsure") == "include"
    uses = called(repository, found, uses_of(repository, found))
    edits = ImportEdits(repository)
    names = Names(repository, edits, wrapper)
    patches: list[Patch] = []
    left: list[Spot] = [*uses.unknown]
    left += [one._replace(why="is a value here") for one in uses.values]
    for call in uses.calls:
        if not call.sure and not include:
            left.append(Spot(*call.callee, "may be a call of it", True))
        elif within(repository, call, wrapper):
            left.append(Spot(*call.callee, f"is in {wrapper.name} itself", False))
        elif _statement(call) in ("go_statement", "defer_statement"):
            left.append(Spot(*call.callee, "is the call of a go or defer statement", False))
        elif _statement(call) == "expression_statement" and target is None:
            left.append(Spot(*call.callee, "what it gives is not used", False))
        elif not _is_wrapped(repository, call, wrapper.name):
            if not same and _statement(call) != "expression_statement":
                where = f"{call.path}:{call.node.start_point.row + 1}"
                raise MacroRefused(
                    "unsupported",
                    f"{wrapper.name} does not give what {found.name} gives ({where})",
                    (where,),
                )
            node = call.node
            patches.append(Patch(call.path, node.start_byte, node.start_byte, f"{names.at(call)}("))
            patches.append(Patch(call.path, node.end_byte, node.end_byte, ")"))
    if not patches:
        raise MacroRefused("nothing", f"no call of {found.name} is left to wrap")
    sites = tuple(site_of(index, one) for one in sorted(set(left)))
    edit = edit_of(index, [*edits.patches(), *patches], f"calls in {wrapper.name}")
    return Expansion(edit, len(patches) // 2, sites)


def _statement(call: Call) -> str:
    return call.node.parent.type if call.node.parent is not None else ""


def _is_wrapped(repository: Repository, call: Call, name: str) -> bool:
    arguments = call.node.parent
    outer = arguments.parent if arguments is not None else None
    if outer is None or outer.type != "call_expression":
        return False
    function = outer.child_by_field_name("function")
    if function is None or function.start_byte == call.node.start_byte:
        return False
    return repository.trees.text(call.path, function).rpartition(".")[2] == name
