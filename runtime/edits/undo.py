"""Taking a landed edit back, as an edit of its own."""

from __future__ import annotations

from collections.abc import Collection

from ...heaven import Heaven
from .assemble import Hunk
from .disk import Step, no_hook
from .journal import Landed, LandedFile
from .land import land
from .stage import FileChange, Staged
from .versions import BlobReader


def undo(
    landed: Landed,
    heaven: Heaven,
    *,
    run: str,
    owner_id: str | None,
    tokens: Collection[int] | None = None,
    step: Step = no_hook,
) -> Landed:
    """Land the inverse: every file back to its bytes and mode, what was added gone, directories
    that the edit made removed if nothing else is in them.

    Raises EditRefused (changed) where a file is no longer as the edit left it, since later work
    would be lost; BlobMissing, BlobDamaged; and what `land` raises. Nothing is changed then.
    """
    return land(
        inverse(landed, heaven), heaven, run=run, owner_id=owner_id, tokens=tokens, step=step
    )


def inverse(landed: Landed, blobs: BlobReader) -> Staged:
    """The edit that takes `landed` back. Raises BlobMissing, BlobDamaged."""
    return Staged(
        tuple(_inverse_file(change, blobs) for change in landed.files),
        abandoned_directories=landed.made_directories,
    )


def _inverse_file(change: LandedFile, blobs: BlobReader) -> FileChange:
    return FileChange(
        path=change.path,
        before=None if change.after is None else blobs.get_blob(change.after),
        after=None if change.before is None else blobs.get_blob(change.before),
        mode=change.mode,
        hunks=tuple(
            Hunk(h.op_index, h.after_start, h.after_count, h.before_start, h.before_count)
            for h in change.hunks
        ),
        permissions=change.permissions,
    )
