"""Scripts that spell out turns, and what is wrong with one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from genesis_ssmp.heaven.records import Json, JsonObject
from genesis_ssmp.runtime.angels import Message, Reply, Turn, Usage
from genesis_ssmp.runtime.angels.scripted import ScriptedAngel
from genesis_ssmp.runtime.errors import AngelUnavailable
from kit.angel import edit_answer
from kit.conversations import call, turns


def reply(entry: JsonObject, at: int = 0) -> Reply:
    said = (Message("assistant", "x"), Message("user", "y")) * at
    turn = Turn("r1", 0, at, "the task", "edit_ir", "", "", said, (), 10, 10)
    return ScriptedAngel("scripted:test", [entry], ()).reply(turn)


def test_turns_are_given_in_order_and_then_nothing() -> None:
    usage: Json = {"tokens_in": 9, "tokens_out": 1, "cached_read": 5}
    entry = turns({**call("pf_search", "hm", query="x"), "usage": usage}, edit_answer())
    first = reply(entry)
    assert (first.text, first.stop) == ("hm", "tool_use")
    assert first.calls[0].name == "pf_search" and first.calls[0].arguments == {"query": "x"}
    assert first.usage == Usage(9, 1, cached_read=5)
    assert json.loads(reply(entry, 1).text)["output_type"] == "edit_ir"
    assert reply(entry, 2) == Reply("")


def test_arguments_that_are_no_object_arrive_as_they_are() -> None:
    broken = reply({"calls": [{"name": "emit_edit_ir", "arguments": '{"ops": ['}]}).calls[0]
    assert (broken.arguments, broken.broken) == ({}, '{"ops": [')


WRONG: dict[str, JsonObject] = {
    "`turns` is not": {"turns": []},
    "alone beside": {"turns": [{"text": "x"}], "output_type": "edit_ir"},
    "unknown `stop` 'halt'": {"text": "x", "stop": "halt"},
    "no `name`": {"calls": [{"arguments": {}}]},
    "no `text`": {"text": 1},
    "`usage` of turn 1": {"text": "x", "usage": {"tokens_in": 1}},
}


@pytest.mark.parametrize("message", WRONG)
def test_an_entry_that_is_no_script_is_told(message: str) -> None:
    with pytest.raises(AngelUnavailable, match=message):
        reply(WRONG[message])


def test_a_script_for_another_program_does_not_fit() -> None:
    with pytest.raises(AngelUnavailable, match="is for 'other'"):
        reply({"task": "other", "text": "x"})


def test_a_script_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"answers": [turns(edit_answer())], "advice": ["a"]}))
    assert ScriptedAngel.read(path).name == "scripted:s.json"
    path.write_text('{"answer": []}')
    with pytest.raises(AngelUnavailable, match="unknown field 'answer'"):
        ScriptedAngel.read(path)
