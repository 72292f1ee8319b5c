"""Where a function is called, where it is only named, and where it may be: for the ops that change
calls. Other names that files give it (`import {f as g}`) are followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..lists import Listing, listing
from ..syntax import Trees
from ..targets import keys_of, row_of
from .members import Members
from .modules import Modules, Taken
from .scopes import CLASSES, Token, Variable, text_of
from .spots import Spot

if TYPE_CHECKING:
    from tree_sitter import Node

CallForm: TypeAlias = Literal["call", "new", "super", "tag", "jsx"]

_SAME: Final = frozenset({"parenthesized_expression", "non_null_expression"})
_MENTIONS: Final = frozenset(
    {
        "import_specifier",
        "import_clause",
        "export_specifier",
        "namespace_import",
        "export_statement",
    }
)
_HARMLESS: Final = frozenset({"unary_expression"})


@dataclass(frozen=True, slots=True)
class Call:
    """A call: `token` is the function's name in it. `arguments` is None of a call without brackets
    (`new F`), of a tagged template and of a JSX element. `sure` is False where the callee may be
    something else."""

    path: str
    form: CallForm
    node: Node
    token: Node
    arguments: Listing | None
    sure: bool

    @property
    def where(self) -> str:
        return f"{self.path}:{self.node.start_point.row + 1}"

    def spot(self, why: str) -> Spot:
        """The call as a place that is left."""
        return Spot(self.path, self.token.start_byte, self.token.end_byte, why, False)


@dataclass(slots=True)
class Uses:
    """`calls` are proven or, with `sure` False, possible. `left` are the other places that may
    hand it on or call it; `imported` are the files that take it from elsewhere."""

    calls: list[Call] = field(default_factory=list)
    left: list[Spot] = field(default_factory=list)


class _Reach:
    """Every token of some variables, under any name."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.variables: list[tuple[str, Variable]] = []
        self.names: list[tuple[str, Node]] = []
        self.left: list[Spot] = []
        self._seen: set[tuple[str, str]] = set()

    def add(self, path: str, variable: Variable) -> None:
        if any(one is variable for _, one in self.variables):
            return
        self.variables.append((path, variable))
        for row in self.modules.file(path).given:
            if row.variable is variable:
                self.give(path, row.name)

    def give(self, path: str, name: str) -> None:
        if (path, name) in self._seen:
            return
        self._seen.add((path, name))
        for row in self.modules.file(path).given:
            if row.name == name and row.token is not None and row.variable is None:
                self.names.append((path, row.token))
        for importer in self.modules.importers(path):
            for taken in self.modules.file(importer).taken:
                if taken.source == path:
                    self._taken(importer, taken, name)
            for specifier, node in self.modules.file(importer).loose:
                if self.modules.resolve(importer, specifier) == path:
                    why = "the file is loaded here, which is not followed"
                    self.left.append(Spot(importer, node.start_byte, node.end_byte, why, False))

    def _taken(self, path: str, row: Taken, name: str) -> None:
        whole = row.name == "*" or (row.name == "default" and name == "=")
        if row.form == "star":
            if name not in ("default", "="):
                self.give(path, name)
        elif row.name == name or (whole and name == "="):
            if row.form == "reexport":
                self.give(path, row.given)
            elif row.variable is not None:
                self.add(path, row.variable)
            elif row.token is not None:
                self.names.append((path, row.token))
        elif whole and row.form == "reexport":
            self._whole_given(path, row.given, name)
        elif (whole or row.name == "default") and row.variable is not None:
            for token in row.variable.tokens:
                self._through(path, token, name)

    def _whole_given(self, path: str, given: str, name: str) -> None:
        for importer in self.modules.importers(path):
            for row in self.modules.file(importer).taken:
                if row.source == path and row.name == given and row.variable is not None:
                    for token in row.variable.tokens:
                        self._through(importer, token, name)

    def _through(self, path: str, token: Token, name: str) -> None:
        above = token.node.parent
        if token.bound or above is None:
            return
        if above.type in ("member_expression", "nested_identifier") and (
            above.named_children[0] == token.node
        ):
            last = above.named_children[-1]
            if text_of(last) == name:
                self.names.append((path, last))
        elif above.type not in ("nested_type_identifier", "type_query", "export_specifier"):
            why = "the whole module is passed on"
            self.left.append(Spot(path, token.start, token.end, why, False))


def uses_of(
    index: SymbolIndex, trees: Trees, modules: Modules, symbols: Sequence[Symbol],
    members: Members | None = None,
) -> Uses:  # fmt: skip
    """Every use of the functions, a class's constructor among them; `members` of a method. For use
    within the index's `ask`."""
    uses = Uses()
    if members is not None and members.name == "constructor":
        for symbol in symbols:
            for key in keys_of(index, symbol):
                row = row_of(index, key)
                owner = index_row(index, key.path, row.owner)
                variable = modules.file(key.path).scopes.at.get(owner)
                if variable is not None:
                    _class_uses(trees, modules, key.path, variable, uses, set())
        return uses
    if members is not None:
        homes = set(members.definitions)
        for place, node in sorted(members.sure.items(), key=lambda one: one[0]):
            if place not in homes:
                _note(trees, place.path, node, True, uses)
        for spot in members.unsure:
            node = trees.at(spot.path, spot.start, spot.end)
            call = _call(trees, spot.path, node, False) if spot.exact else None
            if call is not None:
                uses.calls.append(call)
            else:
                uses.left.append(spot)
        return uses
    reach = _Reach(modules)
    for symbol in symbols:
        for key in keys_of(index, symbol):
            start = row_of(index, key).name_start
            variable = modules.file(key.path).scopes.at.get(start)
            if variable is not None:
                reach.add(key.path, variable)
            for given in modules.file(key.path).given:
                if given.token is not None and given.token.start_byte == start:
                    reach.give(key.path, given.name)
    for path, node in _tokens(reach):
        if not any(
            row_of(index, key).name_start == node.start_byte and key.path == path
            for symbol in symbols
            for key in keys_of(index, symbol)
        ):
            _note(trees, path, node, True, uses)
    uses.left += reach.left
    return uses


