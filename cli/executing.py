"""A program is run by the server that has the repository's Heaven, or here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..heaven.client import HeavenClient
from ..runtime.angels import Angel
from ..runtime.execute import DEFAULT_CHECK_TIMEOUT, Ended, Program, Refused, execute
from ..runtime.hosted import execute_there
from ..runtime.outcome import Progress
from .output import Report
from .repository import heaven_or_server


def carry_out(
    report: Report,
    root: Path,
    program: Program,
    *,
    specification: str | None = None,
    angel: Angel | None = None,
    directory: Path | None = None,
    params: dict[str, str] | None = None,
    check_timeout: float = DEFAULT_CHECK_TIMEOUT,
    observe: Callable[[Progress], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    on_start: Callable[[str], None] | None = None,
) -> Refused | Ended:
    """Run `program` on the repository at `root`.

    `specification` names the angel for a server to open, its paths counted from `directory`;
    `angel` is the same one, opened here. What an earlier run was cut off from, and how many runs
    are done first, is reported.
    """

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
                angel=specification,
                directory=directory or root,
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
            angel=angel,
            params=params or {},
            check_timeout=check_timeout,
            observe=observe,
            on_line=on_line,
            on_interrupted=on_interrupted,
            on_start=on_start,
        )
