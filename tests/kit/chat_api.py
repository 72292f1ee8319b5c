"""Chat Completions as a server sees it: its checks of a request, its streams and its complaints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .model_server import Behaviour, Exchange


def say(
    content: str = "",
    *calls: dict[str, Any],
    stop: str = "stop",
    refusal: str = "",
    usage: bool = True,
    cut_after: int | None = None,
    end_after: int | None = None,
) -> Behaviour:
    """A streamed message; a server without `usage` leaves the counts out. `cut_after` chunks the
    connection breaks, `end_after` it is closed as if that were all."""

    def behave(exchange: Exchange) -> None:
        complaint = complain(exchange)
        if complaint is not None:
            exchange.answer(400, {"error": {"message": complaint, "code": None}})
            return
        chunks = list(_chunks(exchange, content, calls, stop, refusal, usage))
        if cut_after is not None:
            exchange.stream(chunks[:cut_after], ended=False)
        else:
            exchange.stream(chunks[:end_after])

    return behave


def call(name: str, arguments: object, call_id: str = "call_1") -> dict[str, Any]:
    """A tool call; `arguments` as a text are sent as they are, however broken."""
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": call_id, "name": name, "raw": raw}


def turn_away(status: int, message: str, code: str | None = None, **headers: str) -> Behaviour:
    """An error instead of a message."""
    body = {"error": {"message": message, "type": "error", "code": code}}
    return lambda exchange: exchange.answer(status, body, **headers)


def complain(exchange: Exchange) -> str | None:
    """What an endpoint would refuse the request for."""
    body = exchange.body
    if not exchange.path.endswith("/chat/completions") or not body.get("model"):
        return "not a request of Chat Completions"
    waiting: list[str] = []
    for message in body["messages"]:
        if message["role"] == "tool":
            if not waiting or message["tool_call_id"] != waiting.pop(0):
                return "a tool message without its call"
            continue
        if waiting:
            return "calls without their tool messages"
        if not message.get("content") and not message.get("tool_calls"):
            return "a message without content"
        waiting = [one["id"] for one in message.get("tool_calls", ())]
        for one in message.get("tool_calls", ()):
            json.loads(one["function"]["arguments"])
    return None


def _chunks(
    exchange: Exchange,
    content: str,
    calls: tuple[dict[str, Any], ...],
    stop: str,
    refusal: str,
    usage: bool,
) -> Iterator[bytes]:
    yield _chunk(exchange, {"role": "assistant", "content": ""})
    for part in (content[:3], content[3:]):
        if part:
            yield _chunk(exchange, {"content": part})
    if refusal:
        yield _chunk(exchange, {"refusal": refusal})
    for index, one in enumerate(calls):
        raw = one["raw"]
        head = {"name": one["name"], "arguments": raw[: len(raw) // 2]}
        first = {"index": index, "id": one["id"], "type": "function", "function": head}
        yield _chunk(exchange, {"tool_calls": [first]})
        rest = {"index": index, "function": {"arguments": raw[len(raw) // 2 :]}}
        yield _chunk(exchange, {"tool_calls": [rest]})
    yield _chunk(exchange, {}, stop)
    if usage:
        counts = {
            "prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107,
            "prompt_tokens_details": {"cached_tokens": 64},
        }  # fmt: skip
        yield _data({**_head(exchange), "choices": [], "usage": counts})
    yield b"data: [DONE]\n\n"


def _head(exchange: Exchange) -> dict[str, Any]:
    return {
        "id": "c1", "object": "chat.completion.chunk", "created": 0,
        "model": exchange.body["model"],
    }  # fmt: skip


def _chunk(exchange: Exchange, delta: dict[str, Any], stop: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": stop}
    return _data({**_head(exchange), "choices": [choice]})


def _data(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()
