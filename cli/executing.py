"""A program is run by the server that has the repository's Heaven, or here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..heaven.client import HeavenClient
from ..runtime.angels import Angel, configured, open_angel
from ..runtime.errors import AngelUnavailable
from ..runtime.execute import DEFAULT_CHECK_TIMEOUT, Ended, Program, Refused, execute
from ..runtime.hosted import execute_there
from ..runtime.outcome import Progress
from .output import ENVIRONMENT, Problem, Report
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
        angel = open_angel(specification, directory) if specification and openable else None
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
) -> Refused | Ended:
    """Run `program` on the repository at `root`, without an angel unless one is `chosen`. That an
    earlier run was cut off, and how many runs are done first, is reported."""
    chosen = chosen or Chosen(None, root, None)

    def on_interrupted(name: str) -> None:
        report.say(
            f"run {name} was cut off before it ended; what it had landed is still in the tree "
            f"(`aa diff {name}`, and `aa resume {name}` goes on with it)"
        )

    with heaven_or_server(root) as heaven:
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
                on_interrupted=on_interrupted,
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
            on_interrupted=on_interrupted,
            on_start=on_start,
        )
