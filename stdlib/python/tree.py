"""Syntax trees of Python source."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ...heaven.languages import grammar, language_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


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


def text_of(node: Node | None) -> str:
    if node is None or node.text is None:
        return ""
    return node.text.decode("utf-8", errors="replace")
