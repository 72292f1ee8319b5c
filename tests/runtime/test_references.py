"""fsck knows which blobs a run counts on."""

from __future__ import annotations

from genesis_ssmp.heaven.fsck import fsck
from genesis_ssmp.heaven.records import Event, Json, JsonObject
from genesis_ssmp.runtime.references import blobs_of
from kit.angel import edit_answer, scripted
from kit.mission import Mission

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


def test_every_blob_that_a_real_run_names_is_there(mission: Mission) -> None:
    text = "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP Add nothing\nRUN test\n"
    edit: JsonObject = {
        "op": "replace_line",
        "path": "calc/core.py",
        "lines": [5],
        "content": "    return a + b + 0\n",
    }
    assert mission.ended(text, angel=scripted(edit_answer(edit))).exit_code == 0
    named = {blob for event in mission.heaven.events() for blob in blobs_of(event)}
    # module, source, tree manifest, shards and their file, pack, answer, file after, output, ...
    assert len(named) >= 8
    report = fsck(mission.root, references=blobs_of)
    assert report.findings == []
    assert report.referenced >= len(named)
