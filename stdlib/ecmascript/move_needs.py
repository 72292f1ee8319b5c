"""What a definition needs of its file where it goes to another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from posixpath import dirname
from typing import TYPE_CHECKING

from ...heaven.index.symbols import SymbolIndex
from ..patches import Patch
from ..refused import MacroRefused
from ..syntax import Trees
from ..targets import place_of
from .imports import Wanted, specifier_of, style_of
from .modules import Modules, Taken
from .scopes import Variable

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(slots=True)
class Needs:
    """`wanted` are imports in the new file, `loads` the files that it loads by them; `patches`
    export what the old file has and did not give away; `back` are the names that it takes from
    there at run time. `unused` is what the old file imports and has no more use for."""

    wanted: list[Wanted] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    back: tuple[str, ...] = ()
    unused: list[Taken] = field(default_factory=list)


def needs_of(
    index: SymbolIndex, trees: Trees, modules: Modules, moved: Variable, old: str, start: int,
    end: int, to: str,
) -> Needs:  # fmt: skip
    """Of the bytes `start`..`end` of the file `old`, which go to the file `to`. Raises
    MacroRefused where it cannot have something there."""
    file = modules.file(old)
    there = modules.file(to).scopes.top.names if to in modules.paths else {}
    needs = Needs()
    found: dict[int, tuple[Variable, bool]] = {}
    for one in file.scopes.references:
        if not start <= one.token.start < end:
            continue
        variable = one.variable
        if variable is None:
            if one.name in there and one.name not in ("exports", "module", "require"):
                where = place_of(index, old, one.token.start)
                raise MacroRefused(
                    "collision", f"{one.name} means something else in {to}", (where,)
                )
            continue
        if variable is moved or variable.scope is not file.scopes.top:
            continue
        runs = one.meaning != "type"
        found[id(variable)] = variable, runs or found.get(id(variable), (variable, False))[1]
        if _assigned(one.token.node):
            where = place_of(index, old, one.token.start)
            raise MacroRefused("unsupported", f"it assigns to {one.name} ({where})", (where,))
    _check_paths(trees, modules, old, start, end, to)
    order = {id(row.variable): number for number, row in enumerate(file.taken)}
    for variable, runs in sorted(found.values(), key=lambda one: order.get(id(one[0]), len(order))):
        row = next((one for one in file.taken if one.variable is variable), None)
        if row is not None:
            _imported(trees, modules, needs, row, variable, to, runs)
            uses = [token for token in variable.tokens if not token.bound]
            if all(start <= token.start < end for token in uses):
                needs.unused.append(row)
        else:
            _own(trees, modules, needs, variable, old, to, runs)
    return needs


def _assigned(node: Node) -> bool:
    above = node.parent
    if above is None:
        return False
    if above.type in ("assignment_expression", "augmented_assignment_expression"):
        return above.child_by_field_name("left") == node
    return above.type == "update_expression"


def _imported(
    trees: Trees,
    modules: Modules,
    needs: Needs,
    row: Taken,
    variable: Variable,
    to: str,
    runs: bool,
) -> None:
    if row.source == to:
        if row.name != variable.name:
            raise MacroRefused(
                "collision", f"{row.name} of {to} is {variable.name} in the old file"
            )
        return
    specifier = row.specifier
    style = style_of(trees, modules, to)
    if row.source is not None:
        specifier = specifier_of(modules, to, row.source, style)
        if runs and not row.type_only:
            needs.loads.append(row.source)
    needs.wanted.append(Wanted(specifier, row.name, variable.name, row.type_only))


def _own(
    trees: Trees, modules: Modules, needs: Needs, variable: Variable, old: str, to: str, runs: bool
) -> None:
    """Something that the old file defines."""
    file = modules.file(old)
    there = modules.file(to) if to in modules.paths else None
    given = [row for row in file.given if row.variable is variable and row.name != "="]
    name = given[0].name if given else variable.name
    known = there.scopes.top.names.get(variable.name) if there is not None else None
    if (
        there is not None
        and known is not None
        and any(
            row.variable is known and row.source == old and row.name == name for row in there.taken
        )
    ):
        needs.loads += [old] if runs else []
        return
    if not given:
        for token in variable.bound:
            statement = token.node
            while statement.parent is not None and statement.parent.type != "program":
                statement = statement.parent
            if statement.type not in (
                "function_declaration", "class_declaration", "interface_declaration",
                "type_alias_declaration", "enum_declaration", "lexical_declaration",
                "variable_declaration", "abstract_class_declaration", "function_signature",
                "generator_function_declaration",
            ) or style_of(trees, modules, old).common_js:  # fmt: skip
                raise MacroRefused(
                    "unsupported", f"it needs {variable.name}, which {old} does not export"
                )
            at = statement.start_byte
            needs.patches.append(Patch(old, at, at, "export "))
    if runs:
        needs.loads.append(old)
        needs.back = (*needs.back, variable.name)
    style = style_of(trees, modules, to)
    specifier = specifier_of(modules, to, old, style)
    only = not runs and not variable.value
    needs.wanted.append(Wanted(specifier, name, variable.name, only))


def _check_paths(trees: Trees, modules: Modules, old: str, start: int, end: int, to: str) -> None:
    """A path that is loaded within it means another file elsewhere."""
    if dirname(old) == dirname(to):
        return
    for specifier, node in modules.file(old).loose:
        if start <= node.start_byte < end:
            where = f"{old}:{node.start_point.row + 1}"
            raise MacroRefused("unsupported", f"it loads {specifier} ({where})", (where,))
    for row in modules.file(old).taken:
        if start <= row.statement.start_byte < end and row.source is not None:
            where = f"{old}:{row.statement.start_point.row + 1}"
            raise MacroRefused("unsupported", f"it loads {row.specifier} ({where})", (where,))
