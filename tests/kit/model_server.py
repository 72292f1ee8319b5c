"""A real HTTP server on loopback that does, request by request, what a test tells it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias


@dataclass
class Exchange:
    """One request as it came in, and the means to answer it."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    handler: BaseHTTPRequestHandler

    def answer(self, status: int, body: object, **headers: str) -> None:
        """A whole JSON answer."""
        data = json.dumps(body).encode()
        self.handler.send_response(status)
        self.handler.send_header("content-type", "application/json")
        self.handler.send_header("content-length", str(len(data)))
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def stream(self, events: Iterable[bytes], *, ended: bool = True) -> None:
        """A chunked stream; without `ended` the connection is cut where the last chunk would be."""
        self.handler.send_response(200)
        self.handler.send_header("content-type", "text/event-stream")
        self.handler.send_header("transfer-encoding", "chunked")
        self.handler.end_headers()
        for event in events:
            self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            self.handler.wfile.flush()
        if ended:
            self.handler.wfile.write(b"0\r\n\r\n")
        self.handler.close_connection = not ended

    def hang_up(self) -> None:
        """Close the connection without a word."""
        self.handler.close_connection = True


Behaviour: TypeAlias = Callable[[Exchange], None]


@dataclass
class ModelServer:
    """`behaviours` are used up one request at a time; a request too many is answered 500."""

    url: str
    behaviours: list[Behaviour]
    seen: list[Exchange] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def hang(self, exchange: Exchange) -> None:
        """Say nothing until the test is over."""
        self.release.wait(60)
        exchange.hang_up()


@contextmanager
def model_server(*behaviours: Behaviour) -> Iterator[ModelServer]:
    """The server, listening on a port of its own for as long as the block lasts."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            body = json.loads(self.rfile.read(length))
            headers = {name.lower(): value for name, value in self.headers.items()}
            exchange = Exchange(self.path, headers, body, self)
            with lock:
                server.seen.append(exchange)
                behave = server.behaviours.pop(0) if server.behaviours else _unexpected
            behave(exchange)

        def log_message(self, format: str, *args: object) -> None:
            return

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    server = ModelServer(f"http://127.0.0.1:{httpd.server_address[1]}", list(behaviours))
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def _unexpected(exchange: Exchange) -> None:
    exchange.answer(500, {"error": {"type": "api_error", "message": "no more behaviours"}})
