"""Who is let in, how much they may send, and that one client cannot hold up another."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.discovery import server_file, token_file
from genesis_ssmp.heaven.index.symbols import SymbolIndex
from genesis_ssmp.heaven.server.app import INDEX_THREADS, MAX_BODY, STORE_THREADS
from genesis_ssmp.heaven.server.connection import HEAD_BYTES, BoundedConnection
from genesis_ssmp.heaven.server.operations import is_reserved
from genesis_ssmp.heaven.server.routes import ROUTES
from genesis_ssmp.heaven.server.serving import HttpServer, NotLoopback, is_loopback
from kit.server import Wire, serving


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.open], ids=lambda r: r.name)
def test_without_the_token_nothing_is_answered(wire: Wire, route: object) -> None:
    found = next(one for one in ROUTES if one is route)
    target = found.path.replace("{id}", "0" * 64).replace("{index}", "0")
    for token in ("", "wrong", wire.server.token[:-1], wire.server.token + "x"):
        answer = wire.ask(found.method, target, token=token)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert wire.heaven.last_seq == 0


def test_an_unknown_path_is_not_told_to_strangers(wire: Wire) -> None:
    assert wire.ask("GET", "/nowhere", token="").status == 401
    assert wire.get("/nowhere").status == 404


def test_a_wrong_method_is_told_the_right_one(wire: Wire) -> None:
    answer = wire.ask("DELETE", "/blob")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4444", "127.0.0.1.evil.example", "127.0.0.1:1", ""]
)
@pytest.mark.parametrize("path", ["/health", "/status"])
def test_a_name_rebound_to_this_machine_is_refused(wire: Wire, host: str, path: str) -> None:
    assert wire.ask("GET", path, headers={"Host": host}).status == 421


def test_every_name_of_loopback_is_answered(wire: Wire) -> None:
    port = wire.server.info.port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
        assert wire.ask("GET", "/status", headers={"Host": host}).status == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
def test_a_web_page_is_refused_whatever_it_knows(wire: Wire, origin: str) -> None:
    answer = wire.ask("POST", "/file-clock/inc", {"paths": ["a"]}, headers={"Origin": origin})
    assert answer.status == 403
    assert wire.heaven.last_seq == 0
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_token_and_discovery_are_readable_by_their_user_only(wire: Wire) -> None:
    for path in (token_file(wire.heaven.state), server_file(wire.heaven.state)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_listening_to_other_machines_needs_to_be_asked_for(tmp_path: Path) -> None:
    with Heaven.open(tmp_path) as heaven:
        for host in ("0.0.0.0", "::", "192.0.2.1", "example.com"):
            with pytest.raises(NotLoopback):
                HttpServer(heaven, host=host, port=0)
    assert is_loopback("localhost") and is_loopback("127.0.0.2") and is_loopback("::1")


@pytest.mark.parametrize(
    "target",
    [
        "/blob/..%2f..%2f..%2fetc%2fpasswd",
        "/blob/../server.token",
        "/ir/slice?path=/etc/passwd",
        "/ir/slice?path=../../etc/passwd",
        "/ir/slice?path=.heaven/server.token",
        "/ir/slice?path=.HEAVEN/server.token",
        "/ir/slice?path=%2e%2e%2fx",
        "/ir/slice?path=a%00b",
    ],
)
def test_no_request_reads_a_file_outside(wire: Wire, target: str) -> None:
    answer = wire.get(target)
    assert answer.status in (403, 404, 422)
    assert b"root:" not in answer.body and wire.server.token.encode() not in answer.body


def test_only_the_repository_served_is_indexed(wire: Wire) -> None:
    for path in ("/etc", "..", "calc"):
        assert wire.post("/ir/build", {"repo_path": path}).status == 403
    assert wire.post("/ir/build", {"repo_path": "."}).status == 200


@pytest.mark.parametrize(
    "kind",
    [
        "lease_granted",
        "lease_released",
        "clock_inc",
        "edit_staged",
        "run_started",
        "syscall_result",
        "receipt",
        "prompt_stored",
        "budget_spent",
        "page_fault",
        "mission_forgotten",
    ],
)
def test_a_client_cannot_forge_state_by_appending_an_event(wire: Wire, kind: str) -> None:
    assert is_reserved(kind)
    assert wire.post("/event", {"kind": kind, "data": {}}).status == 422
    assert wire.heaven.last_seq == 0


def test_a_key_given_twice_and_what_is_no_json_are_refused(wire: Wire) -> None:
    for body in (
        b'{"paths":["a"],"paths":["b"]}',
        b"{",
        b"[]",
        b"null",
        b'{"paths":[NaN]}',
        b'{"paths":"a"}',
        b'{"paths":[1]}',
        b"[" * 100_000,
        b"",
    ):
        assert wire.post("/file-clock/inc", body).status == 422, body[:40]
    assert wire.heaven.last_seq == 0


def test_a_body_over_the_limit_is_refused_by_its_announced_size(wire: Wire) -> None:
    with _connected(wire) as client:
        client.sendall(_head(wire, "POST", "/blob", MAX_BODY + 1))
        assert _status(client) == 413


def test_a_body_over_the_limit_is_refused_also_in_chunks(wire: Wire) -> None:
    with _connected(wire) as client:
        head = _head(wire, "POST", "/blob", None)
        client.sendall(head)
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        try:
            for _ in range(17):
                client.sendall(chunk)
        except (BrokenPipeError, ConnectionResetError):
            return  # refused and closed while we were sending
        assert _status(client) == 413


def test_a_body_at_the_limit_is_taken(wire: Wire) -> None:
    assert wire.post("/blob", bytes(MAX_BODY)).status == 200


def test_lists_in_one_request_are_bounded(wire: Wire) -> None:
    answer = wire.post("/file-clock/inc", {"paths": [f"f{n}" for n in range(1_001)]})
    assert (answer.status, wire.heaven.last_seq) == (422, 0)


class Impatient(BoundedConnection):
    head_seconds = 0.3
    unread_seconds = 0.2


def test_a_client_that_never_finishes_its_headers_is_let_go(wire: Wire) -> None:
    with serving(wire.heaven, connection=Impatient) as server:
        for sent in (b"", b"GET /status HTT", b"\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX-A: "):
            with socket.create_connection((server.info.host, server.info.port), 10) as client:
                client.sendall(sent)
                assert _closed(client)


def test_headers_without_end_are_cut_off(wire: Wire) -> None:
    with _connected(wire) as client:
        client.sendall(b"GET /status HTTP/1.1\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for number in range(4 * HEAD_BYTES // 1_000):
                client.sendall(b"X-%d: " % number + b"x" * 1_000 + b"\r\n")
                time.sleep(0)
            for _ in range(1_000):
                client.sendall(b"x")


def test_a_body_that_does_not_come_is_given_up(wire: Wire) -> None:
    with serving(wire.heaven, body_seconds=0.2) as server:
        other = Wire(server, wire.heaven)
        with _connected(other) as client:
            client.sendall(_head(other, "POST", "/blob", 100) + b"only this")
            assert _status(client) == 408


def test_an_answer_that_nobody_reads_is_given_up(wire: Wire) -> None:
    blob = wire.heaven.put_blob(b"x" * MAX_BODY)
    with serving(wire.heaven, connection=Impatient) as server:
        other = Wire(server, wire.heaven)
        with _connected(other) as client:
            client.sendall(_head(other, "GET", f"/blob/{blob}", 0))
            time.sleep(10 * Impatient.unread_seconds)  # what is tested is the passing of time
            assert other.get("/status").status == 200
            received = 0
            try:
                while part := client.recv(1 << 20):
                    received += len(part)
            except ConnectionResetError:
                pass
            assert received < MAX_BODY


def test_stalled_clients_hold_up_nobody(wire: Wire) -> None:
    """A hundred clients stall in their headers, a hundred in their bodies; the rest is served."""
    stalled = []
    try:
        for number in range(200):
            client = _connected(wire)
            stalled.append(client)
            half = b"GET /status HTTP/1.1\r\nHost:" if number % 2 else b""
            client.sendall(half or _head(wire, "POST", "/blob", 1_000) + b"x")
        start = time.monotonic()
        for _ in range(20):
            assert wire.get("/status").status == 200
        assert time.monotonic() - start < 5
    finally:
        for client in stalled:
            client.close()


def test_long_questions_to_the_index_do_not_hold_up_the_log(wire: Wire) -> None:
    """More index questions than there are threads for them, all waiting; appends go through."""
    assert STORE_THREADS > INDEX_THREADS
    begun, release = threading.Semaphore(0), threading.Event()
    ask = SymbolIndex.ask

    def slow(self: SymbolIndex, question: Callable[[], object]) -> object:
        begun.release()
        assert release.wait(30)
        return ask(self, question)

    patch = pytest.MonkeyPatch()
    patch.setattr(SymbolIndex, "ask", slow)
    waiting = [
        threading.Thread(target=wire.get, args=("/ir/search?q=eval",))
        for _ in range(INDEX_THREADS + 4)
    ]
    try:
        for thread in waiting:
            thread.start()
        for _ in range(INDEX_THREADS):
            assert begun.acquire(timeout=30)
        assert wire.post("/event", {"kind": "note", "data": {}}).status == 200
        assert wire.post("/blob", b"x").status == 200
    finally:
        release.set()
        for thread in waiting:
            thread.join()
        patch.undo()


def _connected(wire: Wire) -> socket.socket:
    return socket.create_connection((wire.server.info.host, wire.server.info.port), 20)


def _head(wire: Wire, method: str, path: str, length: int | None) -> bytes:
    port = wire.server.info.port
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {wire.server.token}\r\n{framing}\r\n\r\n"
    ).encode()


def _status(client: socket.socket) -> int:
    return int(client.recv(65_536).split(b" ", 2)[1])


def _closed(client: socket.socket) -> bool:
    try:
        return client.recv(65_536) == b""
    except ConnectionResetError:
        return True


def test_the_process_has_no_listener_but_the_one_announced(wire: Wire) -> None:
    assert wire.server.info.host == "127.0.0.1"
    assert wire.server.info.pid == os.getpid()
