"""`aa run`: a program on a repository, by the server that has its Heaven or by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import output_mode_option, param_option, repo_option
from .output import CONFLICT, ENVIRONMENT, FAILED, Problem, Report, output_options

if TYPE_CHECKING:
    from ..aa.lowered import OutputMode
    from ..runtime.execute import Program


@click.command()
@click.argument("program", metavar="PROGRAM")
@repo_option
@param_option
@click.option(
    "--angel",
    metavar="SPEC",
    help="Who answers OP and DO texts: scripted:FILE. Also GENESIS_ANGEL, or genesis.toml.",
)
@output_mode_option
@click.option(
    "--check-timeout",
    type=click.FloatRange(min=0.1),
    default=900.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one RUN may take.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say how the run ended, and nothing before.")
@click.option("-v", "--verbose", is_flag=True, help="Also print the output of RUN as it comes.")
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
    from ..heaven.client import HeavenClient
    from ..runtime.angels import configured, open_angel
    from ..runtime.errors import AngelUnavailable
    from ..runtime.execute import Refused, execute
    from ..runtime.hosted import execute_there
    from ..runtime.replay import source_lines
    from .narration import Narrator
    from .repository import find_root, heaven_or_server

    loaded = _load(report, program, output_mode, params)
    root = find_root(repo)
    try:
        specification = configured(angel, root)
        # A path on the command line counts from where the command was given.
        base = Path.cwd() if angel else root
        chosen = open_angel(specification, base) if specification else None
    except AngelUnavailable as unavailable:
        raise Problem(str(unavailable), ENVIRONMENT) from None
    narrator = Narrator(report, source_lines(loaded.module, loaded.name))
    watch = None if quiet or report.format == "json" else narrator
    on_line = (lambda line: report.say(f"    | {line}")) if verbose else None
    on_start = None if quiet else (lambda name: report.say(f"run {name}: {loaded.name}"))

    def on_interrupted(name: str) -> None:
        report.say(
            f"run {name} was cut off before it ended; what it had landed is still in the tree "
            f"(`aa diff {name}`)"
        )

    with heaven_or_server(root) as heaven:
        if isinstance(heaven, HeavenClient):
            ended = execute_there(
                heaven,
                loaded,
                angel=specification,
                directory=base,
                params=params,
                check_timeout=check_timeout,
                observe=watch,
                on_line=on_line,
                on_interrupted=on_interrupted,
                on_start=on_start,
                on_waiting=lambda ahead: report.say(
                    f"waiting for {ahead} other run{'' if ahead == 1 else 's'} of this repository"
                ),
            )
        else:
            ended = execute(
                loaded,
                heaven,
                root,
                angel=chosen,
                params=params,
                check_timeout=check_timeout,
                observe=watch,
                on_line=on_line,
                on_interrupted=on_interrupted,
                on_start=on_start,
            )
    if isinstance(ended, Refused):
        report.add(ended.diagnostics, report.sources.get(program))
        report.result["run"] = None
        report.finish(ended.exit_code)
    report.add(ended.warnings, report.sources.get(program))
    outcome = ended.outcome
    report.result |= {
        "run": ended.run,
        "status": outcome.status if outcome else "abandoned",
        "message": ended.message,
        "head": ended.head,
        "tree": ended.tree,
        "steps": outcome.steps if outcome else None,
        "angel_calls": outcome.angel_calls if outcome else None,
        "tokens": outcome.tokens if outcome else None,
        "retries": len(outcome.handled) if outcome else None,
    }
    words = {
        0: "done",
        FAILED: "failed, the tree is as it was before the section",
        CONFLICT: "conflict",
        ENVIRONMENT: "abandoned, the tree is as it was",
    }
    report.say(f"run {ended.run}: {words[ended.exit_code]}")
    if ended.message:
        report.say(f"  {ended.message}")
    report.finish(ended.exit_code)


def _load(report: Report, name: str, output_mode: OutputMode, params: dict[str, str]) -> Program:
    """Compile or read the program; exits with its diagnostics where it is wrong."""
    from ..aa.encode import encode
    from ..runtime.execute import Program
    from .programs import MODULE_SUFFIX, SUFFIXES, compile_program, load_module, read_program

    path = Path(name)
    if path.suffix in SUFFIXES:
        source = read_program(path, report)
        if source is None:
            report.finish()
        compiled = compile_program(source, report, output_mode=output_mode, params=params)
        if compiled.module is None:
            report.finish()
        return Program(path.name, compiled.module, encode(compiled.module), source.text)
    if path.suffix not in (MODULE_SUFFIX, ".aasm"):
        raise Problem(f"{name}: not a program (.aa, .isa) and not bytecode (.aab)")
    module = load_module(path, report, params=params)
    if module is None:
        report.finish()
    return Program(path.name, module, encode(module), None)
