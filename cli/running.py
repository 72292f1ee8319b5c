"""`aa run`: a program on a repository, by the server that has its Heaven or by itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

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
from .output import Report, output_options

if TYPE_CHECKING:
    from ..aa.lowered import OutputMode
    from ..runtime.runs import Run

_CUT_OFF: Final = (
    "run {run} of this program was cut off before it ended; what it had landed is still in the "
    "tree (`aa diff {run}`)"
)


@click.command()
@click.argument("program", metavar="PROGRAM")
@repo_option
@param_option
@angel_option
@output_mode_option
@check_timeout_option
@click.option(
    "--resume/--anew",
    "go_on",
    default=None,
    help="Where the last run of this program was cut off: go on with it, or begin anew. "
    "Without either, a terminal is asked, and else it begins anew.",
)
@quiet_option
@verbose_option
@output_options
def run(
    report: Report,
    program: str,
    repo: str | None,
    params: dict[str, str],
    angel: str | None,
    output_mode: OutputMode,
    check_timeout: float,
    go_on: bool | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Run PROGRAM (.aa, .isa, or bytecode .aab) on the repository.

    The bytecode is verified and every name in it looked up before anything happens. Each effect is
    recorded in .heaven/ of the repository; `aa log`, `aa diff`, `aa why` and `aa replay` read it.

    Where `aa serve` has the repository's Heaven, it does the run, with this command's environment;
    several runs are done one after the other.

    A program whose last run (the same bytecode and parameters) was cut off can be gone on with, as
    `aa resume` does.

    \b
    Examples:
      aa run rename.isa --param old=Greet --param new=Hello
      aa run rename.isa --resume
      aa run fix.isa --angel scripted:answers.json
      aa run --repo ../other refactor.aab
    """
    from ..runtime.execute import Refused
    from ..runtime.replay import source_lines
    from .ending import say_ended
    from .executing import carry_out, choose_angel
    from .narration import Narrator, say_resumed
    from .programs import load_program
    from .repository import find_root

    loaded = load_program(report, program, output_mode, params)
    root = find_root(repo)
    chosen = choose_angel(angel, root)
    lines = source_lines(loaded.module, loaded.name)
    narrator = Narrator(report, lines)
    watch = None if quiet or report.format == "json" else narrator
    on_line = (lambda line: report.say(f"    | {line}")) if verbose else None

    def on_start(name: str) -> None:
        if go_on and report.result["cut_off"] is None:
            report.say("no run of this program was cut off: it starts anew")
        if not quiet:
            report.say(f"run {name}: {loaded.name}")

    report.result |= {"resumed": False, "cut_off": None}
    ended = carry_out(
        report,
        root,
        loaded,
        chosen=chosen,
        params=params,
        check_timeout=check_timeout,
        observe=watch,
        on_line=on_line,
        on_start=on_start,
        on_resume=None if quiet else say_resumed(report, loaded.name, lines),
        go_on=lambda cut: _wanted(report, cut, go_on),
    )
    if isinstance(ended, Refused):
        report.add(ended.diagnostics, report.sources.get(program))
        report.result["run"] = None
        report.finish(ended.exit_code)
    report.add(ended.warnings, report.sources.get(program))
    say_ended(report, ended)
    report.finish(ended.exit_code)


def _wanted(report: Report, cut: Run, go_on: bool | None) -> bool:
    """Whether to go on with the run that was cut off: as the options say, else the user."""
    if go_on is None and report.format == "text" and sys.stdin.isatty() and sys.stderr.isatty():
        report.say(_CUT_OFF.format(run=cut.name))
        question = "resume it, or start anew?"
        choice = click.prompt(
            question, default="resume", type=click.Choice(["resume", "anew"]), err=True
        )
        go_on = choice == "resume"
    elif go_on is None:
        report.say(_CUT_OFF.format(run=cut.name))
        report.say(f"  it starts anew; --resume goes on with {cut.name}, --anew says nothing of it")
    report.result |= {"resumed": bool(go_on), "cut_off": cut.name}
    return bool(go_on)
