"""Functions and their parameters, as their definitions write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...heaven.index.bind import Key
from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..arguments import needed
from ..lists import Listing, listing
from ..patches import Patch
from ..refused import MacroRefused
from ..syntax import Trees
from ..targets import find, keys_of, listed, place_of, row_of
from .modules import KIN, Modules
from .scopes import FUNCTIONS, Scope, Variable, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_VALUES: Final = frozenset({"arrow_function", "function_expression", "generator_function"})
_HOLDERS: Final = frozenset(
    {"variable_declarator", "pair", "public_field_definition", "field_definition"}
)
_TYPED: Final = (".ts", ".tsx", ".mts", ".cts")


@dataclass(frozen=True, slots=True)
class Param:
    """`name` is "" for one that is taken apart; `optional`: calls may leave it out."""

    name: str
    node: Node
    number: int
    optional: bool
    rest: bool


@dataclass(frozen=True, slots=True)
class FunctionSource:
    """A function's definition: `node` is the function, `name_node` its name. `body` is None of a
    mere signature. `rows` is None of an arrow whose one parameter has no brackets."""

    key: Key
    node: Node
    name_node: Node
    rows: Listing | None
    params: tuple[Param, ...]
    body: Node | None

    @property
    def typed(self) -> bool:
        """Whether it is TypeScript."""
        return self.key.path.endswith(_TYPED)

    @property
    def where(self) -> str:
        return f"{self.key.path}:{self.node.start_point.row + 1}"

    @property
    def rest(self) -> bool:
        return any(one.rest for one in self.params)

    def param(self, name: str) -> Param | None:
        return next((one for one in self.params if one.name == name), None)

    def add(self, at: int, text: str) -> list[Patch]:
        """One more parameter, before number `at`."""
        if self.rows is not None:
            shift = len(self.rows.items) - len(self.params)
            return self.rows.add(at + shift, text)
        lone = self.params[0].node
        path = self.key.path
        before, after = (f"({text}, ", ")") if at == 0 else ("(", f", {text})")
        return [
            Patch(path, lone.start_byte, lone.start_byte, before),
            Patch(path, lone.end_byte, lone.end_byte, after),
        ]

    def remove(self, number: int) -> list[Patch]:
        """One parameter less."""
        if self.rows is not None:
            shift = len(self.rows.items) - len(self.params)
            return self.rows.remove([number + shift])
        lone = self.params[0].node
        return [Patch(self.key.path, lone.start_byte, lone.end_byte, "()")]


def function_node(node: Node) -> Node | None:
    """The function that a definition's name, given by its token, stands for."""
    above = node.parent
    if above is None:
        return None
    if above.type in FUNCTIONS:
        return above
    if above.type in _HOLDERS:
        value = above.child_by_field_name("value")
        while value is not None and value.type in ("parenthesized_expression", "as_expression",
                                                   "satisfies_expression"):  # fmt: skip
            value = value.named_children[0]
        return value if value is not None and value.type in _VALUES else None
    if above.type == "property_signature":
        typed = above.child_by_field_name("type")
        inner = typed.named_children[0] if typed is not None and typed.named_children else None
        return inner if inner is not None and inner.type == "function_type" else None
    if above.type == "member_expression" and above.parent is not None:
        right = above.parent.child_by_field_name("right")
        return right if right is not None and right.type in _VALUES else None
    return None


def function_of(index: SymbolIndex, trees: Trees, key: Key) -> FunctionSource:
    """Raises MacroRefused where the definition is no function or method."""
    row = row_of(index, key)
    where = place_of(index, key.path, row.name_start)
    name = trees.at(key.path, row.name_start, row.name_start + len(row.name.encode()))
    node = function_node(name)
    if node is None:
        raise MacroRefused("unsupported", f"{row.qualname} ({where}) is no function", (where,))
    if node.type == "method_definition" and any(
        one.type in ("get", "set") for one in node.children
    ):
        raise MacroRefused("unsupported", f"{row.qualname} ({where}) is an accessor", (where,))
    parameters = node.child_by_field_name("parameters")
    body = node.child_by_field_name("body")
    if parameters is None:
        lone = node.child_by_field_name("parameter")
        if lone is None:
            raise MacroRefused("unsupported", f"{row.qualname} ({where}) is no function", (where,))
        only = Param(text_of(lone), lone, 0, False, False)
        return FunctionSource(key, node, name, None, (only,), body)
    rows = listing(key.path, trees.source(key.path), parameters)
    params: list[Param] = []
    for item in rows.items:
        pattern = item.child_by_field_name("pattern") or item
        if pattern.type == "this":
            continue
        default = item.child_by_field_name("value") is not None
        if pattern.type == "assignment_pattern":
            default, pattern = True, pattern.child_by_field_name("left") or pattern
        params.append(
            Param(
                text_of(pattern) if pattern.type == "identifier" else "",
                item,
                len(params),
                default or item.type == "optional_parameter",
                pattern.type == "rest_pattern",
            )
        )
    return FunctionSource(key, node, name, rows, tuple(params), body)


def symbols_of(
    index: SymbolIndex, macro: str, args: Mapping[str, str], key: str = "func"
) -> tuple[Symbol, ...]:
    """What `args[key]` names; of a class, its constructor. Raises MacroRefused."""
    wanted = needed(args, macro, key)
    symbols = find(index, macro, wanted, args.get("in"), args.get("kind"), KIN)
    if symbols[0].kind == "class":
        first = symbols[0]
        found = tuple(
            one
            for one in index.find_symbols(f"{first.path}::{first.qualname}.constructor")
            if one.qualname == f"{first.qualname}.constructor"
        )
        if not found:
            raise MacroRefused(
                "unsupported", f"{first.qualname} has no constructor of its own", (listed(first),)
            )
        return found
    return symbols


def scope_of(modules: Modules, path: str, node: Node) -> Scope | None:
    """The scope that a function opens, if it has any name in it."""
    scopes = modules.file(path).scopes
    for variable in scopes.at.values():
        if variable.scope.node == node:
            return variable.scope
    for one in scopes.references:
        for scope in one.scope.outward():
            if scope.node == node:
                return scope
    return None


def parameter_of(
    index: SymbolIndex, trees: Trees, modules: Modules, symbols: Sequence[Symbol], name: str
) -> list[tuple[str, Variable]]:
    """The variables that the functions' parameter of that name is; one for each overload."""
    found: list[tuple[str, Variable]] = []
    for symbol in symbols:
        for key in keys_of(index, symbol):
            one = function_of(index, trees, key)
            for variable in modules.file(symbol.path).scopes.variables(name):
                if variable.scope.node == one.node and any(
                    param.node.start_byte <= token.start < param.node.end_byte
                    for param in one.params
                    for token in variable.bound
                ):
                    found.append((symbol.path, variable))
    return found
