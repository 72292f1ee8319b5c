"""`aa` (also `genesis`): run programs on a repository, and ask what runs did.

Only click is imported here; every command imports what it needs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import output
from .fsck import fsck
from .macros import op
from .options import output_mode_option, param_option, repo_option
from .output import CONFLICT, ENVIRONMENT, FAILED, Json, Problem, Report, output_options
from .prompts import prompt
from .serving import serve

if TYPE_CHECKING:
    from ..aa.lowered import OutputMode
    from ..runtime.execute import Program
    from ..runtime.why import Why


def _version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"aa {version('genesis-ssmp')}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the version.",
)
def cli() -> None:
    """Run programs for coding agents on a repository, and explain what they did.

    Exit codes: 0 done; 1 the program's checks failed and the tree was restored; 2 the program or
    the usage is wrong; 3 an edit conflicts with what is there; 4 the environment is wrong (Heaven
    in use, no angel, not a repository); 5 a macro op is done, and places that may mean the same
    were left alone.

    \b
    Examples:
      aa run rename.isa --param old=Greet --param new=Hello
      aa why src/app.py:120
      aa replay last
    """


@cli.command()
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

    \b
    Examples:
      aa run rename.isa --param old=Greet --param new=Hello
      aa run fix.isa --angel scripted:answers.json
      aa run --repo ../other refactor.aab
    """
    from ..runtime.angels import configured, open_angel
    from ..runtime.errors import AngelUnavailable
    from ..runtime.execute import Refused, execute
    from ..runtime.replay import source_lines
    from .narration import Narrator
    from .repository import find_root, open_heaven

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
    with open_heaven(root) as heaven:
        ended = execute(
            loaded,
            heaven,
            root,
            angel=chosen,
            params=params,
            check_timeout=check_timeout,
            observe=None if quiet or report.format == "json" else narrator,
            on_line=(lambda line: report.say(f"    | {line}")) if verbose else None,
            on_interrupted=lambda name: report.say(
                f"run {name} was cut off before it ended; what it had landed is still in the tree "
                f"(`aa diff {name}`)"
            ),
            on_start=None if quiet else (lambda name: report.say(f"run {name}: {loaded.name}")),
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


@cli.command()
@click.argument("run_name", required=False, metavar="[RUN]")
@repo_option
@output_options
def log(report: Report, run_name: str | None, repo: str | None) -> None:
    """List the runs of the repository, or the syscalls of one RUN (`r3`, or `last`).

    \b
    Examples:
      aa log
      aa log last
      aa log r3 --json
    """
    from ..runtime.runs import all_runs, find
    from .listing import run_json, run_line, run_report
    from .repository import find_root, open_heaven

    with open_heaven(find_root(repo), read_only=True) as heaven:
        if run_name is None:
            runs = all_runs(heaven)
            report.result["runs"] = [run_json(one) for one in runs]
            _print(report, [run_line(one) for one in runs] or ["no runs yet"])
        else:
            lines, record = run_report(heaven, find(heaven, run_name))
            report.result |= record
            _print(report, lines)
    report.finish()


@cli.command()
@click.argument("run_name", default="last", metavar="[RUN]")
@repo_option
@output_options
def diff(report: Report, run_name: str, repo: str | None) -> None:
    """Print what RUN (default: the last) changed, as a unified diff.

    \b
    Examples:
      aa diff
      aa diff r3 | less
    """
    from ..runtime.difference import run_diff
    from ..runtime.runs import find
    from .repository import find_root, open_heaven

    with open_heaven(find_root(repo), read_only=True) as heaven:
        text = run_diff(heaven, find(heaven, run_name))
    if report.format == "json":
        report.result["diff"] = text.decode("utf-8", "backslashreplace")
    else:
        output.print_bytes(text)
    report.finish()


@cli.command()
@click.argument("place", metavar="PATH:LINE")
@repo_option
@output_options
def why(report: Report, place: str, repo: str | None) -> None:
    """Say why a line is as it is: run, instruction, author, context shown, receipt.

    \b
    Examples:
      aa why src/app.py:120
      aa why src/app.py:120 --json
    """
    from ..heaven.errors import PathOutside
    from ..runtime.why import NoSuchLine, as_json
    from ..runtime.why import why as explain
    from .repository import find_root, open_heaven

    path, _, number = place.rpartition(":")
    if not path or not number.isdigit():
        raise Problem(f"{place!r} is not PATH:LINE", hint="for example src/app.py:120")
    root = find_root(repo)
    with open_heaven(root, read_only=True) as heaven:
        try:
            answer = explain(heaven, root, path, int(number))
        except (NoSuchLine, PathOutside) as error:
            raise Problem(str(error)) from None
    report.result |= as_json(answer)
    _print(report, _why_lines(answer))
    report.finish()


def _why_lines(answer: Why) -> list[str]:
    from ..runtime import fields
    from ..runtime.why import Outside
    from .narration import receipt_line

    cause = answer.cause
    lines = [f"{answer.path}:{answer.line}: {answer.text.strip()}"]
    if isinstance(cause, Outside):
        lines.append(f"  outside Heaven: {cause.reason}")
        if cause.commit:
            lines.append(f"  git:      {cause.commit}")
        return lines
    lines.append(f"  run:      {cause.run} ({cause.program}), {cause.time}")
    lines.append(f"  program:  {cause.where}" + (f": {cause.statement}" if cause.statement else ""))
    lines.append(f"  edit:     operation {cause.operation_index}: {cause.operation['op']}")
    if cause.macro:
        lines.append(f"  author:   {cause.macro} (no model)")
    if cause.answer:
        lines.append(f"  author:   {cause.angel}, answer {cause.answer[:12]}")
        lines.append(f"  prompt:   {(cause.prompt or '')[:12]}")
        lines.extend(f"  shown:    {shown}" for shown in cause.shown)
    if cause.lease:
        lines.append(f"  lease:    {', '.join(cause.lease)}")
    if cause.check:
        lines.append(f"  check:    {fields.text(cause.check, 'summary')}")
        lines.append(f"  receipt:  {receipt_line(cause.check)}")
    return lines


@cli.command()
@click.argument("run_name", default="last", metavar="[RUN]")
@repo_option
@output_options
def replay(report: Report, run_name: str, repo: str | None) -> None:
    """Run RUN (default: the last) again from the log, in a scratch tree: no model, no tools.

    The edits are done anew; tree hash and run head must come out as recorded.

    \b
    Examples:
      aa replay
      aa replay r3 --json
    """
    from ..runtime.errors import ReplayDivergence
    from ..runtime.replay import replay as again
    from ..runtime.runs import find
    from .repository import find_root, open_heaven

    with open_heaven(find_root(repo), read_only=True) as heaven:
        try:
            found = again(heaven, find(heaven, run_name))
        except ReplayDivergence as divergence:
            raise Problem(str(divergence), FAILED) from None
    outside: list[Json] = list(found.outside)
    report.result |= {
        "run": found.run,
        "same": found.same,
        "syscalls": found.syscalls,
        "head": found.head,
        "tree": found.tree,
        "expected_head": found.expected_head,
        "expected_tree": found.expected_tree,
        "outside": outside,
    }
    lines = [
        f"run {found.run}: {found.syscalls} syscalls answered from the log",
        f"  tree {found.tree[:16]}  {_verdict(found.tree, found.expected_tree)}",
        f"  head {found.head[:16]}  {_verdict(found.head, found.expected_head)}",
    ]
    lines += [f"  changed outside the run before its edit: {path}" for path in found.outside]
    _print(report, lines)
    report.finish(0 if found.same else FAILED)


def _verdict(found: str, expected: str) -> str:
    return "the same as recorded" if found == expected else f"recorded: {expected[:16]}"


@cli.command()
@repo_option
@output_options
def status(report: Report, repo: str | None) -> None:
    """Show what Heaven holds: events, head, leases, the newest run.

    \b
    Examples:
      aa status
      aa status --json
    """
    from ..runtime.runs import all_runs
    from .listing import run_json, run_line
    from .repository import ask_heaven, find_root

    root = find_root(repo)
    with ask_heaven(root, read_only=True) as heaven:
        runs = all_runs(heaven)
        last = heaven.last_seq
        head = heaven.head
        leases = heaven.active_leases()
        held: list[Json] = [
            f"{lease.scope_type}:{lease.scope_value} ({lease.owner_id}, until {lease.expires_at})"
            for lease in leases
        ]
        report.result |= {
            "repository": str(root),
            "events": last,
            "head": head,
            "leases": held,
            "runs": len(runs),
            "last_run": run_json(runs[-1]) if runs else None,
        }
        lines = [
            f"repository  {root}",
            f"log         {last} events, head {head[:16]}",
            f"leases      {len(leases)}",
            *(f"  {lease}" for lease in held),
            f"runs        {len(runs)}",
        ]
        if runs:
            lines.append(f"  {run_line(runs[-1])}")
        _print(report, lines)
    report.finish()


@cli.command()
@repo_option
@output_options
def index(report: Report, repo: str | None) -> None:
    """Index the repository's symbols now; every query brings the index up to date by itself.

    \b
    Examples:
      aa index
      aa index --repo ../other --json
    """
    from dataclasses import asdict

    from .repository import ask_heaven, find_root

    progress = None
    if report.format == "text" and sys.stderr.isatty():

        def progress(done: int, total: int) -> None:
            click.echo(f"\r{done}/{total} files", nl=done == total, err=True)

    with ask_heaven(find_root(repo), read_only=False) as heaven:
        stats = asdict(heaven.build_index(progress))
    report.result |= stats
    _print(report, [f"{name:<10} {value}" for name, value in stats.items()])
    report.finish()


cli.add_command(op)
cli.add_command(prompt)
cli.add_command(fsck)
cli.add_command(serve)


def _print(report: Report, lines: list[str]) -> None:
    if report.format != "json":
        for line in lines:
            click.echo(line)


def main() -> None:
    """The commands `aa` and `genesis`."""
    output.main(cli, "aa")
