"""The names of one file: which token stands for which variable, as the language's scopes say.

Types and values are told apart when a name is looked up, but what one scope gives one name is one
variable: an interface and a class that merge are renamed together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from tree_sitter import Node

Role: TypeAlias = Literal[
    "plain",
    "shorthand",  # `{a}` in an object: a property and a variable
    "pattern",  # `{a}` taken apart: a property and a variable
    "import",  # `import {a}`: what the other file gives and a variable
    "export",  # `export {a}`: a variable and what this file gives
    "property",  # `constructor(private a)`: a variable and a field
]
Meaning: TypeAlias = Literal["value", "type", "any"]

FUNCTIONS: Final = frozenset(
    {
        "function_declaration", "function_expression", "generator_function",
        "generator_function_declaration", "arrow_function", "method_definition",
        "function_signature", "method_signature", "abstract_method_signature", "function_type",
        "constructor_type", "call_signature", "construct_signature", "class_static_block",
    }
)  # fmt: skip
CLASSES: Final = frozenset({"class_declaration", "abstract_class_declaration", "class"})
_BLOCKS: Final = frozenset(
    {
        "statement_block", "for_statement", "for_in_statement", "switch_body", "catch_clause",
        "interface_declaration", "type_alias_declaration", "index_signature", "conditional_type",
    }
)  # fmt: skip
_NAMESPACES: Final = frozenset({"internal_module", "module"})
_VALUE_DECLARATIONS: Final = frozenset(
    {"function_declaration", "generator_function_declaration", "function_signature"}
)
_IMPORTS: Final = frozenset(
    {
        "import_specifier", "import_clause", "namespace_import", "import_require_clause",
        "import_alias",
    }
)  # fmt: skip
_OWN_NAME: Final = frozenset({"function_expression", "generator_function", "class"})


class Token(NamedTuple):
    """Bytes `start`..`end` are the variable's name; `bound` tells that they declare it."""

    start: int
    end: int
    role: Role
    bound: bool
    node: Node


