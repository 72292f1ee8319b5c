"""From an output to landed edits and their record: shared by the live and the replayed run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..heaven import Heaven
from ..heaven.records import Json, JsonObject
from ..proto import wire
from ..proto.edit_ir import EditIR, EditOp
from . import fields
from .edits import BlobReader, EditRefused, Landed, Staged, stage


class Tree:
    """The tree as the run knows it: the pinned one plus what the run landed.

    Hashing this instead of the disk leaves out files that a check wrote beside the run's edits.
    """

    def __init__(self, entries: dict[str, tuple[str, str]]) -> None:
        """`entries` maps path to (mode, SHA-256)."""
        self._entries = dict(entries)

    def put(self, path: str, mode: str, sha256: str | None) -> None:
        if sha256 is None:
            self._entries.pop(path, None)
        else:
            self._entries[path] = (mode, sha256)

    def mode(self, path: str) -> str:
        entry = self._entries.get(path)
        return entry[0] if entry else "100644"

    @property
    def entries(self) -> Mapping[str, tuple[str, str]]:
        """(mode, SHA-256) by path."""
        return self._entries

    def hash(self) -> str:
        from ..heaven.tree import Manifest

        return Manifest(
            tuple((path, *self._entries[path]) for path in sorted(self._entries))
        ).tree_hash


def stage_all(
    edit: EditIR, root: Path, heaven: Heaven, *, blobs: BlobReader | None = None
) -> Staged:
    """Stage against the tree at `root`, which `heaven` indexes. `blobs` has the versions of files
    that the edit's author saw, if that is another Heaven. Raises EditRefused."""
    return stage(edit, root, symbols=heaven, blobs=blobs or heaven)


def landed_record(edit: EditIR, landed: Landed, extra: JsonObject) -> JsonObject:
    """The recorded answer to EMIT. `extra` is what `aside` gives."""
    files: list[Json] = [
        {
            "path": change.path,
            "before": change.before,
            "after": change.after,
            "mode": f"{change.mode:o}",
            "hunks": [
                [h.op_index, h.before_start, h.before_count, h.after_start, h.after_count]
                for h in change.hunks
            ],
        }
        for change in landed.files
    ]
    return {"edit": wire.dump(edit), "files": files, **extra}


def aside(staged: Staged, unsure: Sequence[Json]) -> dict[str, Json]:
    """What else an answer to EMIT says, where there is anything to say: `drift`, the operations
    that were found elsewhere than their author saw the text; `unsure`, what macro ops left
    alone."""
    drift: list[Json] = [
        {"op": one.op_index, "how": one.how, "seen": one.seen, "found": one.found}
        for one in staged.drifts
    ]
    said: dict[str, Json] = {"drift": drift, "unsure": list(unsure)}
    return {name: value for name, value in said.items() if value}


def refusal_record(refused: EditRefused) -> JsonObject:
    """The recorded answer to EMIT where an edit was refused. `line`, `changed_by` and `mission` are
    there where they are known."""
    known: dict[str, Json] = {
        "line": refused.line,
        "changed_by": refused.changed_by,
        "mission": refused.mission,
    }
    return {
        "refused": {
            "code": refused.code,
            "message": str(refused),
            "path": refused.path,
            "op": refused.op_index,
            **{name: value for name, value in known.items() if value is not None},
        }
    }


def refuse(code: str, message: str) -> JsonObject:
    """A refusal that no single operation caused."""
    return {"refused": {"code": code, "message": message, "path": None, "op": None}}


def parse_edit(value: JsonObject) -> EditIR:
    """Raises wire.WireError."""
    return wire.parse(EditIR, value)


def merge(edits: Sequence[EditIR]) -> EditIR:
    """One batch of several; overlapping operations are refused when it is staged."""
    ops: list[EditOp] = [op for edit in edits for op in edit.ops]
    return EditIR(tuple(ops))


def track(tree: Tree, result: JsonObject) -> None:
    """Bring `tree` up to a recorded answer to EMIT or ROLLBACK."""
    if "files" not in result:
        return
    for change in fields.records(result, "files"):
        tree.put(
            fields.text(change, "path"),
            fields.text(change, "mode"),
            fields.optional_text(change, "after"),
        )
