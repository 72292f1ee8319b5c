"""Content-addressed code modifications (`edit_ir.schema.json`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .strict import FORBID

OpName: TypeAlias = Literal[
    "replace_span",
    "delete_span",
    "insert_after_symbol",
    "insert_before_symbol",
    "add_file",
    "delete_file",
    "replace_line",
    "insert_lines",
    "template",
    "replace_symbol",
    "replace_text",
]


@dataclass(frozen=True, slots=True)
class EditOp:
    """One operation; which optional fields it needs depends on `op` (seed, "Records").

    `lines` is [start, end], 1-based and inclusive, or one number for replace_line and insert_lines.
    `find` is the text that replace_text replaces; the file must hold it exactly once.
    `anchor_hash`, `span_hash` and `base_blob` are SHA-256 hex. An angel leaves all three out: the
    runtime fills them in from the shard that the angel was shown.
    """

    __pydantic_config__ = FORBID

    op: OpName
    path: str
    anchor_hash: str | None = None
    span_hash: str | None = None
    base_blob: str | None = None
    lines: tuple[int, ...] | None = None
    content: str | None = None
    symbol: str | None = None
    template: str | None = None
    instances: tuple[dict[str, str], ...] | None = None
    find: str | None = None


@dataclass(frozen=True, slots=True)
class EditIR:
    __pydantic_config__ = FORBID

    ops: tuple[EditOp, ...]