@dataclass(eq=False, slots=True)
class Scope:
    """`hoists`: a `var` within comes up to it."""

    parent: Scope | None
    node: Node
    hoists: bool
    names: dict[str, Variable] = field(default_factory=dict)

    def outward(self) -> Iterator[Scope]:
        """Itself, and what is around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


@dataclass(eq=False, slots=True)
class Variable:
    """A name in one scope. `value` and `type`: what it stands for."""

    name: str
    scope: Scope
    value: bool = False
    type: bool = False
    tokens: list[Token] = field(default_factory=list)

    @property
    def bound(self) -> list[Token]:
        """The tokens that declare it."""
        return [one for one in self.tokens if one.bound]


@dataclass(frozen=True, slots=True)
class Reference:
    """A token that uses a name in `scope`; `variable` is None where the file does not bind it."""

    name: str
    token: Token
    scope: Scope
    meaning: Meaning
    variable: Variable | None


class FileScopes:
    """Of one file's syntax tree. `at` is the variable of each token by its first byte."""

    def __init__(self, root: Node) -> None:
        self.top = Scope(None, root, True)
        self._found: list[tuple[Token, str, Scope, Meaning]] = []
        self.at: dict[int, Variable] = {}
        self.references: list[Reference] = []
        self._walk(root)
        for token, name, scope, meaning in self._found:
            variable = self.look_up(scope, name, meaning)
            if variable is not None:
                variable.tokens.append(token)
                self.at[token.start] = variable
            self.references.append(Reference(name, token, scope, meaning, variable))

    def variables(self, name: str) -> list[Variable]:
        """Every variable of that name."""
        found = {id(one): one for one in self.at.values() if one.name == name}
        return list(found.values())

    def scope_at(self, node: Node) -> Scope:
        """The scope in which a node stands, as far as names in and around it show it."""
        best: Scope = self.top
        for one in self.references:
            for scope in one.scope.outward():
                inner = scope.node
                if inner.start_byte <= node.start_byte and node.end_byte <= inner.end_byte:
                    if (
                        inner.end_byte - inner.start_byte
                        < best.node.end_byte - best.node.start_byte
                    ):
                        best = scope
                    break
        return best

    @staticmethod
    def look_up(scope: Scope, name: str, meaning: Meaning) -> Variable | None:
        """What a name means where it is used."""
        for one in scope.outward():
            found = one.names.get(name)
            if found is None:
                continue
            if meaning == "any" or (found.value if meaning == "value" else found.type):
                return found
        return None

    # One walk over the tree, declarations and uses alike; uses are looked up after it.

    def _walk(self, root: Node) -> None:
        stack: list[tuple[Node, Scope]] = [(root, self.top)]
        while stack:
            node, scope = stack.pop()
            inner = self._enter(node, scope)
            children = node.children
            for index in range(len(children) - 1, -1, -1):
                child = children[index]
                if child.is_named or child.child_count:
                    stack.append((child, inner))

    def _enter(self, node: Node, scope: Scope) -> Scope:
        """The scope of what is in the node; notes the node itself."""
        kind = node.type
        if kind in ("identifier", "type_identifier"):
            self._identifier(node, scope)
            return scope
        if kind == "shorthand_property_identifier":
            self._use(node, scope, "value", "export" if _given_away(node) else "shorthand")
            return scope
        if kind == "shorthand_property_identifier_pattern":
            where = _declared_in(node, scope)
            if where is None:
                self._use(node, scope, "value", "pattern")
            else:
                role: Role = "import" if _required(node) else "pattern"
                self._declare(node, where, role, value=True, type=role == "import")
            return scope
        if kind in FUNCTIONS:
            name = node.child_by_field_name("name")
            if kind in _VALUE_DECLARATIONS and name is not None:
                self._declare(name, scope, "plain", value=True)
            inner = Scope(scope, node, True)
            if kind in _OWN_NAME and name is not None:
                self._declare(name, inner, "plain", value=True)
            return inner
        if kind in CLASSES:
            name = node.child_by_field_name("name")
            inner = Scope(scope, node, False)
            if name is not None:
                where = inner if kind in _OWN_NAME else scope
                self._declare(name, where, "plain", value=True, type=True)
            return inner
        if kind in _NAMESPACES:
            name = node.child_by_field_name("name")
            while name is not None and name.type == "nested_identifier":
                name = name.child_by_field_name("object")
            if name is not None and name.type == "identifier":
                self._declare(name, scope, "plain", value=True, type=True)
            return Scope(scope, node, True)
        if kind == "enum_declaration":
            name = node.child_by_field_name("name")
            if name is not None:
                self._declare(name, scope, "plain", value=True, type=True)
            return Scope(scope, node, False)
        if kind in _BLOCKS:
            return self._block(node, scope)
        return scope

    def _block(self, node: Node, scope: Scope) -> Scope:
        kind, above = node.type, node.parent
        name = node.child_by_field_name("name")
        if kind in ("interface_declaration", "type_alias_declaration") and name is not None:
            self._declare(name, scope, "plain", type=True)
        # A function's body is the scope of its parameters.
        owners = FUNCTIONS | _NAMESPACES
        if kind == "statement_block" and above is not None and above.type in owners:
            return scope
        return Scope(scope, node, False)

    def _identifier(self, node: Node, scope: Scope) -> None:
        if node.start_byte in self.at or node.start_byte == node.end_byte:
            return
        above = node.parent
        if above is None:
            return
        kind = above.type
        is_type = node.type == "type_identifier"
        if kind in _IMPORTS:
            self._import(node, above, scope)
        elif kind == "export_specifier":
            self._export(node, above, scope)
        elif kind == "type_parameter":
            if above.child_by_field_name("name") == node:
                self._declare(node, scope, "plain", type=True)
            else:
                self._use(node, scope, "type")
        elif kind == "mapped_type_clause" and above.child_by_field_name("name") == node:
            self._declare(node, scope, "plain", type=True)
        elif kind == "infer_type" and is_type and above.named_children[0] == node:
            self._declare(node, _conditional(scope), "plain", type=True)
        elif (
            (kind == "index_signature" and above.child_by_field_name("name") == node)
            or (
                kind in ("required_parameter", "optional_parameter")
                and (above.child_by_field_name("name") == node)
            )
            or (
                kind in ("namespace_export", "nested_type_identifier")
                and (kind == "namespace_export" or above.child_by_field_name("name") == node)
            )
            or (kind == "export_statement" and any(one.type == "as" for one in above.children))
        ):
            return
        elif kind in ("jsx_opening_element", "jsx_closing_element", "jsx_self_closing_element"):
            text = node.text or b""
            if not text[:1].islower() or above.child_by_field_name("name") != node:
                self._use(node, scope, "value")
        elif is_type:
            self._use(node, scope, "type")
        else:
            where = _declared_in(node, scope)
            if where is not None:
                role: Role = "property" if _is_property(node) else "plain"
                self._declare(node, where, role, value=True)
            elif (
                kind in ("nested_type_identifier", "nested_identifier")
                or kind == "export_statement"
            ):
                self._use(node, scope, "any")
            else:
                self._use(node, scope, "value")

    def _import(self, node: Node, above: Node, scope: Scope) -> None:
        if above.type == "import_specifier":
            alias = above.child_by_field_name("alias")
            if alias is not None and alias != node:
                return
            self._declare(node, scope, "plain" if alias else "import", value=True, type=True)
        elif above.type == "import_alias" and above.named_children[0] != node:
            self._use(node, scope, "any")
        else:
            self._declare(node, scope, "plain", value=True, type=True)

    def _export(self, node: Node, above: Node, scope: Scope) -> None:
        statement = above.parent.parent if above.parent is not None else None
        if statement is not None and statement.child_by_field_name("source") is not None:
            return
        alias = above.child_by_field_name("alias")
        if above.child_by_field_name("name") == node:
            self._use(node, scope, "any", "plain" if alias is not None else "export")

    def _declare(
        self, node: Node, scope: Scope, role: Role, *, value: bool = False, type: bool = False
    ) -> None:
        if node.start_byte in self.at:
            return
        name = text_of(node)
        variable = scope.names.get(name)
        if variable is None:
            variable = scope.names[name] = Variable(name, scope)
        variable.value = variable.value or value
        variable.type = variable.type or type
        variable.tokens.append(Token(node.start_byte, node.end_byte, role, True, node))
        self.at[node.start_byte] = variable

    def _use(self, node: Node, scope: Scope, meaning: Meaning, role: Role = "plain") -> None:
        token = Token(node.start_byte, node.end_byte, role, False, node)
        self._found.append((token, text_of(node), scope, meaning))


