"""Chat Completions through OpenAI's SDK: a hosted model or a local one, well-behaved or not."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.runtime.angels import AngelError, Reply, ToolCall, open_angel
from genesis_ssmp.runtime.angels.chat_completions import STREAMS, ChatAngel
from genesis_ssmp.runtime.angels.protocol import (
    AnswerRefused,
    ContextOverflow,
    Message,
    ToolResult,
    Usage,
)
from genesis_ssmp.runtime.angels.settings import Endpoint
from genesis_ssmp.runtime.errors import AngelUnavailable
from kit.chat_api import call, say, turn_away
from kit.model_server import Behaviour, ModelServer, model_server
from kit.turns import turn

KEY = "sk-a-key-that-nobody-may-see"
RETRY = {"retry_after": "0.01"}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def angel_of(server: ModelServer, *, retries: int = 1, timeout: float = 20.0) -> ChatAngel:
    return ChatAngel(Endpoint("local", server.url, timeout, retries), pause=lambda _: None)


def ask(*behaviours: Behaviour, retries: int = 1) -> tuple[Reply, ModelServer]:
    with model_server(*behaviours) as server:
        return angel_of(server, retries=retries).reply(turn()), server


def failing(kind: type[Exception], *behaviours: Behaviour) -> str:
    with model_server(*behaviours) as server, pytest.raises(kind) as caught:
        angel_of(server).reply(turn())
    assert KEY not in str(caught.value)
    return str(caught.value)


def test_a_reply_has_its_text_its_calls_and_what_it_cost() -> None:
    calls = (call("pf_symdef", {"symbol": "Add"}), call("pf_slice", {"path": "a"}, "call_2"))
    reply, server = ask(say("Let me look.", *calls, stop="tool_calls"))
    assert reply == Reply(
        "Let me look.",
        (
            ToolCall("call_1", "pf_symdef", {"symbol": "Add"}),
            ToolCall("call_2", "pf_slice", {"path": "a"}),
        ),
        "tool_use",
        Usage(tokens_in=100, tokens_out=7, cached_read=64),
        model="local",
    )
    body = server.seen[0].body
    assert [one["role"] for one in body["messages"]] == ["system", "user"]
    assert body["tools"][0]["function"]["name"] == "pf_symdef" and body["max_tokens"] == 900


def test_a_conversation_is_sent_whole() -> None:
    said = (
        Message("assistant", "", calls=(ToolCall("a", "pf_symdef", {}), ToolCall("b", "x", {}))),
        Message("user", "Go on.", (), (ToolResult("a", "1| def"), ToolResult("b", "no", True))),
    )
    with model_server(say("done")) as server:
        assert angel_of(server).reply(turn(*said)).text == "done"
    roles = [one["role"] for one in server.seen[0].body["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool", "user"]


def test_a_server_that_counts_nothing_and_always_says_stop_is_understood() -> None:
    reply, _ = ask(say("", call("pf_symdef", {}), stop="stop", usage=False))
    assert reply.usage is None and reply.stop == "tool_use"


def test_a_local_server_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert ask(say("done"))[0].text == "done"


@pytest.mark.parametrize("raw", ['{"symbol": "Ad', '["Add"]', "nonsense"])
def test_arguments_that_are_no_object_are_handed_on_as_they_came(raw: str) -> None:
    reply, _ = ask(say("", call("pf_symdef", raw), stop="tool_calls"))
    assert reply.calls == (ToolCall("call_1", "pf_symdef", {}, raw),)


def test_the_ends_of_an_answer_are_told_apart() -> None:
    assert ask(say("half", stop="length"))[0].stop == "max_tokens"
    assert ask(say("", stop="content_filter"))[0].stop == "refusal"
    refused = ask(say("", refusal="I will not."))[0]
    assert (refused.stop, refused.text) == ("refusal", "I will not.")


@pytest.mark.parametrize("status", [429, 503])
def test_a_request_that_is_turned_away_is_made_again_and_given_up(status: int) -> None:
    away = turn_away(status, f"not now {KEY}", **RETRY)
    reply, server = ask(away, say("done"))
    assert reply.text == "done" and len(server.seen) == 2
    assert "2 times" in failing(AngelUnavailable, away, away)


@pytest.mark.parametrize("chunks", [1, 2, 3])
def test_a_stream_that_breaks_is_asked_for_again_and_given_up(chunks: int) -> None:
    assert ask(say("half", cut_after=chunks), say("whole"))[0].text == "whole"
    assert ask(say("half", end_after=chunks), say("whole"))[0].text == "whole"
    broken = [say("half", cut_after=chunks)] * STREAMS
    assert f"{STREAMS} times" in failing(AngelUnavailable, *broken)


def test_what_a_server_refuses_is_sorted_by_whose_fault_it_is() -> None:
    failing(ContextOverflow, turn_away(400, "too many", "context_length_exceeded"))
    failing(ContextOverflow, turn_away(400, "the request exceeds the available context size"))
    assert "OPENAI_API_KEY" in failing(AngelUnavailable, turn_away(401, f"bad key {KEY}"))
    assert "openai:local" in failing(AngelUnavailable, turn_away(404, "no such model"))
    failing(AnswerRefused, turn_away(400, "filtered", "content_filter"))
    assert "odd" in failing(AngelError, turn_away(400, "odd"))


def test_what_is_missing_is_said_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AngelUnavailable, match="needs a model"):
        open_angel("openai", tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(AngelUnavailable, match="OPENAI_API_KEY"):
        open_angel("openai:gpt", tmp_path)
    with pytest.raises(AngelUnavailable, match="is not http"):
        ChatAngel(Endpoint("m", "ftp://user:password@host"))
