"""Whether a file still parses after an edit came to lie elsewhere than its author wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...heaven.index.languages import grammar, language_of

if TYPE_CHECKING:
    from tree_sitter import Node


def first_new_error(path: str, before: bytes, after: bytes) -> int | None:
    """The line (1-based) of a syntax error in `after`, if there are more of them than in `before`.

    None too for languages without a grammar here.
    """
    language = language_of(path)
    if language is None:
        return None
    from tree_sitter import Parser

    parser = Parser(grammar(language))
    new = _errors(parser.parse(after).root_node)
    if not new or len(new) <= len(_errors(parser.parse(before).root_node)):
        return None
    return min(new) + 1


def _errors(root: Node) -> list[int]:
    """The lines (from 0) of the ERROR and MISSING nodes."""
    found: list[int] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            found.append(node.start_point.row)
        if node.has_error:
            stack.extend(node.children)
    return found
