"""Replies that were recorded are given back, and asked of nobody."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Json
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.angels import Question, Turn, open_angel
from genesis_ssmp.runtime.angels.recording import RecordingAngel, ReplayingAngel
from genesis_ssmp.runtime.errors import AngelUnavailable
from kit.angel import edit_answer, write_script
from kit.conversations import CORE, SWAP, Watched, call, edit, line, turns
from kit.mission import Mission
from kit.repository import make_repository

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
TEXT = HEAD + f"NEED slice {CORE} 1 8\nOP Swap them\n"
USAGE: Json = {"tokens_in": 900, "tokens_out": 20, "cached_read": 800, "cached_written": 5}
SCRIPT = turns(
    {**call("pf_search", "Let me see.", query="Add"), "usage": USAGE},
    edit(line(40, "x")),
    edit(SWAP),
)


def lines(path: Path) -> list[dict[str, Json]]:
    return [json.loads(row) for row in path.read_text().splitlines()]


def test_a_recorded_run_is_run_again_with_nobody_asked(mission: Mission, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    recorded = mission.ended(TEXT, angel=RecordingAngel(Watched(SCRIPT), kept))
    assert recorded.exit_code == 0, recorded.message
    assert [row["turn_number"] for row in lines(kept)] == [0, 1, 2]
    first = lines(kept)[0]
    assert set(first) >= {"mission_id", "pack_hash", "request_bytes", "response", "timestamp"}
    assert (first["tokens_in"], first["tokens_out"], first["cached_read"]) == (900, 20, 800)
    assert "tokens_in" not in lines(kept)[1], "the provider did not tell"

    fresh = make_repository(tmp_path / "fresh").root
    with Heaven.open(fresh) as heaven:
        other = Mission(fresh, heaven, [])
        again = other.ended(TEXT, angel=ReplayingAngel.read(kept))
    assert again.exit_code == 0, again.message
    assert again.tree == recorded.tree
    assert again.outcome is not None and recorded.outcome is not None
    assert again.outcome.tokens == recorded.outcome.tokens


def turn(mission_id: str, number: int, pack: str) -> Turn:
    return Turn(mission_id, 0, number, "t", "edit_ir", "", pack, (), (), 10, 10)


def test_a_reply_is_looked_up_by_mission_and_turn_then_hash_then_mission(tmp_path: Path) -> None:
    def row(mission: str, number: int, pack_hash: str, said: Json) -> str:
        return json.dumps(
            {
                "mission_id": mission,
                "turn_number": number,
                "pack_hash": pack_hash,
                "request_bytes": 1,
                "response": said,
                "timestamp": "2026-01-01T00:00:00Z",
                "phase": "execute",
            }
        )

    packed = sha256(b"pack").hexdigest()
    path = tmp_path / "kept.jsonl"
    rows = [
        row("m1", 0, "x", "first"),
        row("m1", 3, "x", "fourth"),
        row("m2", 0, packed, "hashed"),
        row("m1", 3, "x", "fourth, again"),
    ]
    path.write_text("\n".join(rows) + "\n")
    angel = ReplayingAngel.read(path)
    assert angel.reply(turn("m1", 0, "pack")).text == "first"
    assert angel.reply(turn("m1", 3, "pack")).text == "fourth, again"
    assert angel.reply(turn("m1", 2, "pack")).text == "hashed"
    assert angel.reply(turn("m9", 7, "pack")).text == "hashed"
    assert angel.reply(turn("m1", 2, "other")).text == "first"
    with pytest.raises(AngelUnavailable, match="no reply for turn 7 of m9"):
        angel.reply(turn("m9", 7, "other"))


def test_the_response_of_another_recorder_is_an_answer(mission: Mission, tmp_path: Path) -> None:
    response = edit_answer(
        {"op": "replace_line", "path": CORE, "lines": [5], "content": "    return b + a\n"}
    )
    path = tmp_path / "kept.jsonl"
    kept = {"mission_id": "r1", "turn_number": 0, "pack_hash": "", "request_bytes": 9}
    path.write_text(json.dumps({**kept, "response": response, "timestamp": ""}) + "\n")
    ended = mission.ended(TEXT, angel=ReplayingAngel.read(path))
    assert (ended.exit_code, ended.message) == (0, None)


def test_advice_is_recorded_and_given_back(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    question = Question("r1", 0, "start", "it failed", "")
    recording = RecordingAngel(Watched(advice=["look again"]), kept)
    assert recording.advise(question) == ReplayingAngel.read(kept).advise(question)
    assert lines(kept)[0]["phase"] == "advice"


def test_a_line_that_was_cut_off_is_dropped_and_swallows_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    RecordingAngel(Watched(SCRIPT), kept).reply(turn("r1", 0, "pack"))
    whole = kept.read_bytes()
    kept.write_bytes(whole + whole[:40])
    assert ReplayingAngel.read(kept).reply(turn("r1", 0, "pack")).text == "Let me see."
    RecordingAngel(Watched(SCRIPT), kept).reply(turn("r2", 0, "pack"))
    assert kept.read_bytes().splitlines()[2].startswith(b'{"angel"')
    with pytest.raises(AngelUnavailable, match="line 2: not JSON"):
        ReplayingAngel.read(kept)


@pytest.mark.parametrize("content", [b"[1]\n", b"{}\n", b"\xff\xfe\n", b'{"mission_id": 1}\n'])
def test_what_is_no_recording_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "kept.jsonl").write_bytes(content)
    with pytest.raises(AngelUnavailable, match=r"kept\.jsonl"):
        open_angel("replay:kept.jsonl", tmp_path)


def test_an_angel_that_records_is_named_like_the_one_that_answers(tmp_path: Path) -> None:
    write_script(tmp_path / "s.json", edit_answer())
    angel = open_angel("record:kept.jsonl=scripted:s.json", tmp_path)
    assert angel.name == "scripted:s.json"
    assert open_angel("replay:kept.jsonl", tmp_path).name == "replay:kept.jsonl"


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        ("record:kept.jsonl", "record:FILE=ANGEL"),
        ("record:=scripted:s.json", "record:FILE=ANGEL"),
        ("record:none/kept.jsonl=scripted:s.json", "cannot write the recording"),
        ("replay:none.jsonl", "cannot read the recording"),
        ("replay:", "unknown angel"),
        ("oracle:x", "unknown angel 'oracle:x'; there are"),
    ],
)
def test_a_specification_that_cannot_be_opened_is_told(
    specification: str, message: str, tmp_path: Path
) -> None:
    write_script(tmp_path / "s.json")
    with pytest.raises(AngelUnavailable, match=message):
        open_angel(specification, tmp_path)


def test_a_recording_that_cannot_be_written_ends_the_run_with_the_tree_restored(
    mission: Mission, tmp_path: Path
) -> None:
    angel = RecordingAngel(Watched(SCRIPT), tmp_path / "kept.jsonl")
    (tmp_path / "kept.jsonl").unlink()
    (tmp_path / "kept.jsonl").mkdir()
    ended = mission.ended(TEXT, angel=angel)
    assert ended.exit_code == 4
    assert "cannot write the recording" in (ended.message or "")
    assert runs.find(mission.heaven, "last").status == "abandoned"
