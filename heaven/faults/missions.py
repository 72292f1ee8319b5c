"""What each mission drew and was shown by page faults, derived from the log.

An answered fault is an event, `page_fault`: its mission, the bytes of text delivered, and for each
shard its key with the blob that the mission now has whole, or null. It is not synced by itself; it
comes to the disk before anything that was done because of the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..errors import BadEvent
from ..log.derived import BadState, Fold
from ..log.eventlog import EventLog
from ..records import Event, Json
from .delta import DeltaTracker
from .governor import Account, Governor, Remaining

PAGE_FAULT: Final = "page_fault"
FORGOTTEN: Final = "mission_forgotten"
REWOUND: Final = "mission_rewound"
REMEMBERED: Final = 4_096
"""Missions beyond this many are forgotten, the one that asked least recently first."""


class Draw:
    """One fault of a mission while it is being answered: what was there before, and what it adds.

    Nothing of it counts until `Missions.record`.
    """

    def __init__(self, mission: str, governor: Governor, delta: DeltaTracker) -> None:
        """Raises BudgetSpent."""
        governor.admit(mission)
        self.mission = mission
        self._governor = governor
        self._shown = delta.shown(mission)
        self._bytes = 0
        self._new_handles: dict[str, str] = {}
        self._shards: dict[str, str | None] = {}

    @property
    def drawn(self) -> Account:
        """With this fault."""
        before = self._governor.drawn(self.mission)
        return Account(before.calls + 1, before.bytes + self._bytes)

    @property
    def remaining(self) -> Remaining:
        """After this fault."""
        before = self._governor.remaining(self.mission)
        return Remaining(before.calls - 1, before.bytes - self._bytes)

    def handle(self, key: str) -> str:
        """`s1`, `s2`, ... in the order of first asking; the same key keeps its handle."""
        if key in self._shown:
            handle, blob_id = self._shown[key]
        else:
            number = len(self._shown) + len(self._new_handles) + 1
            handle, blob_id = self._new_handles.setdefault(key, f"s{number}"), None
        self._shards.setdefault(key, blob_id)
        return handle

    def unchanged(self, key: str, blob_id: str) -> bool:
        """Whether the mission has this very content, all of it."""
        return self._shards.get(key) == blob_id

    def delivered(self, key: str, blob_id: str, size: int, *, whole: bool) -> None:
        """Note `size` bytes of text sent. A shard that was cut counts as not sent."""
        self._bytes += size
        self._shards[key] = blob_id if whole else None

    def deliver_nothing(self) -> None:
        """There is no reply: the call counts, and nothing else."""
        self._bytes = 0
        self._shards.clear()

    def data(self) -> dict[str, Json]:
        """The event."""
        shards: list[Json] = [[key, blob_id] for key, blob_id in self._shards.items()]
        return {"mission": self.mission, "bytes": self._bytes, "shards": shards}


class Missions:
    """Accounts and deltas by mission. Its callers keep each other out."""

    name: Final = "missions/1"

    def __init__(self) -> None:
        self.governor = Governor()
        self.delta = DeltaTracker()
        self._recent: dict[str, None] = {}

    @property
    def folds(self) -> Mapping[str, Fold]:
        return {
            PAGE_FAULT: self._fold_fault,
            FORGOTTEN: self._fold_forgotten,
            REWOUND: self._fold_rewound,
        }

    def draw(self, mission: str) -> Draw:
        """Begin to answer a fault. Raises BudgetSpent."""
        return Draw(mission, self.governor, self.delta)

    def is_spent(self, mission: str) -> bool:
        """Whether the budget would refuse a fault of the mission."""
        return not self.governor.admits(mission)

    def record(self, draw: Draw, log: EventLog) -> None:
        """Count the fault. Raises what `EventLog.append` raises."""
        log.append(PAGE_FAULT, draw.data(), sync=False)

    def forget(self, mission: str, log: EventLog) -> None:
        """Start a mission afresh. Raises what `EventLog.append` raises."""
        if mission in self._recent:
            log.append(FORGOTTEN, {"mission": mission}, sync=False)

    def rewind(self, mission: str, seq: int, log: EventLog) -> None:
        """Bring a mission back to what it was after event `seq`: faults since then were answered to
        a process that died before it could use them. Reads the log up to there. Raises what
        `EventLog.append` raises."""
        before = Missions()
        for event in log.events(kinds=before.folds.keys()):
            if event.seq > seq:
                break
            if event.data.get("mission") == mission:
                before.folds[event.kind](event)
        row: Json = before._row(mission) if mission in before._recent else [mission, 0, 0, []]
        if row != (self._row(mission) if mission in self._recent else [mission, 0, 0, []]):
            log.append(REWOUND, {"mission": mission, "row": row}, sync=False)

    def state(self) -> Json:
        return [self._row(mission) for mission in self._recent]

    def _row(self, mission: str) -> Json:
        account = self.governor.drawn(mission)
        shown = self.delta.shown(mission)
        shards: list[Json] = [[key, blob] for key, (_, blob) in shown.items()]
        return [mission, account.calls, account.bytes, shards]

    def restore(self, state: Json) -> None:
        for mission in list(self._recent):
            self._drop(mission)
        if not isinstance(state, list):
            raise BadState("the missions are no list")
        for row in state:
            self._restore_row(row)

    def _restore_row(self, row: Json) -> None:
        match row:
            case [str(mission), int(calls), int(size), list(shards)]:
                if not self._take(mission, calls, size, shards):
                    raise BadState(f"the shards of mission {mission!r} are malformed")
            case _:
                raise BadState("a mission is malformed")

    def _fold_fault(self, event: Event) -> None:
        match event.data:
            case {"mission": str(mission), "bytes": int(size), "shards": list(shards)}:
                if self._take(mission, 1, size, shards):
                    return
        raise BadEvent(f"event {event.seq} is no {event.kind} of this version")

    def _fold_forgotten(self, event: Event) -> None:
        self._drop(str(event.data.get("mission")))

    def _fold_rewound(self, event: Event) -> None:
        self._drop(str(event.data.get("mission")))
        try:
            self._restore_row(event.data.get("row"))
        except BadState as bad:
            raise BadEvent(f"event {event.seq} is no {event.kind} of this version") from bad

    def _take(self, mission: str, calls: int, size: int, shards: list[Json]) -> bool:
        self._recent.pop(mission, None)
        self._recent[mission] = None
        self.governor.count(mission, calls, size)
        for shard in shards:
            match shard:
                case [str(key), (str() | None) as blob_id]:
                    self.delta.take(mission, key, blob_id)
                case _:
                    return False
        if len(self._recent) > REMEMBERED:
            self._drop(next(iter(self._recent)))
        return True

    def _drop(self, mission: str) -> None:
        self._recent.pop(mission, None)
        self.governor.forget(mission)
        self.delta.forget(mission)
