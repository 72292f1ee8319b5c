"""One run from start to end: link, record, execute, record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..aa.diagnostic import Diagnostic, has_errors
from ..aa.module import Module
from ..aa.verify import verify
from ..heaven import Heaven, HeavenError
from . import runs
from .angels import Angel
from .caller import Interrupted, caller
from .checks import CheckUnavailable
from .door import LiveDoor
from .edits import recover
from .errors import RunError
from .link import Linked, link
from .live import LiveEffects
from .outcome import Outcome, Progress
from .vm import Machine

DEFAULT_CHECK_TIMEOUT = 900.0
"""Seconds that one RUN may take."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is run. `source` is None where only the bytecode is there; `code` are its bytes."""

    name: str
    module: Module
    code: bytes
    source: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The program was refused before anything happened; `exit_code` is 2 or 4."""

    diagnostics: tuple[Diagnostic, ...]
    exit_code: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The run took place. `outcome` is None where the environment ended it (`message`, exit 4)."""

    run: str
    outcome: Outcome | None
    head: str
    tree: str
    exit_code: int
    message: str | None
    warnings: tuple[Diagnostic, ...]


def execute(
    program: Program,
    heaven: Heaven,
    root: Path,
    *,
    angel: Angel | None,
    params: dict[str, str],
    check_timeout: float = DEFAULT_CHECK_TIMEOUT,
    observe: Callable[[Progress], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    on_start: Callable[[str], None] | None = None,
    on_interrupted: Callable[[str], None] | None = None,
) -> Refused | Ended:
    """Verify, link and run `program` on the repository at `root`.

    `on_interrupted` is told the name of each earlier run that died before it ended. An interrupt
    (Ctrl-C, or Interrupted: the caller wants it no more) passes through after the run's edits were
    undone.
    """
    recover(heaven)
    for dead in runs.close_interrupted(heaven):
        if on_interrupted is not None:
            on_interrupted(dead.name)
    problems = verify(program.module)
    if has_errors(problems):
        return Refused(tuple(problems), 2)
    linked: Linked = link(program.module, heaven, root, angel=angel, source=program.source)
    if has_errors(linked.diagnostics):
        return Refused(linked.diagnostics, linked.exit_code)
    run = runs.start(
        heaven,
        program=program.name,
        module=program.code,
        source=program.source,
        angel=None if angel is None else angel.name,
        params=params,
    )
    if on_start is not None:
        on_start(run.name)
    door = LiveDoor(heaven, run.name)
    effects = LiveEffects(
        heaven, root, run.name, angel=angel, check_timeout=check_timeout, on_line=on_line
    )
    try:
        outcome = Machine(program.module, effects, door, _while_wanted(observe)).run()
    except (RunError, CheckUnavailable, HeavenError, OSError) as error:
        message = _abandon(heaven, run, effects, str(error))
        return Ended(run.name, None, door.head, effects.tree_hash(), 4, message, linked.diagnostics)
    except KeyboardInterrupt:
        _abandon(heaven, run, effects, "interrupted from the keyboard")
        raise
    except Interrupted as stop:
        _abandon(heaven, run, effects, str(stop))
        raise
    tree = effects.tree_hash()
    runs.finish(heaven, run, outcome, door.head, tree)
    effects.release()
    code = runs.EXIT_CODES[outcome.status]
    message_of = outcome.stuck or (outcome.failure.message if outcome.failure else None)
    return Ended(run.name, outcome, door.head, tree, code, message_of, linked.diagnostics)


def _while_wanted(observe: Callable[[Progress], None] | None) -> Callable[[Progress], None]:
    """`observe`, which also ends the run, between two effects, once its caller has gone."""
    check_wanted = caller().check_wanted

    def watch(progress: Progress) -> None:
        check_wanted()
        if observe is not None:
            observe(progress)

    return watch


def _abandon(heaven: Heaven, run: runs.Run, effects: LiveEffects, message: str) -> str:
    """Undo what the run landed and end it in the log; returns the message for the user.

    Raises LogFailed where the log is what failed: nothing can be undone, or ended, without it.
    """
    try:
        refused = effects.roll_back(0, None).get("refused")
        if isinstance(refused, dict):
            message += f"; its edits could not be undone: {refused['message']}"
    except (RunError, OSError) as error:
        message += f"; its edits could not be undone: {error}"
    runs.abandon(heaven, run, message)
    effects.release()
    return message
