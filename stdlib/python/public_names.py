"""The names that a module lists in `__all__`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lists import listing
from ..patches import Patch
from ..syntax import Trees

if TYPE_CHECKING:
    from tree_sitter import Node


def lists(trees: Trees, path: str, name: str) -> bool:
    """Whether the file's `__all__` is a literal with the name in it."""
    node = _literal(trees, path)
    return node is not None and name in _names(trees, path, node)


def also(trees: Trees, path: str, name: str) -> list[Patch]:
    """Put the name into the file's `__all__`: in its place where the list is sorted, else last.
    Nothing where there is none, or the name is in it."""
    node = _literal(trees, path)
    if node is None:
        return []
    known = _names(trees, path, node)
    if name in known:
        return []
    items = listing(path, trees.source(path), node)
    quote = trees.text(path, items.items[-1])[-1] if items.items else '"'
    at = len(known)
    if known == sorted(known):
        at = next((i for i, one in enumerate(known) if one > name), len(known))
    return items.add(at, f"{quote}{name}{quote}")


def _literal(trees: Trees, path: str) -> Node | None:
    """The list or tuple of strings that is assigned at the top of the file."""
    for statement in trees.root(path).named_children:
        node = statement.named_children[0] if statement.named_children else None
        if node is None or node.type != "assignment":
            continue
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or trees.text(path, left) != "__all__":
            continue
        if right.type in ("list", "tuple") and right.children[0].type in ("[", "("):
            plain = [one for one in right.named_children if one.type != "comment"]
            return right if all(one.type == "string" for one in plain) else None
    return None


def _names(trees: Trees, path: str, node: Node) -> list[str]:
    return [
        trees.text(path, one).strip("'\"") for one in node.named_children if one.type == "string"
    ]
