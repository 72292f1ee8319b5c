"""Resuming: what was recorded is not done again, and what is in doubt is settled or asked about."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from genesis_ssmp.aa.decode import decode
from genesis_ssmp.aa.module import Instruction, Module
from genesis_ssmp.aa.opcodes import OPCODES, Kind
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.runtime import execute as execution
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.angels import Angel
from genesis_ssmp.runtime.angels.protocol import Reply, Turn
from genesis_ssmp.runtime.angels.scripted import ScriptedAngel
from genesis_ssmp.runtime.errors import AngelInDoubt, LeaseDenied, ReplayDivergence, RunEnded
from genesis_ssmp.runtime.execute import Ended, execute
from genesis_ssmp.runtime.replay import replay
from genesis_ssmp.runtime.resume import compare
from kit.angel import edit_answer, scripted
from kit.mission import program
from kit.points import PROGRAM as LONG
from kit.repository import Repository, make_repository

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
SWAP = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"}
)
BACK = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return a + b\n"}
)
ONE = HEAD + "NEED symdef Add\nOP Swap them\n"
TWO = ONE + "LABEL next\nNEED symdef Add\nOP Swap them back\n"


class Dying:
    """An angel in whose arms the process dies: before or after it answers question `at`."""

    def __init__(self, inner: ScriptedAngel, at: int, *, after: bool, asked: Path) -> None:
        self._inner, self._at, self._after, self._asked = inner, at, after, asked

    name = "dying"
    advise = ScriptedAngel.advise

    def reply(self, turn: Turn) -> Reply:
        if turn.call == self._at and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        with self._asked.open("a") as file:
            file.write(f"{turn.call}\n")
        answer = self._inner.reply(turn)
        if turn.call == self._at:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


class Asked:
    """An angel that notes what it is asked."""

    def __init__(self, inner: ScriptedAngel) -> None:
        self._inner = inner
        self.calls: list[int] = []

    name = "asked"

    def reply(self, turn: Turn) -> Reply:
        self.calls.append(turn.call)
        return self._inner.reply(turn)

    advise = ScriptedAngel.advise


def cut_off(repository: Repository, text: str, angel: Angel) -> None:
    """Run in a process of its own, which must be killed."""
    child = os.fork()
    if child == 0:
        try:
            with Heaven.open(repository.root) as heaven:
                execute(program(text), heaven, repository.root, angel=angel, params={})
        finally:
            os._exit(70)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "repo")


@pytest.fixture
def heaven(repository: Repository) -> Iterator[Callable[[], Heaven]]:
    """Opens the Heaven when a test is ready for it; closed at the end."""
    opened: list[Heaven] = []

    def open_it() -> Heaven:
        opened.append(Heaven.open(repository.root))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


def resume(
    heaven: Heaven, repository: Repository, angel: Angel, *, ask_again: bool = False
) -> Ended:
    run = runs.find(heaven, "last")
    return execution.resume(heaven, repository.root, run, angel=angel, ask_again=ask_again)


def test_an_answer_that_was_recorded_is_never_asked_for_again(
    repository: Repository, heaven: Callable[[], Heaven], tmp_path: Path
) -> None:
    script = scripted(SWAP, BACK)
    cut_off(repository, TWO, Dying(script, 1, after=False, asked=tmp_path / "asked"))
    assert (tmp_path / "asked").read_text() == "0\n"
    assert "return b + a" in repository.read("calc/core.py")
    angel = Asked(script)
    here = heaven()
    ended = resume(here, repository, angel, ask_again=True)
    assert (ended.exit_code, angel.calls) == (0, [1])
    assert "return a + b" in repository.read("calc/core.py")
    run = runs.find(here, "last")
    assert (run.status, run.resumed) == ("done", 1)
    assert replay(here, run).same


@pytest.mark.parametrize("after", [False, True])
def test_a_question_in_doubt_is_put_again_only_where_that_is_allowed(
    after: bool, repository: Repository, heaven: Callable[[], Heaven], tmp_path: Path
) -> None:
    script = scripted(SWAP)
    cut_off(repository, ONE, Dying(script, 0, after=after, asked=tmp_path / "asked"))
    here, angel = heaven(), Asked(script)
    with pytest.raises(AngelInDoubt) as doubt:
        resume(here, repository, angel)
    assert "test.isa:4" in str(doubt.value)
    assert "--ask-again" in str(doubt.value)
    assert angel.calls == []
    assert here.active_leases() == ()
    ended = resume(here, repository, angel, ask_again=True)
    assert (ended.exit_code, angel.calls) == (0, [0])


def test_a_retry_around_it_allows_the_question(
    repository: Repository, heaven: Callable[[], Heaven], tmp_path: Path
) -> None:
    script = scripted(SWAP)
    text = ONE + "RUN test\nIF_FAIL RETRY 1\n"
    cut_off(repository, text, Dying(script, 0, after=False, asked=tmp_path / "asked"))
    angel = Asked(script)
    assert resume(heaven(), repository, angel).exit_code == 0
    assert angel.calls == [0]


def test_a_run_that_ended_is_not_resumed(
    repository: Repository, heaven: Callable[[], Heaven]
) -> None:
    here = heaven()
    execute(program(HEAD), here, repository.root, angel=None, params={})
    with pytest.raises(RunEnded, match="it ended: done"):
        resume(here, repository, scripted())


def test_a_resumed_run_that_cannot_have_its_leases_stays_as_it_was(
    repository: Repository, heaven: Callable[[], Heaven], tmp_path: Path
) -> None:
    script = scripted(SWAP, BACK)
    cut_off(repository, TWO, Dying(script, 1, after=False, asked=tmp_path / "asked"))
    here = heaven()
    runs.close_interrupted(here)
    theirs = here.acquire("somebody", "m", [Scope("file", "calc/core.py")])
    before = repository.tree()
    with pytest.raises(LeaseDenied):
        resume(here, repository, script, ask_again=True)
    assert repository.tree() == before
    here.release("somebody", [lease.lease_id for lease in theirs.acquired])
    assert resume(here, repository, script, ask_again=True).exit_code == 0


def test_what_somebody_changed_meanwhile_is_not_overwritten(
    repository: Repository, heaven: Callable[[], Heaven], tmp_path: Path
) -> None:
    script = scripted(SWAP, BACK)
    cut_off(repository, TWO, Dying(script, 1, after=False, asked=tmp_path / "asked"))
    theirs = repository.read("calc/core.py").replace("return b + a", "return sum((a, b))")
    repository.write("calc/core.py", theirs)
    ended = resume(heaven(), repository, script, ask_again=True)
    assert ended.exit_code == 3
    assert repository.read("calc/core.py") == theirs


def mutations(module: Module) -> Iterator[tuple[int, Module]]:
    """The module with one operand of one instruction changed: the pc, and the result."""
    constants = (*module.constants, "something else", ((0, 0),))
    for pc, instruction in enumerate(module.code):
        for at, operand in enumerate(OPCODES[instruction.op].operands):
            value = instruction.operands[at] + 1
            if operand.kind is Kind.TEXT:
                value = len(constants) - 2
            elif operand.kind is Kind.RECORD:
                value = len(constants) - 1
            operands = (*instruction.operands[:at], value, *instruction.operands[at + 1 :])
            code = list(module.code)
            code[pc] = Instruction(instruction.op, operands)
            yield pc, replace(module, code=tuple(code), constants=constants)


def test_trap_a_step_whose_argument_was_changed_is_not_answered_with_the_old_result(
    repository: Repository, heaven: Callable[[], Heaven], tmp_path: Path
) -> None:
    """Every operand of every instruction, and every handler: caught at its pc."""
    cut_off(repository, ONE, Dying(scripted(SWAP), 0, after=False, asked=tmp_path / "asked"))
    run = runs.find(heaven(), "last")
    module = decode(program(LONG).code)
    compare(run, module, module)
    seen = 0
    for pc, changed in mutations(module):
        with pytest.raises(ReplayDivergence) as divergence:
            compare(run, module, changed)
        assert divergence.value.pc == pc
        assert divergence.value.expected != divergence.value.actual
        seen += 1
    assert seen > 20
    for number, handler in enumerate(module.handlers):
        handlers = list(module.handlers)
        handlers[number] = replace(handler, count=handler.count + 1)
        with pytest.raises(ReplayDivergence) as divergence:
            compare(run, module, replace(module, handlers=tuple(handlers)))
        assert divergence.value.pc == handler.enter
    shorter = replace(module, code=module.code[:-1])
    with pytest.raises(ReplayDivergence):
        compare(run, module, shorter)
    with pytest.raises(ReplayDivergence):
        compare(run, module, replace(module, budget=module.budget + 1))
