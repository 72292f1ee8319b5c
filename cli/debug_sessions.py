"""A debugger's session with a live run, or with a recorded one, from its first stop to its end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from ..aa.decode import decode
from ..runtime.caller import Interrupted, Suspended
from ..runtime.debugging.breakpoints import Breakpoints
from ..runtime.debugging.debugger import Debugger, Stop
from ..runtime.debugging.timeline import Timeline
from ..runtime.errors import AngelInDoubt, ReplayDivergence, RunEnded
from ..runtime.execute import Ended, Program, Refused, execute, resume
from ..runtime.operands import text_at
from ..runtime.outcome import Progress
from ..runtime.replay import source_lines
from ..runtime.runs import Run, find
from ..stdlib import load
from .conversing import Conversation, Left
from .ending import say_ended
from .executing import Chosen, say_cut_off
from .narration import Narrator
from .output import ENVIRONMENT, FAILED, WRONG, Json, Problem
from .replaying import recorded_run
from .repository import open_heaven

if TYPE_CHECKING:
    from ..aa.module import Module
    from ..aa.source import Source
    from ..heaven import Heaven
    from ..runtime.debugging.views import Sources
    from ..runtime.record import Record


class Session:
    """One live run in the debugger, from its start or from where it was cut off."""

    def __init__(
        self,
        conversation: Conversation,
        root: Path,
        chosen: Chosen,
        check_timeout: float,
        quiet: bool,
        verbose: bool,
    ) -> None:
        self._to = conversation
        self._to.root = root
        self._report = conversation.report
        self._root = root
        self._chosen = chosen
        self._check_timeout = check_timeout
        self._quiet = quiet
        self._on_line = (lambda line: self._report.say(f"    | {line}")) if verbose else None

    def run(self, program: Program, params: dict[str, str]) -> NoReturn:
        with open_heaven(self._root) as heaven:
            self._carry_out(
                heaven,
                lambda: execute(
                    program,
                    heaven,
                    self._root,
                    angel=self._chosen.angel,
                    params=params,
                    check_timeout=self._check_timeout,
                    observe=self._narrator(program.module, program.name),
                    on_line=self._on_line,
                    on_start=lambda name: self._begin(heaven, find(heaven, name), program.module),
                    on_interrupted=lambda name: say_cut_off(self._report, name),
                    pause=lambda machine, failure: self._to.debugger.pause(machine, failure),
                ),
            )

    def resume(self, name: str) -> NoReturn:
        with open_heaven(self._root) as heaven:
            run = find(heaven, name)
            module = decode(heaven.get_blob(run.module))
            if not run.resumable:
                raise RunEnded(run.name, run.status or "")
            self._begin(heaven, run, module, recorded=True)
            self._carry_out(
                heaven,
                lambda: resume(
                    heaven,
                    self._root,
                    run,
                    angel=self._chosen.angel,
                    check_timeout=self._check_timeout,
                    observe=self._narrator(module, run.program),
                    on_line=self._on_line,
                    on_interrupted=lambda other: say_cut_off(self._report, other),
                    pause=self._to.debugger.pause,
                ),
            )

    def _narrator(self, module: Module, program: str) -> Callable[[Progress], None] | None:
        if self._quiet or self._report.format == "json":
            return None
        return Narrator(self._report, source_lines(module, program))

    def _begin(self, heaven: Heaven, run: Run, module: Module, *, recorded: bool = False) -> None:
        if not self._quiet:
            self._report.say(f"run {run.name}: {run.program}")
        self._to.sources = _sources(module, run, heaven, self._report.sources)
        timeline = Timeline(heaven, run, module)
        if recorded:
            timeline.read()
        self._to.debugger = Debugger(timeline, Breakpoints(module, run.program), self._to)

    def _carry_out(self, heaven: Heaven, work: Callable[[], Ended | Refused]) -> NoReturn:
        report = self._report
        try:
            with _stoppable(self._to):
                ended = work()
        except Suspended as left:
            if isinstance(left.__cause__, BrokenPipeError):
                raise left.__cause__ from None
            name = self._to.debugger.timeline.run.name
            report.say(f"run {name} is left where it is: `aa resume {name}` goes on with it")
            _finish(self._to, 0, run=name, status="interrupted")
        except Interrupted:
            run = find(heaven, self._to.debugger.timeline.run.name)
            report.say(f"run {run.name}: {run.message}")
            _finish(self._to, 0, run=run.name, status=run.status)
        except AngelInDoubt as doubt:
            raise Problem(str(doubt), ENVIRONMENT) from None
        except ReplayDivergence as divergence:
            raise Problem(str(divergence), FAILED) from None
        if isinstance(ended, Refused):
            report.add(ended.diagnostics)
            report.result["run"] = None
            report.finish(ended.exit_code)
        report.add(ended.warnings)
        say_ended(report, ended)
        _talk(self._to, self._to.debugger.ended(ended.outcome))
        _finish(self._to, ended.exit_code, **report.result)


def post_mortem(name: str, repo: str | None, to: Conversation) -> NoReturn:
    """Look at the run of this name, or at the one in the bundle of this name."""
    with recorded_run(name, repo) as (record, run, root):
        module = decode(record.get_blob(run.module))
        timeline = Timeline(record, run, module)
        try:
            timeline.read()
        except ReplayDivergence as divergence:
            raise Problem(str(divergence), FAILED) from None
        to.root = root
        to.sources = _sources(module, run, record, {})
        to.debugger = Debugger(timeline, Breakpoints(module, run.program))
        _talk(to, to.debugger.here("start"))
    _finish(to, 0, run=run.name, status=run.status)


def _talk(to: Conversation, stop: Stop) -> None:
    """About a run that is over, until the user has enough of it."""
    with suppress(Left):
        to(stop)


def _finish(to: Conversation, code: int, **result: Json) -> NoReturn:
    """End the command; a mistake in its commands decides how."""
    code = WRONG if to.wrong else code
    if to.report.format == "json":
        to.tell("end", {"ok": code == 0, "exit_code": code, **result})
        raise SystemExit(code)
    to.report.finish(code)


@contextmanager
def _stoppable(to: Conversation) -> Iterator[None]:
    """Ctrl-C stops the run before its next instruction, the second one ends it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        if to.prompting or to.debugger.interrupted:
            raise KeyboardInterrupt
        to.debugger.interrupted = True
        to.report.say("stopping before the next instruction; Ctrl-C again ends the run")

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _sources(module: Module, run: Run, record: Record, loaded: Mapping[str, Source]) -> Sources:
    """The text of the program and of the modules that it uses, as far as it is known."""
    found: dict[str, Sequence[str]] = {name: one.text.splitlines() for name, one in loaded.items()}
    for file in {text_at(module, line.file) for line in module.lines}:
        used = load(file) if file and file not in found else None
        if used is not None:
            found[file] = used.text.splitlines()
    found[""] = ()
    if run.source is not None:
        found[""] = record.get_blob(run.source).decode("utf-8", "replace").splitlines()
    return found
