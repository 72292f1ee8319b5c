"""From an operation to the region of the file that it replaces."""

from __future__ import annotations

from dataclasses import dataclass

from ...proto.edit_ir import EditOp
from .before import Before
from .evidence import BlobReader, check_definition, check_lines
from .refusal import EditRefused
from .shape import SYMBOL_OPS, Content, new_content
from .symbols import SymbolFinder, find_definition


@dataclass(frozen=True, slots=True)
class Region:
    """Lines `start`..`end` (0-based, end exclusive) of the file before the batch give way to
    `content`; an insertion has `end` = `start`."""

    op_index: int
    start: int
    end: int
    content: Content

    @property
    def inserts(self) -> bool:
        return self.start == self.end


def locate(
    index: int, op: EditOp, before: Before, symbols: SymbolFinder, blobs: BlobReader
) -> Region:
    """The region of a well-shaped operation on an existing file. Exact, or EditRefused."""
    if before.binary:
        raise EditRefused(
            "binary",
            "the file is not text (it holds NUL bytes, or is UTF-16)",
            op_index=index,
            path=op.path,
            next_step="replace the file as a whole: delete it, then add it in another batch",
        )
    content = new_content(index, op)
    if not before.utf8 and not all(line.isascii() for line in content.lines):
        raise EditRefused(
            "encoding",
            "the file is not UTF-8, so only ASCII text can be put in it",
            op_index=index,
            path=op.path,
            next_step="use ASCII text, or convert the file to UTF-8 first",
        )
    if op.op in SYMBOL_OPS:
        return _beside_symbol(index, op, before, symbols, blobs, content)
    start, end = _range(index, op, before)
    check_lines(index, op, before, start, end, blobs)
    return Region(index, start, end, content)


def _range(index: int, op: EditOp, before: Before) -> tuple[int, int]:
    assert op.lines is not None  # check_shape saw to it
    count = len(before.text.lines)
    first, last = op.lines[0], op.lines[-1]
    if op.op == "insert_lines":
        last = first - 1
    if last > count:
        raise EditRefused(
            "out_of_range",
            f"the file has {count} lines; {op.op} names line {last}",
            op_index=index,
            path=op.path,
            line=last,
            next_step=f"name lines 1 to {count}"
            + (f", or {count + 1} to append" if op.op == "insert_lines" else ""),
        )
    return first - 1, last


def _beside_symbol(
    index: int,
    op: EditOp,
    before: Before,
    symbols: SymbolFinder,
    blobs: BlobReader,
    content: Content,
) -> Region:
    side = "before" if op.op == "insert_before_symbol" else "after"
    definition = find_definition(index, op, before, symbols, side=side)
    place = definition.start if side == "before" else definition.end
    check_definition(index, op, before, (definition.start, definition.end), place, blobs)
    return Region(index, place, place, content)
