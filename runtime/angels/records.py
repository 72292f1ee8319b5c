"""A reply as it is recorded: in a run's log, in a recording."""

from __future__ import annotations

from typing import get_args

from ...heaven.records import Json, JsonObject
from .. import fields
from .protocol import Reply, Stop, ToolCall


def reply_json(reply: Reply) -> dict[str, Json]:
    """A reply without its usage, as it is recorded."""
    calls: list[Json] = []
    for call in reply.calls:
        one: dict[str, Json] = {
            "id": call.id,
            "name": call.name,
            "arguments": dict(call.arguments),
        }
        calls.append(one if call.broken is None else {**one, "broken": call.broken})
    record: dict[str, Json] = {"text": reply.text, "calls": calls, "stop": reply.stop}
    return record if reply.opaque is None else {**record, "opaque": dict(reply.opaque)}


def reply_of(record: JsonObject) -> Reply:
    """The reply of `reply_json`. Raises FieldError."""
    stops: tuple[Stop, ...] = get_args(Stop)
    return Reply(
        text=fields.text(record, "text"),
        calls=tuple(
            ToolCall(
                fields.text(one, "id"),
                fields.text(one, "name"),
                fields.record(one, "arguments"),
                fields.optional_text(one, "broken"),
            )
            for one in fields.records(record, "calls")
        ),
        stop=fields.one_of(record, "stop", stops),
        opaque=fields.optional_record(record, "opaque"),
    )
