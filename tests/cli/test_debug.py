"""`aa debug` as its user sees it."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from genesis_ssmp.heaven import Heaven
from kit.angel import edit_answer, scripted, write_script
from kit.commands import Aa
from kit.mission import Mission
from kit.repository import Repository, make_repository
from syrupy.assertion import SnapshotAssertion

TASK = (
    "ISA_VERSION 0\nBASE_REV HEAD\nINVARIANT Keep it short\nOP RENAME_SYMBOL Eval evaluate\n"
    "LABEL change\nNEED symdef Add\nOP Swap them\nRUN test\nASSERT all tests pass\n"
    "IF_FAIL RETRY 1\n"
)
QUICK = "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP Swap them\nOP Write it down\n"
BREAK = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return a - b\n"}
)
SWAP = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"}
)
NOTE = edit_answer({"op": "add_file", "path": "docs/note.md", "content": "Swapped.\n"})
MEND = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"},
    {"op": "add_file", "path": "docs/note.md", "content": "Swapped.\n"},
)
COMMAND = [str(Path(sys.executable).parent / "aa"), "debug"]
ANGEL = ("--angel", "scripted:script.json")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository in which a program was run."""
    root = make_repository(tmp_path_factory.mktemp("recorded") / "repo").root
    with Heaven.open(root) as heaven:
        Mission(root, heaven, []).ended(QUICK, name="quick.isa", angel=scripted(SWAP, NOTE))
    return Repository(root)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The calculator with two programs and an angel for each, and the working directory in it."""
    repository = make_repository(tmp_path / "repo")
    repository.write("task.isa", TASK)
    repository.write("quick.isa", QUICK)
    write_script(repository.root / "script.json", BREAK, MEND)
    write_script(repository.root / "quick.json", SWAP, NOTE)
    monkeypatch.chdir(repository.root)
    monkeypatch.delenv("GENESIS_ANGEL", raising=False)
    return repository


def scrubbed(text: str) -> str:
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "HASH", text)
    text = re.sub(r"\d+\.\d+ ?s\b", "N s", text)
    text = re.sub(r"about \d+ tokens", "about N tokens", text)
    return re.sub(r"[\d,]+ of 8,000 tokens left, [\d,]+ spent", "N of 8,000 left, N spent", text)


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def questions(repository: Repository) -> int:
    with Heaven.open(repository.root, read_only=True) as heaven:
        kinds = {"syscall_intent"}
        return sum(event.data.get("op") == "ANGEL" for event in heaven.events(kinds=kinds))


def test_a_session_with_a_retry_edits_and_checks(
    aa: Aa, repository: Repository, snapshot: SnapshotAssertion, tmp_path: Path
) -> None:
    commands = tmp_path / "commands"
    commands.write_text(
        "# to the first check\nbreak RUN\nb failure\ntbreak change\nbreakpoints\ncontinue\nlist\n"
        "c\nregisters\ncontext\nedits\n\nc; where; back 2; edits; bt; delete 1\n"
        "c\nnext\nbreak ANGEL; c; print sections[0].attempt; step; e; d; finish; c\n"
        "edits; registers; log; rc; c; disassemble\n"
    )
    said = aa("debug", "task.isa", *ANGEL, "--commands", str(commands))
    assert said.code == 0, said.err
    assert scrubbed(said.out) == snapshot(name="debugger")
    assert scrubbed(said.err) == snapshot(name="run")
    assert repository.read("docs/note.md") == "Swapped.\n"
    assert questions(repository) == 2

    post = "goto end; rc; break 8; c; edits; context; c; c; c; tree ../then; prompt; q"
    again = aa("debug", "--run", "last", "-x", post)
    assert again.code == 2, "no ANGEL comes after the last RUN"
    assert scrubbed(again.out) == snapshot(name="post mortem")
    assert scrubbed(again.err) == snapshot(name="post mortem mistake")
    assert (tmp_path / "then/docs/note.md").read_text() == "Swapped.\n"

    assert aa("bundle", "r1", "-o", str(tmp_path / "r1.bundle")).code == 0
    os.chdir(tmp_path)
    elsewhere = aa("debug", "--run", "r1.bundle", "-x", post.replace("tree ../then; ", ""))
    assert elsewhere.out == again.out.replace("(aa) tree ../then\n10 files in ../then\n", "")


def test_json_is_one_object_a_stop_or_answer(
    aa: Aa, repository: Repository, snapshot: SnapshotAssertion
) -> None:
    angel = ("--angel", "scripted:quick.json")
    commands = "b EMIT; c; registers; context; edits; log; bl; back; c; where; list; p op; c; c"
    said = aa("debug", "quick.isa", *angel, "--json", "-x", commands)
    assert (said.code, said.err) == (0, "")
    found = objects(said.out)
    assert [one["event"] for one in found] == [
        *("stop", "breakpoint", "stop", "registers", "context", "edits", "log", "breakpoints"),
        *("stop", "stop", "where", "list", "print", "stop", "stop", "end"),
    ]
    assert json.loads(scrubbed(json.dumps(found[2]))) == snapshot
    assert "+    return b + a" in found[5]["staged"]["diff"]
    assert (found[8]["live"], found[9]["live"]) == (False, True)
    assert found[2] == {**found[9], "reason": "breakpoint"}
    assert found[-2]["outcome"] == {"status": "done", "message": None}
    assert (found[-1]["status"], found[-1]["exit_code"]) == ("done", 0)


def test_commands_come_from_a_pipe_where_none_are_given(
    aa: Aa, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("step\nlog\n"))
    said = aa("debug", "quick.isa", "--angel", "scripted:quick.json")
    assert said.code == 0
    assert "(aa) log\n  0  quick.isa:2        REV" in said.out
    assert "`aa resume r1` goes on with it" in said.err, "the commands ended before the run"


def test_a_run_that_is_left_is_resumed_with_or_without_the_debugger(
    aa: Aa, repository: Repository
) -> None:
    angel = ("--angel", "scripted:quick.json")
    left = aa("debug", "quick.isa", *angel, "-q", "-x", "b EMIT; c; s; back 4; quit")
    assert left.code == 0
    assert "return b + a" in repository.read("calc/core.py")
    more = aa("debug", "--resume", "r1", *angel, "-q", "-x", "b EMIT; c")
    assert more.code == 0, more.err
    assert more.out.splitlines()[0].startswith("[8] quick.isa:5"), "where it was left"
    assert aa("resume", "r1", *angel).code == 0
    assert questions(repository) == 2, "every answer was bought once"
    assert aa("replay", "r1").code == 0
    again = aa("debug", "--resume", "r1", *angel)
    assert again.code == 4 and "nothing to resume" in again.err


def test_a_run_that_is_undone_leaves_every_byte_as_before(aa: Aa, repository: Repository) -> None:
    before = repository.tree()
    for commands, options in (("b *8; c; quit undo", ()), ("b *8; c", ("--on-quit", "undo"))):
        angel = ("--angel", "scripted:quick.json")
        said = aa("debug", "quick.isa", *angel, *options, "-x", commands)
        assert said.code == 0, said.err
        assert "landed in 1 file" in said.err
        assert repository.tree() == before


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        ("brake 3; continue", "did you mean break?"),
        ("break 99; continue", "last line with one is"),
        ("break EMITT; continue", "did you mean EMIT?"),
        ("step x; continue", "no number"),
        ("continue 3", "takes no number"),
        ("delete 7; continue", "no breakpoint 7"),
        ("delete x; continue", "numbers of breakpoints"),
        ("goto x; continue", "takes a position"),
        ("print nothing.there; continue", "there is no 'nothing'"),
        ("print sections[3]; continue", "there are 0 of them"),
        ("print pc.x; continue", "there is no 'x'"),
        ("list 999; continue", "there is no line 999"),
        ("info weather; continue", "takes one of"),
        ("help me; continue", "there is no command 'me'"),
        ("quit now; continue", "takes `keep` or `undo`"),
        ("edits none; continue", "or `all`"),
        ("tree x; continue", "has not pinned a tree"),
    ],
)
def test_a_mistake_ends_the_session_before_anything_else_is_done(
    aa: Aa, recorded: Repository, commands: str, message: str
) -> None:
    said = aa("debug", "--run", "r1", "--repo", str(recorded.root), "-x", commands, "-x", "c")
    assert said.code == 2
    assert message in said.err and "Traceback" not in said.err
    assert said.out.count("(aa) ") == 1


def test_a_mistake_does_not_let_a_live_run_go_on(aa: Aa, repository: Repository) -> None:
    before = repository.tree()
    angel = ("--angel", "scripted:quick.json")
    said = aa("debug", "quick.isa", *angel, "-x", "break 99; continue", "-x", "continue")
    assert said.code == 2
    assert "last line with one is 5" in said.err
    assert repository.tree() == before and questions(repository) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "give one of"),
        (("quick.isa", "--run", "r1"), 2, "give one of"),
        (("--run", "r1", "--param", "a=b"), 2, "has its parameters already"),
        (("--run", "r9"), 4, "nothing was run"),
        (("--run", "no.bundle"), 4, "cannot read no.bundle"),
        (("--resume", "r9"), 2, "no run 'r9'"),
        (("missing.isa",), 2, "missing.isa"),
        (("quick.isa",), 4, "AA0805"),
        (("quick.isa", "--commands", "nowhere"), 2, "nowhere"),
    ],
)
def test_bad_usage_has_its_exit_code(
    aa: Aa, repository: Repository, arguments: tuple[str, ...], code: int, message: str
) -> None:
    said = aa("debug", *arguments)
    assert (said.code, "Traceback" in said.err) == (code, False), said.err
    assert message in said.err


def test_moving_past_an_end_is_no_mistake(aa: Aa, repository: Repository) -> None:
    angel = ("--angel", "scripted:quick.json")
    said = aa("debug", "quick.isa", *angel, "-q", "-x", "back; finish; c; c; s; log")
    assert said.code == 0
    assert said.err.count("the run has ended here") == 2
    assert "the run starts here" in said.err


def test_a_run_that_the_environment_ended_can_be_looked_at_up_to_there(
    aa: Aa, repository: Repository
) -> None:
    before = repository.tree()
    script = write_script(repository.root.parent / "one.json", SWAP)
    commands = "continue; edits; back; step; step"
    said = aa("debug", "quick.isa", "--angel", f"scripted:{script}", "-q", "-x", commands)
    assert said.code == 4
    assert "has 1 answers" in said.err and repository.tree() == before
    assert "the record ends here, in ANGEL, which has no result" in said.out
    assert "landed by the open sections" in said.out
    again = aa("debug", "--run", "last", "-x", commands)
    assert again.code == 0
    assert "has 1 answers" in again.out
    for one in (said, again):
        assert one.err.endswith("error: the record ends here\n")


def test_killed_in_the_debugger_the_run_is_resumed_and_nothing_bought_twice(
    aa: Aa, repository: Repository
) -> None:
    child = subprocess.Popen(
        [*COMMAND, "quick.isa", "--angel", "scripted:quick.json", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write("break *9\ncontinue\nback 3\n")
    child.stdin.flush()
    for line in child.stdout:
        if not json.loads(line).get("live", True):
            break
    child.kill()
    child.communicate()
    assert "return b + a" in repository.read("calc/core.py"), "the first edit has landed"
    said = aa("resume", "--angel", "scripted:quick.json")
    assert said.code == 0, said.err
    assert questions(repository) == 2
    assert repository.read("docs/note.md") == "Swapped.\n"
    assert aa("replay").code == 0


def test_an_interrupt_stops_a_live_run_once_its_effect_is_done(repository: Repository) -> None:
    repository.write(
        "tests/test_wait.py",
        "def test_wait():\n    open('begun', 'w').close()\n    open('end').close()\n",
    )
    repository.write("check.isa", "ISA_VERSION 0\nBASE_REV HEAD\nRUN test tests/test_wait.py\n")
    for name in ("begun", "end"):
        os.mkfifo(repository.path(name))
    child = subprocess.Popen(
        [*COMMAND, "check.isa", "-x", "continue; where; quit"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    with repository.path("begun").open():
        child.send_signal(signal.SIGINT)
    for line in child.stderr:
        if line.startswith("stopping before the next instruction"):
            break
    with repository.path("end").open("w"):
        pass
    out, _ = child.communicate()
    assert child.returncode == 0
    assert "\ninterrupted\n" in out
    for name in ("begun", "end"):
        repository.path(name).unlink()


class Terminal:
    """A debugger on a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        self.child = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "dumb"},
        )
        os.close(slave)

    def until(self, text: str) -> str:
        """What is printed up to and with `text`."""
        found = ""
        while not found.endswith(text):
            ready, _, _ = select.select([self._master], [], [], 60)
            assert ready, found
            found += os.read(self._master, 1).decode()
        return found

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def close(self) -> int:
        code = self.child.wait(60)
        os.close(self._master)
        return code


