"""A run whose Heaven is held by a server: what the server does, and what its client makes of it.

Both ends are here because they must agree. The client compiles and prints, the server runs. What
the server says is a JSON object a line, with `event` one of:

    accepted     ticket, ahead: how many runs are done before this one
    resumed      answered, in_doubt?: {seq, pc, op}
    cut_off      run: an earlier run that died before it ended
    started      run
    progress     kind, pc, text, result?     (outcome.Progress)
    line         text: a line of output of RUN
    alive        it goes on

and at last one of:

    refused      diagnostics, exit_code      (execute.Refused)
    ended        run, outcome?, ...          (execute.Ended)
    interrupted  message
    undone       run, files: [{path, action, merged}]
    kept         refused: [...], message    (EditRefused: the run cannot be taken back)
    failed       error, type?, fields?
"""

from __future__ import annotations

import os
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TypeAlias

from ..aa.decode import BadModule, decode
from ..heaven import Heaven, HeavenError
from ..heaven.client import HeavenClient
from ..heaven.errors import HeavenUnreachable
from ..heaven.records import Json, JsonObject
from ..heaven.server.failures import revive
from ..heaven.server.run_messages import SERVER_STOPPED, RunRequest
from ..heaven.version import package_version
from . import fields
from .angels import open_angel
from .caller import Caller, Interrupted, on_behalf_of
from .checks import CheckUnavailable
from .door import Entry
from .edits import EditRefused
from .ended import diagnostic_json, ended_json, read_diagnostic, read_ended
from .errors import RunError
from .execute import Ended, Program, Refused, execute, resume
from .outcome import Progress
from .runs import find
from .undoing import refusals_json, undo_run

Message: TypeAlias = "dict[str, Json]"


class HostedRunFailed(RunError):
    """The server could not do the run, or not to its end: the environment's fault, or what it says.
    Nothing half-done is left."""


class Runs:
    """The server's end: what `HttpServer` is given as `host_runs`. `cut_short` names the runs that
    a stop of the server ended."""

    def __init__(self) -> None:
        self.cut_short: list[str] = []

    @property
    def version(self) -> str:
        return package_version()

    def run(
        self,
        heaven: Heaven,
        request: RunRequest,
        tell: Callable[[JsonObject], None],
        stopped: Callable[[], str | None],
    ) -> None:
        """Do the run; how it ended is the last thing told. Raises HeavenError, OSError."""

        def check_wanted() -> None:
            reason = stopped()
            if reason is not None:
                raise Interrupted(reason)

        def progress(one: Progress) -> None:
            said: Message = {"event": "progress", "kind": one.kind, "pc": one.pc, "text": one.text}
            tell(said if one.result is None else {**said, "result": dict(one.result)})

        name = request.resume

        def started(run: str) -> None:
            nonlocal name
            name = run
            tell({"event": "started", "run": run})

        try:
            with on_behalf_of(Caller(request.environment, request.python, check_wanted)):
                if request.undo is not None:
                    _take_back(heaven, request.undo, tell)
                    return
                ended = _carry_out(heaven, request, progress, started, tell)
        except Interrupted as stop:
            if name is not None and str(stop) == SERVER_STOPPED:
                self.cut_short.append(name)
            tell({"event": "interrupted", "message": str(stop)})
        except (RunError, BadModule, EditRefused, CheckUnavailable) as error:
            tell({"event": "failed", "error": str(error)})
        else:
            if isinstance(ended, Refused):
                found: list[Json] = [diagnostic_json(one) for one in ended.diagnostics]
                refused: Message = {"diagnostics": found, "exit_code": ended.exit_code}
                tell({"event": "refused", **refused})
            else:
                tell({"event": "ended", **ended_json(ended)})


