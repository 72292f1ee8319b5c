"""The hashes of an edit, from what its author was shown: an angel never computes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...heaven.errors import PathOutside
from ...heaven.paths import normalise
from ...proto.edit_ir import EditIR, EditOp
from ...proto.pf import Excerpt
from .anchors import prove_text, with_proof
from .lines import Text, split
from .refusal import EditRefused
from .shape import SYMBOL_OPS, check_shape
from .versions import BlobReader


@dataclass(slots=True)
class _Shown:
    """What was shown of one version of a file."""

    blob: str
    lines: set[int] = field(default_factory=set)
    text: Text | None = None

    def read(self, blobs: BlobReader) -> Text:
        """The whole version. Raises what `blobs` raises."""
        if self.text is None:
            self.text = split(blobs.get_blob(self.blob))
        return self.text


def fill_hashes(edit: EditIR, shown: Sequence[Excerpt], blobs: BlobReader) -> EditIR:
    """The edit with the hashes of the file versions that `shown`, oldest first, was cut from.

    Where a file was shown in several versions, an operation is taken to mean the last one in which
    its lines were shown. Hashes given are kept, and an operation that has `base_blob`, or
    `anchor_hash` and `span_hash`, needs nothing. Raises EditRefused: not_shown, bad_op,
    out_of_range; and what `blobs` raises when a shown version is not in the store.
    """
    versions = _versions(shown)
    filled: list[EditOp] = []
    refused: list[EditRefused] = []
    for index, op in enumerate(edit.ops):
        try:
            filled.append(_fill(index, op, versions, blobs))
        except EditRefused as refusal:
            refused.append(refusal)
    if refused:
        first, *rest = refused
        first.others = tuple(rest)
        raise first
    return EditIR(tuple(filled))


def _versions(shown: Sequence[Excerpt]) -> dict[str, list[_Shown]]:
    """By path, the versions that were shown, the one shown last at the end."""
    versions: dict[str, list[_Shown]] = {}
    for excerpt in shown:
        known = versions.setdefault(_spell(excerpt.path), [])
        mine = next((one for one in known if one.blob == excerpt.file_blob), None)
        if mine is None:
            mine = _Shown(excerpt.file_blob)
        else:
            known.remove(mine)
        known.append(mine)
        mine.lines.update(range(excerpt.start_line, excerpt.end_line + 1))
    return versions


def _fill(index: int, op: EditOp, versions: dict[str, list[_Shown]], blobs: BlobReader) -> EditOp:
    check_shape(index, op)
    if op.op == "add_file" or op.base_blob or (op.anchor_hash and op.span_hash):
        return op
    seen = versions.get(_spell(op.path), [])
    if op.op in SYMBOL_OPS:
        if not seen:
            raise _not_shown(index, op, f"no part of {op.path} was shown", versions)
        return replace(op, base_blob=seen[-1].blob)
    if op.op == "replace_text":
        # It quotes what its author saw; with the version, it can be followed where that changed.
        return replace(op, base_blob=seen[-1].blob) if seen else op
    if op.op == "delete_file":
        return _fill_deletion(index, op, seen, versions, blobs)
    assert op.lines is not None  # check_shape saw to it
    first = op.lines[0]
    last = first - 1 if op.op == "insert_lines" else op.lines[-1]
    for version in reversed(seen):
        if not _covers(version, first, last):
            continue
        text = version.read(blobs)
        if last <= len(text.lines):
            return with_proof(op, prove_text(text, first, last, version.blob))
    raise _not_shown(index, op, f"{_name(op)} of {op.path} were not shown", versions)


def _fill_deletion(
    index: int,
    op: EditOp,
    seen: list[_Shown],
    versions: dict[str, list[_Shown]],
    blobs: BlobReader,
) -> EditOp:
    """A file may be deleted by whoever was shown all of it."""
    for version in reversed(seen):
        if version.lines.issuperset(range(1, len(version.read(blobs).lines) + 1)):
            return replace(op, base_blob=version.blob)
    raise _not_shown(index, op, f"not all of {op.path} was shown", versions)


def _covers(version: _Shown, first: int, last: int) -> bool:
    """Whether all the lines were shown; for an insertion, the line on one of its two sides, where
    there is one: a version of which no line was shown is that of an empty file."""
    if last >= first:
        return version.lines.issuperset(range(first, last + 1))
    return first in version.lines or first - 1 in version.lines or not version.lines


def _name(op: EditOp) -> str:
    assert op.lines is not None
    if op.op == "insert_lines":
        return f"the lines around line {op.lines[0]}"
    return f"lines {op.lines[0]} to {op.lines[-1]}"


def _spell(path: str) -> str:
    try:
        return normalise(path)
    except PathOutside:
        return path


def _not_shown(
    index: int, op: EditOp, message: str, versions: dict[str, list[_Shown]]
) -> EditRefused:
    seen = versions.get(_spell(op.path), [])
    return EditRefused(
        "not_shown",
        message,
        op_index=index,
        path=op.path,
        candidates=tuple(f"lines {span}" for one in seen[-1:] for span in _ranges(one.lines)),
        next_step="ask for the lines first (PF_SLICE), then edit them",
    )


def _ranges(lines: set[int]) -> list[str]:
    spans: list[str] = []
    for line in sorted(lines):
        if line - 1 in lines:
            continue
        last = line
        while last + 1 in lines:
            last += 1
        spans.append(f"{line}-{last}")
    return spans
