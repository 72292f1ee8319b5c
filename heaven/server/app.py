"""The ASGI application: checks, routing, threads for the work, and one shape for every answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from typing import Final, TypeAlias, TypeVar, cast

from ...proto.wire import WireError
from ..errors import HeavenError
from ..heaven import Heaven
from ..version import package_version
from .batches import Batches
from .failures import Refusal, failure
from .guard import Guard
from .hosting import RunHost, RunQueue
from .messages import Health
from .metrics import Metrics
from .operations import kinds_of
from .parsing import encode, parse_body, parse_query
from .route import Call, Lane, Route, Value
from .routes import ROUTES
from .run_messages import SERVER_STOPPED, RunRequest, Stopping, StopRequest
from .stream import MAX_STREAMS, Changes, follow, last_seen

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
WAIT_THREADS: Final = 64

_JSON: Final = b"application/json"


class Application:
    """Heaven over HTTP. All of it runs on one event loop; work that may block, in its threads."""

    def __init__(
        self,
        heaven: Heaven,
        guard: Guard,
        *,
        host: RunHost | None = None,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self.metrics = Metrics()
        self.changes = Changes()
        self._heaven = heaven
        self._guard = guard
        self._body_seconds = body_seconds
        self._threads = {
            Lane.STORE: ThreadPoolExecutor(STORE_THREADS, "store"),
            Lane.INDEX: ThreadPoolExecutor(INDEX_THREADS, "index"),
            Lane.WAIT: ThreadPoolExecutor(WAIT_THREADS, "wait"),
        }
        self._waiting = 0
        self._batches = Batches(heaven)
        self._runs = RunQueue(heaven, host)
        self._fixed: dict[str, dict[str, Route]] = {}
        self._patterns = [(p, route) for route in ROUTES if (p := route.pattern()) is not None]
        for route in ROUTES:
            if route.pattern() is None:
                self._fixed.setdefault(route.path, {})[route.method] = route
        self._health = encode(Health("ok", package_version()))

    def stop(self) -> None:
        """End what would not end by itself: streams, runs, waiting. On the event loop."""
        # Also ends the waiting for leases: `_wait` looks at it.
        self.changes.stop()
        self._runs.stop_all(SERVER_STOPPED)

    def close(self) -> None:
        """Wait for the work that was begun; the edits of a run under way are undone then."""
        self._runs.close()
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
                body = await self._read(headers, receive)
                if body is None:
                    return
                if route.lane is Lane.STREAM:
                    await self._stream(route, query, body, scope, receive, send)
                    return
                status, media, payload = await self._run(route, parts, query, body, receive)
                extra: Headers = ()
            except (Refusal, WireError, HeavenError) as error:
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
        self,
        route: Route,
        parts: Mapping[str, str],
        query: Mapping[str, Value],
        body: bytes,
        receive: Receive,
    ) -> tuple[int, bytes, bytes]:
        lane = route.lane_of(body)
        if lane is Lane.WAIT:
            return await self._wait(partial(self._work, route, parts, query, body), receive)
        work = partial(self._work, route, parts, query, body, _always)
        if lane is Lane.LOOP:
            return work()
        if lane is Lane.LOG:
            return await self._batches.run(work)
        return await asyncio.get_running_loop().run_in_executor(self._threads[lane], work)

    async def _wait(
        self, work: Callable[[Callable[[], bool]], tuple[int, bytes, bytes]], receive: Receive
    ) -> tuple[int, bytes, bytes]:
        """Work that may take long, given up when the client goes or the server stops."""
        if self._waiting >= WAIT_THREADS:
            raise Refusal(503, f"{WAIT_THREADS} requests wait", ((b"retry-after", b"1"),))
        gone = asyncio.create_task(_disconnected(receive))
        self._waiting += 1
        try:
            go_on = partial(_neither, gone.done, lambda: self.changes.stopping)
            return await asyncio.get_running_loop().run_in_executor(
                self._threads[Lane.WAIT], work, go_on
            )
        finally:
            self._waiting -= 1
            gone.cancel()

    def _work(
        self,
        route: Route,
        parts: Mapping[str, str],
        query: Mapping[str, Value],
        raw: bytes,
        go_on: Callable[[], bool],
    ) -> tuple[int, bytes, bytes]:
        """Status, media type and body of the answer."""
        try:
            body = parse_body(route, raw)
            if route.run is not None:
                call = Call(parts, query, body, go_on)
                return 200, _JSON, encode(route.run(self._heaven, call))
            return self._own(route, body)
        except (HeavenError, WireError, OSError, Refusal) as error:
            status, failed = failure(error)
            return status, _JSON, encode(failed)

    def _own(self, route: Route, body: object) -> tuple[int, bytes, bytes]:
        """What the server says about itself, and does with its runs."""
        if isinstance(body, StopRequest):
            stopping = self._runs.stop(body.ticket, "interrupted from the keyboard")
            return 200, _JSON, encode(Stopping(stopping))
        if route.path == "/health":
            return 200, _JSON, self._health
        if route.path == "/openapi.json":
            from .openapi import describe

            return 200, _JSON, encode(describe(package_version()))
        gauges = {
            "log_events": self._heaven.last_seq,
            "active_leases": len(self._heaven.active_leases()),
        }
        return 200, str(route.answer).encode(), self.metrics.render(gauges).encode()

    async def _stream(
        self,
        route: Route,
        query: Mapping[str, Value],
        raw: bytes,
        scope: Message,
        receive: Receive,
        send: Send,
    ) -> None:
        """Answer with what comes until it ends or the client goes."""
        body = parse_body(route, raw)
        if isinstance(body, RunRequest):
            if not _from_here(scope):
                raise Refusal(403, "programs are run for clients on this machine only")
            run = self._runs.submit(body)
            gone = asyncio.create_task(_disconnected(receive))
            gone.add_done_callback(lambda _: run.abandon())
            try:
                await _send_parts(send, str(route.answer), run.lines())
            finally:
                # Whatever ended the answer, nobody reads on.
                gone.cancel()
                run.abandon()
            return
        if self.metrics.streams >= MAX_STREAMS:
            raise Refusal(503, f"{MAX_STREAMS} streams are open", ((b"retry-after", b"5"),))
        headers = cast("list[tuple[bytes, bytes]]", scope["headers"])
        after = last_seen(headers, int(query["after"]))
        if after < 0:
            after = await self._in_thread(lambda: self._heaven.last_seq)
        self.metrics.streams += 1
        gone = asyncio.create_task(_disconnected(receive))
        gone.add_done_callback(lambda _: self.changes.poke())
        try:
            wanted = kinds_of(Call({}, query, None))
            events = follow(self._heaven, after, wanted, self.changes, self._in_thread, gone.done)
            await _send_parts(send, str(route.answer), events)
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


async def _send_parts(send: Send, media: str, parts: AsyncIterator[bytes]) -> None:
    head = [(b"content-type", media.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    async for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _from_here(scope: Message) -> bool:
    """Whether the client is a process of this machine."""
    client = scope.get("client")
    return isinstance(client, tuple | list) and ip_address(str(client[0])).is_loopback


def _always() -> bool:
    return True


def _neither(one: Callable[[], bool], other: Callable[[], bool]) -> bool:
    return not (one() or other())


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
