"""The delta tracker: what a mission was shown already need not be sent again.

Keyed by each shard, never by the reply: three shards of one reply change independently.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class _Shown:
    handles: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, str] = field(default_factory=dict)


class DeltaTracker:
    """By mission: the short handle of each shard key, and the blob last delivered in full."""

    def __init__(self) -> None:
        self._shown: dict[str, _Shown] = {}

    def handle(self, mission: str, key: str) -> str:
        """`s1`, `s2`, ... in the order of first asking; the same key keeps its handle."""
        handles = self._shown.setdefault(mission, _Shown()).handles
        return handles.setdefault(key, f"s{len(handles) + 1}")

    def unchanged(self, mission: str, key: str, blob_id: str) -> bool:
        """Whether the mission has this very content, all of it."""
        shown = self._shown.get(mission)
        return shown is not None and shown.blobs.get(key) == blob_id

    def delivered(self, mission: str, key: str, blob_id: str, *, whole: bool) -> None:
        """Note what was sent. A shard that was cut counts as not sent."""
        blobs = self._shown.setdefault(mission, _Shown()).blobs
        if whole:
            blobs[key] = blob_id
        else:
            blobs.pop(key, None)

    def forget(self, mission: str) -> None:
        self._shown.pop(mission, None)