def _carry_out(
    heaven: Heaven,
    request: RunRequest,
    progress: Callable[[Progress], None],
    started: Callable[[str], None],
    tell: Callable[[JsonObject], None],
) -> Refused | Ended:
    angel = (
        open_angel(request.angel, Path(request.directory), heaven.root) if request.angel else None
    )
    on_line = (lambda text: tell({"event": "line", "text": text})) if request.lines else None

    def cut_off(run: str) -> None:
        tell({"event": "cut_off", "run": run})

    if request.resume is None:
        code = _decoded(request.module)
        return execute(
            Program(request.program, decode(code), code, request.source),
            heaven,
            heaven.root,
            angel=angel,
            params=request.params,
            check_timeout=request.check_timeout,
            observe=progress,
            on_line=on_line,
            on_start=started,
            on_interrupted=cut_off,
        )

    def resumed(answered: int, doubt: Entry | None) -> None:
        where: Json = None
        if doubt is not None:
            where = {"seq": doubt.seq, "pc": doubt.pc, "op": doubt.op}
        tell({"event": "resumed", "answered": answered, "in_doubt": where})

    return resume(
        heaven,
        heaven.root,
        find(heaven, request.resume),
        angel=angel,
        ask_again=request.ask_again,
        check_timeout=request.check_timeout,
        observe=progress,
        on_line=on_line,
        on_resume=resumed,
        on_interrupted=cut_off,
    )


def _take_back(heaven: Heaven, name: str, tell: Callable[[JsonObject], None]) -> None:
    try:
        undoing, _ = undo_run(heaven, find(heaven, name))
    except EditRefused as refused:
        tell({"event": "kept", "refused": refusals_json(refused), "message": str(refused)})
        return
    tell({"event": "undone", "run": undoing.run, "files": undoing.files_json()})


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise HostedRunFailed("the module is no base64") from None


