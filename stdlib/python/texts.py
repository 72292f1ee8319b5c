"""What stands in quotes and in comments of Python source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ...heaven.index.languages import grammar, language_of
from ..syntax import parse

if TYPE_CHECKING:
    from tree_sitter import Node, Query


@dataclass(frozen=True, slots=True)
class Text:
    """What stands in quotes: its byte stretches, and the function that it is an argument of."""

    parts: tuple[tuple[int, int], ...]
    argument_of: str


@lru_cache(maxsize=4)
def _query(text: str) -> Query:
    from tree_sitter import Query

    row = language_of("x.py")
    assert row is not None
    return Query(grammar(row), text)


def strings(source: bytes) -> Iterator[Text]:
    """The strings of a file, docstrings left out."""
    from tree_sitter import QueryCursor

    for node in (
        QueryCursor(_query("(string) @string")).captures(parse(source, "x.py")).get("string", ())
    ):
        above = node.parent
        if above is not None and above.type != "expression_statement":
            contents = [part for part in node.named_children if part.type == "string_content"]
            parts = tuple((part.start_byte, part.end_byte) for part in contents)
            yield Text(parts, _called_with(above))


def comments(source: bytes) -> Iterator[tuple[int, int]]:
    """The byte stretches of a file's comments."""
    from tree_sitter import QueryCursor

    found = QueryCursor(_query("(comment) @comment")).captures(parse(source, "x.py"))
    for node in found.get("comment", ()):
        yield node.start_byte, node.end_byte


def all_strings(source: bytes) -> Iterator[tuple[int, int]]:
    """The byte stretches of what stands in quotes, docstrings among it."""
    from tree_sitter import QueryCursor

    found = QueryCursor(_query("(string_content) @text")).captures(parse(source, "x.py"))
    for node in found.get("text", ()):
        yield node.start_byte, node.end_byte


def _called_with(above: Node) -> str:
    call = above.parent if above.type == "argument_list" else None
    function = call.child_by_field_name("function") if call is not None else None
    if function is None or function.text is None:
        return ""
    return function.text.decode("utf-8", errors="replace")
