"""A run whose process dies in the middle of a question to its angel."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.angels import Angel
from genesis_ssmp.runtime.angels.protocol import Answer, Ask
from genesis_ssmp.runtime.angels.scripted import ScriptedAngel
from genesis_ssmp.runtime.execute import execute

from .mission import program
from .repository import Repository


class Dying:
    """An angel in whose arms the process dies: before or after it answers question `at`."""

    def __init__(self, inner: ScriptedAngel, at: int, *, after: bool, asked: Path) -> None:
        self._inner, self._at, self._after, self._asked = inner, at, after, asked

    name = "dying"
    advise = ScriptedAngel.advise

    def answer(self, ask: Ask) -> Answer:
        if ask.call == self._at and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        with self._asked.open("a") as file:
            file.write(f"{ask.call}\n")
        answer = self._inner.answer(ask)
        if ask.call == self._at:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


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
