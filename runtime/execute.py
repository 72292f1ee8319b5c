"""One run from start to end, or from where it was cut off: link, record, execute, record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from ..aa.decode import decode
from ..aa.diagnostic import Diagnostic, has_errors
from ..aa.module import Module
from ..aa.verify import verify
from ..heaven import Heaven, HeavenError
from ..heaven.errors import BlobDamaged, BlobMissing, NotLeased, StaleToken
from . import runs
from .adopt import trail_of
from .angels import Angel
from .angels.select import configured_limits
from .caller import Interrupted, Suspended, caller
from .checks import CheckUnavailable
from .dead import Dead, close_dead
from .door import Entry, LiveDoor
from .edits import EditRefused
from .errors import AngelInDoubt, RunEnded, RunError
from .link import Linked, link
from .live import LiveEffects
from .moment import Pause, Pausing
from .outcome import Failure, Outcome, Progress
from .replay import source_lines
from .resume import ResumeDoor, cut_off, retried, settle
from .undoing import refusal_text
from .vm import Machine

DEFAULT_CHECK_TIMEOUT = 900.0
"""Seconds that one RUN may take."""

LONG_PAUSE: Final = timedelta(minutes=1)
"""A pause after which the leases are renewed; they last an hour."""


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
    """The run took place. `outcome` is None where the environment ended it (`message`, exit 4);
    `kept` says that its edits could not be undone then."""

    run: str
    outcome: Outcome | None
    head: str
    tree: str
    exit_code: int
    message: str | None
    warnings: tuple[Diagnostic, ...]
    kept: bool = False


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
    on_dead: Callable[[Dead], None] | None = None,
    pause: Pause | None = None,
) -> Refused | Ended:
    """Verify, link and run `program` on the repository at `root`.

    `on_dead` is told of each earlier run whose process died before it ended. An interrupt
    (Ctrl-C, or Interrupted: the caller wants it no more) passes through after the run's edits were
    undone, Suspended (of `pause`) with the run left to be resumed. Raises AngelUnavailable where
    genesis.toml is broken.
    """
    _close_dead(heaven, None, on_dead)
    problems = verify(program.module)
    if has_errors(problems):
        return Refused(tuple(problems), 2)
    limits = configured_limits(root)
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
        limits=limits,
    )
    if on_start is not None:
        on_start(run.name)
    door = LiveDoor(heaven, run.name)
    effects = LiveEffects(
        heaven, root, run.name, angel=angel, check_timeout=check_timeout, on_line=on_line
    )
    paused = None if pause is None else _keeping_leases(pause, effects, heaven)
    machine = Machine(program.module, effects, door, _while_wanted(observe), run.limits, paused)
    return _carry_out(heaven, run, machine, effects, door, linked.diagnostics)


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
    on_dead: Callable[[Dead], None] | None = None,
    pause: Pause | None = None,
) -> Ended:
    """Go on with a run whose process died, from where it was.

    The bytecode is the recorded one. `on_resume` gets the number of syscalls that the record
    answers, and the one that is in doubt. `ask_again` allows to put a question again that may have
    been answered already. Raises RunEnded, RunDamaged, ReplayDivergence, AngelInDoubt (the run
    stays as it is, to be resumed), LeaseDenied.
    """
    _close_dead(heaven, run.name, on_dead)
    if run.being_undone:
        run = runs.find(heaven, run.name)
    if not run.resumable:
        raise RunEnded(run.name, "undone" if run.undone else run.status or str(run.given_up))
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

    paused = None if pause is None else _keeping_leases(pause, effects, heaven)
    machine = Machine(module, effects, door, _while_wanted(watch), run.limits, paused)
    return _carry_out(heaven, run, machine, effects, door, ())


def _close_dead(heaven: Heaven, spared: str | None, on_dead: Callable[[Dead], None] | None) -> None:
    for dead in close_dead(heaven, spared):
        if on_dead is not None:
            on_dead(dead)


def _carry_out(
    heaven: Heaven,
    run: runs.Run,
    machine: Machine,
    effects: LiveEffects,
    door: LiveDoor | ResumeDoor,
    warnings: tuple[Diagnostic, ...],
) -> Ended:
    try:
        outcome = machine.run()
    except AngelInDoubt:
        runs.interrupt(heaven, run)
        raise
    except Suspended as left:
        runs.interrupt(heaven, run, str(left))
        raise
    except (RunError, CheckUnavailable, HeavenError, OSError) as error:
        if not door.live:
            # What the run had landed is not all taken over yet, so it cannot be undone. Nothing new
            # was done either: the run is cut off as before, and can be resumed.
            runs.interrupt(heaven, run)
            raise
        message, kept = _abandon(heaven, run, effects, str(error))
        return Ended(run.name, None, door.head, effects.tree_hash(), 4, message, warnings, kept)
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


def _keeping_leases(pause: Pause, effects: LiveEffects, heaven: Heaven) -> Pause:
    """`pause`, after which the run's leases hold as if it had taken no time."""

    def paused(machine: Pausing, failure: Failure | None) -> None:
        began = heaven.clock.now()
        pause(machine, failure)
        if heaven.clock.now() - began > LONG_PAUSE:
            effects.keep_leases()

    return paused


def _abandon(heaven: Heaven, run: runs.Run, effects: LiveEffects, message: str) -> tuple[str, bool]:
    """Undo what the run landed and end it in the log; the message for the user, and whether its
    edits are still in the tree because they could not be undone.

    That it is undone stands in the log first: killed in the middle, `close_dead` finishes it.
    Raises LogFailed where the log is what failed: nothing can be undone, or ended, without it.
    """
    runs.give_up(heaven, run, message)
    kept = False
    try:
        effects.take_back()
    except (EditRefused, BlobMissing, BlobDamaged, NotLeased, StaleToken) as refused:
        kept = True
        message += f"; its edits could not be undone: {refusal_text(refused)}"
    except (RunError, OSError) as error:
        kept = True
        message += f"; its edits could not be undone: {error}"
    if kept:
        message += f"; `aa undo {run.name}` tries again"
    effects.release()
    runs.abandon(heaven, run, message, kept=kept)
    return message, kept
