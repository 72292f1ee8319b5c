"""The Messages API as a server sees it: its checks of a request, its streams and its complaints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from .model_server import Behaviour, Exchange


def say(
    *blocks: dict[str, Any],
    stop: str = "end_turn",
    tokens_in: int = 100,
    tokens_out: int = 7,
    cached: int = 0,
    written: int = 0,
    cut_after: int | None = None,
    end_after: int | None = None,
    fail_after: tuple[int, dict[str, Any]] | None = None,
) -> Behaviour:
    """A streamed message. `cut_after` events the connection breaks, `end_after` it is closed as if
    that were all, `fail_after` (events, error) the stream says that it failed."""

    def behave(exchange: Exchange) -> None:
        complaint = complain(exchange)
        if complaint is not None:
            exchange.answer(400, error("invalid_request_error", complaint))
            return
        events = list(_events(exchange, blocks, stop, tokens_in, tokens_out, cached, written))
        if cut_after is not None:
            exchange.stream(events[:cut_after], ended=False)
        elif end_after is not None:
            exchange.stream(events[:end_after])
        elif fail_after is not None:
            events = [*events[: fail_after[0]], _event("error", fail_after[1])]
            exchange.stream(events)
        else:
            exchange.stream(events)

    return behave


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def call(name: str, arguments: object, call_id: str = "toolu_1") -> dict[str, Any]:
    """A tool call; `arguments` as a text are sent as they are, however broken."""
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"type": "tool_use", "id": call_id, "name": name, "raw": raw}


def thought(said: str, signature: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": said, "signature": signature}


def turn_away(status: int, kind: str, message: str, **headers: str) -> Behaviour:
    """An error instead of a message."""
    return lambda exchange: exchange.answer(status, error(kind, message), **headers)


def error(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def complain(exchange: Exchange) -> str | None:
    """What the API would refuse the request for."""
    body = exchange.body
    if exchange.path != "/v1/messages" or "anthropic-version" not in exchange.headers:
        return "not a request of the Messages API"
    if not (exchange.headers.get("x-api-key") or exchange.headers.get("authorization")):
        return "no key"
    if not body.get("model") or not isinstance(body.get("max_tokens"), int):
        return "model and max_tokens are required"
    if json.dumps(body).count('"cache_control"') > 4:
        return "a maximum of 4 blocks with cache_control may be provided"
    if any(set(one) - {"name", "description", "input_schema"} for one in body.get("tools", ())):
        return "an unknown field of a tool"
    roles = [one["role"] for one in body["messages"]]
    if roles[0] != "user" or any(a == b for a, b in pairwise(roles)):
        return "roles must alternate, from user"
    return _complain_of_blocks(body["messages"])


def _complain_of_blocks(messages: Sequence[dict[str, Any]]) -> str | None:
    waiting: list[str] = []
    for message in messages:
        blocks = message["content"]
        if not blocks or any(one["type"] == "text" and not one["text"] for one in blocks):
            return "text content blocks must be non-empty"
        answered = [one["tool_use_id"] for one in blocks if one["type"] == "tool_result"]
        if answered != waiting:
            return f"tool_use ids {waiting} without tool_result blocks right after"
        waiting = [one["id"] for one in blocks if one["type"] == "tool_use"]
        if any(not isinstance(one["input"], dict) for one in blocks if one["type"] == "tool_use"):
            return "tool_use.input must be an object"
    return f"tool_use ids {waiting} without tool_result" if waiting else None


def _events(
    exchange: Exchange,
    blocks: Sequence[dict[str, Any]],
    stop: str,
    tokens_in: int,
    tokens_out: int,
    cached: int,
    written: int,
) -> Iterator[bytes]:
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": exchange.body["model"],
        "content": [], "stop_reason": None, "stop_sequence": None,
        "usage": {
            "input_tokens": tokens_in, "output_tokens": 1,
            "cache_read_input_tokens": cached, "cache_creation_input_tokens": written,
        },
    }  # fmt: skip
    yield _event("message_start", {"type": "message_start", "message": message})
    yield _event("ping", {"type": "ping"})
    for index, block in enumerate(blocks):
        start, deltas = _parts(block)
        yield _event(
            "content_block_start",
            {"type": "content_block_start", "index": index, "content_block": start},
        )
        for delta in deltas:
            yield _event(
                "content_block_delta",
                {"type": "content_block_delta", "index": index, "delta": delta},
            )
        yield _event("content_block_stop", {"type": "content_block_stop", "index": index})
    yield _event(
        "message_delta",
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop, "stop_sequence": None},
            "usage": {"output_tokens": tokens_out},
        },
    )
    yield _event("message_stop", {"type": "message_stop"})


def _parts(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if block["type"] == "tool_use":
        raw = block["raw"]
        halves = [raw[: len(raw) // 2], raw[len(raw) // 2 :]]
        start = {key: value for key, value in block.items() if key != "raw"} | {"input": {}}
        return start, [{"type": "input_json_delta", "partial_json": one} for one in halves]
    if block["type"] == "thinking":
        start = {"type": "thinking", "thinking": "", "signature": ""}
        return start, [
            {"type": "thinking_delta", "thinking": block["thinking"]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    said = block["text"]
    return {"type": "text", "text": ""}, [
        {"type": "text_delta", "text": one} for one in (said[:3], said[3:]) if one
    ]


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
