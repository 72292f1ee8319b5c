"""The recording proxy: what goes through it is the same, is kept, and can be had again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from genesis_ssmp.runtime.angels.messages_api import MessagesAngel
from genesis_ssmp.runtime.angels.settings import Endpoint
from genesis_ssmp.runtime.errors import AngelUnavailable
from kit.messages_api import call, say, text, turn_away
from kit.model_server import model_server
from kit.turns import turn

ROOT = Path(__file__).parents[2]
KEY = "sk-ant-a-key-that-nobody-may-see"


@contextmanager
def proxy(*arguments: str) -> Iterator[MessagesAngel]:
    """An angel behind a proxy of its own."""
    command = [sys.executable, "-m", "bench.proxy", *arguments, "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith("listening on "), said
        try:
            yield MessagesAngel(Endpoint("m", said.split()[-1], 20.0, 1), pause=lambda _: None)
        finally:
            process.terminate()


def test_a_recorded_conversation_can_be_had_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    kept = tmp_path / "rec.jsonl"
    first = say(text("hello"), call("pf_symdef", {"symbol": "A"}), stop="tool_use", cached=50)
    away = turn_away(429, "rate_limit_error", "not now", retry_after="0.01")
    with (
        model_server(first, away, say(text("two"))) as server,
        proxy("record", "--upstream", server.url, "--out", str(kept)) as angel,
    ):
        replies = [angel.reply(turn()), angel.reply(turn(max_tokens=5))]
    assert replies[0].calls and replies[1].text == "two"
    assert KEY not in kept.read_text()
    with proxy("replay", str(kept)) as angel:
        assert [angel.reply(turn()), angel.reply(turn(max_tokens=5))] == replies
        with pytest.raises(AngelUnavailable, match="never asked"):
            angel.reply(turn(max_tokens=6))
    told = subprocess.run(
        [sys.executable, "-m", "bench.proxy", "report", str(kept)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines()[-1].split()[1:] == ["3", "1,091", "250", "50", "14"]
