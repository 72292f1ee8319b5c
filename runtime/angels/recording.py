"""Replies kept in a file, and given back from it: `record:FILE=ANGEL`, `replay:FILE`.

One JSON object a line:

    mission_id, turn_number   whose turn it was, counted from 0 in its run
    phase                     "advice" for a question to the oracle; else left out
    pack_hash                 SHA-256 of the prompt: of the pack in the first turn of a call, of the
                              pack and the messages since in a later one
    request_bytes             size of all that was sent: header, tools, pack, messages
    response                  the reply: {text, calls, stop}; or, in a recording made elsewhere, an
                              angel's response or its text
    tokens_in, tokens_out     as the provider counts them, where it does; with cached_read and
                              cached_written
    angel, timestamp          who answered, and when

A reply is looked up by mission and turn, then by the hash, then by mission alone: the last one at
or before the turn. So a program that has changed a little still gets the answers that it had.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from ...heaven.canonical import encode as canonical
from ...heaven.clock import Clock, SystemClock, to_text
from ...heaven.records import Json, JsonObject
from .. import fields
from ..errors import AngelUnavailable
from .protocol import Advice, Angel, Message, Question, Reply, Turn, Usage
from .records import reply_json, reply_of
from .tools import tools_json

ADVICE: Final = "advice"


class RecordingAngel:
    """Another angel, each of whose replies is on disk before it is handed on."""

    def __init__(self, inner: Angel, path: Path, clock: Clock | None = None) -> None:
        """Appends to `path`. Raises AngelUnavailable where that cannot be written."""
        self._inner = inner
        self._path = path
        self._clock = clock or SystemClock()
        self._append(b"")

    @property
    def name(self) -> str:
        return self._inner.name

    def reply(self, turn: Turn) -> Reply:
        reply = self._inner.reply(turn)
        record: dict[str, Json] = {
            "mission_id": turn.mission_id,
            "turn_number": turn.turn,
            "pack_hash": prompt_hash(turn),
            "request_bytes": _size(turn),
            "response": reply_json(reply),
        }
        if reply.usage is not None:
            record |= {
                "tokens_in": reply.usage.tokens_in,
                "tokens_out": reply.usage.tokens_out,
                "cached_read": reply.usage.cached_read,
                "cached_written": reply.usage.cached_written,
            }
        self._keep(record)
        return reply

    def advise(self, question: Question) -> Advice | None:
        advice = self._inner.advise(question)
        asked = f"{question.section}\n{question.failure}\n{question.detail}".encode()
        self._keep(
            {
                "mission_id": question.mission_id,
                "turn_number": question.call,
                "phase": ADVICE,
                "pack_hash": sha256(asked).hexdigest(),
                "request_bytes": len(asked),
                "response": None if advice is None else {"text": advice.text},
            }
        )
        return advice

    def _keep(self, record: dict[str, Json]) -> None:
        record |= {"angel": self._inner.name, "timestamp": to_text(self._clock.now())}
        self._append(canonical(record) + b"\n")

    def _append(self, line: bytes) -> None:
        try:
            with self._path.open("a+b") as file:
                if line and file.tell() > 0:
                    file.seek(-1, os.SEEK_END)
                    if file.read(1) != b"\n":
                        # A line that was cut off must not swallow the one after it.
                        line = b"\n" + line
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            reason = f"cannot write the recording {self._path}: {error.strerror}"
            raise AngelUnavailable(reason) from error


@dataclass(frozen=True, slots=True)
class _Kept:
    mission: str
    turn: int
    pack_hash: str
    response: Json
    usage: Usage | None


class ReplayingAngel:
    """Gives back what a file has; asks nobody."""

    def __init__(self, name: str, replies: tuple[_Kept, ...], advice: tuple[_Kept, ...]) -> None:
        self._name = name
        self._replies = replies
        self._advice = advice

    @classmethod
    def read(cls, path: Path) -> ReplayingAngel:
        """Raises AngelUnavailable where the file cannot be read or is no recording."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise AngelUnavailable(f"cannot read the recording {path}: {error}") from error
        replies: list[_Kept] = []
        advice: list[_Kept] = []
        for record in _lines(path, text):
            try:
                kept = _kept(record)
            except fields.FieldError as error:
                raise AngelUnavailable(f"{path} is no recording of replies: {error}") from error
            (advice if record.get("phase") == ADVICE else replies).append(kept)
        return cls(f"replay:{path.name}", tuple(replies), tuple(advice))

    @property
    def name(self) -> str:
        return self._name

    def reply(self, turn: Turn) -> Reply:
        kept = self._find(self._replies, turn.mission_id, turn.turn, prompt_hash(turn))
        if kept is None:
            raise AngelUnavailable(
                f"{self._name} has no reply for turn {turn.turn} of {turn.mission_id}: "
                f"{turn.task!r}"
            )
        return _reply(kept)

    def advise(self, question: Question) -> Advice | None:
        kept = self._find(self._advice, question.mission_id, question.call, "")
        found = kept.response if kept is not None else None
        text = found.get("text") if isinstance(found, Mapping) else None
        return Advice(text) if isinstance(text, str) else None

    def _find(
        self, among: tuple[_Kept, ...], mission: str, turn: int, pack_hash: str
    ) -> _Kept | None:
        own = [one for one in among if one.mission == mission]
        # The last that was recorded of a turn stands: the run may have been recorded again.
        exact = [one for one in own if one.turn == turn]
        same = [one for one in among if one.pack_hash == pack_hash]
        before = sorted((one for one in own if one.turn < turn), key=lambda one: one.turn)
        found = exact or same or before or own[:1]
        return found[-1] if found else None


