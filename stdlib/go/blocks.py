"""Declarations at the top of a Go file: their text, and where the next one goes."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from ...heaven.index.bind import Key
from ..patches import Patch
from ..refused import MacroRefused
from .subject import Repository

if TYPE_CHECKING:
    from tree_sitter import Node


def declaration(repository: Repository, key: Key) -> Node:
    """The statement at the top of the file that declares it, without its comment."""
    row = repository.packages.row(key)
    node: Node | None = repository.trees.at(key.path, row.name_start, row.name_start + 1)
    while node is not None and node.parent is not None and node.parent.type != "source_file":
        node = node.parent
    if node is None or node.parent is None:
        raise MacroRefused("unsupported", f"{row.qualname} is no declaration of its own")
    return node


def with_comment(source: bytes, node: Node) -> int:
    """Where a declaration starts, the comment right above it included."""
    start = node.start_byte
    before = node.prev_sibling
    while before is not None and before.type == "\n":
        before = before.prev_sibling
    while before is not None and before.type == "comment":
        gap = source[before.end_byte : start]
        line = source.rfind(b"\n", 0, before.start_byte) + 1
        if gap.count(b"\n") != 1 or gap.strip() or source[line : before.start_byte].strip():
            break
        start = before.start_byte
        before = before.prev_sibling
        while before is not None and before.type == "\n":
            before = before.prev_sibling
    return start


def after(path: str, source: bytes, at: int, text: str) -> Patch:
    """A declaration (without a line ending) behind the line that byte `at` is in, a blank line
    before it."""
    end = source.find(b"\n", at)
    if end < 0:
        return Patch(path, len(source), len(source), f"\n\n{text}\n")
    return Patch(path, end + 1, end + 1, f"\n{text}\n")


def at_end(path: str, source: bytes, text: str) -> Patch:
    """A declaration at the end of a file."""
    if not source.endswith(b"\n"):
        return Patch(path, len(source), len(source), f"\n\n{text}\n")
    return Patch(path, len(source), len(source), f"\n{text}\n")


def body_lines(text: str) -> str:
    """Statements as a function's body has them: one tab, ending in a line ending."""
    lines = dedent(text.replace("\r\n", "\n")).strip("\n").split("\n")
    return "".join(f"\t{line.rstrip()}\n" if line.strip() else "\n" for line in lines)
