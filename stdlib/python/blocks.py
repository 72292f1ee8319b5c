"""Whole definitions in a Python file: how they are indented, and where the next one goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ...heaven.index.facts import Definition
from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..refused import MacroRefused
from ..syntax import Trees
from ..targets import keys_of, listed, row_of
from .imports import after_line

if TYPE_CHECKING:
    from tree_sitter import Node

_INDENTED: Final = re.compile(rb"^([ \t]+)\S", re.MULTILINE)


def indent_of(source: bytes) -> str:
    """One step of indentation, as the file's first indented line has it; else four blanks."""
    found = _INDENTED.search(source)
    return found[1].decode() if found else "    "


def after_symbol(index: SymbolIndex, trees: Trees, symbol: Symbol) -> tuple[int, str, int]:
    """The byte where the next definition beside a symbol goes, its indentation and its scope."""
    row = last_row(index, symbol)
    node = whole(trees, symbol.path, row)
    source = trees.source(symbol.path)
    start = source.rfind(b"\n", 0, node.start_byte) + 1
    lead = source[start : node.start_byte]
    if lead.strip():
        raise MacroRefused("unsupported", "the line does not start with it", (listed(symbol),))
    return after_line(source, max(node.end_byte - 1, 0)), lead.decode(), row.scope


def last_row(index: SymbolIndex, symbol: Symbol) -> Definition:
    """The last of the definitions that go by the symbol's qualname."""
    return max((row_of(index, key) for key in keys_of(index, symbol)), key=lambda row: row.start)


def whole(trees: Trees, path: str, row: Definition) -> Node:
    """The statement that a definition is, its decorators with it."""
    node: Node | None = trees.at(path, row.name_start, row.name_start + 1)
    while node is not None and node.type not in (
        "function_definition", "class_definition", "expression_statement", "type_alias_statement",
    ):  # fmt: skip
        node = node.parent
    if node is None:
        raise MacroRefused("unsupported", f"{row.qualname} is no statement of its own")
    above = node.parent
    return above if above is not None and above.type == "decorated_definition" else node
