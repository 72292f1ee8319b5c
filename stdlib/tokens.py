"""Replaced tokens as Edit IR: whole lines, with the hashes of what they replace."""

from __future__ import annotations

import codecs
import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from ..proto.anchors import bare, prove_lines, split_file
from ..proto.edit_ir import EditOp


def replace_tokens(source: bytes, tokens: Iterable[tuple[int, int]], new: bytes) -> bytes:
    """`source` with each stretch (start, end; bytes, disjoint) replaced by `new`."""
    parts: list[bytes] = []
    at = 0
    for start, end in sorted(tokens):
        parts += [source[at:start], new]
        at = end
    parts.append(source[at:])
    return b"".join(parts)


def token_edits(
    path: str, source: bytes, tokens: Iterable[tuple[int, int]], new: str
) -> tuple[EditOp, ...]:
    """One replace_span for each run of adjacent lines that hold a token.

    Tokens are byte stretches within a line. The file must be UTF-8; raises UnicodeDecodeError where
    a line that changes is not.
    """
    mark = len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0
    lines = split_file(source)
    starts = [mark, *accumulate((len(line) for line in lines), initial=mark)][1:]
    blob = hashlib.sha256(source).hexdigest()
    by_line: dict[int, list[tuple[int, int]]] = {}
    for start, end in tokens:
        line = bisect_right(starts, start) - 1
        by_line.setdefault(line, []).append((start - starts[line], end - starts[line]))
    ops: list[EditOp] = []
    for first, last in _runs(sorted(by_line)):
        changed = [
            replace_tokens(bare(lines[n]), by_line[n], new.encode()) for n in range(first, last + 1)
        ]
        ended = lines[last].endswith(b"\n")
        text = b"\n".join(changed) + (b"\n" if ended else b"")
        proof = prove_lines(lines, first + 1, last + 1, blob)
        ops.append(
            EditOp(
                op="replace_span",
                path=path,
                anchor_hash=proof.anchor_hash,
                span_hash=proof.span_hash,
                base_blob=proof.base_blob,
                lines=(first + 1, last + 1),
                content=text.decode("utf-8"),
            )
        )
    return tuple(ops)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Adjacent numbers as (first, last)."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
