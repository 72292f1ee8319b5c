"""No key reaches a log, a blob, a trace or a screen, whatever a provider does with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kit.commands import Aa
from kit.messages_api import call, say, text, turn_away
from kit.model_server import Behaviour, model_server
from kit.repository import Repository, make_repository

KEY = "sk-ant-a-key-that-nobody-may-see"
TASK = "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP Swap them\nRUN test\nIF_FAIL ESCALATE\n"
EDIT = {
    "ops": [{"op": "replace_line", "shard": "s1", "lines": [5], "content": "    return b + a\n"}]
}
RETRY = {"retry_after": "0.01"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository = make_repository(tmp_path / "repo")
    repository.write("task.isa", TASK)
    monkeypatch.chdir(repository.root)
    monkeypatch.delenv("GENESIS_ANGEL", raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    return repository


def echo(status: int, kind: str) -> Behaviour:
    """A provider that quotes the key."""
    return turn_away(status, kind, f"your key {KEY} is not welcome", **RETRY)


@pytest.mark.parametrize(
    ("behaviours", "code"),
    [
        (
            [
                echo(429, "rate_limit_error"),
                say(text("Hm."), call("pf_symdef", {"symbol": "Eval"}), stop="tool_use"),
                say(call("emit_edit_ir", EDIT), stop="tool_use"),
            ],
            0,
        ),
        ([echo(401, "authentication_error")], 4),
        ([echo(400, "invalid_request_error")] * 2 + [say(text("NONE"))], 1),
        ([say(text("half"), cut_after=4)] * 3, 4),
    ],
    ids=["an answer", "a key that is not taken", "a complaint", "a broken stream"],
)
def test_a_key_is_in_nothing_that_a_run_leaves(
    aa: Aa, repository: Repository, behaviours: list[Behaviour], code: int
) -> None:
    with model_server(*behaviours) as server:
        repository.write("genesis.toml", f'[angel.anthropic]\nbase_url = "{server.url}"\n')
        said = [aa("run", "task.isa", "--angel", "anthropic:claude-test", "-v")]
        assert KEY in str(server.seen[0].headers)
    assert said[0].code == code, said[0].err
    said += [aa("log", "last", "--json"), aa("trace", "last", "--json"), aa("status")]
    chrome = repository.root / "trace.json"
    said.append(aa("trace", "last", "--chrome", str(chrome)))
    for one in said:
        assert KEY not in one.out + one.err
    files = [one for one in repository.root.rglob("*") if one.is_file()]
    assert len(files) > 20
    assert [one for one in files if KEY.encode() in one.read_bytes()] == []


def test_a_task_goes_to_the_model_and_comes_back_as_an_edit(aa: Aa, repository: Repository) -> None:
    wrong = {"ops": [{**EDIT["ops"][0], "lines": [50]}]}
    with model_server(
        say(call("emit_edit_ir", wrong), stop="tool_use", cached=40),
        say(call("emit_edit_ir", EDIT), stop="tool_use"),
    ) as server:
        repository.write("genesis.toml", f'[angel.anthropic]\nbase_url = "{server.url}"\n')
        said = aa("run", "task.isa", "--angel", "anthropic:claude-test", "--json")
    result = json.loads(said.out)
    assert (result["status"], result["tokens"]) == ("done", 2 * 107)
    assert "return b + a" in repository.read("calc/core.py")
    told = server.seen[1].body["messages"][2]["content"][0]
    assert told["type"] == "tool_result" and told["is_error"] and "50" in told["content"]
    tools = server.seen[0].body["tools"]
    assert "emit_edit_ir" in [one["name"] for one in tools]
    assert "hash" not in json.dumps(tools)
