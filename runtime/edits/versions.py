"""The versions of files that edits were written against."""

from __future__ import annotations

from typing import Protocol

from ...heaven.errors import BlobDamaged, BlobMissing
from ...proto.edit_ir import EditOp
from .before import Version


class BlobReader(Protocol):
    def get_blob(self, blob_id: str) -> bytes:
        """The content. Raises BlobMissing, BlobDamaged."""
        ...


class Versions:
    """What authors saw, read from `blobs` once each."""

    def __init__(self, blobs: BlobReader) -> None:
        self._blobs = blobs
        self._known: dict[tuple[str, str], Version | None] = {}

    def base(self, op: EditOp) -> Version | None:
        """The file as the operation's author saw it; None where that is not known."""
        if not op.base_blob:
            return None
        key = op.base_blob, op.path
        if key not in self._known:
            self._known[key] = self._read(op.base_blob, op.path)
        return self._known[key]

    def _read(self, blob_id: str, path: str) -> Version | None:
        try:
            return Version(path, self._blobs.get_blob(blob_id))
        except (BlobMissing, BlobDamaged):
            return None