def index_row(index: SymbolIndex, path: str, number: int) -> int:
    """Where the name of a definition stands."""
    facts = index.facts_of(path)
    return facts.definitions[number].name_start if facts is not None and number >= 0 else -1


def _tokens(reach: _Reach) -> Iterator[tuple[str, Node]]:
    for path, variable in reach.variables:
        for token in variable.tokens:
            if not token.bound:
                yield path, token.node
    yield from reach.names


def _class_uses(
    trees: Trees, modules: Modules, path: str, variable: Variable, uses: Uses, seen: set[int]
) -> None:
    """Calls of a class's constructor: by `new`, and by `super` of what derives from it."""
    if id(variable) in seen:
        return
    seen.add(id(variable))
    reach = _Reach(modules)
    reach.add(path, variable)
    uses.left += reach.left
    for where, node in _tokens(reach):
        derived = _derived(node)
        if derived is None:
            if node.type != "type_identifier":
                _note(trees, where, node, True, uses, of_class=True)
            continue
        own = constructor_of(derived)
        if own is not None:
            for call in _super_calls(own):
                arguments = call.child_by_field_name("arguments")
                rows = listing(where, trees.source(where), arguments) if arguments else None
                uses.calls.append(Call(where, "super", call, node, rows, True))
            continue
        name = derived.child_by_field_name("name")
        outer = derived.parent
        if name is None and outer is not None and outer.type == "variable_declarator":
            name = outer.child_by_field_name("name")
        below = modules.file(where).scopes.at.get(name.start_byte) if name is not None else None
        if below is None:
            why = "a class without a name derives from it"
            uses.left.append(Spot(where, node.start_byte, node.end_byte, why, False))
        else:
            _class_uses(trees, modules, where, below, uses, seen)


def _derived(node: Node) -> Node | None:
    """The class that derives from what a token names."""
    above = node.parent
    if above is not None and above.type == "member_expression":
        above = above.parent
    if above is None or above.type not in ("extends_clause", "class_heritage"):
        return None
    while above is not None and above.type not in CLASSES:
        above = above.parent
    return above


def constructor_of(node: Node) -> Node | None:
    """The constructor that a class has of its own."""
    body = node.child_by_field_name("body")
    for one in body.named_children if body is not None else ():
        name = one.child_by_field_name("name")
        if one.type == "method_definition" and name is not None and text_of(name) == "constructor":
            return one
    return None


def _super_calls(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        one = stack.pop()
        callee = one.child_by_field_name("function") if one.type == "call_expression" else None
        if callee is not None and callee.type == "super":
            yield one
        stack.extend(child for child in one.named_children if child.type not in CLASSES)


def _note(
    trees: Trees, path: str, node: Node, sure: bool, uses: Uses, *, of_class: bool = False
) -> None:
    """Sort a token in: a call, a mention, or something that hands it on."""
    above = node.parent
    if above is None or above.type in _MENTIONS or above.type in _HARMLESS:
        return
    if above.type == "pair_pattern" and above.child_by_field_name("key") == node:
        return
    call = _call(trees, path, node, sure)
    if call is not None:
        uses.calls.append(call)
        return
    if node.type == "shorthand_property_identifier" and _exported_object(above):
        return
    if above.type == "jsx_closing_element":
        return
    if above.type == "member_expression" and above.child_by_field_name("object") == node:
        member = above.child_by_field_name("property")
        if of_class or (member is not None and text_of(member) not in ("call", "apply", "bind")):
            return
    if (
        of_class
        and above.type == "binary_expression"
        and any(one.type == "instanceof" for one in above.children)
    ):
        return
    if above.type == "assignment_expression" and _is_export(above):
        return
    why = "its type is taken" if _in_type(above) else "is passed on by its name"
    uses.left.append(Spot(path, node.start_byte, node.end_byte, why, False))


def _exported_object(node: Node) -> bool:
    outer = node.parent
    return outer is not None and outer.type == "assignment_expression" and _is_export(outer)


def _is_export(node: Node) -> bool:
    left = node.child_by_field_name("left")
    return left is not None and text_of(left).startswith(("module.exports", "exports."))


def _in_type(node: Node) -> bool:
    while node.type in ("member_expression", "nested_identifier") and node.parent is not None:
        node = node.parent
    return node.type == "type_query"


def _call(trees: Trees, path: str, node: Node, sure: bool) -> Call | None:
    whole = node
    above = node.parent
    if above is not None and above.type in ("member_expression", "nested_identifier"):
        if above.named_children[-1] != node:
            return None
        whole, above = above, above.parent
    while above is not None and above.type in _SAME:
        whole, above = above, above.parent
    if above is None:
        return None
    if above.type in ("jsx_opening_element", "jsx_self_closing_element"):
        if above.child_by_field_name("name") != whole:
            return None
        return Call(path, "jsx", above, node, None, sure)
    is_new = above.type == "new_expression"
    role = "constructor" if is_new else "function"
    if above.type not in ("call_expression", "new_expression"):
        return None
    if above.child_by_field_name(role) != whole:
        return None
    arguments = above.child_by_field_name("arguments")
    if arguments is not None and arguments.type == "template_string":
        return Call(path, "tag", above, node, None, sure)
    rows = listing(path, trees.source(path), arguments) if arguments is not None else None
    return Call(path, "new" if is_new else "call", above, node, rows, sure)
