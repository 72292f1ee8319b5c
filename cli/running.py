"""`aa run`: a program on a repository, by the server that has its Heaven or by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


@click.command()
@click.argument("program", metavar="PROGRAM")
@repo_option
@param_option
@angel_option
@output_mode_option
@check_timeout_option
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
    quiet: bool,
    verbose: bool,
) -> None:
    """Run PROGRAM (.aa, .isa, or bytecode .aab) on the repository.

    The bytecode is verified and every name in it looked up before anything happens. Each effect is
    recorded in .heaven/ of the repository; `aa log`, `aa diff`, `aa why` and `aa replay` read it.

    Where `aa serve` has the repository's Heaven, it does the run, with this command's environment;
    several runs are done one after the other.

    \b
    Examples:
      aa run rename.isa --param old=Greet --param new=Hello
      aa run fix.isa --angel scripted:answers.json
      aa run --repo ../other refactor.aab
    """
    from ..runtime.execute import Refused
    from ..runtime.replay import source_lines
    from .ending import say_ended
    from .executing import carry_out, choose_angel
    from .narration import Narrator
    from .programs import load_program
    from .repository import find_root

    loaded = load_program(report, program, output_mode, params)
    root = find_root(repo)
    chosen = choose_angel(angel, root)
    narrator = Narrator(report, source_lines(loaded.module, loaded.name))
    watch = None if quiet or report.format == "json" else narrator
    on_line = (lambda line: report.say(f"    | {line}")) if verbose else None
    on_start = None if quiet else (lambda name: report.say(f"run {name}: {loaded.name}"))
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
    )
    if isinstance(ended, Refused):
        report.add(ended.diagnostics, report.sources.get(program))
        report.result["run"] = None
        report.finish(ended.exit_code)
    report.add(ended.warnings, report.sources.get(program))
    say_ended(report, ended)
    report.finish(ended.exit_code)
