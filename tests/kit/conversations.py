"""Angels whose turns are spelled out, and that note what they were shown."""

from __future__ import annotations

from collections.abc import Sequence

from genesis_ssmp.heaven.records import Json, JsonObject
from genesis_ssmp.runtime.angels.protocol import Reply, Turn
from genesis_ssmp.runtime.angels.scripted import ScriptedAngel

CORE = "calc/core.py"


class Watched(ScriptedAngel):
    """A scripted angel that keeps the turns it was asked."""

    def __init__(self, *answers: JsonObject, advice: Sequence[str] = ()) -> None:
        super().__init__("watched", answers, advice)
        self.asked: list[Turn] = []

    def reply(self, turn: Turn) -> Reply:
        self.asked.append(turn)
        return super().reply(turn)


def turns(*spelled: JsonObject) -> dict[str, Json]:
    """One call of an angel, turn by turn."""
    listed: list[Json] = [dict(one) for one in spelled]
    return {"turns": listed}


def call(name: str, text: str = "", **arguments: Json) -> dict[str, Json]:
    """A turn of one call."""
    one: Json = {"name": name, "arguments": dict(arguments)}
    return {"text": text, "calls": [one]}


def calls(*some: JsonObject, text: str = "") -> dict[str, Json]:
    """The calls of several turns as one turn."""
    made: list[Json] = []
    for one in some:
        listed = one["calls"]
        assert isinstance(listed, list)
        made += listed
    return {"text": text, "calls": made}


def edit(*ops: JsonObject) -> dict[str, Json]:
    """A turn that answers with edits."""
    listed: list[Json] = [dict(op) for op in ops]
    return call("emit_edit_ir", ops=listed)


def line(number: int, text: str, shard: str | None = "s1", **more: Json) -> dict[str, Json]:
    """replace_line of a shard."""
    numbers: list[Json] = [number]
    op: dict[str, Json] = {"op": "replace_line", "lines": numbers, "content": text + "\n", **more}
    return op if shard is None else {**op, "shard": shard}


SWAP = line(5, "    return b + a")
"""Add, with its operands the other way round; s1 shows it."""
