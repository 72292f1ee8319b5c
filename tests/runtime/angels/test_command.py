"""A program as an angel: started for each turn, told everything, and gone afterwards."""

from __future__ import annotations

import json
import os
import select
import shlex
import sys
import threading
from pathlib import Path

import pytest
from genesis_ssmp.runtime.angels import AngelError, Reply, ToolCall, Turn, open_angel
from genesis_ssmp.runtime.angels.command import CommandAngel
from genesis_ssmp.runtime.angels.protocol import (
    AnswerRefused,
    ContextOverflow,
    Message,
    ToolResult,
    Usage,
)
from genesis_ssmp.runtime.angels.settings import Program
from genesis_ssmp.runtime.caller import Caller, Interrupted, on_behalf_of
from genesis_ssmp.runtime.errors import AngelUnavailable
from kit.turns import turn


def angel_of(
    tmp_path: Path, program: str, *, way: str = "turn", timeout: float = 30.0
) -> CommandAngel:
    script = tmp_path / "angel.py"
    script.write_text(program)
    command = shlex.join([sys.executable, "angel.py", "--token", "a-secret"])
    return CommandAngel(command, tmp_path, Program(way, timeout))


def reply_to(
    tmp_path: Path, program: str, *, way: str = "turn", asked: Turn | None = None
) -> Reply:
    return angel_of(tmp_path, program, way=way).reply(asked or turn())


def test_a_program_is_given_the_turn_and_its_last_reply_counts(tmp_path: Path) -> None:
    program = """
import json, sys
turn = json.loads(sys.stdin.readline())
assert turn["type"] == "turn" and turn["tools"][0]["name"] == "pf_symdef"
print("starting up")
print(json.dumps({"type": "progress", "text": "thinking"}))
print(json.dumps({"type": "reply", "text": turn["task"], "model": "mine",
    "calls": [{"id": "c", "name": "pf_symdef", "arguments": {"symbol": "Add"}}],
    "usage": {"tokens_in": 5, "tokens_out": 2}}))
"""
    assert reply_to(tmp_path, program) == Reply(
        "fix it",
        (ToolCall("c", "pf_symdef", {"symbol": "Add"}),),
        "tool_use",
        Usage(5, 2),
        model="mine",
    )


def test_its_name_shows_no_arguments(tmp_path: Path) -> None:
    assert angel_of(tmp_path, "").name == f"command:{Path(sys.executable).name}"


def test_a_coding_agents_headless_mode_is_understood(tmp_path: Path) -> None:
    program = """
import json, sys
asked = json.loads(sys.stdin.readline())
text = asked["message"]["content"][0]["text"]
assert asked["type"] == "user" and "TASK fix it" in text and "pf_symdef" in text
print(json.dumps({"type": "system", "subtype": "init"}))
print(json.dumps({"type": "assistant", "message": {"content": []}}))
fence = "`" * 3
call = json.dumps({"name": "pf_symdef", "arguments": {"symbol": "A"}})
said = f"Looking.\\n{fence}json\\n{call}\\n{fence}\\n"
print(json.dumps({"type": "result", "subtype": "success", "is_error": False, "result": said,
    "usage": {"input_tokens": 3, "cache_read_input_tokens": 40, "output_tokens": 9}}))
"""
    reply = reply_to(tmp_path, program, way="stream-json")
    assert reply.calls == (ToolCall("call_0_0", "pf_symdef", {"symbol": "A"}),)
    assert reply.stop == "tool_use" and reply.usage == Usage(43, 9, 40, 0)


def test_a_program_that_reads_and_writes_words_is_an_angel_too(tmp_path: Path) -> None:
    said = (
        Message("assistant", "Looking.", (ToolCall("a", "pf_symdef", {}),)),
        Message("user", "", (), (ToolResult("a", "1| def Add", False),)),
    )
    program = "import sys; text = sys.stdin.read(); print(text.upper())"
    reply = reply_to(tmp_path, program, way="text", asked=turn(*said))
    assert reply.stop == "end" and reply.usage is None
    for part in ("YOU ARE AN ANGEL", "PF_SYMDEF", "TASK FIX IT", "YOU SAID", "1| DEF ADD"):
        assert part in reply.text


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"type": "error", "message": "no credit"}, AngelUnavailable),
        ({"type": "error", "message": "too long", "kind": "overflow"}, ContextOverflow),
        ({"type": "error", "message": "no", "kind": "refused"}, AnswerRefused),
        ({"type": "result", "is_error": True, "result": "it broke"}, AngelError),
        ({"type": "reply", "text": 1}, AngelError),
        ({"type": "reply", "calls": [{}]}, AngelError),
        ({"type": "reply", "stop": "never"}, AngelError),
        ({"type": "reply", "usage": {"tokens": 1}}, AngelError),
        ({"type": "reply", "extra": 1}, AngelError),
    ],
)
def test_what_a_program_says_went_wrong_is_told(
    tmp_path: Path, line: dict[str, object], kind: type[Exception]
) -> None:
    with pytest.raises(kind, match=r"command:"):
        reply_to(tmp_path, f"print({json.dumps(line)!r})")


def test_a_program_that_fails_is_told_with_what_it_complained_of(tmp_path: Path) -> None:
    with pytest.raises(AngelUnavailable, match=r"exit code 3.*out of luck"):
        reply_to(tmp_path, "import sys; print('out of luck', file=sys.stderr); sys.exit(3)")
    with pytest.raises(AngelUnavailable, match="without a line of type reply"):
        reply_to(tmp_path, "print('hello')")


def test_a_reply_counts_whatever_the_exit_code(tmp_path: Path) -> None:
    program = 'import sys; print(\'{"type": "reply", "text": "done"}\'); sys.exit(1)'
    assert reply_to(tmp_path, program).text == "done"


def test_one_that_hangs_is_stopped_with_its_children(tmp_path: Path) -> None:
    program = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("pids", "w").write(f"{os.getpid()} {child.pid}")
time.sleep(600)
"""
    with pytest.raises(AngelUnavailable, match="gave no reply in 2 s"):
        angel_of(tmp_path, program, timeout=2.0).reply(turn())
    for pid in (tmp_path / "pids").read_text().split():
        assert _ends(int(pid))


def test_one_that_nobody_wants_any_more_is_stopped(tmp_path: Path) -> None:
    unwanted = threading.Event()

    def check() -> None:
        unwanted.set()
        raise Interrupted("the client went away")

    with on_behalf_of(Caller(os.environ, sys.executable, check)), pytest.raises(Interrupted):
        reply_to(tmp_path, "import time; time.sleep(600)")
    assert unwanted.is_set()


def test_one_that_talks_without_end_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(AngelUnavailable, match="wrote more than"):
        reply_to(tmp_path, "while True: print('x' * 1_000_000)")


def test_a_program_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(AngelUnavailable, match=r"command:nobody cannot be started"):
        open_angel("command:./nobody", tmp_path).reply(turn())
    with pytest.raises(AngelUnavailable, match="cannot be split"):
        open_angel("command:'", tmp_path)
    (tmp_path / "genesis.toml").write_text('[angel.command]\ninput = "yaml"\n')
    with pytest.raises(AngelUnavailable, match="input = 'yaml'"):
        open_angel("command:cat", tmp_path)


def _ends(pid: int) -> bool:
    """Whether a process is gone, or is so within seconds: the kernel takes a moment."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)
