"""`aa` (also `genesis`): run programs on a repository, and ask what runs did.

Only click is imported here; every command imports what it needs.
"""

from __future__ import annotations

import sys

import click

from . import output
from .asking import blame, diff, log, why
from .collecting import gc
from .debugging import debug
from .fsck import fsck
from .macros import op
from .metering import meter
from .options import repo_option
from .output import Json, Report, output_options, print_lines
from .planning import do, plan
from .prompts import prompt
from .replaying import bundle, replay
from .resuming import resume
from .running import run
from .serving import serve
from .swarming import swarm
from .tracing import trace
from .undo import undo


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


@click.command()
@repo_option
@output_options
def status(report: Report, repo: str | None) -> None:
    """Show what Heaven holds: events, head, leases, the newest run, the newest swarm.

    \b
    Examples:
      aa status
      aa status --json
    """
    from ..runtime.orchestrator.swarmlog import all_swarms
    from ..runtime.runs import all_runs
    from .listing import run_json, run_line, swarm_json, swarm_line
    from .repository import ask_heaven, find_root

    root = find_root(repo)
    with ask_heaven(root, read_only=True) as heaven:
        runs = all_runs(heaven)
        swarms = all_swarms(heaven)
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
            "swarms": len(swarms),
            "last_swarm": swarm_json(swarms[-1]) if swarms else None,
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
        if swarms:
            lines += [f"swarms      {len(swarms)}", f"  {swarm_line(swarms[-1])}"]
        print_lines(report, lines)
    report.finish()


@click.command()
@repo_option
@click.option("--progress/--no-progress", default=None, help="Say how far it is [on a terminal].")
@output_options
def index(report: Report, repo: str | None, progress: bool | None) -> None:
    """Index the repository's symbols now; every query brings the index up to date by itself.

    It says what was read, by language, and what was not, and why. What git ignores, and folders
    like node_modules, are only counted.

    \b
    Examples:
      aa index
      aa index --repo ../other --json
    """
    from dataclasses import asdict

    from ..heaven.tree import ignored
    from .indexing import Progress, summary
    from .repository import ask_heaven, find_root

    if progress is None:
        progress = report.format == "text" and sys.stderr.isatty()
    root = find_root(repo)
    with ask_heaven(root, read_only=False) as heaven:
        stats = heaven.build_index(Progress() if progress else None)
    unseen = ignored(root)
    report.result |= asdict(stats) | {"ignored": None if unseen is None else len(unseen)}
    print_lines(report, summary(stats, unseen))
    report.finish()


for command in (
    *(plan, do, swarm, meter),
    *(run, op, resume, log, diff, why, blame, replay, bundle, trace, debug),
    *(undo, status, index, prompt, fsck, gc, serve),
):
    cli.add_command(command)


def main() -> None:
    """The commands `aa` and `genesis`."""
    output.main(cli, "aa")
