"""Where a run is read back from: a Heaven, here or behind a socket, or a bundle."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from ..heaven.records import Event


class Record(Protocol):
    def get_blob(self, blob_id: str) -> bytes:
        """Raises BlobMissing, BlobDamaged."""
        ...

    def events(self, after: int = 0, kinds: Collection[str] | None = None) -> Iterator[Event]:
        """Events with `seq` > `after`, in order, only those of `kinds` if given."""
        ...
