"""A server of a Heaven in this process, on a socket of its own, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.client import HeavenClient
from genesis_ssmp.heaven.server.connection import BoundedConnection
from genesis_ssmp.heaven.server.serving import HttpServer


@contextmanager
def serving(
    heaven: Heaven,
    *,
    body_seconds: float | None = None,
    connection: type[BoundedConnection] = BoundedConnection,
) -> Iterator[HttpServer]:
    """Serve `heaven` from a thread of this process until the block ends."""
    ready = Event()
    server = HttpServer(
        heaven,
        port=0,
        body_seconds=body_seconds,
        connection=connection,
        on_ready=lambda _: ready.set(),
    )
    thread = Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(30)
        yield server
    finally:
        server.stop()
        thread.join()


@contextmanager
def client_of(server: HttpServer) -> Iterator[HeavenClient]:
    with HeavenClient(server.info.url, server.token, timeout=30) as client:
        yield client
