"""Following the log over HTTP."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from genesis_ssmp.heaven.server.stream import MAX_STREAMS
from kit.server import Wire, serving


class Follower:
    """Reads server-sent events off a socket."""

    def __init__(self, wire: Wire, target: str, headers: str = "") -> None:
        info = wire.server.info
        self.socket = socket.create_connection((info.host, info.port), 20)
        self.socket.sendall(
            (
                f"GET {target} HTTP/1.0\r\nHost: 127.0.0.1:{info.port}\r\n{headers}"
                f"Authorization: Bearer {wire.server.token}\r\n\r\n"
            ).encode()
        )
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.file.readline().strip():
            pass

    def events(self, count: int) -> list[tuple[int, str, dict[str, object]]]:
        found: list[tuple[int, str, dict[str, object]]] = []
        fields: dict[str, str] = {}
        while len(found) < count:
            line = self._line()
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "id" in fields:
                record = json.loads(fields["data"])
                found.append((int(fields["id"]), fields["event"], record["data"]))
                fields = {}
        return found

    def _line(self) -> str:
        """A line of the stream; the chunks' lengths, on lines of their own, hold no colon."""
        while True:
            raw = self.file.readline()
            assert raw, "the stream ended"
            line = raw.rstrip(b"\r\n").decode()
            if not line or ":" in line:
                return line

    def ended(self) -> bool:
        return b"id:" not in self.file.read()


@contextmanager
def following(wire: Wire, target: str, headers: str = "") -> Iterator[Follower]:
    follower = Follower(wire, target, headers)
    try:
        yield follower
    finally:
        follower.file.close()
        follower.socket.close()


def note(wire: Wire, number: int) -> None:
    assert wire.post("/event", {"kind": "note", "data": {"n": number}}).status == 200


def test_what_is_appended_is_told_at_once_and_in_order(wire: Wire) -> None:
    note(wire, 0)
    with following(wire, "/events/stream") as follower:
        assert follower.file.readline()
        for number in range(1, 4):
            note(wire, number)
            assert follower.events(1) == [(number + 1, "note", {"n": number})]


def test_a_follower_resumes_behind_the_last_event_that_it_saw(wire: Wire) -> None:
    for number in range(5):
        note(wire, number)
    with following(wire, "/events/stream?after=0") as follower:
        assert [seq for seq, _, _ in follower.events(5)] == [1, 2, 3, 4, 5]
    with following(wire, "/events/stream", "Last-Event-ID: 3\r\n") as follower:
        assert [seq for seq, _, _ in follower.events(2)] == [4, 5]
        note(wire, 5)
        assert follower.events(1) == [(6, "note", {"n": 5})]


def test_only_the_kinds_asked_for_are_told(wire: Wire) -> None:
    with following(wire, "/events/stream?after=0&kind=note,other") as follower:
        wire.post("/file-clock/inc", {"paths": ["a.py"]})
        note(wire, 1)
        assert follower.events(1) == [(2, "note", {"n": 1})]


def test_leases_and_clocks_are_events_too(wire: Wire) -> None:
    with following(wire, "/events/stream?after=0") as follower:
        wire.post("/file-clock/inc", {"paths": ["a.py"]})
        assert follower.events(1)[0][1] == "clock_inc"


def test_an_event_with_newlines_in_it_stays_one_event(wire: Wire) -> None:
    with following(wire, "/events/stream?after=0") as follower:
        wire.post("/event", {"kind": "note", "data": {"t": "a\n\nid: 9\r\ndata: x"}})
        assert follower.events(1) == [(1, "note", {"t": "a\n\nid: 9\r\ndata: x"})]


def test_what_is_told_is_on_disk(wire: Wire) -> None:
    with following(wire, "/events/stream?after=0") as follower:
        wire.heaven.append("note", {"n": 1}, sync=False)
        assert follower.events(1) == [(1, "note", {"n": 1})]
        assert b'"n":1' in (wire.heaven.state / "log.jsonl").read_bytes()


def test_a_malformed_last_event_id_is_refused(wire: Wire) -> None:
    with following(wire, "/events/stream", "Last-Event-ID: x\r\n") as follower:
        assert follower.status == 422


def test_streams_are_counted_and_end_with_their_client(wire: Wire) -> None:
    followers = [Follower(wire, "/events/stream") for _ in range(MAX_STREAMS)]
    assert all(one.status == 200 for one in followers)
    with following(wire, "/events/stream") as one_more:
        assert one_more.status == 503
    for one in followers:
        one.file.close()
        one.socket.close()
    while b"heaven_event_streams 0\n" not in wire.get("/metrics").body:
        pass
    with following(wire, "/events/stream") as again:
        assert again.status == 200


def test_a_follower_that_does_not_read_holds_up_nobody(wire: Wire) -> None:
    with following(wire, "/events/stream?after=0"):
        for _ in range(4):
            assert (
                wire.post("/event", {"kind": "note", "data": {"t": "x" * 4_000_000}}).status == 200
            )
        assert wire.get("/status").status == 200


@pytest.mark.parametrize("streams", [1, 5])
def test_a_stop_ends_the_streams_in_order(wire: Wire, streams: int) -> None:
    with serving(wire.heaven) as server:
        other = Wire(server, wire.heaven)
        followers = [Follower(other, "/events/stream") for _ in range(streams)]
        server.stop()
        assert all(one.ended() for one in followers)
        for one in followers:
            one.file.close()
            one.socket.close()
