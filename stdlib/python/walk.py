"""Walking a tree without recursion, and noting tokens and bindings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from .scopes import Binding, BindingKind, FromImport, Module, Scope, Token
from .tree import text_of

if TYPE_CHECKING:
    from tree_sitter import Node


Handler: TypeAlias = "Callable[[Walk, Node, Scope, int, bool], None]"


class Walk:
    """One walk over a file. `handlers` maps a node's type to what reads it.

    Handlers get the walk, the node, the scope that it stands in, the offset of its tree in the file
    and whether a string in it is an annotation. Node types without one are walked through.
    """

    def __init__(self, module: Module, handlers: Mapping[str, Handler]) -> None:
        self.module = module
        self.handlers = handlers
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
        handler = self.handlers.get(node.type)
        if handler is not None:
            handler(self, node, scope, offset, types)
        elif node.child_count:
            self.push_all(node.children, scope, offset, types)

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
