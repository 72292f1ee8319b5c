"""How expressions are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .definitions import parameters
from .scopes import AttributeUse, Scope, Text
from .tree import parse, text_of
from .walk import Walk

if TYPE_CHECKING:
    from tree_sitter import Node


_NAME_LIKE = re.compile(r"[A-Za-z_][\w.:]*\Z")
_TYPE_FUNCTIONS = ("cast", "TypeVar", "NewType", "ForwardRef")


def identifier(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    walk.token(node, scope, offset)


def attribute(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    receiver = node.child_by_field_name("object")
    name = node.child_by_field_name("attribute")
    if name is not None:
        use = AttributeUse(name.start_byte + offset, name.end_byte + offset, scope, receiver)
        walk.module.uses.setdefault(text_of(name), []).append(use)
    walk.push(receiver, scope, offset, types)


def member_type(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    receiver, name = node.named_children[0], node.named_children[-1]
    use = AttributeUse(name.start_byte + offset, name.end_byte + offset, scope, receiver)
    walk.module.uses.setdefault(text_of(name), []).append(use)
    walk.push(receiver, scope, offset, types)


def keyword_argument(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    bound = types or text_of(node.child_by_field_name("name")) == "bound"
    walk.push(node.child_by_field_name("value"), scope, offset, bound)


def call(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    function = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    walk.push(function, scope, offset, types)
    called = text_of(function).rpartition(".")[2]
    if arguments is None:
        return
    for index, child in enumerate(arguments.named_children):
        typed = types or (called in _TYPE_FUNCTIONS and (index == 0 or called != "cast"))
        walk.push(child, scope, offset, typed and not (called == "TypeVar" and index == 0))
    if arguments.type != "argument_list":
        walk.push(arguments, scope, offset, types)


def type(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    walk.push_all(node.children, scope, offset, True)


def subscript(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    # The words of a Literal are values, not names.
    value = text_of(node.child_by_field_name("value"))
    inside = types and value.rpartition(".")[2] != "Literal"
    walk.push_all(node.children, scope, offset, inside)


def generic_type(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    inside = text_of(node.named_children[0]).rpartition(".")[2] != "Literal"
    walk.push(node.named_children[0], scope, offset, False)
    for child in node.named_children[1:]:
        if inside:
            walk.push(child, scope, offset, True)
        else:
            walk.push_all(
                [c for t in child.named_children for c in t.named_children],
                scope,
                offset,
                False,
            )


def string(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    parts = node.named_children
    content = [part for part in parts if part.type == "string_content"]
    above = node.parent
    if above is None or above.type != "expression_statement":
        # What is no docstring may hold a program, a template or a dotted path.
        walk.module.strings.extend((c.start_byte + offset, c.end_byte + offset) for c in content)
    if any(part.type == "interpolation" for part in parts):
        walk.push_all(parts, scope, offset, False)
        return
    if len(content) != 1:
        return
    value = text_of(content[0])
    start = content[0].start_byte + offset
    if types and not content[0].named_child_count:
        annotation(walk, content[0], value, scope, start)
    elif len(value) < 200 and _NAME_LIKE.match(value):
        walk.module.texts.append(
            Text(value, start, start + len(value.encode()), False, _called_with(node))
        )


def annotation(walk: Walk, content: Node, value: str, scope: Scope, start: int) -> None:
    inner = parse(value.encode())
    if not inner.has_error:
        walk.push(inner, scope, start, True)


def comprehension(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    inner = Scope(walk.module, "comprehension", "", scope, node)
    walk.scopes.append(inner)
    first = True
    for child in node.named_children:
        if child.type == "for_in_clause":
            left = child.child_by_field_name("left")
            if left is not None:
                walk.targets(left, "other", child, inner, offset)
            rights = child.children_by_field_name("right")
            # The first iterable is evaluated outside, where a class body's names are visible.
            walk.push_all(rights, scope if first else inner, offset, False)
            first = False
        else:
            walk.push(child, inner, offset, False)


def lambda_(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    inner = Scope(walk.module, "function", "<lambda>", scope, node)
    walk.scopes.append(inner)
    parameters(walk, node.child_by_field_name("parameters"), inner, offset)
    walk.push(node.child_by_field_name("body"), inner, offset, False)


def named_expression(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    name = node.child_by_field_name("name")
    if name is not None:
        walk.bind(name, "other", node, scope, offset)
    walk.push(node.child_by_field_name("value"), scope, offset, False)


def _called_with(node: Node) -> str:
    """The function that a string is a direct argument of."""
    above = node.parent
    if above is None or above.type != "argument_list" or above.parent is None:
        return ""
    return text_of(above.parent.child_by_field_name("function"))
