"""The delta tracker: what a mission was shown already need not be sent again.

Keyed by each shard, never by the reply: three shards of one reply change independently.
"""

from __future__ import annotations

from collections.abc import Mapping


class DeltaTracker:
    """By mission: the shards asked for, in order, each with the blob last delivered in full.

    A shard's place in that order is its short handle: `s1`, `s2`, ...
    """

    def __init__(self) -> None:
        self._shown: dict[str, dict[str, tuple[str, str | None]]] = {}

    def take(self, mission: str, key: str, blob_id: str | None) -> None:
        """The mission asked for the shard and has `blob_id` of it now; None: not all of any."""
        shown = self._shown.setdefault(mission, {})
        handle = shown[key][0] if key in shown else f"s{len(shown) + 1}"
        shown[key] = (handle, blob_id)

    def shown(self, mission: str) -> Mapping[str, tuple[str, str | None]]:
        """By shard key, in the order of the handles: its handle, and the content that the mission
        has, all of it."""
        return self._shown.get(mission, {})

    def forget(self, mission: str) -> None:
        self._shown.pop(mission, None)
