"""What an angel was sent and what it said, turn by turn, read back from a run's log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..heaven.canonical import decode_object
from ..heaven.records import JsonObject
from . import fields
from .door import Entry
from .record import Record


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of a conversation: `who` is `system`, `tools`, `user` or `assistant`."""

    who: str
    text: str


def turns_of(entries: Sequence[Entry], call: int) -> tuple[Entry, ...]:
    """The recorded turns of one call of an angel."""
    return tuple(one for one in entries if one.op == "ANGEL" and one.operands.get("call") == call)


def transcript(record: Record, turns: Sequence[Entry]) -> Iterator[Part]:
    """The conversation of one call. Raises BlobMissing where a run's contents were given up."""
    for number, entry in enumerate(turns):
        result = entry.result or {}
        if number == 0:
            for name, who in (("system", "system"), ("tools", "tools"), ("pack", "user")):
                if name in result:
                    blob = record.get_blob(fields.text(result, name))
                    yield Part(who, blob.decode("utf-8", "replace"))
        said = fields.optional_text(result, "said")
        if said is not None:
            yield Part("user", _told(decode_object(record.get_blob(said))))
        answer = fields.optional_text(result, "answer")
        if answer is not None:
            yield Part("assistant", _reply(record.get_blob(answer)))


def _told(message: JsonObject) -> str:
    results = [
        f"[{fields.text(one, 'id')}{' refused' if fields.flag(one, 'error') else ''}] "
        f"{fields.text(one, 'text')}"
        for one in fields.records(message, "results")
    ]
    text = fields.text(message, "text")
    return "\n".join([*results, text] if text else results)


def _reply(blob: bytes) -> str:
    reply = decode_object(blob)
    if "calls" not in reply:
        # A whole answer, of a run that had no turns.
        return blob.decode("utf-8", "replace")
    calls = [
        f"[{fields.text(one, 'id')}] {fields.text(one, 'name')} "
        f"{fields.optional_text(one, 'broken') or _compact(fields.record(one, 'arguments'))}"
        for one in fields.records(reply, "calls")
    ]
    text = fields.text(reply, "text")
    return "\n".join([text, *calls] if text else calls)


def _compact(arguments: JsonObject) -> str:
    from ..heaven.canonical import encode

    return encode(arguments).decode("utf-8", "replace")
