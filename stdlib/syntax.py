"""Syntax trees of Python source: its errors and its strings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ..heaven.index.languages import grammar, language_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query


PYTHON: Final = (".py", ".pyi")


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


@lru_cache(maxsize=1)
def _strings() -> Query:
    from tree_sitter import Query

    row = language_of("x.py")
    assert row is not None
    return Query(grammar(row), "(string) @string")


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

    for node in QueryCursor(_strings()).captures(parse(source)).get("string", ()):
        above = node.parent
        if above is not None and above.type != "expression_statement":
            contents = [part for part in node.named_children if part.type == "string_content"]
            parts = tuple((part.start_byte, part.end_byte) for part in contents)
            yield Text(parts, _called_with(above))


def _called_with(above: Node) -> str:
    call = above.parent if above.type == "argument_list" else None
    function = call.child_by_field_name("function") if call is not None else None
    if function is None or function.text is None:
        return ""
    return function.text.decode("utf-8", errors="replace")
