"""`aa debug`: a run step by step, live on this repository or from its record, both ways."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, TextIO

import click

from .options import (
    angel_option,
    check_timeout_option,
    output_mode_option,
    param_option,
    quiet_option,
    repo_option,
    verbose_option,
)
from .output import Json, Problem, Report, output_options

if TYPE_CHECKING:
    from ..aa.lowered import OutputMode
    from .conversing import OnQuit


@click.command()
@click.argument("program", required=False, metavar="[PROGRAM]")
@click.option(
    "--run",
    "recorded",
    metavar="RUN|FILE.bundle",
    help="Look at a recorded run instead: nothing is run, no angel asked.",
)
@click.option("--resume", "resumed", metavar="RUN", help="Go on with a run that was cut off.")
@click.option(
    "-x",
    "--execute",
    "given",
    multiple=True,
    metavar="COMMANDS",
    help="Carry out these commands, with `;` between them; may be repeated.",
)
@click.option(
    "--commands",
    "files",
    multiple=True,
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Carry out the commands in FILE, after those of -x.",
)
@click.option(
    "--on-quit",
    type=click.Choice(["keep", "undo"]),
    default="keep",
    show_default=True,
    help="What becomes of a live run when the commands end: kept for `aa resume`, or undone.",
)
@repo_option
@param_option
@angel_option
@output_mode_option
@check_timeout_option
@quiet_option
@verbose_option
@output_options
def debug(
    report: Report,
    program: str | None,
    recorded: str | None,
    resumed: str | None,
    given: tuple[str, ...],
    files: tuple[TextIO, ...],
    on_quit: OnQuit,
    repo: str | None,
    params: dict[str, str],
    angel: str | None,
    output_mode: OutputMode,
    check_timeout: float,
    quiet: bool,
    verbose: bool,
) -> None:
    """Run PROGRAM step by step on the repository, forwards and backwards.

    It stops before the first instruction and asks for commands: step, next, finish, continue,
    break, back, reverse-continue, list, where, registers, context, edits, log, print, quit; `help`
    explains them. Going backwards shows the run as it was, from its log: nothing is undone by it,
    and going forwards again does nothing twice, until the newest position is passed.

    Commands come from -x and --commands, else from standard input. A mistake in them ends the
    session, with exit code 2, since what follows it was meant for another place. Ctrl-C stops a run
    before its next instruction; a second one ends it and undoes its edits. With --json each stop
    and each answer is a JSON object on a line of its own.

    \b
    Examples:
      aa debug fix.isa --angel scripted:answers.json
      aa debug fix.isa -x "break RUN; continue; edits; quit undo"
      aa debug --run r3 -x "break failure; continue; context"
      aa debug --run fix.bundle --json < commands.txt
      aa debug --resume r3
    """
    if sum(one is not None for one in (program, recorded, resumed)) != 1:
        raise Problem("give one of PROGRAM, --run RUN and --resume RUN")
    if params and program is None:
        raise Problem("--param is for a PROGRAM; a run has its parameters already")
    from .conversing import Conversation, terminal
    from .debug_sessions import Session, post_mortem
    from .debugger_commands import COMMANDS
    from .executing import choose_angel
    from .programs import load_program
    from .repository import find_root

    prompts = terminal() and report.format != "json"
    conversation = Conversation(
        report,
        _lines(given, files, ask=not prompts),
        prompts=prompts,
        on_quit=on_quit,
        commands=COMMANDS,
    )
    try:
        if recorded is not None:
            post_mortem(recorded, repo, conversation)
        root = find_root(repo)
        chosen = choose_angel(angel, root)
        session = Session(conversation, root, chosen, check_timeout, quiet, verbose)
        if program is not None:
            session.run(load_program(report, program, output_mode, params), params)
        else:
            session.resume(resumed or "")
    except Problem as problem:
        if report.format != "json":
            raise
        # On one line, as the stops before it are.
        error: dict[str, Json] = {"message": problem.format_message(), "hint": problem.hint}
        conversation.tell("end", {"ok": False, "exit_code": problem.code, "error": error})
        raise SystemExit(problem.code) from None


def _lines(given: Iterable[str], files: Iterable[TextIO], *, ask: bool) -> Iterator[str]:
    """The commands given beforehand; standard input where there are none and nobody is asked."""
    scripted = False
    for line in chain(given, *files):
        scripted = True
        yield line
    if ask and not scripted:
        yield from sys.stdin
