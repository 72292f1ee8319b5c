"""Waiting for a lease over a socket: who goes away is not waited for, and nobody is held up."""

from __future__ import annotations

import json
import socket
import threading

from genesis_ssmp.heaven.server.app import WAIT_THREADS
from genesis_ssmp.proto.leases import Scope
from kit.server import Wire, client_of, serving

FILE = Scope("file", "a.py")


def ask_and_wait(wire: Wire, owner: str) -> socket.socket:
    """A request that waits for FILE, its answer unread."""
    info = wire.server.info
    scopes = [{"scope_type": "file", "scope_value": "a.py"}]
    asked = {"owner_id": owner, "mission_id": "m", "scopes": scopes, "wait_seconds": 500}
    body = json.dumps(asked).encode()
    client = socket.create_connection((info.host, info.port), 30)
    client.sendall(
        f"POST /lease/acquire HTTP/1.1\r\nHost: 127.0.0.1:{info.port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {wire.server.token}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    return client


def until_waiting(wire: Wire, count: int) -> None:
    while len(wire.heaven._leases._line) != count:
        pass


def test_a_client_that_goes_away_leaves_the_line(wire: Wire) -> None:
    (held,) = wire.heaven.acquire("one", "m", [FILE]).acquired
    with ask_and_wait(wire, "two"):
        until_waiting(wire, 1)
    until_waiting(wire, 0)
    wire.heaven.release("one", [held.lease_id])
    assert wire.heaven.active_leases() == ()


def test_a_stop_answers_those_who_wait(wire: Wire) -> None:
    wire.heaven.acquire("one", "m", [FILE])
    with serving(wire.heaven) as server:
        client = ask_and_wait(Wire(server, wire.heaven), "two")
        until_waiting(wire, 1)
        server.stop()
    with client:
        answer = client.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {
        "acquired": [],
        "denied": ["file:a.py"],
    }


def test_as_many_waiting_as_there_may_be_hold_up_nobody(wire: Wire) -> None:
    """The one who holds the lease can still release it, and all of them get it in turn."""
    (held,) = wire.heaven.acquire("holder", "m", [FILE]).acquired
    waiting = [ask_and_wait(wire, f"w{number}") for number in range(WAIT_THREADS)]
    until_waiting(wire, WAIT_THREADS)
    with ask_and_wait(wire, "one more") as refused:
        assert refused.recv(100).startswith(b"HTTP/1.1 503")
    assert wire.post("/event", {"kind": "note", "data": {}}).status == 200
    got: list[str] = []

    def take(client: socket.socket, release: Wire) -> None:
        with client:
            answer = client.makefile("rb").read()
        (lease,) = json.loads(answer.partition(b"\r\n\r\n")[2])["acquired"]
        got.append(lease["owner_id"])
        with client_of(release.server) as other:
            other.release(lease["owner_id"], [lease["lease_id"]])

    threads = [threading.Thread(target=take, args=(client, wire)) for client in waiting]
    for thread in threads:
        thread.start()
    with client_of(wire.server) as client:
        client.release("holder", [held.lease_id])
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(f"w{number}" for number in range(WAIT_THREADS))