def test_on_a_terminal_it_prompts_repeats_completes_and_asks(repository: Repository) -> None:
    terminal = Terminal("quick.isa", "--angel", "scripted:quick.json", "-q")
    assert "[0] quick.isa:2" in terminal.until("(aa) ")
    terminal.type("step\n")
    assert "[1] quick.isa:2" in terminal.until("(aa) ")
    terminal.type("\n")
    assert "[2] quick.isa:2" in terminal.until("(aa) "), "an empty line goes on"
    terminal.type("brake; c\n")
    assert "did you mean break?" in terminal.until("(aa) "), "and the rest is not carried out"
    os.kill(terminal.child.pid, signal.SIGINT)
    terminal.until("`quit` leaves the debugger")
    terminal.until("(aa) ")
    terminal.type("break FAULT_S\t\n")
    assert "breakpoint 1: FAULT_SYMDEF" in terminal.until("(aa) ")
    terminal.type("quit\n")
    terminal.until("[keep/undo/cancel] ")
    terminal.type("cancel\n")
    terminal.until("(aa) ")
    terminal.type("\x04")
    assert "`aa resume r1` goes on with it" in terminal.until("goes on with it")
    assert terminal.close() == 0


def test_a_reader_that_goes_away_leaves_the_run_to_be_resumed(
    aa: Aa, repository: Repository
) -> None:
    child = subprocess.Popen(
        [*COMMAND, "quick.isa", "--angel", "scripted:quick.json", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None and child.stdout is not None and child.stderr is not None
    child.stdout.readline()
    child.stdout.close()
    child.stdin.write("step\n" * 3)
    child.stdin.close()
    assert child.wait(60) == 141
    assert child.stderr.read() == ""
    child.stderr.close()
    assert aa("resume", "r1", "--angel", "scripted:quick.json", "-q").code == 0
