"""A run whose Heaven is held by a server: what the server does, and what its client makes of it.

Both ends are here because they must agree. The client compiles and prints, the server runs. What
the server says is a JSON object a line, with `event` one of:

    accepted     ticket, ahead: how many runs are done before this one
    cut_off      run: an earlier run that died before it ended
    started      run
    progress     kind, pc, text, result?     (outcome.Progress)
    line         text: a line of output of RUN
    alive        it goes on

and at last one of:

    refused      diagnostics, exit_code      (execute.Refused)
    ended        run, outcome?, ...          (execute.Ended)
    interrupted  message
    failed       error, type?, fields?
"""

from __future__ import annotations

import os
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
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
from .edits import EditRefused
from .ended import diagnostic_json, ended_json, read_diagnostic, read_ended
from .errors import RunError
from .execute import Ended, Program, Refused, execute
from .outcome import Progress

Said: TypeAlias = "dict[str, Json]"


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
            said: Said = {"event": "progress", "kind": one.kind, "pc": one.pc, "text": one.text}
            tell(said if one.result is None else {**said, "result": dict(one.result)})

        name: str | None = None

        def started(run: str) -> None:
            nonlocal name
            name = run
            tell({"event": "started", "run": run})

        try:
            code = _decoded(request.module)
            program = Program(request.program, decode(code), code, request.source)
            with on_behalf_of(Caller(request.environment, request.python, check_wanted)):
                ended = execute(
                    program,
                    heaven,
                    heaven.root,
                    angel=open_angel(request.angel, Path(request.directory))
                    if request.angel
                    else None,
                    params=request.params,
                    check_timeout=request.check_timeout,
                    observe=progress,
                    on_line=(lambda text: tell({"event": "line", "text": text}))
                    if request.lines
                    else None,
                    on_start=started,
                    on_interrupted=lambda run: tell({"event": "cut_off", "run": run}),
                )
        except Interrupted as stop:
            if name is not None and str(stop) == SERVER_STOPPED:
                self.cut_short.append(name)
            tell({"event": "interrupted", "message": str(stop)})
        except (RunError, BadModule, EditRefused, CheckUnavailable) as error:
            tell({"event": "failed", "error": str(error)})
        else:
            if isinstance(ended, Refused):
                found: list[Json] = [diagnostic_json(one) for one in ended.diagnostics]
                refused: Said = {"diagnostics": found, "exit_code": ended.exit_code}
                tell({"event": "refused", **refused})
            else:
                tell({"event": "ended", **ended_json(ended)})


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
    ticket: str | None = None
    run: str | None = None
    interrupted = False
    with client.run(request) as said:
        inbox = _read_aside(said)
        while True:
            try:
                message = inbox.get()
                if isinstance(message, HeavenError):
                    raise message
                match message:
                    case {"event": "accepted", "ticket": str(ticket), "ahead": int(ahead)}:
                        if ahead and on_waiting is not None:
                            on_waiting(ahead)
                    case {"event": "cut_off", "run": str(dead)}:
                        if on_interrupted is not None:
                            on_interrupted(dead)
                    case {"event": "started", "run": str(run)}:
                        if on_start is not None:
                            on_start(run)
                    case {"event": "progress"}:
                        if observe is not None:
                            observe(_progress(message))
                    case {"event": "line", "text": str(text)}:
                        if on_line is not None:
                            on_line(text)
                    case {"event": "alive"}:
                        continue
                    case _:
                        return _end(client, message, run, interrupted)
            except KeyboardInterrupt:
                if interrupted or ticket is None:
                    raise
                interrupted = True
                client.stop_run(ticket)


def _end(
    client: HeavenClient, message: Said, run: str | None, interrupted: bool
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


def _progress(message: Said) -> Progress:
    return Progress(
        fields.text(message, "kind"),
        fields.number(message, "pc"),
        fields.text(message, "text"),
        fields.optional_record(message, "result"),
    )


def _read_aside(said: Iterator[Said]) -> SimpleQueue[Said | HeavenError]:
    """The messages, read in a thread, so that an interrupt cannot tear one apart; an empty one at
    the end."""
    inbox: SimpleQueue[Said | HeavenError] = SimpleQueue()

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
