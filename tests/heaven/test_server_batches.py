"""Writers that wait at the same time share one sync, and none is answered before it."""

from __future__ import annotations

import os
import threading

import pytest
from genesis_ssmp.heaven import durable
from genesis_ssmp.heaven.log import eventlog
from genesis_ssmp.proto.leases import Scope
from kit.server import Wire


def test_a_group_of_writes_waits_for_the_disk_once_at_its_end(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[int] = []
    real = durable.sync_data

    def counted(fd: int) -> None:
        syncs.append(fd)
        real(fd)

    monkeypatch.setattr(eventlog, "sync_data", counted)
    heaven = wire.heaven
    with heaven.grouped():
        for number in range(5):
            heaven.append("note", {"n": number})
            heaven.acquire("o", "m", [Scope("file", f"{number}.py")])
            heaven.clock_inc(["a.py"])
        assert syncs == []
        assert heaven.last_seq == 15
    assert len(syncs) == 1
    heaven.append("note", {})
    assert len(syncs) == 2


def test_other_threads_wait_for_the_disk_as_ever(wire: Wire) -> None:
    log = wire.heaven.state / "log.jsonl"
    with wire.heaven.grouped():
        thread = threading.Thread(target=wire.heaven.append, args=("note", {"by": "other"}))
        thread.start()
        thread.join()
        assert b'"by":"other"' in log.read_bytes()


def test_many_writers_at_once_share_syncs(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first sync is held up, 20 more requests come; they need one more, not 20."""
    held, syncs = threading.Event(), []
    first = threading.Event()
    real = durable.sync_data

    def slow(fd: int) -> None:
        syncs.append(fd)
        first.set()
        assert held.wait(30)
        real(fd)

    monkeypatch.setattr(eventlog, "sync_data", slow)
    statuses: list[int] = []

    def write(number: int) -> None:
        note = {"kind": "note", "data": {"n": number}}
        statuses.append(wire.post("/event", note).status)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(21)]
    writers[0].start()
    assert first.wait(30)
    for writer in writers[1:]:
        writer.start()
    while b"heaven_requests_in_flight 22\n" not in wire.get("/metrics").body:
        pass
    held.set()
    for writer in writers:
        writer.join()
    assert statuses == [200] * 21
    assert len(syncs) <= 3


def test_when_the_disk_fails_nobody_is_told_that_it_worked(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(eventlog, "sync_data", full)
    answers = [
        wire.post("/event", {"kind": "note", "data": {}}),
        wire.post("/file-clock/inc", {"paths": ["a.py"]}),
    ]
    assert [answer.status for answer in answers] == [507, 507]
    assert "No space left" in answers[0].error


def test_one_refused_write_does_not_spoil_the_others(wire: Wire) -> None:
    assert wire.post("/event", {"kind": "Bad Kind", "data": {}}).status == 422
    assert wire.post("/event", {"kind": "note", "data": {}}).status == 200
