"""fsck knows which blobs a run counts on."""

from __future__ import annotations

from pathlib import Path

from genesis_ssmp.heaven.fsck import fsck
from genesis_ssmp.heaven.records import Event, Json
from genesis_ssmp.runtime.references import blobs_of

A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)


def named(kind: str, data: dict[str, Json]) -> list[str]:
    return list(blobs_of(Event(1, "", kind, data, "", "")))


def test_what_each_event_names() -> None:
    assert named("run_started", {"module": A, "source": None, "program": "x"}) == [A]
    assert named("receipt", {"receipt": B, "run": "r1"}) == [B]
    assert named("edit_staged", {"files": [{"before": None, "after": C, "path": D}]}) == [C]
    assert named("syscall_result", {"result": A}) == [A]
    shard: dict[str, Json] = {"blob_id": B, "excerpts": [{"file_blob": C, "text": D}]}
    assert named("syscall_result", {"result": A, "value": {"shards": [shard]}}) == [B, C]
    assert named("syscall_result", {"result": A, "value": {"tree": D, "manifest": A}}) == [A]
    assert named("note", {"blob": A}) == []
    assert named("receipt", {"receipt": "not an id"}) == []


def test_every_blob_that_a_real_run_names_is_there(repository: Repository) -> None:
    with Heaven.open(repository.root) as heaven:
        Mission(repository.root, heaven).ended(TASK)
        named = {blob for event in heaven.events() for blob in blobs_of(event)}
        assert len(named) >= 4
    report = fsck(repository.root, references=blobs_of)
    assert report.findings == []
    assert report.referenced >= len(named)