def text_of(node: Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode(errors="replace")


def _conditional(scope: Scope) -> Scope:
    """The scope of the conditional type around."""
    for one in scope.outward():
        if one.node.type == "conditional_type":
            return one
    return scope


def _declared_in(node: Node, scope: Scope) -> Scope | None:
    """The scope in which an identifier of a pattern is declared; None where it is only used."""
    child, above = node, node.parent
    while above is not None:
        kind = above.type
        if kind in ("object_assignment_pattern", "assignment_pattern"):
            if above.child_by_field_name("left") != child:
                return None
        elif kind == "pair_pattern":
            if above.child_by_field_name("value") != child:
                return None
        elif kind not in ("object_pattern", "array_pattern", "rest_pattern"):
            break
        child, above = above, above.parent
    if above is None:
        return None
    match above.type:
        case "variable_declarator":
            if above.child_by_field_name("name") != child:
                return None
            outer = above.parent
            if outer is not None and outer.type == "variable_declaration":
                return next(one for one in scope.outward() if one.hoists)
            return scope
        case "for_in_statement":
            kind_of = above.child_by_field_name("kind")
            if kind_of is None or above.child_by_field_name("left") != child:
                return None
            if kind_of.type == "var":
                return next(one for one in scope.outward() if one.hoists)
            return scope
        case "catch_clause":
            return scope if above.child_by_field_name("parameter") == child else None
        case "arrow_function":
            return scope if above.child_by_field_name("parameter") == child else None
        case "required_parameter" | "optional_parameter":
            return scope if above.child_by_field_name("pattern") == child else None
        case "formal_parameters":
            return scope
    return None


def _is_property(node: Node) -> bool:
    """`constructor(private a)`."""
    above = node.parent
    return (
        above is not None
        and above.type.endswith("_parameter")
        and any(
            one.type in ("accessibility_modifier", "readonly", "override_modifier")
            for one in above.children
        )
    )


def _required(node: Node) -> bool:
    """`const {a} = require("./x")`."""
    above = node.parent
    outer = above.parent if above is not None else None
    value = outer.child_by_field_name("value") if outer is not None else None
    return (
        above is not None
        and above.type == "object_pattern"
        and outer is not None
        and outer.type == "variable_declarator"
        and required_source(value) is not None
    )


def required_source(node: Node | None) -> str | None:
    """The specifier of `require("./x")`, `import("./x")` and `await import("./x")`."""
    while node is not None and node.type in ("await_expression", "parenthesized_expression"):
        node = next(iter(node.named_children), None)
    if node is None or node.type != "call_expression":
        return None
    callee = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if callee is None or arguments is None or (callee.text or b"") not in (b"require", b"import"):
        return None
    first = next(iter(arguments.named_children), None)
    if first is None or first.type != "string":
        return None
    return (first.text or b"")[1:-1].decode(errors="replace")


def _given_away(node: Node) -> bool:
    """`module.exports = {a}`."""
    above = node.parent
    outer = above.parent if above is not None else None
    if outer is None or outer.type != "assignment_expression":
        return False
    left = outer.child_by_field_name("left")
    return left is not None and (left.text or b"").replace(b" ", b"") == b"module.exports"
