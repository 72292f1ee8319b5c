"""`aa resume`: go on with a run whose process died."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import (
    angel_option,
    check_timeout_option,
    quiet_option,
    repo_option,
    verbose_option,
)
from .output import FAILED, Problem, Report, output_options

if TYPE_CHECKING:
    from ..aa.module import Module
    from ..heaven import Heaven
    from ..runtime.runs import Run


@click.command()
@click.argument("run_name", required=False, metavar="[RUN]")
@repo_option
@angel_option
@click.option(
    "--program",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Hold FILE against the bytecode that the run is pinned to, and refuse if they differ.",
)
@click.option(
    "--ask-again",
    is_flag=True,
    help="Put a question again that the angel may have answered already, and been paid for.",
)
@check_timeout_option
@quiet_option
@verbose_option
@output_options
def resume(
    report: Report,
    run_name: str | None,
    repo: str | None,
    angel: str | None,
    program: str | None,
    ask_again: bool,
    check_timeout: float,
    quiet: bool,
    verbose: bool,
) -> None:
    """Go on with RUN (default: the last one that was cut off) from where its process died.

    The recorded bytecode is executed again, answered from the log as far as that goes: no answer of
    an angel is asked for twice, no edit made twice. A syscall without a recorded result is in
    doubt: edits are completed from the journal, page faults and checks done again; an angel is
    asked again only where the section has IF_FAIL RETRY, or with --ask-again.

    \b
    Examples:
      aa resume
      aa resume r3 --angel scripted:answers.json
      aa resume r3 --program refactor.isa
    """
    from ..aa.decode import decode
    from ..runtime.errors import ReplayDivergence
    from ..runtime.replay import source_lines
    from ..runtime.resume import compare
    from .ending import say_ended
    from .executing import choose_angel, go_on_with
    from .narration import Narrator, say_resumed
    from .repository import find_root, heaven_or_server, open_heaven

    root = find_root(repo)
    chosen = choose_angel(angel, root)
    with open_heaven(root, read_only=True) as reader:
        run = _wanted(reader, run_name)
        module = decode(reader.get_blob(run.module))
    lines = source_lines(module, run.program)
    if program is not None:
        try:
            compare(run, module, _now(report, program, module, run))
        except ReplayDivergence as divergence:
            raise Problem(str(divergence), FAILED) from None
    with heaven_or_server(root) as heaven:
        ended = go_on_with(
            heaven,
            root,
            run.name,
            chosen=chosen,
            ask_again=ask_again,
            check_timeout=check_timeout,
            observe=None if quiet or report.format == "json" else Narrator(report, lines),
            on_line=(lambda line: report.say(f"    | {line}")) if verbose else None,
            on_resume=None if quiet else say_resumed(report, run.program, lines),
            on_dead=lambda dead: report.say(str(dead)),
        )
    say_ended(report, ended)
    report.finish(ended.exit_code)


def _now(report: Report, program: str, recorded: Module, run: Run) -> Module:
    """The program as it is now, compiled as the recorded one was."""
    from .programs import load_program

    return load_program(report, program, recorded.output_mode, run.params).module


def _wanted(heaven: Heaven, name: str | None) -> Run:
    """The run of this name, or the newest that was cut off. Raises NoSuchRun."""
    from ..runtime.runs import all_runs, find

    if name is not None:
        return find(heaven, name)
    found = [run for run in all_runs(heaven) if run.resumable or run.being_undone]
    if not found:
        raise Problem("no run of this repository was cut off: there is nothing to resume")
    return found[-1]
