"""Keys of composite literals: names of fields, or values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from .subject import Repository
from .types import Type

if TYPE_CHECKING:
    from tree_sitter import Node

KeyMeaning: TypeAlias = "tuple[Literal['field'], Type | None] | Literal['value', 'unknown'] | None"


def key_meaning(repository: Repository, path: str, name: Node) -> KeyMeaning:
    """What a name is as the key of a literal: a field (of which type, where it is the
    repository's and has a name), a value, or not to be told. None where it is no key."""
    element = name.parent
    row = element.parent if element is not None and element.type == "literal_element" else None
    if element is None or row is None or row.type != "keyed_element":
        return None
    if row.child_by_field_name("key") != element and row.named_children[0] != element:
        return None
    body = row.parent
    if body is None or body.type != "literal_value":
        return None
    found = _type_of(repository, path, body)
    if found is None:
        return "unknown"
    _, node, kind = found
    if node.type == "struct_type":
        return ("field", kind)
    if node.type in ("map_type", "slice_type", "array_type", "implicit_length_array_type"):
        return "value"
    return "unknown"


def _type_of(repository: Repository, path: str, body: Node) -> tuple[str, Node, Type | None] | None:
    """The underlying type of a literal's braces, and the named type that it is of."""
    above = body.parent
    if above is None:
        return None
    if above.type == "composite_literal":
        node = above.child_by_field_name("type")
        return underlying(repository, path, node) if node is not None else None
    if above.type != "literal_element" or above.parent is None:
        return None
    row, is_key = above.parent, False
    if row.type == "keyed_element":
        is_key = row.named_children[0] == above
        if row.parent is None:
            return None
        row = row.parent
    outer = _type_of(repository, path, row)
    if outer is None:
        return None
    where, node, _ = outer
    inner = node.child_by_field_name(
        "key" if is_key else "value" if node.type == "map_type" else "element"
    )
    return underlying(repository, where, inner) if inner is not None else None


def underlying(
    repository: Repository, path: str, node: Node
) -> tuple[str, Node, Type | None] | None:
    """The type literal behind a type expression, its file, and the last name on the way."""
    kind: Type | None = None
    for _ in range(20):
        while node.type in ("pointer_type", "parenthesized_type"):
            node = node.named_children[0]
        found = repository.types.resolve(path, node)
        if found is None:
            if node.type in ("type_identifier", "qualified_type", "generic_type"):
                return None
            return path, node, kind
        declared = repository.types.declared(found)
        if declared is None:
            return None
        kind = found
        path, node = declared
    return None
