"""Syntax trees of the files that macro ops change, and their errors."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ..heaven.index.languages import LanguageRow, grammar, language_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

    from ..heaven.index.symbols import SymbolIndex


@lru_cache(maxsize=8)
def _parser(row: LanguageRow) -> Parser:
    from tree_sitter import Parser

    return Parser(grammar(row))


def kin_of(path: str) -> str | None:
    """The languages that a path's language shares definitions with: python, go, ecmascript; None
    where the index has no grammar for it."""
    row = language_of(path)
    return None if row is None else row.kin


class Trees:
    """The syntax trees of an index's files, each parsed once. For use within the index's `ask`."""

    def __init__(self, index: SymbolIndex) -> None:
        self._index = index
        self._roots: dict[str, Node] = {}

    def root(self, path: str) -> Node:
        if path not in self._roots:
            self._roots[path] = parse(self._index.lines(path).source, path)
        return self._roots[path]

    def at(self, path: str, start: int, end: int) -> Node:
        """The smallest node that holds the bytes."""
        node = self.root(path).named_descendant_for_byte_range(start, end)
        return node if node is not None else self.root(path)

    def source(self, path: str) -> bytes:
        return self._index.lines(path).source

    def text(self, path: str, node: Node) -> str:
        return self.source(path)[node.start_byte : node.end_byte].decode(errors="replace")


def source_of(index: SymbolIndex, path: str) -> bytes:
    """The text of a file, also of one that the index has left out; empty where there is none. For
    use within the index's `ask`."""
    if index.facts_of(path) is not None:
        return index.lines(path).source
    try:
        return (index.root / path).read_bytes()
    except OSError:
        return b""


def parse(source: bytes, path: str) -> Node:
    """The root of the syntax tree; errors are nodes in it. `path` tells the language: one that the
    index has a grammar for."""
    row = language_of(path)
    assert row is not None
    return _parser(row).parse(source).root_node


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
