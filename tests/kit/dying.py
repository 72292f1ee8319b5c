"""A run whose process is killed in the middle of a check."""

from __future__ import annotations

import os
import signal
from typing import NoReturn

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime import live
from genesis_ssmp.runtime.angels import Angel
from genesis_ssmp.runtime.execute import execute

from .crash import in_child
from .mission import program
from .repository import Repository


def cut_off(repository: Repository, text: str, angel: Angel | None) -> None:
    """Run the program in a process of its own until its first RUN, which it does not survive."""

    def dying() -> None:
        def die(*_: object, **__: object) -> NoReturn:
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("nobody survives that")

        setattr(live, "run_check", die)  # noqa: B010 (mypy knows no such attribute)
        with Heaven.open(repository.root) as heaven:
            execute(program(text), heaven, repository.root, angel=angel, params={})

    assert not in_child(dying)
