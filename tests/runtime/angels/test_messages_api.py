"""The Messages API through the real SDK, against a server that behaves as badly as the real one
may: a turn ends in a reply, or in an error that says whose fault it is, and the key is seen
nowhere."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.runtime.angels import AngelError, Reply, ToolCall, open_angel
from genesis_ssmp.runtime.angels.messages_api import STREAMS, MessagesAngel
from genesis_ssmp.runtime.angels.protocol import (
    AnswerRefused,
    ContextOverflow,
    Message,
    Question,
    ToolResult,
    Usage,
)
from genesis_ssmp.runtime.angels.settings import Endpoint
from genesis_ssmp.runtime.errors import AngelUnavailable
from kit.messages_api import call, error, say, text, thought, turn_away
from kit.model_server import Behaviour, ModelServer, model_server
from kit.turns import turn

KEY = "sk-ant-a-key-that-nobody-may-see"
RETRY = {"retry_after": "0.01"}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


def angel_of(server: ModelServer, *, retries: int = 1, timeout: float = 20.0) -> MessagesAngel:
    settings = Endpoint("claude-test", server.url, timeout, retries)
    return MessagesAngel(settings, pause=lambda _: None)


def ask(*behaviours: Behaviour, retries: int = 1) -> tuple[Reply, ModelServer]:
    with model_server(*behaviours) as server:
        return angel_of(server, retries=retries).reply(turn()), server


def failing(kind: type[Exception], *behaviours: Behaviour, retries: int = 1) -> str:
    with model_server(*behaviours) as server, pytest.raises(kind) as caught:
        angel_of(server, retries=retries).reply(turn())
    assert KEY not in str(caught.value)
    return str(caught.value)


def test_a_reply_has_its_text_its_calls_and_what_it_cost() -> None:
    blocks = (text("Let me look."), call("pf_symdef", {"symbol": "Add"}))
    reply, server = ask(say(*blocks, stop="tool_use", tokens_in=12, cached=900, written=88))
    assert reply == Reply(
        "Let me look.",
        (ToolCall("toolu_1", "pf_symdef", {"symbol": "Add"}),),
        "tool_use",
        Usage(tokens_in=1_000, tokens_out=7, cached_read=900, cached_written=88),
        model="claude-test",
    )
    assert KEY in str(server.seen[0].headers)


def test_the_prompt_goes_out_in_the_order_that_the_cache_keeps() -> None:
    _, server = ask(say(text("done")))
    body = server.seen[0].body
    cached = {"type": "ephemeral"}
    assert body["stream"] is True and body["max_tokens"] == 900
    assert body["system"] == [
        {"type": "text", "text": "You are an angel.", "cache_control": cached}
    ]
    assert body["messages"] == [
        {
            "role": "user",
            "content": [{"type": "text", "text": "TASK fix it", "cache_control": cached}],
        }
    ]
    assert [one["name"] for one in body["tools"]] == ["pf_symdef"]


def test_a_conversation_is_sent_whole_and_only_its_ends_are_marked_for_the_cache() -> None:
    said = (
        Message("assistant", "Looking.", calls=(ToolCall("a", "pf_symdef", {"symbol": "Add"}),)),
        Message("user", results=(ToolResult("a", "1| def Add", False),)),
        Message("assistant", "", calls=(ToolCall("b", "pf_symdef", {"symbol": "Nope"}),)),
        Message("user", "Go on.", results=(ToolResult("b", "", True),)),
    )
    with model_server(say(text("done"))) as server:
        angel_of(server).reply(turn(*said))
    messages = server.seen[0].body["messages"]
    assert [one["role"] for one in messages] == ["user", "assistant", "user", "assistant", "user"]
    refused = messages[4]["content"][0]
    assert refused["is_error"] is True and refused["content"]
    marked = [block for one in messages for block in one["content"] if "cache_control" in block]
    assert [block["text"] for block in marked] == ["TASK fix it", "Go on."]


def test_signed_thoughts_are_handed_back_as_they_came() -> None:
    blocks = (thought("Hm.", "c2lnbmVk"), call("pf_symdef", {}))
    with model_server(say(*blocks, stop="tool_use"), say(text("done"))) as server:
        angel = angel_of(server)
        first = angel.reply(turn())
        assert first.text == "" and first.calls == (ToolCall("toolu_1", "pf_symdef", {}),)
        back = Message("assistant", first.text, first.calls, opaque=first.opaque)
        angel.reply(turn(back, Message("user", results=(ToolResult("toolu_1", "x"),))))
    assert server.seen[1].body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmVk"},
        {"type": "tool_use", "id": "toolu_1", "name": "pf_symdef", "input": {}},
    ]


@pytest.mark.parametrize(
    "raw", ['{"symbol": "Ad', '["Add"]', '"Add"', '{"a": 1} {"b": 2}', "{'symbol': 'Add'}"]
)
def test_arguments_that_are_no_object_are_handed_on_as_they_came(raw: str) -> None:
    reply, _ = ask(say(call("pf_symdef", raw), stop="tool_use"))
    assert reply.calls == (ToolCall("toolu_1", "pf_symdef", {}, raw),)


def test_an_answer_that_is_cut_off_at_max_tokens_says_so() -> None:
    reply, _ = ask(say(call("emit_edit_ir", '{"ops": [{"op": "repl'), stop="max_tokens"))
    assert reply.stop == "max_tokens" and reply.calls[0].broken == '{"ops": [{"op": "repl'


def test_a_model_that_declines_is_a_reply() -> None:
    reply, _ = ask(say(text("I will not."), stop="refusal"))
    assert (reply.stop, reply.text) == ("refusal", "I will not.")


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "rate_limit_error"), (529, "overloaded_error"), (500, "api_error")]
)
def test_a_request_that_is_turned_away_is_made_again(status: int, kind: str) -> None:
    away = turn_away(status, kind, "not now", **RETRY)
    reply, server = ask(away, away, say(text("done")), retries=2)
    assert reply.text == "done" and len(server.seen) == 3


@pytest.mark.parametrize(("status", "kind"), [(429, "rate_limit_error"), (529, "overloaded_error")])
def test_one_that_is_turned_away_for_ever_is_given_up(status: int, kind: str) -> None:
    away = turn_away(status, kind, f"not now, {KEY}", **RETRY)
    said = failing(AngelUnavailable, away, away, say(text("too late")))
    assert "2 times" in said and kind in said and "aa resume" in said and "[key]" in said


def test_a_connection_that_closes_without_an_answer_is_tried_again() -> None:
    reply, _ = ask(lambda exchange: exchange.hang_up(), say(text("done")))
    assert reply.text == "done"


@pytest.mark.parametrize("events", range(1, 7))
def test_a_stream_that_is_cut_anywhere_is_asked_for_again(events: int) -> None:
    reply, server = ask(say(text("half"), cut_after=events), say(text("whole")))
    assert reply.text == "whole" and len(server.seen) == 2


def test_a_stream_that_just_ends_is_no_answer() -> None:
    reply, server = ask(say(text("half"), end_after=5), say(text("whole")))
    assert reply.text == "whole" and len(server.seen) == 2


def test_a_stream_that_fails_half_way_is_asked_for_again() -> None:
    overloaded = error("overloaded_error", "Overloaded")
    reply, server = ask(say(text("half"), fail_after=(4, overloaded)), say(text("whole")))
    assert reply.text == "whole" and len(server.seen) == 2


def test_streams_that_always_break_are_given_up() -> None:
    said = failing(AngelUnavailable, *[say(text("half"), cut_after=4)] * STREAMS)
    assert f"{STREAMS} times" in said and "aa resume" in said


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with model_server() as server:
        server.behaviours += [server.hang, server.hang]
        with pytest.raises(AngelUnavailable, match="did not answer in time"):
            angel_of(server, retries=0, timeout=0.2).reply(turn())


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "prompt is too long: 210000 tokens > 200000 maximum"),
        (400, "input length and `max_tokens` exceed context limit: context window"),
        (413, "Request exceeds the maximum size"),
    ],
)
def test_a_prompt_that_is_too_long_is_the_programs_to_mend(status: int, message: str) -> None:
    kind = "request_too_large" if status == 413 else "invalid_request_error"
    assert message in failing(ContextOverflow, turn_away(status, kind, message))


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_taken_is_the_environments_fault(status: int) -> None:
    said = failing(AngelUnavailable, turn_away(status, "authentication_error", f"bad {KEY}"))
    assert "ANTHROPIC_API_KEY" in said and "[key]" in said


def test_an_unknown_model_is_named() -> None:
    said = failing(AngelUnavailable, turn_away(404, "not_found_error", "model: claude-test"))
    assert "anthropic:claude-test" in said


def test_what_the_filter_stops_is_a_refused_answer() -> None:
    message = "Output blocked by content filtering policy: content filter"
    failing(AnswerRefused, turn_away(400, "invalid_request_error", message))


def test_any_other_complaint_is_told_as_it_is() -> None:
    said = failing(AngelError, turn_away(400, "invalid_request_error", "tools.0: no such thing"))
    assert "tools.0: no such thing" in said


def test_a_port_where_nobody_listens_is_said_with_its_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(AngelUnavailable, match=f"could not be reached at {url}"):
        MessagesAngel(Endpoint("m", url, 5.0, 0)).reply(turn())


def test_advice_is_the_text_and_none_is_none() -> None:
    question = Question("r1", 0, "start", "pytest failed", "E assert 1 == 2")
    with model_server(say(text("Look at Add.")), say(text("NONE."))) as server:
        angel = angel_of(server)
        advice = angel.advise(question)
        assert advice is not None and advice.text == "Look at Add."
        assert angel.advise(question) is None
    assert "E assert 1 == 2" in str(server.seen[0].body["messages"])
    assert "tools" not in server.seen[0].body or server.seen[0].body["tools"] == []


def test_what_is_missing_is_said_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AngelUnavailable, match="needs a model"):
        open_angel("anthropic", tmp_path)
    with pytest.raises(AngelUnavailable, match=r"models\.example.*https://"):
        MessagesAngel(Endpoint("m", "http://models.example"))
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(AngelUnavailable, match="ANTHROPIC_API_KEY"):
        open_angel("anthropic:claude-test", tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "genesis.toml"


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('api_key = "sk-1"', "does not belong in a file"),
        ('modell = "x"', "unknown 'modell'"),
        ("retries = -1", "cannot have that value"),
        ("timeout_seconds = true", "cannot have that value"),
    ],
)
def test_settings_that_are_none_are_named(settings: Path, table: str, complaint: str) -> None:
    settings.write_text(f"[angel.anthropic]\n{table}\n")
    with pytest.raises(AngelUnavailable, match=complaint) as caught:
        open_angel("anthropic:m", settings.parent)
    assert "sk-1" not in str(caught.value)


def test_settings_come_from_the_repository_and_the_model_from_the_option(settings: Path) -> None:
    with model_server(say(text("done")), say(text("done"))) as server:
        settings.write_text(
            f'[angel.anthropic]\nmodel = "theirs"\nbase_url = "{server.url}"\nmax_tokens = 50\n'
        )
        for option in ("anthropic", "anthropic:ours"):
            open_angel(option, settings.parent).reply(turn())
    assert [one.body["model"] for one in server.seen] == ["theirs", "ours"]
    assert server.seen[0].body["max_tokens"] == 50
