"""How long an angel may go on: the bounds of one conversation, fixed when a run begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..aa.cost import TURNS_PER_CALL
from ..heaven.records import Json, JsonObject
from . import fields

REJECTS_PER_CALL: Final = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """`turns` of one call of an angel, and how many `rejects` of its answers go back to it: the
    one after these ends the call."""

    turns: int = TURNS_PER_CALL
    rejects: int = REJECTS_PER_CALL

    def record(self) -> dict[str, Json]:
        return {"turns": self.turns, "rejects": self.rejects}


def limits_of(record: JsonObject | None) -> Limits:
    """As a run's start has them; the defaults for a run recorded before it had any."""
    if record is None:
        return Limits()
    return Limits(fields.number(record, "turns"), fields.number(record, "rejects"))
