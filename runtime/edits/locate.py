"""From an operation to the region of the file that it replaces."""

from __future__ import annotations

from ...proto.edit_ir import EditOp
from .before import Before, Version
from .evidence import check_definition, check_lines
from .quote import find_quote
from .refusal import EditRefused
from .region import Region, Seen
from .shape import SYMBOL_OPS, Content, new_content
from .symbols import Side, SymbolFinder, VersionSymbols, find_definition
from .versions import Versions


def locate(
    index: int, op: EditOp, before: Before, symbols: SymbolFinder, versions: Versions
) -> Region:
    """The region of a well-shaped operation on an existing file. Exact, or EditRefused."""
    if before.binary:
        raise EditRefused(
            "binary",
            "the file is not text (it holds NUL bytes, or is UTF-16)",
            op_index=index,
            path=op.path,
            next_step="replace the file as a whole: add_file with the base_blob of what is there",
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
    if op.op == "replace_text":
        start, end, content = find_quote(index, op, before)
        base = versions.base(op)
        if base is not None and base.blob != before.blob:
            _check_quoted_once(index, op, base)
        return Region(index, start, end, content)
    if op.op in SYMBOL_OPS:
        return _at_symbol(index, op, before, symbols, versions, content)
    start, end = _range(index, op, before)
    check_lines(index, op, before, start, end, versions)
    return Region(index, start, end, content, seen=Seen(start, end, content))


def meant(index: int, op: EditOp, base: Version, versions: Versions) -> Seen | None:
    """What the operation means in its author's version `base`; None where it, or a hash of it, does
    not fit that."""
    if base.binary:
        return None
    try:
        if op.op == "replace_text":
            start, end, content = find_quote(index, op, base)
        elif op.op in SYMBOL_OPS:
            content = new_content(index, op)
            region = _at_symbol(index, op, base, VersionSymbols(base), versions, content)
            start, end = region.start, region.end
        else:
            content = new_content(index, op)
            start, end = _range(index, op, base)
            check_lines(index, op, base, start, end, versions)
    except EditRefused:
        return None
    return Seen(start, end, content)


def _check_quoted_once(index: int, op: EditOp, base: Version) -> None:
    """A quote that is there once by now, and was there twice, may be of the one that is gone."""
    try:
        find_quote(index, op, base)
    except EditRefused as refusal:
        if refusal.code == "ambiguous":
            raise


def _range(index: int, op: EditOp, version: Version) -> tuple[int, int]:
    assert op.lines is not None  # check_shape saw to it
    count = len(version.text.lines)
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


def _at_symbol(
    index: int,
    op: EditOp,
    version: Version,
    symbols: SymbolFinder,
    versions: Versions,
    content: Content,
) -> Region:
    sides: dict[str, Side] = {"insert_before_symbol": "before", "replace_symbol": "both"}
    side = sides.get(op.op, "after")
    definition = find_definition(index, op, version, symbols, side=side)
    start = definition.end if side == "after" else definition.start
    end = definition.start if side == "before" else definition.end
    check_definition(index, op, version, (definition.start, definition.end), (start, end), versions)
    return Region(index, start, end, content)