def prompt_hash(turn: Turn) -> str:
    """What a reply answers: the pack, and the conversation since."""
    if not turn.messages:
        return sha256(turn.pack.encode()).hexdigest()
    since: list[Json] = [turn.pack, *(_message(one) for one in turn.messages)]
    return sha256(canonical(since)).hexdigest()


def _message(message: Message) -> dict[str, Json]:
    said = reply_json(Reply(message.text, message.calls))
    results: list[Json] = [[one.id, one.text, one.error] for one in message.results]
    return {"role": message.role, **said, "results": results}


def _size(turn: Turn) -> int:
    tools = canonical(tools_json(turn.tools))
    messages = canonical([_message(one) for one in turn.messages])
    return len(turn.system.encode()) + len(tools) + len(turn.pack.encode()) + len(messages)


def _lines(path: Path, text: str) -> Iterator[JsonObject]:
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record: object = json.loads(line)
        except ValueError as error:
            if number == len(lines):
                # The process that wrote it died: the reply was never handed on.
                return
            raise AngelUnavailable(f"{path}, line {number}: not JSON: {error}") from error
        if not isinstance(record, dict):
            raise AngelUnavailable(f"{path}, line {number}: not a JSON object")
        yield record


def _kept(record: JsonObject) -> _Kept:
    """Raises FieldError."""
    usage = None
    if "tokens_in" in record and "tokens_out" in record:
        cached = [
            fields.number(record, name) if name in record else 0
            for name in ("cached_read", "cached_written")
        ]
        counts = fields.number(record, "tokens_in"), fields.number(record, "tokens_out")
        usage = Usage(*counts, *cached)
    return _Kept(
        fields.text(record, "mission_id"),
        fields.number(record, "turn_number"),
        fields.text(record, "pack_hash"),
        record.get("response"),
        usage,
    )


def _reply(kept: _Kept) -> Reply:
    """A reply of ours, or what another recorder kept: the response of an angel, or its text."""
    found = kept.response
    if isinstance(found, str):
        return Reply(found, usage=kept.usage)
    if isinstance(found, Mapping) and {"text", "calls", "stop"} <= set(found):
        reply = reply_of(found)
        return Reply(reply.text, reply.calls, reply.stop, kept.usage, reply.opaque)
    return Reply(json.dumps(found, ensure_ascii=False, sort_keys=True), usage=kept.usage)
