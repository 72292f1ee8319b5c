"""The ASGI application: checks, routing, threads for the work, and one shape for every answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Final, TypeAlias, TypeVar, cast

from ...proto.wire import WireError
from ..errors import HeavenError
from ..heaven import Heaven
from .batches import Batches
from .failures import Refusal, failure
from .guard import Guard
from .messages import Health
from .metrics import Metrics
from .operations import kinds_of
from .parsing import encode, parse_body, parse_query
from .route import Call, Lane, Route
from .routes import ROUTES
from .stream import MAX_STREAMS, Changes, follow

Message: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = "tuple[tuple[bytes, bytes], ...]"
T = TypeVar("T")

MAX_BODY: Final = 16 * 1024 * 1024
BODY_SECONDS: Final = 30.0
"""How long a body may take to come."""
MAX_IN_FLIGHT: Final = 1_024
STORE_THREADS: Final = 32
INDEX_THREADS: Final = 8

_JSON: Final = b"application/json"


class Application:
    """Heaven over HTTP. All of it runs on one event loop; work that may block, in its threads."""

    def __init__(self, heaven: Heaven, guard: Guard, *, body_seconds: float = BODY_SECONDS) -> None:
        self.metrics = Metrics()
        self.changes = Changes()
        self._heaven = heaven
        self._guard = guard
        self._body_seconds = body_seconds
        self._threads = {
            Lane.STORE: ThreadPoolExecutor(STORE_THREADS, "store"),
            Lane.INDEX: ThreadPoolExecutor(INDEX_THREADS, "index"),
        }
        self._batches = Batches(heaven)
        self._fixed: dict[str, dict[str, Route]] = {}
        self._patterns = [(p, route) for route in ROUTES if (p := route.pattern()) is not None]
        for route in ROUTES:
            if route.pattern() is None:
                self._fixed.setdefault(route.path, {})[route.method] = route
        self._health = encode(Health("ok", _version()))

    def close(self) -> None:
        """Wait for the work that was begun."""
        self._batches.close()
        for threads in self._threads.values():
            threads.shutdown(wait=True)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        start = time.perf_counter()
        name = "none"
        self.metrics.in_flight += 1
        try:
            headers = cast("list[tuple[bytes, bytes]]", scope["headers"])
            method, path = str(scope["method"]), str(scope["path"])
            try:
                route, parts = self._find(method, path, headers)
                name = route.name
                query = parse_query(route, cast("bytes", scope["query_string"]))
                if self.metrics.in_flight > MAX_IN_FLIGHT:
                    raise Refusal(503, "too many requests at once", ((b"retry-after", b"1"),))
                if route.path == "/events/stream":
                    await self._stream(query, headers, receive, send)
                    return
                body = await self._read(headers, receive)
                if body is None:
                    return
                call = partial(self._work, route, parts, query, body)
                status, media, payload = await self._run(route, body, call)
                extra: Headers = ()
            except (Refusal, WireError) as error:
                status, failed = failure(error)
                media, payload = _JSON, encode(failed)
                extra = error.headers if isinstance(error, Refusal) else ()
            if method == "POST":
                self.changes.poke()
            await _respond(send, status, media, payload, extra)
            self.metrics.answered(name, status, time.perf_counter() - start)
        finally:
            self.metrics.in_flight -= 1

    def _find(
        self, method: str, path: str, headers: list[tuple[bytes, bytes]]
    ) -> tuple[Route, dict[str, str]]:
        """The route of a request that may be answered, and the varying parts of its path."""
        parts: dict[str, str] = {}
        methods = self._fixed.get(path)
        if methods is None:
            methods = {}
            for pattern, route in self._patterns:
                match = pattern.fullmatch(path)
                if match is not None:
                    methods[route.method] = route
                    parts = match.groupdict()
        found = methods.get(method)
        self._guard.check(headers, open_to_all=found is not None and found.open)
        if found is None:
            if not methods:
                raise Refusal(404, "there is no such endpoint")
            allowed = ", ".join(sorted(methods))
            raise Refusal(405, f"only {allowed} here", ((b"allow", allowed.encode()),))
        return found, parts

    async def _read(self, headers: list[tuple[bytes, bytes]], receive: Receive) -> bytes | None:
        """The whole body; None when the client has gone. Raises Refusal."""
        for name, value in headers:
            if name == b"content-length" and int(value) > MAX_BODY:
                raise Refusal(
                    413, f"a body may have {MAX_BODY} bytes", ((b"connection", b"close"),)
                )
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._body_seconds):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return None
                    chunk = cast("bytes", message.get("body", b""))
                    size += len(chunk)
                    if size > MAX_BODY:
                        raise Refusal(
                            413, f"a body may have {MAX_BODY} bytes", ((b"connection", b"close"),)
                        )
                    chunks.append(chunk)
                    if not message.get("more_body", False):
                        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
        except TimeoutError:
            raise Refusal(
                408, "the body did not come in time", ((b"connection", b"close"),)
            ) from None

    async def _run(
        self, route: Route, body: bytes, work: Callable[[], tuple[int, bytes, bytes]]
    ) -> tuple[int, bytes, bytes]:
        if route.lane is Lane.LOOP:
            return work()
        lane = Lane.INDEX if route.index_if and route.index_if in body else route.lane
        if lane is Lane.LOG:
            return await self._batches.run(work)
        return await asyncio.get_running_loop().run_in_executor(self._threads[lane], work)

    def _work(
        self,
        route: Route,
        parts: Mapping[str, str],
        query: Mapping[str, str | int | bool],
        raw: bytes,
    ) -> tuple[int, bytes, bytes]:
        """Status, media type and body of the answer."""
        try:
            body = parse_body(route, raw)
            if route.run is not None:
                return 200, _JSON, encode(route.run(self._heaven, Call(parts, query, body)))
            return self._own(route)
        except (HeavenError, WireError, OSError, Refusal) as error:
            status, failed = failure(error)
            return status, _JSON, encode(failed)

    def _own(self, route: Route) -> tuple[int, bytes, bytes]:
        """What the server says about itself."""
        if route.path == "/health":
            return 200, _JSON, self._health
        if route.path == "/openapi.json":
            from .openapi import describe

            return 200, _JSON, encode(describe(_version()))
        gauges = {
            "log_events": self._heaven.last_seq,
            "active_leases": len(self._heaven.active_leases()),
        }
        return 200, str(route.answer).encode(), self.metrics.render(gauges).encode()

    async def _stream(
        self,
        query: Mapping[str, str | int | bool],
        headers: list[tuple[bytes, bytes]],
        receive: Receive,
        send: Send,
    ) -> None:
        if self.metrics.streams >= MAX_STREAMS:
            raise Refusal(503, f"{MAX_STREAMS} streams are open", ((b"retry-after", b"5"),))
        after = int(query["after"])
        for name, value in headers:
            if name == b"last-event-id":
                if not value.isdigit() or len(value) > 18:
                    raise WireError("Last-Event-ID", "the number of an event")
                after = int(value)
        if after < 0:
            after = await self._in_thread(lambda: self._heaven.last_seq)
        self.metrics.streams += 1
        gone = asyncio.create_task(_disconnected(receive))
        gone.add_done_callback(lambda _: self.changes.poke())
        try:
            head = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            wanted = kinds_of(Call({}, query, None))
            async for part in follow(
                self._heaven, after, wanted, self.changes, self._in_thread, gone.done
            ):
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            self.metrics.streams -= 1

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads[Lane.STORE], work)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _respond(send: Send, status: int, media: bytes, body: bytes, extra: Headers) -> None:
    headers = [
        (b"content-type", media),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _version() -> str:
    try:
        return version("genesis-ssmp")
    except PackageNotFoundError:
        return "0"
