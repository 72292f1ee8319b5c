"""An angel of a swarm: a process that does one mission after the other and can be killed any time.

It keeps nothing. A mission is a JSON line on standard input; what it comes to is told in JSON lines
on standard output, each with `event`:

    ready        it can be given a mission
    alive        it goes on; told every second, whatever the mission does
    started      run, resumed: the run of one of the mission's programs
    reading      phase, what, amount: see `meter`
    ended        exit_code, message: the mission is over, its runs are in its worktree's log
    refused      text: the program does not fit the worktree; nothing happened

When its standard input ends, so does it, at once: the mission is the next angel's.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from time import sleep
from typing import Final

from ...aa.decode import decode
from ...aa.diagnostic import render_text
from ...aa.module import Module
from ...aa.opcodes import Action, Op
from ...heaven import Heaven, HeavenError
from ...heaven.records import Json, JsonObject
from .. import fields
from ..angels import Angel, open_angel
from ..checks import CheckUnavailable
from ..errors import RunError
from ..execute import Ended, Program, Refused, execute, resume
from ..outcome import Progress
from ..runs import EXIT_CODES, Run, all_runs
from .meter import readings

BEAT_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Task:
    """A mission as it is given to an angel: programs to be run one after the other in `worktree`,
    until one does not end well. `angel` is a specification, paths counted from `directory`."""

    worktree: str
    programs: tuple[Program, ...]
    angel: str | None
    directory: str
    check_timeout: float

    def json(self) -> dict[str, Json]:
        """The inverse of `read_task`."""
        programs: list[Json] = [
            {"name": one.name, "code": one.code.hex(), "source": one.source}
            for one in self.programs
        ]
        return {
            "worktree": self.worktree,
            "programs": programs,
            "angel": self.angel,
            "directory": self.directory,
            "check_timeout": self.check_timeout,
        }


def read_task(record: JsonObject) -> Task:
    """Raises FieldError, BadModule."""
    programs = []
    for one in fields.records(record, "programs"):
        code = bytes.fromhex(fields.text(one, "code"))
        source = fields.optional_text(one, "source")
        programs.append(Program(fields.text(one, "name"), decode(code), code, source))
    timeout = record.get("check_timeout")
    return Task(
        fields.text(record, "worktree"),
        tuple(programs),
        fields.optional_text(record, "angel"),
        fields.text(record, "directory"),
        float(timeout) if isinstance(timeout, (int, float)) else 900.0,
    )


class _Voice:
    """Whole lines on standard output, from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        # Whatever prints in this process must not come between the lines.
        os.dup2(2, 1)

    def tell(self, event: str, said: Mapping[str, Json] | None = None) -> None:
        line = json.dumps({"event": event, **(said or {})}, ensure_ascii=False).encode() + b"\n"
        with self._lock, suppress(BrokenPipeError):
            self._out.write(line)


def main() -> None:
    """Serve until standard input ends."""
    voice = _Voice()
    tasks: SimpleQueue[JsonObject] = SimpleQueue()
    Thread(target=_listen, args=(tasks,), daemon=True).start()
    Thread(target=_beat, args=(voice,), daemon=True).start()
    while True:
        voice.tell("ready")
        task = read_task(tasks.get())
        try:
            _do(task, voice)
        except (RunError, HeavenError, CheckUnavailable, OSError) as error:
            voice.tell("ended", {"exit_code": 4, "message": str(error)})


def _listen(tasks: SimpleQueue[JsonObject]) -> None:
    for line in sys.stdin:
        tasks.put(json.loads(line))
    os._exit(0)


def _beat(voice: _Voice) -> None:
    while True:
        sleep(BEAT_SECONDS)
        voice.tell("alive")


def _do(task: Task, voice: _Voice) -> None:
    angel = None
    if task.angel and any(_asks(one.module) for one in task.programs):
        angel = open_angel(task.angel, Path(task.directory))
    with Heaven.open(Path(task.worktree)) as heaven:
        for program in task.programs:
            run = _run_of(heaven, program)
            if run is not None and not run.resumable:
                code = EXIT_CODES.get(run.status or "", 4)
                message = run.message
            else:
                ended = _carry_out(heaven, program, run, angel, task.check_timeout, voice)
                if isinstance(ended, Refused):
                    text = render_text(ended.diagnostics, {}, False)
                    voice.tell("refused", {"text": text})
                    return
                code, message = ended.exit_code, ended.message
            if code:
                break
    voice.tell("ended", {"exit_code": code, "message": message})


def _asks(module: Module) -> bool:
    """Whether the program has a question for an angel or an oracle."""
    return any(one.op is Op.ANGEL for one in module.code) or any(
        one.action is Action.ESCALATE for one in module.handlers
    )


def _run_of(heaven: Heaven, program: Program) -> Run | None:
    """The run of the program that a process before this one began."""
    module = hashlib.sha256(program.code).hexdigest()
    runs = [one for one in all_runs(heaven) if one.module == module]
    return runs[-1] if runs else None


def _carry_out(
    heaven: Heaven,
    program: Program,
    run: Run | None,
    angel: Angel | None,
    check_timeout: float,
    voice: _Voice,
) -> Ended | Refused:
    def observe(progress: Progress) -> None:
        for one in readings(progress):
            said: dict[str, Json] = {"phase": one.phase, "what": one.what, "amount": one.amount}
            voice.tell("reading", said)

    if run is not None:
        voice.tell("started", {"run": run.name, "resumed": True})
        # Whoever has a swarm's angels killed and replaced has allowed that they are asked again.
        return resume(
            heaven,
            heaven.root,
            run,
            angel=angel,
            ask_again=True,
            check_timeout=check_timeout,
            observe=observe,
        )
    return execute(
        program,
        heaven,
        heaven.root,
        angel=angel,
        params={},
        check_timeout=check_timeout,
        observe=observe,
        on_start=lambda name: voice.tell("started", {"run": name, "resumed": False}),
    )


if __name__ == "__main__":
    main()
