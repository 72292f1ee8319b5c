"""A server of a Heaven in this process, on a socket of its own, and a client of it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.client import HeavenClient
from genesis_ssmp.heaven.server.app import BODY_SECONDS
from genesis_ssmp.heaven.server.connection import BoundedConnection
from genesis_ssmp.heaven.server.hosting import RunHost
from genesis_ssmp.heaven.server.serving import HttpServer

from .heaven import HeavenHome
from .repository import Repository


@contextmanager
def serving(
    heaven: Heaven,
    *,
    body_seconds: float = BODY_SECONDS,
    host_runs: RunHost | None = None,
    connection: type[BoundedConnection] = BoundedConnection,
) -> Iterator[HttpServer]:
    """Serve `heaven` from a thread of this process until the block ends."""
    ready = Event()
    server = HttpServer(
        heaven,
        port=0,
        body_seconds=body_seconds,
        host_runs=host_runs,
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


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value

    @property
    def error(self) -> str:
        return str(self.json["error"])


@dataclass(frozen=True, slots=True)
class Wire:
    """Requests as bytes, for what a client of ours would never send."""

    server: HttpServer
    heaven: Heaven

    def ask(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Answer:
        """One request on a connection of its own; a body that is not bytes is sent as JSON."""
        info = self.server.info
        connection = http.client.HTTPConnection(info.host, info.port, timeout=30)
        sent = {"Authorization": f"Bearer {self.server.token if token is None else token}"}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request(method, target, data, {**sent, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers.items()), answer.read())
        finally:
            connection.close()

    def get(self, target: str) -> Answer:
        return self.ask("GET", target)

    def post(self, target: str, body: object) -> Answer:
        return self.ask("POST", target, body)


@pytest.fixture
def wire(repository: Repository) -> Iterator[Wire]:
    """A server of the calculator's Heaven."""
    with HeavenHome(repository.root) as home, serving(home.heaven) as server:
        yield Wire(server, home.heaven)