def execute_there(
    client: HeavenClient,
    program: Program,
    *,
    angel: str | None,
    directory: Path,
    params: dict[str, str],
    check_timeout: float,
    observe: Callable[[Progress], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    on_start: Callable[[str], None] | None = None,
    on_interrupted: Callable[[str], None] | None = None,
    on_waiting: Callable[[int], None] | None = None,
) -> Refused | Ended:
    """`execute`, done by the server that has the repository's Heaven.

    `angel` is a specification, its paths counted from `directory`. `on_waiting` is told how many
    runs are done first. An interrupt passes through after the server has undone the run's edits; a
    second one does not wait for that. Raises HostedRunFailed, HeavenUnreachable, HeavenRefused and
    whatever `execute` raises.
    """
    request = RunRequest(
        version=package_version(),
        program=program.name,
        module=b64encode(program.code).decode("ascii"),
        directory=str(directory),
        python=sys.executable,
        environment=_sendable(os.environ),
        params=params,
        check_timeout=check_timeout,
        source=program.source,
        angel=angel,
        lines=on_line is not None,
    )
    said = Said(observe, on_line, on_start, on_interrupted, on_waiting)
    return _ended(client, *_follow(client, request, said))


def resume_there(
    client: HeavenClient,
    run: str,
    *,
    angel: str | None,
    directory: Path,
    ask_again: bool,
    check_timeout: float,
    observe: Callable[[Progress], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    on_interrupted: Callable[[str], None] | None = None,
    on_waiting: Callable[[int], None] | None = None,
    on_resume: Callable[[int, JsonObject | None], None] | None = None,
) -> Ended:
    """`execute.resume`, done by the server; as `execute_there`. `on_resume` gets the number of
    syscalls that the log answers, and seq, pc and op of the one that is in doubt."""
    request = RunRequest(
        version=package_version(),
        program="",
        module="",
        directory=str(directory),
        python=sys.executable,
        environment=_sendable(os.environ),
        params={},
        check_timeout=check_timeout,
        angel=angel,
        lines=on_line is not None,
        resume=run,
        ask_again=ask_again,
    )
    said = Said(observe, on_line, None, on_interrupted, on_waiting, on_resume)
    ended = _ended(client, *_follow(client, request, said))
    assert isinstance(ended, Ended), "what was linked once is not linked again"
    return ended


def undo_there(client: HeavenClient, run: str) -> Message:
    """`undoing.undo_run`, done by the server: its `undone` or `kept` message. Raises
    HostedRunFailed, HeavenUnreachable, HeavenRefused."""
    request = RunRequest(
        version=package_version(),
        program="",
        module="",
        directory="",
        python=sys.executable,
        environment={},
        params={},
        check_timeout=0.0,
        undo=run,
    )
    message, name, interrupted = _follow(client, request, Said())
    if message.get("event") in ("undone", "kept"):
        return message
    _ended(client, message, name, interrupted)
    raise HostedRunFailed("the server said nothing of the undo")


@dataclass(frozen=True, slots=True)
class Said:
    """Whom to tell what the server says."""

    observe: Callable[[Progress], None] | None = None
    on_line: Callable[[str], None] | None = None
    on_start: Callable[[str], None] | None = None
    on_interrupted: Callable[[str], None] | None = None
    on_waiting: Callable[[int], None] | None = None
    on_resume: Callable[[int, JsonObject | None], None] | None = None


def _follow(
    client: HeavenClient, request: RunRequest, said: Said
) -> tuple[Message, str | None, bool]:
    """The last message, the run's name, and whether the user interrupted it."""
    ticket: str | None = None
    run: str | None = None
    interrupted = False
    with client.run(request) as lines:
        inbox = _read_aside(lines)
        while True:
            try:
                message = inbox.get()
                if isinstance(message, HeavenError):
                    raise message
                match message:
                    case {"event": "accepted", "ticket": str(ticket), "ahead": int(ahead)}:
                        if ahead and said.on_waiting is not None:
                            said.on_waiting(ahead)
                    case {"event": "cut_off", "run": str(dead)}:
                        if said.on_interrupted is not None:
                            said.on_interrupted(dead)
                    case {"event": "started", "run": str(run)}:
                        if said.on_start is not None:
                            said.on_start(run)
                    case {"event": "progress"}:
                        if said.observe is not None:
                            said.observe(_progress(message))
                    case {"event": "line", "text": str(text)}:
                        if said.on_line is not None:
                            said.on_line(text)
                    case {"event": "resumed", "answered": int(answered)}:
                        run = request.resume
                        if said.on_resume is not None:
                            said.on_resume(answered, fields.optional_record(message, "in_doubt"))
                    case {"event": "alive"}:
                        continue
                    case _:
                        return message, run, interrupted
            except KeyboardInterrupt:
                if interrupted or ticket is None:
                    raise
                interrupted = True
                client.stop_run(ticket)


def _ended(
    client: HeavenClient, message: Message, run: str | None, interrupted: bool
) -> Refused | Ended:
    """What the last message says, as `execute` would have said it."""
    event = message.get("event")
    if interrupted:
        raise KeyboardInterrupt
    if event == "refused":
        found = fields.records(message, "diagnostics")
        return Refused(
            tuple(read_diagnostic(one) for one in found), fields.number(message, "exit_code")
        )
    if event == "ended":
        return read_ended(message)
    name = f"run {run}" if run else "the run"
    if event == "interrupted":
        raise HostedRunFailed(
            f"{fields.text(message, 'message')}; {name} is ended, and its edits are undone"
        )
    if event == "failed":
        if "type" in message:
            raise revive(fields.number(message, "status"), message)
        raise HostedRunFailed(fields.text(message, "error"))
    raise HeavenUnreachable(
        client.url, f"it ended before {name} did; the next `aa run` says what became of it", True
    )


def _progress(message: Message) -> Progress:
    return Progress(
        fields.text(message, "kind"),
        fields.number(message, "pc"),
        fields.text(message, "text"),
        fields.optional_record(message, "result"),
    )


def _read_aside(said: Iterator[Message]) -> SimpleQueue[Message | HeavenError]:
    """The messages, read in a thread, so that an interrupt cannot tear one apart; an empty one at
    the end."""
    inbox: SimpleQueue[Message | HeavenError] = SimpleQueue()

    def read() -> None:
        try:
            for message in said:
                inbox.put(message)
        except HeavenError as error:
            inbox.put(error)
        else:
            inbox.put({})

    Thread(target=read, daemon=True).start()
    return inbox


def _sendable(environment: os._Environ[str]) -> dict[str, str]:
    """Without what is no UTF-8, which JSON cannot carry."""
    return {
        name: value
        for name, value in environment.items()
        if (name + value).isascii() or _is_utf8(name + value)
    }


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
