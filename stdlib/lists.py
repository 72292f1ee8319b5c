"""Items of a bracketed list in source text (parameters, arguments, imported names): one more, or
one less, in the way that the list is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .patches import Patch

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Listing:
    """A bracketed list in `path`. `items` are its elements in order, without commas and comments;
    `node` holds its brackets."""

    path: str
    source: bytes
    node: Node
    items: tuple[Node, ...]

    def add(self, at: int, text: str) -> list[Patch]:
        """Put `text` before item `at`, behind the last one where there is none."""
        if not self.items:
            inside = self.node.start_byte + 1
            return [Patch(self.path, inside, inside, text)]
        if at < len(self.items):
            item = self.items[at]
            lead = self._lead(item.start_byte)
            separator = ", " if lead is None else f",\n{lead}"
            return [Patch(self.path, item.start_byte, item.start_byte, text + separator)]
        last = self.items[-1]
        lead = self._lead(last.start_byte)
        comma = self._comma_after(last)
        if comma is not None:
            end = self._line_comment_end(comma.end_byte) if lead is not None else comma.end_byte
            gap = " " if lead is None else f"\n{lead}"
            return [Patch(self.path, end, end, f"{gap}{text},")]
        if lead is None:
            return [Patch(self.path, last.end_byte, last.end_byte, f", {text}")]
        end = self._line_comment_end(last.end_byte)
        if end == last.end_byte:
            return [Patch(self.path, end, end, f",\n{lead}{text}")]
        return [
            Patch(self.path, last.end_byte, last.end_byte, ","),
            Patch(self.path, end, end, f"\n{lead}{text}"),
        ]

    def remove(self, numbers: Sequence[int]) -> list[Patch]:
        """Take out the items with these adjacent numbers."""
        first, last = self.items[numbers[0]], self.items[numbers[-1]]
        comma = self._comma_after(last)
        end = comma.end_byte if comma is not None else last.end_byte
        if self._lead(first.start_byte) is not None:
            stop = self._line_comment_end(end)
            # Of a list with an item a line, the whole line goes.
            if self.source[stop : stop + 2] == b"\r\n" or self.source[stop : stop + 1] == b"\n":
                start = self.source.rfind(b"\n", 0, first.start_byte) + 1
                stop = self.source.find(b"\n", stop) + 1
                return [Patch(self.path, start, stop, "")]
        if numbers[-1] + 1 < len(self.items):
            after = self.items[numbers[-1] + 1].start_byte
            return [Patch(self.path, first.start_byte, after, "")]
        if numbers[0] > 0:
            return [Patch(self.path, self.items[numbers[0] - 1].end_byte, last.end_byte, "")]
        return [Patch(self.path, first.start_byte, end, "")]

    def _lead(self, at: int) -> str | None:
        """The blanks before an item that starts its line; None for one that does not."""
        start = self.source.rfind(b"\n", 0, at) + 1
        lead = self.source[start:at]
        if start <= self.node.start_byte or lead.strip():
            return None
        return lead.decode()

    def _comma_after(self, item: Node) -> Node | None:
        found = item.next_sibling
        while found is not None and found.type == "comment":
            found = found.next_sibling
        return found if found is not None and found.type == "," else None

    def _line_comment_end(self, at: int) -> int:
        """The end of the comment that stands on the line behind `at`, else `at`."""
        stop = self.source.find(b"\n", at)
        rest = self.source[at : stop if stop >= 0 else len(self.source)]
        if rest.lstrip().startswith((b"#", b"//")):
            return at + len(rest.rstrip())
        return at


def listing(path: str, source: bytes, node: Node) -> Listing:
    """Of the named children of a node with brackets."""
    items = tuple(one for one in node.named_children if one.type != "comment")
    return Listing(path, source, node, items)
