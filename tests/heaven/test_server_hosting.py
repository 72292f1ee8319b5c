"""How a server does runs, whatever a run is: order, ends, clients that stall or go."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

import pytest
from genesis_ssmp.heaven import Heaven, JsonObject
from genesis_ssmp.heaven.errors import HeavenRefused
from genesis_ssmp.heaven.server.app import Application
from genesis_ssmp.heaven.server.guard import Guard
from genesis_ssmp.heaven.server.hosting import UNREAD_BYTES
from genesis_ssmp.heaven.server.run_messages import RunRequest
from genesis_ssmp.proto import wire as proto_wire
from kit.repository import Repository
from kit.server import Wire, client_of, serving

Tell = Callable[[JsonObject], None]
Stopped = Callable[[], str | None]


@dataclass
class Scripted:
    """Does what the request's `program` says; `reasons` is why runs were to stop."""

    version: str = "1"
    reasons: list[str | None] = field(default_factory=list)
    began: Event = field(default_factory=Event)
    go: Event = field(default_factory=Event)
    ended: Event = field(default_factory=Event)

    def run(self, heaven: Heaven, request: RunRequest, tell: Tell, stopped: Stopped) -> None:
        self.began.set()
        if request.program == "crash":
            raise RuntimeError("a mistake of ours")
        if request.program == "lost":
            raise OSError(28, "No space left on device")
        if request.program == "flood":
            while stopped() is None:
                tell({"event": "line", "text": "x" * 100_000})
        if request.program == "wait":
            while stopped() is None and not self.go.wait(0.01):
                pass
        self.reasons.append(stopped())
        tell({"event": "ended", "program": request.program})
        self.ended.set()


def request(program: str, version: str = "1") -> RunRequest:
    return RunRequest(version, program, "", "/", "python", {}, {}, 1.0)


@contextmanager
def hosting(repository: Repository) -> Iterator[tuple[Wire, Scripted]]:
    host = Scripted()
    with (
        Heaven.open(repository.root) as heaven,
        serving(heaven, host_runs=host) as server,
    ):
        try:
            yield Wire(server, heaven), host
        finally:
            host.go.set()


def told(wire: Wire, program: str) -> list[str]:
    """The events of a run, to its end."""
    with client_of(wire.server) as client, client.run(request(program)) as said:
        return [str(one["event"]) for one in said]


def test_a_run_is_told_from_its_acceptance_to_its_end(repository: Repository) -> None:
    with hosting(repository) as (wire, _):
        assert told(wire, "short") == ["accepted", "ended"]


def test_a_run_that_fails_is_told_and_the_next_one_is_done(repository: Repository) -> None:
    with hosting(repository) as (wire, _):
        assert told(wire, "crash") == ["accepted", "failed"]
        with client_of(wire.server) as client, client.run(request("lost")) as said:
            assert list(said)[-1] == {
                "event": "failed",
                "status": 507,
                "error": "No space left on device",
                "type": "OSError",
                "fields": {},
            }
        assert told(wire, "short") == ["accepted", "ended"]


def test_a_client_that_does_not_read_stalls_its_own_run_only_and_going_ends_it(
    repository: Repository,
) -> None:
    with hosting(repository) as (wire, host):
        info = wire.server.info
        body = proto_wire.dump_json(request("flood"))
        with socket.create_connection((info.host, info.port), 30) as client:
            client.sendall(
                f"POST /run HTTP/1.1\r\nHost: 127.0.0.1:{info.port}\r\n"
                f"Authorization: Bearer {wire.server.token}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            assert host.began.wait(30)
            for _ in range(3):
                assert wire.post("/blob", bytes(UNREAD_BYTES)).status == 200
            assert not host.ended.is_set()
        assert host.ended.wait(30)
        assert host.reasons == ["interrupted: its client went away"]
        assert told(wire, "short") == ["accepted", "ended"]


def test_a_run_is_stopped_by_its_ticket_once(repository: Repository) -> None:
    with hosting(repository) as (wire, host), client_of(wire.server) as client:
        assert not client.stop_run("nobody's")
        with client.run(request("wait")) as said:
            ticket = str(next(said)["ticket"])
            assert host.began.wait(30)
            assert client.stop_run(ticket)
            assert [one["event"] for one in said] == ["ended"]
        assert host.reasons == ["interrupted from the keyboard"]
        assert not client.stop_run(ticket)


def test_a_run_that_waits_is_stopped_without_its_turn(repository: Repository) -> None:
    with hosting(repository) as (wire, host), client_of(wire.server) as client:
        with client.run(request("wait")) as first:
            assert next(first)["ahead"] == 0
            assert host.began.wait(30)
            with client.run(request("short")) as second:
                accepted = next(second)
                assert accepted["ahead"] == 1
                assert client.stop_run(str(accepted["ticket"]))
                assert next(second)["event"] == "interrupted"
                assert list(second) == []
            host.go.set()
            assert [one["event"] for one in first] == ["ended"]
        assert host.reasons == [None], "the second was never begun"


def test_a_program_of_another_version_is_refused_with_the_remedy(repository: Repository) -> None:
    with hosting(repository) as (wire, host), client_of(wire.server) as client:
        with (
            pytest.raises(HeavenRefused, match="start it again with the client's version"),
            client.run(request("short", version="2")),
        ):
            pass
        assert not host.began.is_set()


@pytest.mark.parametrize(
    ("peer", "status"),
    [(("192.0.2.1", 5), 403), (None, 403), (("127.0.0.1", 5), 200), (("::1", 5), 200)],
    ids=str,
)
def test_programs_are_run_for_clients_on_this_machine_only(
    repository: Repository, peer: tuple[str, int] | None, status: int
) -> None:
    sent: list[MutableMapping[str, object]] = []
    body: list[MutableMapping[str, object]] = [
        {"type": "http.request", "body": proto_wire.dump_json(request("short"))}
    ]

    async def receive() -> MutableMapping[str, object]:
        if not body:
            await asyncio.Event().wait()
        return body.pop()

    async def send(message: MutableMapping[str, object]) -> None:
        sent.append(message)

    scope: MutableMapping[str, object] = {
        "type": "http",
        "method": "POST",
        "path": "/run",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"authorization", b"Bearer t")],
        "client": peer,
    }
    with Heaven.open(repository.root) as heaven:
        application = Application(heaven, Guard("t", 80), host=Scripted())
        asyncio.run(application(scope, receive, send))
        application.close()
    assert sent[0]["status"] == status
    if status == 403:
        text = sent[1]["body"]
        assert isinstance(text, bytes)
        assert "on this machine" in json.loads(text)["error"]
