"""What an angel said, read: the page faults that it asks for, its answer, and what is wrong.

Tools are the way to answer; an answer written out (JSON within prose or a fence, a text of edits)
is taken as well. Where there are calls, the text beside them is thinking aloud and no answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ...heaven.errors import PathOutside
from ...heaven.paths import normalise
from ...heaven.records import Json, JsonObject
from ...proto import wire
from ...proto.angel_response import AngelResponse
from ...proto.edit_ir import EditIR, EditOp
from ...proto.pf import Command, Excerpt
from ..edits import BlobReader, EditRefused, fill_hashes
from ..formats import detect
from ..formats.answer import read_lines
from ..formats.refusal import FormatRefused
from ..shards import Shards
from .protocol import Reply, Tool, ToolCall
from .tools import EDIT_TOOL, MACRO_TOOL, command_of

MOST_FAULTS: Final = 10
"""Page faults that one turn may ask for."""

MOST_SEARCHED: Final = 1_000_000
"""Characters at the end of a reply in which an answer is looked for that stands within prose."""

_ANSWERS: Final = {"edit_ir": "edit_ir", "macro_ops": "macro_ops", "diff": "diff_fallback"}
"""The field that holds an answer, and the output type that it is."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A page fault that the call `id` asks for."""

    id: str
    command: Command
    args: JsonObject


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with the call `id`, or with the reply itself where that is empty; `answer` says
    whether it is an answer that is rejected so."""

    id: str
    message: str
    answer: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """`response` is the answer in the shape of `angel_response.schema.json`, None where there is
    none; it has the hashes of what was shown as far as that is there."""

    faults: tuple[Fault, ...] = ()
    response: JsonObject | None = None
    wrong: tuple[Wrong, ...] = ()


class Reader:
    """Reads the replies of one conversation.

    `shards` are those shown so far, `tools` those offered; `texts` says whether a text of edits is
    an answer here.
    """

    def __init__(
        self,
        mission_id: str,
        tools: Sequence[Tool],
        shards: Shards,
        blobs: BlobReader,
        *,
        texts: bool,
    ) -> None:
        self._mission_id = mission_id
        self._tools = {tool.name: tool for tool in tools}
        self._shards = shards
        self._blobs = blobs
        self._texts = texts

    def read(self, reply: Reply) -> Said:
        said = self._calls(reply.calls) if reply.calls else self._text(reply.text)
        if reply.stop != "max_tokens":
            return said
        # What of it is missing cannot be seen: a later call, the end of a text.
        cut = Wrong("", "your reply was cut off at its largest size: think and write less")
        return Said(said.faults, None, (*said.wrong, cut))

    # Calls

    def _calls(self, calls: Sequence[ToolCall]) -> Said:
        faults: list[Fault] = []
        wrong: list[Wrong] = []
        answers: list[ToolCall] = []
        broken: set[str] = set()
        for call in calls:
            arguments = _without_nulls(call.arguments)
            complaint = self._complaint(call, arguments)
            command = command_of(call.name, arguments)
            if complaint is not None:
                asks = call.name in self._tools and call.name not in (EDIT_TOOL, MACRO_TOOL)
                wrong.append(Wrong(call.id, complaint, answer=not asks))
                broken.add(call.id)
            elif command is None:
                answers.append(ToolCall(call.id, call.name, arguments))
            elif len(faults) == MOST_FAULTS:
                wrong.append(Wrong(call.id, f"a turn has at most {MOST_FAULTS} requests", False))
            else:
                faults.append(Fault(call.id, command, arguments))
        if any(call.name in (EDIT_TOOL, MACRO_TOOL) for call in calls if call.id in broken):
            # Half of an answer is none.
            untried = "not tried: another part of the answer is wrong"
            wrong += [Wrong(one.id, untried) for one in answers]
            answers = []
        if not answers:
            return Said(tuple(faults), None, tuple(wrong))
        # What is wrong beside a whole answer is of no matter any more.
        if len({one.name for one in answers}) > 1:
            mixed = f"answer with one of {EDIT_TOOL} and {MACRO_TOOL}, not both"
            return Said(tuple(faults), None, tuple(Wrong(one.id, mixed) for one in answers))
        ops = [op for one in answers for op in _objects(one.arguments.get("ops"))]
        if answers[0].name == MACRO_TOOL:
            return Said(tuple(faults), self._response("macro_ops", [dict(op) for op in ops]))
        try:
            made = self._edit(ops)
        except _Unclear as unclear:
            wrong = [Wrong(one.id, str(unclear)) for one in answers]
            return Said(tuple(faults), None, tuple(wrong))
        return Said(tuple(faults), made)

    def _complaint(self, call: ToolCall, arguments: JsonObject) -> str | None:
        tool = self._tools.get(call.name)
        if tool is None:
            return f"there is no tool {call.name!r}; there are {', '.join(self._tools)}"
        if call.broken is not None:
            return f"the arguments are not a JSON object, or cut off: {_cut(call.broken)}"
        try:
            wire.conform(tool.schema, dict(arguments))
        except wire.WireError as error:
            return f"the arguments do not fit the schema of {call.name}: {error}"
        return None

    # Text

    def _text(self, text: str) -> Said:
        if not text.strip():
            return Said(wrong=(Wrong("", f"your reply is empty; {self._ways()}"),))
        whole = _json_of(text.strip())
        if whole is None:
            found = self._text_of_edits(text)
            if found is not None and self._texts:
                return Said(response=self._response("diff", text))
            whole = _last_answer(text)
            if whole is None and found is not None:
                message = f"a text of edits is not taken here; {self._ways()}"
                return Said(wrong=(Wrong("", message),))
        if whole is None:
            return Said(wrong=(Wrong("", f"there is no answer in your reply; {self._ways()}"),))
        return self._written(whole)

    def _text_of_edits(self, text: str) -> str | None:
        try:
            return detect(read_lines(text))
        except FormatRefused:
            return None

    def _ways(self) -> str:
        ways = [name for name in (EDIT_TOOL, MACRO_TOOL) if name in self._tools]
        told = f"call {' or '.join(ways)}" if ways else ""
        if self._texts:
            told += " or write the edits as text" if told else "write the edits as text"
        return told

    def _written(self, value: JsonObject) -> Said:
        """An answer written out as JSON: a call, its arguments, or a whole response."""
        called = value.get("name")
        if isinstance(called, str):
            arguments = value.get("arguments", value.get("input"))
            given = arguments if isinstance(arguments, Mapping) else {}
            return _nameless(self._calls((ToolCall("", called, given),)))
        if "ops" in value:
            ops = _objects(value["ops"])
            name = MACRO_TOOL if ops and all("kind" in op for op in ops) else EDIT_TOOL
            return _nameless(self._calls((ToolCall("", name, value),)))
        response: dict[str, Json] = {"mission_id": self._mission_id, **value}
        held = [field for field in _ANSWERS if response.get(field) is not None]
        if "output_type" not in response and len(held) == 1:
            response["output_type"] = _ANSWERS[held[0]]
        ops = _objects(_inner(response, "edit_ir", "ops"))
        if any("shard" in op for op in ops):
            try:
                made = self._edit([_without_nulls(op) for op in ops])
            except _Unclear as unclear:
                return Said(wrong=(Wrong("", str(unclear)),))
            response["edit_ir"] = made["edit_ir"]
            response.setdefault("manifest", made["manifest"])
        response.setdefault("manifest", _manifest(ops))
        try:
            parsed = wire.parse(AngelResponse, response)
        except wire.WireError as error:
            return Said(wrong=(Wrong("", f"the angel's answer is not valid: {error}"),))
        return Said(response=wire.dump(parsed))

    # Edits

    def _response(self, field: str, value: Json) -> dict[str, Json]:
        files: list[Json] = []
        return {
            "mission_id": self._mission_id,
            "output_type": _ANSWERS[field],
            "manifest": {"files_touched": files, "symbols_touched": [*files]},
            field: value,
        }

    def _edit(self, ops: Sequence[JsonObject]) -> dict[str, Json]:
        """The response of edit operations that name shards. Raises _Unclear."""
        made: list[EditOp] = []
        for index, op in enumerate(ops):
            try:
                made.append(self._op(op))
            except _Unclear as unclear:
                raise _Unclear(f"operation {index}: {unclear}") from None
        response = self._response("edit_ir", wire.dump(EditIR(tuple(made))))
        response["manifest"] = _manifest([wire.dump(one) for one in made])
        return response

    def _op(self, op: JsonObject) -> EditOp:
        given = {key: value for key, value in op.items() if key != "shard"}
        name = op.get("shard")
        shown: Sequence[Excerpt] = self._shards.every()
        if isinstance(name, str) and op.get("op") != "add_file":
            found = self._shards.excerpts(name)
            if found is None:
                known = f"s1 to s{len(self._shards)}" if len(self._shards) else "none"
                raise _Unclear(f"there is no shard {name!r}; you were shown {known}")
            given["path"] = where = _file_of(name, found, given)
            shown = [one for one in found if one.path == where]
        path = given.get("path")
        if not isinstance(path, str):
            raise _Unclear("it names no shard and no path")
        given["path"] = _spell(path)
        try:
            made = wire.parse(EditOp, given)
        except wire.WireError as error:
            raise _Unclear(str(error)) from None
        try:
            (filled,) = fill_hashes(EditIR((made,)), shown, self._blobs).ops
        except EditRefused:
            # EMIT, or a trial of it, says what is wrong in the terms of the whole batch.
            return made
        return filled


class _Unclear(Exception):
    """An operation does not say what it is about."""


def _file_of(name: str, found: Sequence[Excerpt], op: Mapping[str, Json]) -> str:
    """The file that an operation on a shard is about. Raises _Unclear."""
    paths = list(dict.fromkeys(one.path for one in found))
    given = op.get("path")
    if isinstance(given, str):
        spelled = _spell(given)
        if spelled in paths or not paths:
            return spelled
        raise _Unclear(f"shard {name} shows {', '.join(paths)}, not {given}")
    if len(paths) == 1:
        return paths[0]
    if not paths:
        raise _Unclear(f"shard {name} shows no source text; name a path")
    lines = op.get("lines")
    numbers = [one for one in lines if isinstance(one, int)] if isinstance(lines, list) else []
    covering = {
        one.path
        for one in found
        if numbers and one.start_line <= numbers[0] and numbers[-1] <= one.end_line
    }
    if len(covering) != 1:
        raise _Unclear(f"shard {name} shows several files; name the path: {', '.join(paths)}")
    return covering.pop()


def _spell(path: str) -> str:
    try:
        return normalise(path)
    except PathOutside:
        return path


def _manifest(ops: Sequence[JsonObject]) -> dict[str, Json]:
    """The paths and symbols that operations name."""
    found: dict[str, Json] = {}
    for field, name in (("path", "files_touched"), ("symbol", "symbols_touched")):
        texts = {value for op in ops if isinstance(value := op.get(field), str)}
        found[name] = [*sorted(texts)]
    return found


def _nameless(said: Said) -> Said:
    """What was read of a call that was written out: its faults cannot be answered as calls."""
    if not said.faults:
        return said
    return Said(wrong=(Wrong("", "a request is made by calling its tool, not by writing it out"),))


def _json_of(text: str) -> JsonObject | None:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _last_answer(text: str) -> JsonObject | None:
    """The last JSON object within a text that looks like an answer: drafts come before it."""
    text = text[-MOST_SEARCHED:]
    decoder = json.JSONDecoder()
    found: JsonObject | None = None
    at = text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(value, dict) and _looks_like_an_answer(value):
                found = value
        at = text.find("{", end)
    return found


def _looks_like_an_answer(value: Mapping[str, object]) -> bool:
    if "name" in value:
        return isinstance(value["name"], str) and ("arguments" in value or "input" in value)
    return bool({"ops", "output_type", *_ANSWERS} & set(value))


def _objects(value: Json) -> list[JsonObject]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _inner(value: JsonObject, *names: str) -> Json:
    found: Json = dict(value)
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _without_nulls(value: JsonObject) -> dict[str, Json]:
    """Some providers have every field sent, null where there is no value."""
    return {key: _bare(one) for key, one in value.items() if one is not None}


def _bare(value: Json) -> Json:
    if isinstance(value, dict):
        return _without_nulls(value)
    return [_bare(one) for one in value] if isinstance(value, list) else value


def _cut(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:100]} ... {text[-100:]}"
