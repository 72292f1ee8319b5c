"""Statements as lines: where one ends, and how a file indents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ..patches import Patch

if TYPE_CHECKING:
    from tree_sitter import Node

_INDENT: Final = re.compile(rb"^(\t+|  +)\S", re.MULTILINE)


def indent_of(source: bytes) -> str:
    """One step of a file's indentation; two blanks where it shows none."""
    found = [one.decode() for one in _INDENT.findall(source) if not one.startswith(b" *")]
    if not found:
        return "  "
    if sum(one.startswith("\t") for one in found) * 2 > len(found):
        return "\t"
    return "    " if min(map(len, found)) >= 4 else "  "


def lead_of(source: bytes, at: int) -> str:
    """The blanks at the start of the line that holds a byte."""
    start = source.rfind(b"\n", 0, at) + 1
    line = source[start:at]
    return line[: len(line) - len(line.lstrip())].decode()


def line_after(source: bytes, at: int) -> int:
    """The start of the line behind the one that holds the byte before `at`."""
    end = source.find(b"\n", max(at - 1, 0))
    return len(source) if end < 0 else end + 1


def behind(path: str, source: bytes, at: int, text: str) -> Patch:
    """Whole lines behind the one that holds the byte before `at`."""
    end = line_after(source, at)
    if end == len(source) and source and not source.endswith(b"\n"):
        return Patch(path, end, end, "\n" + text)
    return Patch(path, end, end, text)


def statement_of(node: Node, within: frozenset[str]) -> Node | None:
    """The statement that holds a node, where it stands in one of these kinds of blocks."""
    found: Node | None = node
    while found is not None and found.parent is not None:
        if found.parent.type in within:
            return found
        found = found.parent
    return None


def indented(body: str, lead: str) -> str:
    """Lines with `lead` before each that is not blank."""
    from textwrap import dedent

    lines = dedent(body.replace("\r\n", "\n")).strip("\n").split("\n")
    return "".join(f"{lead}{line}\n" if line.strip() else "\n" for line in lines)
