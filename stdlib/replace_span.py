"""REPLACE_SPAN: lines of a file, of any language, with the hashes of what stands there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..heaven.index.symbols import SymbolIndex
from ..heaven.paths import resolve_inside
from ..proto.anchors import prove_lines, split_file
from ..proto.edit_ir import EditIR, EditOp
from .arguments import needed, number
from .files import inside
from .patches import check_syntax
from .refused import Expansion, MacroRefused

if TYPE_CHECKING:
    from ..heaven import Heaven

_NAME = "REPLACE_SPAN"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Lines `args["start"]`..`args["end"]` of `args["path"]` become `args["content"]`.

    Raises MacroRefused: no such lines, or the file would no longer parse.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    path = inside(_NAME, needed(args, _NAME, "path"))
    first, last = number(args, _NAME, "start", 1), number(args, _NAME, "end", 1)
    content = args.get("content")
    if first is None or last is None or content is None:
        raise MacroRefused("arguments", f"{_NAME} needs start, end and content")
    try:
        source = resolve_inside(index.root, path).read_bytes()
    except OSError as error:
        raise MacroRefused("unknown", f"{_NAME}: there is no file {path}") from error
    lines = split_file(source)
    if not first <= last <= len(lines):
        raise MacroRefused(
            "arguments", f"{path} has {len(lines)} lines: there is no span {first} to {last}"
        )
    if content and not content.endswith("\n"):
        content += "\n"
    head, tail = b"".join(lines[: first - 1]), b"".join(lines[last:])
    check_syntax(path, source, head + content.encode() + tail, "the new lines")
    if content and last == len(lines) and not lines[-1].endswith(b"\n"):
        content = content.removesuffix("\n")
    proof = prove_lines(lines, first, last, hashlib.sha256(source).hexdigest())
    operation = EditOp(
        op="replace_span" if content else "delete_span",
        path=path,
        anchor_hash=proof.anchor_hash,
        span_hash=proof.span_hash,
        base_blob=proof.base_blob,
        lines=(first, last),
        content=content or None,
    )
    return Expansion(EditIR((operation,)), last - first + 1, ())
