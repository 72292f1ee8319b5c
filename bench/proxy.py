"""A recording proxy: what a tool and its model say to each other, counted and kept.

    python -m bench.proxy record --upstream https://api.anthropic.com --out rec.jsonl [--port 8089]
    python -m bench.proxy replay rec.jsonl [--port 8089]
    python -m bench.proxy report rec.jsonl

`record` passes requests on to a model's endpoint, streams and all, and keeps one line of JSON for
each: mission_id, turn_number, pack_hash, request_bytes, response, tokens_in, tokens_out, timestamp
(and what came from the provider's cache). Point any tool's base URL at it to compare what tools
send. The mission is the request's `x-genesis-mission` header, else `--mission`. Headers are not
kept, so no key is. `replay` gives the kept answers back: by mission and turn where the request is
the same, else to the first request with the same hash; without a model. `report` adds up.
It listens on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PORT: Final = 8089
_PASSED_ON: Final = frozenset(
    {
        "accept", "anthropic-beta", "anthropic-version", "authorization", "content-type",
        "openai-organization", "openai-project", "user-agent", "x-api-key",
    }
)  # fmt: skip
_PASSED_BACK: Final = frozenset({"content-type", "request-id", "retry-after", "x-request-id"})


@dataclass(frozen=True, slots=True)
class Kept:
    """One request and its answer. `response` is the body as it came, a stream's events too."""

    mission_id: str
    turn_number: int
    pack_hash: str
    request_bytes: int
    path: str
    status: int
    content_type: str
    response: str
    tokens_in: int
    tokens_out: int
    cached: int
    timestamp: str

    def line(self) -> str:
        fields = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(fields, ensure_ascii=False) + "\n"


