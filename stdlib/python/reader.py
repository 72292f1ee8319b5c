"""From a tree-sitter tree to scopes: one walk over the tree, without recursion."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ...heaven.languages import grammar, language_of
from .scopes import (
    AttributeUse,
    Binding,
    BindingKind,
    FromImport,
    Module,
    Scope,
    SelfAttribute,
    Text,
    Token,
)

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_NAME_LIKE = re.compile(r"[A-Za-z_][\w.:]*\Z")
_TYPE_FUNCTIONS = ("cast", "TypeVar", "NewType", "ForwardRef")


@lru_cache(maxsize=1)
def _parser() -> Parser:
    from tree_sitter import Parser

    row = language_of("x.py")
    assert row is not None
    return Parser(grammar(row))


def parse(source: bytes) -> Node:
    """The root of the syntax tree; errors are nodes in it."""
    return _parser().parse(source).root_node


def count_errors(root: Node) -> int:
    """How many ERROR and missing nodes the tree has."""
    if not root.has_error:
        return 0
    found = 0
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            found += 1
        if node.has_error:
            stack.extend(node.children)
    return found


def read_module(path: str, source: bytes) -> Module:
    """Analyse one file. Anything that does not parse is skipped over, as tree-sitter does."""
    module = Module(path, source, parse(source))
    module.scope = Scope(module, "module", "", None, module.root)
    _Walk(module).run()
    return module


def text_of(node: Node | None) -> str:
    if node is None or node.text is None:
        return ""
    return node.text.decode("utf-8", errors="replace")


class _Walk:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.scopes: list[Scope] = [module.scope]
        # A node, the scope it stands in, where its tree begins in the file, and whether a string in
        # it is an annotation.
        self.stack: list[tuple[Node, Scope, int, bool]] = []

    def run(self) -> None:
        self.push(self.module.root, self.module.scope, 0, False)
        while self.stack:
            self.visit(*self.stack.pop())
        for scope in self.scopes:
            self.settle(scope)

    def settle(self, scope: Scope) -> None:
        """Give the bindings of `global` and `nonlocal` names to the scope that owns them."""
        for name in scope.globals & set(scope.bindings):
            self.module.scope.bindings.setdefault(name, []).extend(scope.bindings.pop(name))
        for name in scope.globals:
            # `global x` makes x a variable of the module even where only functions assign it.
            self.module.scope.bindings.setdefault(name, [])
        for name in scope.nonlocals & set(scope.bindings):
            owner = scope.owner(name)
            if owner is not None and owner is not scope:
                owner.bindings.setdefault(name, []).extend(scope.bindings.pop(name))

    def push(self, node: Node | None, scope: Scope, offset: int, types: bool) -> None:
        if node is not None:
            self.stack.append((node, scope, offset, types))

    def push_all(self, nodes: list[Node], scope: Scope, offset: int, types: bool) -> None:
        for node in nodes:
            self.stack.append((node, scope, offset, types))

    def token(self, node: Node, scope: Scope, offset: int) -> str:
        name = text_of(node)
        token = Token(node.start_byte + offset, node.end_byte + offset, scope)
        self.module.tokens.setdefault(name, []).append(token)
        return name

    def bind(
        self,
        node: Node,
        kind: BindingKind,
        statement: Node,
        scope: Scope,
        offset: int,
        *,
        inner: Scope | None = None,
        source: FromImport | None = None,
        dotted: str = "",
    ) -> None:
        name = self.token(node, scope, offset)
        home = scope
        if kind == "other" and statement.type == "named_expression":
            while home.kind == "comprehension" and home.parent is not None:
                home = home.parent
        start = node.start_byte + offset
        found = Binding(name, kind, start, scope, statement, inner, source, dotted)
        home.bindings.setdefault(name, []).append(found)

    def visit(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        handler = _HANDLERS.get(node.type)
        if handler is not None:
            handler(self, node, scope, offset, types)
        elif node.child_count:
            self.push_all(node.children, scope, offset, types)

    def identifier(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        self.token(node, scope, offset)

    def attribute(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        receiver = node.child_by_field_name("object")
        name = node.child_by_field_name("attribute")
        if name is not None:
            use = AttributeUse(name.start_byte + offset, name.end_byte + offset, scope, receiver)
            self.module.uses.setdefault(text_of(name), []).append(use)
        self.push(receiver, scope, offset, types)

    def member_type(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        receiver, name = node.named_children[0], node.named_children[-1]
        use = AttributeUse(name.start_byte + offset, name.end_byte + offset, scope, receiver)
        self.module.uses.setdefault(text_of(name), []).append(use)
        self.push(receiver, scope, offset, types)

    def keyword_argument(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        bound = types or text_of(node.child_by_field_name("name")) == "bound"
        self.push(node.child_by_field_name("value"), scope, offset, bound)

    def call(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        self.push(function, scope, offset, types)
        called = text_of(function).rpartition(".")[2]
        if arguments is None:
            return
        for index, child in enumerate(arguments.named_children):
            typed = types or (called in _TYPE_FUNCTIONS and (index == 0 or called != "cast"))
            self.push(child, scope, offset, typed and not (called == "TypeVar" and index == 0))
        if arguments.type != "argument_list":
            self.push(arguments, scope, offset, types)

    def type(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        self.push_all(node.children, scope, offset, True)

    def subscript(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        # The words of a Literal are values, not names.
        value = text_of(node.child_by_field_name("value"))
        inside = types and value.rpartition(".")[2] != "Literal"
        self.push_all(node.children, scope, offset, inside)

    def generic_type(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        inside = text_of(node.named_children[0]).rpartition(".")[2] != "Literal"
        self.push(node.named_children[0], scope, offset, False)
        for child in node.named_children[1:]:
            if inside:
                self.push(child, scope, offset, True)
            else:
                self.push_all(
                    [c for t in child.named_children for c in t.named_children],
                    scope,
                    offset,
                    False,
                )

    def string(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        parts = node.named_children
        content = [part for part in parts if part.type == "string_content"]
        if any(part.type == "interpolation" for part in parts):
            self.push_all(parts, scope, offset, False)
            return
        if len(content) != 1:
            return
        value = text_of(content[0])
        start = content[0].start_byte + offset
        if types and not content[0].named_child_count:
            self.annotation(content[0], value, scope, start)
        elif len(value) < 200 and _NAME_LIKE.match(value):
            self.module.texts.append(
                Text(value, start, start + len(value.encode()), False, _called_with(node))
            )

    def annotation(self, content: Node, value: str, scope: Scope, start: int) -> None:
        inner = parse(value.encode())
        if not inner.has_error:
            self.push(inner, scope, start, True)

    def function(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        name = node.child_by_field_name("name")
        inner = Scope(self.module, "function", text_of(name), scope, node)
        self.scopes.append(inner)
        inner.decorators = _decorators(node)
        if name is not None:
            self.bind(name, "function", node, scope, offset, inner=inner)
        self.push(node.child_by_field_name("return_type"), self.outside(inner), offset, True)
        self.parameters(node.child_by_field_name("parameters"), inner, offset)
        self.type_parameters(node, inner, offset)
        self.push(node.child_by_field_name("body"), inner, offset, False)

    def type_parameters(self, node: Node, inner: Scope, offset: int) -> None:
        listed = node.child_by_field_name("type_parameters")
        for child in listed.named_children if listed is not None else []:
            found = _first_identifier(child)
            if found is not None:
                self.bind(found, "other", child, inner, offset)

    def lambda_(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        inner = Scope(self.module, "function", "<lambda>", scope, node)
        self.scopes.append(inner)
        self.parameters(node.child_by_field_name("parameters"), inner, offset)
        self.push(node.child_by_field_name("body"), inner, offset, False)

    def outside(self, inner: Scope) -> Scope:
        # PEP 695 parameters are visible in annotations; here they are bound in the function scope.
        if inner.node.child_by_field_name("type_parameters") is not None:
            return inner
        return inner.parent or inner

    def parameters(self, listed: Node | None, inner: Scope, offset: int) -> None:
        if listed is None:
            return
        outer = self.outside(inner)
        for child in listed.named_children:
            name = _first_identifier(child) if child.type != "identifier" else child
            self.push(child.child_by_field_name("value"), inner.parent or inner, offset, False)
            self.push(child.child_by_field_name("type"), outer, offset, True)
            if name is None:
                continue
            if inner.first_parameter is None and child.type != "keyword_separator":
                inner.first_parameter = text_of(name)
            self.bind(name, "parameter", child, inner, offset)

    def class_(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        name = node.child_by_field_name("name")
        inner = Scope(self.module, "class", text_of(name), scope, node)
        self.scopes.append(inner)
        self.module.classes.append(inner)
        inner.decorators = _decorators(node)
        if name is not None:
            self.bind(name, "class", node, scope, offset, inner=inner)
        outer = inner if node.child_by_field_name("type_parameters") is not None else scope
        self.type_parameters(node, inner, offset)
        self.push(node.child_by_field_name("superclasses"), outer, offset, False)
        self.push(node.child_by_field_name("body"), inner, offset, False)

    def comprehension(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        inner = Scope(self.module, "comprehension", "", scope, node)
        self.scopes.append(inner)
        first = True
        for child in node.named_children:
            if child.type == "for_in_clause":
                left = child.child_by_field_name("left")
                if left is not None:
                    self.targets(left, "other", child, inner, offset)
                rights = child.children_by_field_name("right")
                # The first iterable is evaluated outside, where a class body's names are visible.
                self.push_all(rights, scope if first else inner, offset, False)
                first = False
            else:
                self.push(child, inner, offset, False)

    def targets(
        self, node: Node, kind: BindingKind, statement: Node, scope: Scope, offset: int
    ) -> None:
        if node.type == "identifier":
            self.bind(node, kind, statement, scope, offset)
        elif node.type in ("attribute", "subscript"):
            self.push(node, scope, offset, False)
        else:
            plain: BindingKind = kind if node.type == "as_pattern_target" else "other"
            for child in node.named_children:
                self.targets(child, plain, statement, scope, offset)

    def assignment(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        left = node.child_by_field_name("left")
        right = node.child_by_field_name("right")
        annotation = node.child_by_field_name("type")
        if left is not None:
            if node.type == "augmented_assignment" or left.type not in ("attribute", "subscript"):
                self.targets(left, "assignment", node, scope, offset)
            else:
                self.self_attribute(left, right, annotation, scope)
                self.push(left, scope, offset, False)
        self.push(annotation, scope, offset, True)
        if scope.kind == "module" and text_of(left) == "__all__":
            self.exported(right, offset)
        alias = text_of(annotation).rpartition(".")[2] == "TypeAlias"
        self.push(right, scope, offset, alias)

    def self_attribute(
        self, left: Node, right: Node | None, annotation: Node | None, scope: Scope
    ) -> None:
        owner = scope.parent
        receiver = text_of(left.child_by_field_name("object"))
        if scope.kind != "function" or owner is None or owner.kind != "class":
            return
        if left.type == "attribute" and receiver == scope.first_parameter:
            name = text_of(left.child_by_field_name("attribute"))
            owner.attributes.setdefault(name, []).append(SelfAttribute(right, annotation, scope))

    def exported(self, node: Node | None, offset: int) -> None:
        """Note the strings of an `__all__`."""
        stack = [node] if node is not None else []
        while stack:
            inner = stack.pop()
            if inner.type == "string_content":
                start = inner.start_byte + offset
                end = inner.end_byte + offset
                self.module.texts.append(Text(text_of(inner), start, end, True, ""))
            stack.extend(inner.named_children)

    def expression_statement(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        inner = node.named_children[0] if node.named_children else None
        if inner is not None and inner.type == "call" and scope.kind == "module":
            called = text_of(inner.child_by_field_name("function"))
            if called in ("__all__.extend", "__all__.append"):
                self.exported(inner.child_by_field_name("arguments"), offset)
        self.push_all(node.children, scope, offset, types)

    def return_(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        given = scope.returns if node.type == "return_statement" else scope.yields
        given.extend(node.named_children[:1] or [node])
        self.push_all(node.named_children, scope, offset, False)

    def named_expression(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        name = node.child_by_field_name("name")
        if name is not None:
            self.bind(name, "other", node, scope, offset)
        self.push(node.child_by_field_name("value"), scope, offset, False)

    def for_(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        left = node.child_by_field_name("left")
        if left is not None:
            self.targets(left, "other", node, scope, offset)
        for child in node.children:
            if child != left:
                self.push(child, scope, offset, False)

    def as_pattern(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        alias = node.child_by_field_name("alias")
        above = node.parent.type if node.parent is not None else ""
        kind: BindingKind = "other"
        if above == "with_item":
            kind = "with"
        elif above == "except_clause":
            kind = "except"
        for child in node.named_children:
            if child == alias:
                self.targets(child, kind, node, scope, offset)
            elif child.type == "identifier" and above.endswith("pattern"):
                self.bind(child, "other", node, scope, offset)
            else:
                self.push(child, scope, offset, False)

    def except_clause(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        alias = node.child_by_field_name("alias")
        for child in node.children:
            if child == alias:
                self.targets(child, "except", node, scope, offset)
            else:
                self.push(child, scope, offset, False)

    def case_pattern(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        for child in node.named_children:
            names = child.named_children
            if child.type == "dotted_name" and len(names) == 1:
                self.bind(names[0], "other", node, scope, offset)
            else:
                self.push(child, scope, offset, False)

    def dotted_name(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        self.push(node.named_children[0], scope, offset, False)
        for name in node.named_children[1:]:
            use = AttributeUse(name.start_byte + offset, name.end_byte + offset, scope, None)
            self.module.uses.setdefault(text_of(name), []).append(use)

    def keyword_pattern(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        name, *rest = node.named_children
        use = AttributeUse(name.start_byte + offset, name.end_byte + offset, scope, None)
        self.module.uses.setdefault(text_of(name), []).append(use)
        for child in rest:
            names = child.named_children
            if child.type == "dotted_name" and len(names) == 1:
                self.bind(names[0], "other", node, scope, offset)
            else:
                self.push(child, scope, offset, False)

    def splat_pattern(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        self.targets(node, "other", node, scope, offset)

    def global_(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        for child in node.named_children:
            name = self.token(child, scope, offset)
            if node.type == "global_statement":
                scope.globals.add(name)
            else:
                scope.nonlocals.add(name)

    def import_(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        for child in node.children_by_field_name("name"):
            if child.type == "aliased_import":
                alias = child.child_by_field_name("alias")
                dotted = text_of(child.child_by_field_name("name"))
                if alias is not None:
                    self.bind(alias, "import", node, scope, offset, dotted=dotted)
            elif child.named_children:
                first = child.named_children[0]
                self.bind(first, "import", node, scope, offset, dotted=text_of(first))

    def import_from(self, node: Node, scope: Scope, offset: int, types: bool) -> None:
        level, dotted = _module_named(node)
        if any(child.type == "wildcard_import" for child in node.children):
            star = FromImport(level, dotted, "*", 0, 0, None, 0, scope, star=True)
            self.module.imports.append(star)
        for child in node.children_by_field_name("name"):
            aliased = child.type == "aliased_import"
            name = child.child_by_field_name("name") if aliased else child
            alias = child.child_by_field_name("alias") if aliased else None
            if name is None:
                continue
            found = FromImport(
                level,
                dotted,
                text_of(name),
                name.start_byte + offset,
                name.end_byte + offset,
                text_of(alias) if alias is not None else None,
                alias.start_byte + offset if alias is not None else 0,
                scope,
            )
            self.module.imports.append(found)
            self.bind(alias or name, "from", node, scope, offset, source=found)


def _module_named(node: Node) -> tuple[int, str]:
    """The dots and the name after `from`."""
    module = node.child_by_field_name("module_name")
    if module is None:
        return 0, "__future__"
    if module.type != "relative_import":
        return 0, text_of(module)
    written = text_of(module)
    dotted = written.lstrip(". \t")
    return written.count(".") - dotted.count("."), dotted


def _decorators(node: Node) -> tuple[Node, ...]:
    above = node.parent
    if above is None or above.type != "decorated_definition":
        return ()
    return tuple(child for child in above.named_children if child.type == "decorator")


def _first_identifier(node: Node) -> Node | None:
    while node.type != "identifier":
        named = node.child_by_field_name("name")
        if named is None:
            if not node.named_children:
                return None
            named = node.named_children[0]
        node = named
    return node


def _called_with(node: Node) -> str:
    """The function that a string is a direct argument of."""
    above = node.parent
    if above is None or above.type != "argument_list" or above.parent is None:
        return ""
    return text_of(above.parent.child_by_field_name("function"))


_HANDLERS = {
    "identifier": _Walk.identifier,
    "attribute": _Walk.attribute,
    "member_type": _Walk.member_type,
    "keyword_argument": _Walk.keyword_argument,
    "call": _Walk.call,
    "type": _Walk.type,
    "subscript": _Walk.subscript,
    "generic_type": _Walk.generic_type,
    "string": _Walk.string,
    "function_definition": _Walk.function,
    "lambda": _Walk.lambda_,
    "class_definition": _Walk.class_,
    "list_comprehension": _Walk.comprehension,
    "set_comprehension": _Walk.comprehension,
    "dictionary_comprehension": _Walk.comprehension,
    "generator_expression": _Walk.comprehension,
    "assignment": _Walk.assignment,
    "augmented_assignment": _Walk.assignment,
    "expression_statement": _Walk.expression_statement,
    "return_statement": _Walk.return_,
    "yield": _Walk.return_,
    "named_expression": _Walk.named_expression,
    "for_statement": _Walk.for_,
    "as_pattern": _Walk.as_pattern,
    "except_clause": _Walk.except_clause,
    "case_pattern": _Walk.case_pattern,
    "dotted_name": _Walk.dotted_name,
    "keyword_pattern": _Walk.keyword_pattern,
    "splat_pattern": _Walk.splat_pattern,
    "global_statement": _Walk.global_,
    "nonlocal_statement": _Walk.global_,
    "import_statement": _Walk.import_,
    "import_from_statement": _Walk.import_from,
    "future_import_statement": _Walk.import_from,
}
