"""The hashes that tie an edit to the text its author saw.

A line is hashed without its ending and followed by one newline, so that a file and its copy with
other line endings have the same hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ...proto.anchors import CONTEXT as CONTEXT
from ...proto.anchors import Proof as Proof
from ...proto.anchors import hash_lines as hash_lines
from ...proto.edit_ir import EditOp
from .lines import Text, split


def anchor_hash(lines_before: Iterable[bytes], lines_after: Iterable[bytes]) -> str:
    """The hash of the surroundings: the up to 3 lines before and the up to 3 lines after."""
    before, after = list(lines_before), list(lines_after)
    return hash_lines([*before[-CONTEXT:], *after[:CONTEXT]])


def span_hash(lines: Iterable[bytes]) -> str:
    """The hash of the edited lines themselves."""
    return hash_lines(lines)


def anchor_at(text: Text, start: int, end: int) -> str:
    """The anchor of the region `start`..`end` (0-based, end exclusive; equal for an insertion)."""
    return _hash([*text.bare[max(0, start - CONTEXT) : start], *text.bare[end : end + CONTEXT]])


def span_at(text: Text, start: int, end: int) -> str:
    """The hash of the lines `start`..`end` (0-based, end exclusive)."""
    return _hash(text.bare[start:end])


def prove(data: bytes, first: int, last: int) -> Proof:
    """The hashes of lines `first`..`last` (1-based, inclusive) of a file's whole content.

    `last` = `first` - 1 is the insertion before line `first`.
    """
    return prove_text(split(data), first, last, hashlib.sha256(data).hexdigest())


def prove_text(text: Text, first: int, last: int, base_blob: str) -> Proof:
    """As `prove`, for a file that is split and hashed already."""
    start = first - 1
    return Proof(anchor_at(text, start, last), span_at(text, start, last), base_blob)


def _hash(bare_lines: Sequence[bytes]) -> str:
    """`hash_lines` of lines that have no endings."""
    return hashlib.sha256(b"\n".join([*bare_lines, b""])).hexdigest()


def with_proof(op: EditOp, proof: Proof) -> EditOp:
    """The operation with its hashes; those that it has already stay."""
    spans = op.op not in ("insert_lines", "add_file")
    return replace(
        op,
        anchor_hash=op.anchor_hash or proof.anchor_hash,
        span_hash=op.span_hash or (proof.span_hash if spans else None),
        base_blob=op.base_blob or proof.base_blob,
    )
