"""Which fields each operation takes, and the new lines that it brings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import cycle
from typing import Final

from ...proto.edit_ir import EditOp, OpName
from .lines import bare, split_lines
from .refusal import EditRefused

_NEEDS: Final[dict[OpName, tuple[str, ...]]] = {
    "replace_span": ("lines", "content"),
    "delete_span": ("lines",),
    "insert_after_symbol": ("symbol", "content"),
    "insert_before_symbol": ("symbol", "content"),
    "add_file": ("content",),
    "delete_file": (),
    "replace_line": ("lines", "content"),
    "insert_lines": ("lines", "content"),
    "template": ("symbol", "template", "instances"),
    "replace_symbol": ("symbol", "content"),
    "replace_text": ("find", "content"),
}
_FIELDS: Final = ("lines", "content", "symbol", "template", "instances", "find")
_HASHES: Final = ("anchor_hash", "span_hash", "base_blob")
_LINE_NUMBERS: Final[dict[OpName, int]] = {
    "replace_span": 2,
    "delete_span": 2,
    "replace_line": 1,
    "insert_lines": 1,
}
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_PLACEHOLDER: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")

SYMBOL_OPS: Final = frozenset(
    {"insert_after_symbol", "insert_before_symbol", "template", "replace_symbol"}
)
FILE_OPS: Final = frozenset({"add_file", "delete_file"})


@dataclass(frozen=True, slots=True)
class Content:
    """New lines without their endings; `closed` says whether the text given ends with one.

    `crlf` says which ending the text given uses, for files that have none of their own.
    """

    lines: tuple[bytes, ...]
    closed: bool
    crlf: bool


def check_shape(index: int, op: EditOp) -> None:
    """Refuse (`bad_op`) an operation that lacks a field, has one too many, or a malformed one.

    An empty hash counts as none.
    """
    needs = _NEEDS[op.op]
    for name in _FIELDS:
        given = getattr(op, name)
        if name in needs and given is None:
            raise _bad(index, op, f"{op.op} needs {name!r}", f"give {name!r}")
        if name not in needs and given is not None:
            raise _bad(index, op, f"{op.op} takes no {name!r}", f"leave {name!r} out")
    for name in _HASHES:
        given = getattr(op, name)
        if given and not _HEX.fullmatch(given):
            raise _bad(
                index, op, f"{name} is not a SHA-256 in hex: {given[:80]!r}", f"leave {name!r} out"
            )
    wanted = _LINE_NUMBERS.get(op.op)
    if wanted is not None and op.lines is not None:
        if len(op.lines) != wanted:
            form = "[first, last]" if wanted == 2 else "[line]"
            raise _bad(index, op, f"{op.op} takes lines as {form}", f"write lines as {form}")
        if op.lines[0] < 1 or op.lines[-1] < op.lines[0]:
            raise EditRefused(
                "out_of_range",
                f"lines {list(op.lines)} are no range; lines count from 1, both ends included",
                op_index=index,
                path=op.path,
                next_step="give the numbers of lines that were shown",
            )
    if op.op in SYMBOL_OPS and not op.symbol:
        raise _bad(index, op, "the symbol's name is empty", "name the definition")
    if op.op in ("insert_lines", "insert_after_symbol", "insert_before_symbol") and not op.content:
        raise _bad(index, op, "there is nothing to insert", 'for a blank line give "\\n"')
    if op.op == "replace_text" and not op.find:
        raise _bad(index, op, "the text to find is empty", "quote the text that is to be replaced")


def new_content(index: int, op: EditOp) -> Content:
    """The lines that a well-shaped operation brings. Raises EditRefused (bad_template, bad_op).

    `replace_line` with empty content leaves a blank line; `replace_span` with empty content leaves
    no line.
    """
    if op.op == "template":
        return _of_text(index, op, _fill_template(index, op))
    if op.op == "replace_line" and not op.content:
        return Content((b"",), closed=True, crlf=False)
    return _of_text(index, op, op.content or "")


def encode(index: int, op: EditOp, text: str) -> bytes:
    """UTF-8. Raises EditRefused (bad_op) on a lone surrogate."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise _bad(index, op, "the content is not UTF-8", "send text without surrogates") from None


def _of_text(index: int, op: EditOp, text: str) -> Content:
    data = encode(index, op, text)
    lines = split_lines(data)
    return Content(
        tuple(bare(line) for line in lines),
        closed=data.endswith(b"\n"),
        crlf=bool(lines) and lines[0].endswith(b"\r\n"),
    )


def _fill_template(index: int, op: EditOp) -> str:
    """The copies of the template, each on lines of its own. What is filled in is not filled again.

    Raises EditRefused (bad_template) where placeholders and instances do not agree.
    """
    template, instances = op.template or "", op.instances or ()
    if not template or not instances:
        raise _template(index, op, "there is no template, or no instance of it")
    names = set(_PLACEHOLDER.findall(template))
    filled = ""
    for number, instance in enumerate(instances):
        lacking, unused = sorted(names - set(instance)), sorted(set(instance) - names)
        if lacking:
            raise _template(index, op, f"instance {number} gives no {lacking[0]!r}")
        if unused:
            raise _template(index, op, f"instance {number} gives {unused[0]!r}, which has no place")
        if filled and not filled.endswith("\n"):
            filled += "\n"
        filled += "".join(
            instance[part] if odd else part
            for odd, part in zip(cycle((False, True)), _PLACEHOLDER.split(template), strict=False)
        )
    if not filled:
        raise _template(index, op, "the filled template is empty")
    return filled


def _bad(index: int, op: EditOp, message: str, next_step: str) -> EditRefused:
    return EditRefused("bad_op", message, op_index=index, path=op.path, next_step=next_step)


def _template(index: int, op: EditOp, message: str) -> EditRefused:
    return EditRefused(
        "bad_template",
        message,
        op_index=index,
        path=op.path,
        next_step="give every instance exactly the names in the template's {{...}}",
    )
