"""A program is run, or gone on with, by the server that has the repository's Heaven, or here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..heaven import Heaven
from ..heaven.client import HeavenClient
from ..heaven.records import JsonObject
from ..runtime import fields
from ..runtime.angels import Angel, configured, open_angel
from ..runtime.dead import Dead
from ..runtime.door import Entry
from ..runtime.errors import AngelInDoubt, AngelUnavailable, ReplayDivergence
from ..runtime.execute import DEFAULT_CHECK_TIMEOUT, Ended, Program, Refused, execute, resume
from ..runtime.hosted import execute_there, resume_there
from ..runtime.outcome import Progress
from ..runtime.runs import INTERRUPTED, Run, cut_off_before, find
from .output import ENVIRONMENT, FAILED, Problem, Report
from .repository import heaven_or_server


@dataclass(frozen=True, slots=True)
class Chosen:
    """The angel of a run: its specification for a server to open, with paths counted from
    `directory`, and the same one opened here. None where none is configured."""

    specification: str | None
    directory: Path
    angel: Angel | None


def choose_angel(option: str | None, root: Path, *, openable: bool = True) -> Chosen:
    """The angel of `--angel`, the environment or genesis.toml. One that is not `openable` here is
    not opened. Raises Problem."""
    # A path on the command line counts from where the command was given.
    directory = Path.cwd() if option else root
    try:
        specification = configured(option, root)
        angel = open_angel(specification, directory, root) if specification and openable else None
    except AngelUnavailable as unavailable:
        raise Problem(str(unavailable), ENVIRONMENT) from None
    return Chosen(specification, directory, angel)


def carry_out(
    report: Report,
    root: Path,
    program: Program,
    *,
    chosen: Chosen | None = None,
    params: dict[str, str] | None = None,
    check_timeout: float = DEFAULT_CHECK_TIMEOUT,
    observe: Callable[[Progress], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    on_start: Callable[[str], None] | None = None,
    on_resume: Callable[[str, int, str | None, int], None] | None = None,
    go_on: Callable[[Run], bool] | None = None,
) -> Refused | Ended:
    """Run `program` on the repository at `root`, without an angel unless one is `chosen`.

    `go_on` is asked, where the last run of the same program was cut off, whether to go on with that
    one; without it the program always begins anew. That other runs were cut off, and how many runs
    are done first, is reported. `on_resume` as in `go_on_with`.
    """
    chosen = chosen or Chosen(None, root, None)
    told: str | None = None

    def on_dead(dead: Dead) -> None:
        if dead.run != told:
            report.say(str(dead))

    with heaven_or_server(root) as heaven:
        cut = None if go_on is None else _cut_off(heaven, root, program, params or {})
        if go_on is not None and cut is not None:
            told = cut.name
            if go_on(cut):
                return go_on_with(
                    heaven,
                    root,
                    cut.name,
                    chosen=chosen,
                    check_timeout=check_timeout,
                    observe=observe,
                    on_line=on_line,
                    on_resume=on_resume,
                    on_dead=on_dead,
                )
        if isinstance(heaven, HeavenClient):
            return execute_there(
                heaven,
                program,
                angel=chosen.specification,
                directory=chosen.directory,
                params=params or {},
                check_timeout=check_timeout,
                observe=observe,
                on_line=on_line,
                on_dead=on_dead,
                on_start=on_start,
                on_waiting=lambda ahead: report.say(
                    f"waiting for {ahead} other run{'' if ahead == 1 else 's'} of this repository"
                ),
            )
        return execute(
            program,
            heaven,
            root,
            angel=chosen.angel,
            params=params or {},
            check_timeout=check_timeout,
            observe=observe,
            on_line=on_line,
            on_dead=on_dead,
            on_start=on_start,
        )


def go_on_with(
    heaven: Heaven | HeavenClient,
    root: Path,
    run: str,
    *,
    chosen: Chosen,
    ask_again: bool = False,
    check_timeout: float = DEFAULT_CHECK_TIMEOUT,
    observe: Callable[[Progress], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    on_resume: Callable[[str, int, str | None, int], None] | None = None,
    on_dead: Callable[[Dead], None] | None = None,
) -> Ended:
    """Go on with a run that was cut off. `on_resume` gets its name, the number of syscalls that the
    log answers, and opcode (None for none) and pc of the one in doubt. Raises Problem, RunError,
    HeavenError."""

    def resumed(answered: int, op: str | None, pc: int) -> None:
        if on_resume is not None:
            on_resume(run, answered, op, pc)

    def resumed_here(answered: int, doubt: Entry | None) -> None:
        resumed(answered, *((None, 0) if doubt is None else (doubt.op, doubt.pc)))

    def resumed_there(answered: int, doubt: JsonObject | None) -> None:
        where = (None, 0)
        if doubt is None:
            resumed(answered, *where)
        else:
            resumed(answered, fields.text(doubt, "op"), fields.number(doubt, "pc"))

    try:
        if isinstance(heaven, HeavenClient):
            return resume_there(
                heaven,
                run,
                angel=chosen.specification,
                directory=chosen.directory,
                ask_again=ask_again,
                check_timeout=check_timeout,
                observe=observe,
                on_line=on_line,
                on_resume=resumed_there,
                on_dead=on_dead,
            )
        return resume(
            heaven,
            root,
            find(heaven, run),
            angel=chosen.angel,
            ask_again=ask_again,
            check_timeout=check_timeout,
            observe=observe,
            on_line=on_line,
            on_resume=resumed_here,
            on_dead=on_dead,
        )
    except ReplayDivergence as divergence:
        raise Problem(str(divergence), FAILED) from None
    except AngelInDoubt as doubt:
        raise Problem(str(doubt), ENVIRONMENT) from None


def _cut_off(
    heaven: Heaven | HeavenClient, root: Path, program: Program, params: Mapping[str, str]
) -> Run | None:
    """The run of the same program that was cut off. Beside a server a run without an end may be
    going on, and only one that the log calls cut off is."""
    if isinstance(heaven, Heaven):
        return cut_off_before(heaven, program.code, params)
    with Heaven.open(root, read_only=True) as reader:
        found = cut_off_before(reader, program.code, params)
    return found if found is not None and found.status == INTERRUPTED else None
