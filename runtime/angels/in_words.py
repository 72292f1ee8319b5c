"""A turn as one text, for programs that read a prompt and know no tools of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from .protocol import Message, ToolCall, Turn

_FENCE: Final = re.compile(
    r"^[ \t]*```(?:json)?[ \t]*\n(.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE
)


def prompt_in_words(turn: Turn) -> str:
    """The whole prompt: header, tools, pack, and what was said since."""
    parts = [turn.system, _tools(turn), turn.pack]
    parts += [_said(one) for one in turn.messages]
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def calls_in(turn: Turn, text: str) -> Iterator[ToolCall]:
    """The calls of the turn's tools that a text makes, in order."""
    names = {one.name for one in turn.tools}
    number = len(turn.messages)
    for at, found in enumerate(_FENCE.finditer(text)):
        try:
            call: object = json.loads(found[1])
        except json.JSONDecodeError:
            continue
        if not isinstance(call, dict) or set(call) != {"name", "arguments"}:
            continue
        arguments = call["arguments"]
        if call["name"] in names and isinstance(arguments, dict):
            yield ToolCall(f"call_{number}_{at}", str(call["name"]), arguments)


def _tools(turn: Turn) -> str:
    if not turn.tools:
        return ""
    lines = [
        "You have these tools. To call one, answer with a JSON object in a fence of its own, and "
        "wait for its result:",
        '```json\n{"name": "TOOL", "arguments": {...}}\n```',
    ]
    for one in turn.tools:
        schema = json.dumps(one.schema, ensure_ascii=False, sort_keys=True)
        lines.append(f"{one.name}: {one.description}\narguments: {schema}")
    return "\n".join(lines)


def _said(message: Message) -> str:
    if message.role == "assistant":
        calls = [
            "```json\n" + json.dumps({"name": one.name, "arguments": one.arguments}) + "\n```"
            for one in message.calls
            # In words, a call stands in the text already.
            if not message.text
        ]
        return "You said:\n" + "\n".join([message.text, *calls]).strip()
    results = [
        f"{'Refused' if one.error else 'Result'} of your call:\n{one.text}"
        for one in message.results
    ]
    return "\n\n".join([*results, message.text]).strip()
