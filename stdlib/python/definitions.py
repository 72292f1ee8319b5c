"""How functions and classes are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scopes import Scope
from .tree import text_of
from .walk import Walk

if TYPE_CHECKING:
    from tree_sitter import Node


def function(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    name = node.child_by_field_name("name")
    inner = Scope(walk.module, "function", text_of(name), scope, node)
    walk.scopes.append(inner)
    inner.decorators = _decorators(node)
    if name is not None:
        walk.bind(name, "function", node, scope, offset, inner=inner)
    walk.push(node.child_by_field_name("return_type"), outside(walk, inner), offset, True)
    parameters(walk, node.child_by_field_name("parameters"), inner, offset)
    type_parameters(walk, node, inner, offset)
    walk.push(node.child_by_field_name("body"), inner, offset, False)


def type_parameters(walk: Walk, node: Node, inner: Scope, offset: int) -> None:
    listed = node.child_by_field_name("type_parameters")
    for child in listed.named_children if listed is not None else []:
        found = _first_identifier(child)
        if found is not None:
            walk.bind(found, "other", child, inner, offset)


def outside(walk: Walk, inner: Scope) -> Scope:
    # PEP 695 parameters are visible in annotations; here they are bound in the function scope.
    if inner.node.child_by_field_name("type_parameters") is not None:
        return inner
    return inner.parent or inner


def parameters(walk: Walk, listed: Node | None, inner: Scope, offset: int) -> None:
    if listed is None:
        return
    outer = outside(walk, inner)
    for child in listed.named_children:
        name = _first_identifier(child) if child.type != "identifier" else child
        walk.push(child.child_by_field_name("value"), inner.parent or inner, offset, False)
        walk.push(child.child_by_field_name("type"), outer, offset, True)
        if name is None:
            continue
        if inner.first_parameter is None and child.type != "keyword_separator":
            inner.first_parameter = text_of(name)
        walk.bind(name, "parameter", child, inner, offset)


def class_(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    name = node.child_by_field_name("name")
    inner = Scope(walk.module, "class", text_of(name), scope, node)
    walk.scopes.append(inner)
    walk.module.classes.append(inner)
    inner.decorators = _decorators(node)
    if name is not None:
        walk.bind(name, "class", node, scope, offset, inner=inner)
    outer = inner if node.child_by_field_name("type_parameters") is not None else scope
    type_parameters(walk, node, inner, offset)
    walk.push(node.child_by_field_name("superclasses"), outer, offset, False)
    walk.push(node.child_by_field_name("body"), inner, offset, False)


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
