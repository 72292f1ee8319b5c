"""One run from start to end, or from where it was cut off: link, record, execute, record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..aa.decode import decode
from ..aa.diagnostic import Diagnostic, has_errors
from ..aa.module import Module
from ..aa.verify import verify
from ..heaven import Heaven, HeavenError
from . import runs
from .adopt import trail_of
from .angels import Angel
from .caller import Interrupted, caller
from .checks import CheckUnavailable
from .door import Entry, LiveDoor
from .edits import recover
from .errors import AngelInDoubt, RunEnded, RunError
from .link import Linked, link
from .live import LiveEffects
from .outcome import Outcome, Progress
from .replay import source_lines
from .resume import ResumeDoor, cut_off, retried, settle
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
    _tidy(heaven, None, on_interrupted)
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
    return _carry_out(heaven, run, program.module, effects, door, observe, linked.diagnostics)


def resume(
    heaven: Heaven,
    root: Path,
    run: runs.Run,
    *,
    angel: Angel | None,
    ask_again: bool = False,
    check_timeout: float = DEFAULT_CHECK_TIMEOUT,
    observe: Callable[[Progress], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    on_resume: Callable[[int, Entry | None], None] | None = None,
    on_interrupted: Callable[[str], None] | None = None,
) -> Ended:
    """Go on with a run whose process died, from where it was.

    The bytecode is the recorded one. `on_resume` gets the number of syscalls that the record
    answers, and the one that is in doubt. `ask_again` allows to put a question again that may have
    been answered already. Raises RunEnded, RunDamaged, ReplayDivergence, AngelInDoubt (the run
    stays as it is, to be resumed), LeaseDenied.
    """
    if not run.resumable:
        raise RunEnded(run.name, run.status or "")
    _tidy(heaven, run.name, on_interrupted)
    module = decode(heaven.get_blob(run.module))
    cut = cut_off(heaven, run)
    lines = source_lines(module, run.program)
    door = ResumeDoor(
        heaven,
        run.name,
        cut.recorded,
        cut.doubt,
        lines,
        lambda pc: ask_again or retried(module, pc),
    )
    settle(heaven, run, cut)
    runs.resume(heaven, run, None if angel is None else angel.name, cut.doubt)
    if on_resume is not None:
        on_resume(len(cut.recorded), cut.doubt)
    effects = LiveEffects(
        heaven,
        root,
        run.name,
        angel=angel,
        check_timeout=check_timeout,
        on_line=on_line,
        trail=trail_of(heaven, run.name, 0 if cut.doubt is None else cut.doubt.event),
        questions=cut.questions,
    )

    telling = False

    def watch(progress: Progress) -> None:
        """What the record answers was told when it happened, the end of its last call too."""
        nonlocal telling
        telling = telling or (door.live and not progress.kind.endswith(".done"))
        if telling and observe is not None:
            observe(progress)

    return _carry_out(heaven, run, module, effects, door, watch, ())


def _tidy(heaven: Heaven, spared: str | None, on_interrupted: Callable[[str], None] | None) -> None:
    """Close what processes that died left open: their edits, and, except `spared`, their runs."""
    recover(heaven)
    for dead in runs.close_interrupted(heaven, spared):
        if on_interrupted is not None:
            on_interrupted(dead.name)


def _carry_out(
    heaven: Heaven,
    run: runs.Run,
    module: Module,
    effects: LiveEffects,
    door: LiveDoor | ResumeDoor,
    observe: Callable[[Progress], None] | None,
    warnings: tuple[Diagnostic, ...],
) -> Ended:
    try:
        outcome = Machine(module, effects, door, _while_wanted(observe), run.packing).run()
    except AngelInDoubt:
        runs.interrupt(heaven, run)
        raise
    except (RunError, CheckUnavailable, HeavenError, OSError) as error:
        if not door.live:
            # What the run had landed is not all taken over yet, so it cannot be undone. Nothing new
            # was done either: the run is cut off as before, and can be resumed.
            runs.interrupt(heaven, run)
            raise
        message = _abandon(heaven, run, effects, str(error))
        return Ended(run.name, None, door.head, effects.tree_hash(), 4, message, warnings)
    except KeyboardInterrupt:
        if not door.live:
            runs.interrupt(heaven, run)
            raise
        _abandon(heaven, run, effects, "interrupted from the keyboard")
        raise
    except Interrupted as stop:
        if not door.live:
            runs.interrupt(heaven, run)
            raise
        _abandon(heaven, run, effects, str(stop))
        raise
    tree = effects.tree_hash()
    # The leases first: cut off between the two, the run is resumed, and only ends once more.
    effects.release()
    runs.finish(heaven, run, outcome, door.head, tree)
    code = runs.EXIT_CODES[outcome.status]
    message_of = outcome.stuck or (outcome.failure.message if outcome.failure else None)
    return Ended(run.name, outcome, door.head, tree, code, message_of, warnings)


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
