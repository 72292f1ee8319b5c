"""What an output that has not landed would change: staged in a scratch directory, from blobs."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...heaven import Heaven
from ...heaven.records import JsonObject
from ...proto import pf, wire
from ...proto.angel_response import AngelResponse, MacroOp
from ...proto.edit_ir import EditIR
from .. import fields
from ..difference import staged_diff
from ..edits import EditRefused, fill_hashes
from ..landing import Tree, parse_edit, stage_all
from ..macros import expand_ops
from ..record import Record
from ..scratch import write_tree

_WHOLE: Final = 1000
"""Files of a tree up to which all of it is indexed to see what macro ops come to."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An output before its EMIT. `diff` is what it would change; None where that cannot be told
    here, and `reason` says why. `text` is the output as its author wrote it."""

    kind: str
    diff: str | None
    reason: str | None
    text: JsonObject


def pending(
    output: JsonObject,
    shown: Sequence[JsonObject],
    tree: Tree,
    record: Record,
    root: Path | None,
    commit: str | None,
) -> Pending:
    """`tree` is the run's at this position. Contents are looked for in the record, the working tree
    at `root` and git's `commit` there, by their hashes; nothing is written outside of a temporary
    directory."""
    kind = fields.text(output, "kind")
    response = fields.optional_record(output, "response")
    said = output if response is None else response
    if kind == "diff_fallback":
        return Pending(kind, fields.optional_text(said, "diff"), None, said)
    try:
        edit = _edit(output, kind)
    except wire.WireError as error:
        return Pending(kind, None, str(error), said)
    if isinstance(edit, EditIR):
        wanted = {op.path for op in edit.ops}
    elif len(tree.entries) > _WHOLE:
        return Pending(kind, None, "its macro ops need an index of the whole tree", said)
    else:
        wanted = set(tree.entries)
    entries = {path: tree.entries[path] for path in wanted if path in tree.entries}
    with tempfile.TemporaryDirectory(prefix="genesis-debug-") as directory:
        scratch = Path(directory) / "tree"
        missing = write_tree(entries, scratch, record, root, commit)
        if missing:
            return Pending(kind, None, f"the content of {missing[0]} is not kept anywhere", said)
        with Heaven.open(scratch) as heaven:
            excerpts = [wire.parse(pf.Excerpt, excerpt) for excerpt in shown]
            blobs = _Contents(record, scratch, entries)
            try:
                if isinstance(edit, EditIR):
                    filled = fill_hashes(edit, excerpts, blobs)
                else:
                    batch = expand_ops(heaven, edit)
                    if isinstance(batch, str):
                        return Pending(kind, None, f"EMIT would refuse it: {batch}", said)
                    filled = batch.edit
                staged = stage_all(filled, scratch, heaven, blobs=blobs)
            except EditRefused as refused:
                return Pending(kind, None, f"EMIT would refuse it: {refused}", said)
        return Pending(kind, staged_diff(staged).decode("utf-8", "backslashreplace"), None, said)


def _edit(output: JsonObject, kind: str) -> EditIR | Sequence[MacroOp]:
    """What is in an output of the kind edit_ir or macro_ops. Raises WireError."""
    direct = fields.optional_record(output, "edit_ir")
    if direct is not None:
        return parse_edit(direct)
    response = wire.parse(AngelResponse, fields.record(output, "response"))
    if kind == "edit_ir":
        return response.edit_ir or EditIR(())
    return response.macro_ops or ()


class _Contents:
    """The contents that an edit's author saw: the record's, or those of the scratch tree."""

    def __init__(
        self, record: Record, scratch: Path, entries: Mapping[str, tuple[str, str]]
    ) -> None:
        self._record = record
        self._made = {sha256: scratch / path for path, (_, sha256) in entries.items()}

    def get_blob(self, blob_id: str) -> bytes:
        """Raises BlobMissing, BlobDamaged."""
        made = self._made.get(blob_id)
        return self._record.get_blob(blob_id) if made is None else made.read_bytes()