def read(path: Path) -> list[Kept]:
    """The lines of a recording. Raises ValueError for a line that is none."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(Kept(**json.loads(line)))
        except (TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path}:{number} is no line of a recording: {error}") from error
    return found


def tokens(body: str) -> tuple[int, int, int]:
    """What a body of the Messages API or of Chat Completions, whole or streamed, says that it
    cost: tokens in (with what a cache had), tokens out, tokens that a cache had."""
    usage: dict[str, int] = {}
    for event in _events(body):
        for holder in (event, event.get("message"), event.get("response")):
            found = holder.get("usage") if isinstance(holder, dict) else None
            if isinstance(found, dict):
                usage |= {key: value for key, value in found.items() if type(value) is int}
                details = found.get("prompt_tokens_details")
                if isinstance(details, dict) and type(details.get("cached_tokens")) is int:
                    usage["cached_tokens"] = details["cached_tokens"]
    read = usage.get("cache_read_input_tokens", 0)
    written = usage.get("cache_creation_input_tokens", 0)
    whole = usage.get("input_tokens", 0) + read + written
    return (
        whole or usage.get("prompt_tokens", 0),
        usage.get("output_tokens", 0) or usage.get("completion_tokens", 0),
        read or usage.get("cached_tokens", 0),
    )


def _events(body: str) -> Iterable[dict[str, Any]]:
    texts = [line[5:] for line in body.splitlines() if line.startswith("data:")] or [body]
    for text in texts:
        try:
            found = json.loads(text)
        except json.JSONDecodeError:
            continue
        if isinstance(found, dict):
            yield found


@dataclass
class Recorder:
    """An ASGI application that passes on and keeps."""

    upstream: str
    out: Path
    mission: str = "proxy"
    turns: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        import httpx2

        body = await _body(receive)
        given = _headers(scope)
        mission = given.get("x-genesis-mission", self.mission)
        turn = self.turns[mission]
        self.turns[mission] += 1
        url = self.upstream.rstrip("/") + scope["path"]
        query = scope.get("query_string", b"").decode()
        headers = {name: value for name, value in given.items() if name in _PASSED_ON}
        said = bytearray()
        async with httpx2.AsyncClient(timeout=600.0) as client:
            request = client.build_request(
                scope["method"], url + (f"?{query}" if query else ""), content=body, headers=headers
            )
            try:
                answer = await client.send(request, stream=True)
            except httpx2.HTTPError as error:
                await _whole(send, 502, "text/plain", f"{type(error).__name__}".encode())
                return
            back = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
            await _start(send, answer.status_code, back)
            try:
                async for chunk in answer.aiter_bytes():
                    said += chunk
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            finally:
                await answer.aclose()
                self._keep(scope["path"], mission, turn, body, answer.status_code, back, said)
            await send({"type": "http.response.body", "body": b""})

    def _keep(
        self,
        path: str,
        mission: str,
        turn: int,
        body: bytes,
        status: int,
        headers: Mapping[str, str],
        said: bytearray,
    ) -> None:
        text = said.decode("utf-8", "replace")
        tokens_in, tokens_out, cached = tokens(text)
        kept = Kept(
            mission_id=mission,
            turn_number=turn,
            pack_hash=hashlib.sha256(body).hexdigest(),
            request_bytes=len(body),
            path=path,
            status=status,
            content_type=headers.get("content-type", "application/json"),
            response=text,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cached=cached,
            timestamp=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        )
        with self.out.open("a", encoding="utf-8") as file:
            file.write(kept.line())


@dataclass
class Replayer:
    """An ASGI application that answers from a recording; 404 for what was never asked."""

    kept: Sequence[Kept]
    mission: str = "proxy"
    turns: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        mission = _headers(scope).get("x-genesis-mission", self.mission)
        turn = self.turns[mission]
        self.turns[mission] += 1
        found = self._find(mission, turn, hashlib.sha256(body).hexdigest())
        if found is None:
            said = {"error": {"type": "not_found_error", "message": "this was never asked"}}
            await _whole(send, 404, "application/json", json.dumps(said).encode())
            return
        await _whole(send, found.status, found.content_type, found.response.encode())

    def _find(self, mission: str, turn: int, pack_hash: str) -> Kept | None:
        same = [one for one in self.kept if one.pack_hash == pack_hash]
        exact = [one for one in same if (one.mission_id, one.turn_number) == (mission, turn)]
        return next(iter([*exact, *same]), None)


async def _body(receive: Receive) -> bytes:
    parts = bytearray()
    while True:
        message = await receive()
        parts += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(parts)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode().lower(): value.decode() for name, value in scope["headers"]}


async def _start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    listed = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})


async def _whole(send: Send, status: int, kind: str, body: bytes) -> None:
    await _start(send, status, {"content-type": kind, "content-length": str(len(body))})
    await send({"type": "http.response.body", "body": body})


def report(kept: Sequence[Kept]) -> str:
    """What each mission cost, and all of them."""
    lines = [
        f"{'mission':24} {'turns':>6} {'sent bytes':>12} {'tokens in':>11} {'cached':>9} {'out':>9}"
    ]
    groups: dict[str, list[Kept]] = {}
    for one in kept:
        groups.setdefault(one.mission_id, []).append(one)
    for name, ones in [*sorted(groups.items()), ("all", list(kept))]:
        lines.append(
            f"{name:24} {len(ones):>6,} {sum(one.request_bytes for one in ones):>12,} "
            f"{sum(one.tokens_in for one in ones):>11,} {sum(one.cached for one in ones):>9,} "
            f"{sum(one.tokens_out for one in ones):>9,}"
        )
    return "\n".join(lines) + "\n"


def serve(app: Recorder | Replayer, port: int) -> None:
    """Until interrupted; port 0 is any that is free. The address is said on standard error."""
    import uvicorn

    with socket.create_server(("127.0.0.1", port)) as listening:
        at = listening.getsockname()[1]
        print(f"listening on http://127.0.0.1:{at}", file=sys.stderr, flush=True)
        config = uvicorn.Config(app, log_level="warning", lifespan="off")
        asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Record, replay or report."""
    parser = argparse.ArgumentParser(
        prog="bench.proxy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ways = parser.add_subparsers(dest="way", required=True)
    record = ways.add_parser("record")
    record.add_argument("--upstream", required=True)
    record.add_argument("--out", type=Path, required=True)
    replay = ways.add_parser("replay")
    replay.add_argument("recording", type=Path)
    for one in (record, replay):
        one.add_argument("--port", type=int, default=PORT)
        one.add_argument("--mission", default="proxy")
    ways.add_parser("report").add_argument("recording", type=Path)
    given = parser.parse_args(arguments)
    if given.way == "record":
        serve(Recorder(given.upstream, given.out, given.mission), given.port)
    elif given.way == "replay":
        serve(Replayer(read(given.recording), given.mission), given.port)
    else:
        print(report(read(given.recording)), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
