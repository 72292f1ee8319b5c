"""Syntax trees of Python source: its errors and its strings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ..aa.macros import PYTHON as PYTHON
from ..heaven.index.languages import grammar, language_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

    from ..heaven.index.symbols import SymbolIndex


@dataclass(frozen=True, slots=True)
class Text:
    """What stands in quotes: its byte stretches, and the function that it is an argument of."""

    parts: tuple[tuple[int, int], ...]
    argument_of: str


@lru_cache(maxsize=1)
def _parser() -> Parser:
    from tree_sitter import Parser

    row = language_of("x.py")
    assert row is not None
    return Parser(grammar(row))


@lru_cache(maxsize=4)
def _query(text: str) -> Query:
    from tree_sitter import Query

    row = language_of("x.py")
    assert row is not None
    return Query(grammar(row), text)


class Trees:
    """The syntax trees of an index's files, each parsed once. For use within the index's `ask`."""

    def __init__(self, index: SymbolIndex) -> None:
        self._index = index
        self._roots: dict[str, Node] = {}

    def root(self, path: str) -> Node:
        if path not in self._roots:
            self._roots[path] = parse(self._index.lines(path).source)
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


def strings(source: bytes) -> Iterator[Text]:
    """The strings of a file, docstrings left out."""
    from tree_sitter import QueryCursor

    for node in QueryCursor(_query("(string) @string")).captures(parse(source)).get("string", ()):
        above = node.parent
        if above is not None and above.type != "expression_statement":
            contents = [part for part in node.named_children if part.type == "string_content"]
            parts = tuple((part.start_byte, part.end_byte) for part in contents)
            yield Text(parts, _called_with(above))


def comments(source: bytes) -> Iterator[tuple[int, int]]:
    """The byte stretches of a file's comments."""
    from tree_sitter import QueryCursor

    found = QueryCursor(_query("(comment) @comment")).captures(parse(source))
    for node in found.get("comment", ()):
        yield node.start_byte, node.end_byte


def all_strings(source: bytes) -> Iterator[tuple[int, int]]:
    """The byte stretches of what stands in quotes, docstrings among it."""
    from tree_sitter import QueryCursor

    found = QueryCursor(_query("(string_content) @text")).captures(parse(source))
    for node in found.get("text", ()):
        yield node.start_byte, node.end_byte


def _called_with(above: Node) -> str:
    call = above.parent if above.type == "argument_list" else None
    function = call.child_by_field_name("function") if call is not None else None
    if function is None or function.text is None:
        return ""
    return function.text.decode("utf-8", errors="replace")
