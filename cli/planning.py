"""`aa plan` and `aa do`: from a task in words to programs, and for one angel at once to edits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import (
    angel_option,
    check_timeout_option,
    quiet_option,
    repo_option,
    verbose_option,
)
from .output import WRONG, Json, Problem, Report, output_options, print_lines

if TYPE_CHECKING:
    from ..runtime.orchestrator.plan import MissionPlan


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@repo_option
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the plan to the directory DIR: plan.toml, and a program a mission.",
)
@output_options
def plan(report: Report, words: tuple[str, ...], repo: str | None, target: Path | None) -> None:
    """Plan a task given in WORDS: missions, what each leases, and which waits for which.

    The words lead to files and symbols; the files are put in at most three buckets by directory,
    each a mission. Printed are ISA programs that compile here, to be read, edited and carried out
    by `aa swarm DIR`. No model is asked.

    \b
    Examples:
      aa plan "Signer.unsign should name the missing separator" -o plan/
      aa plan Add a --json flag to the status command --json
    """
    from ..proto import wire
    from ..runtime.orchestrator.planner import plan_task
    from .repository import find_root, open_or_read

    root = find_root(repo)
    with open_or_read(root) as heaven, planning(report):
        made = plan_task(heaven, " ".join(words))
        shape: Json = wire.dump(made.wire(heaven))
    programs: dict[str, Json] = dict(made.files())
    report.result |= {"plan": shape, "files": programs}
    if target is not None:
        write_plan(made, target)
        report.result["directory"] = str(target)
        print_lines(report, [f"{target / name}" for name in made.files()])
        report.say(f"plan {made.plan_id}: {len(made.missions)} missions; `aa swarm {target}`")
    else:
        lines: list[str] = []
        for name, text in made.files().items():
            lines += [f"# ---- {name}", *text.splitlines(), ""]
        print_lines(report, lines[:-1])
    report.finish()


@click.command("do")
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@repo_option
@angel_option
@click.option("--dry-run", is_flag=True, help="Print the program, and run nothing.")
@check_timeout_option
@quiet_option
@verbose_option
@output_options
def do(
    report: Report,
    words: tuple[str, ...],
    repo: str | None,
    angel: str | None,
    dry_run: bool,
    check_timeout: float,
    quiet: bool,
    verbose: bool,
) -> None:
    """Do a task given in WORDS: one angel, one program, 8,000 tokens, three turns.

    The program has four phases: understand (15 % of the tokens, 5 page faults), plan (10 %, 2),
    execute (60 %), verify (15 %, 1). It is run as `aa run` runs it: checked, recorded, undone
    where the tests do not pass.

    \b
    Examples:
      aa do "Signer.unsign should name the missing separator" --dry-run
      aa do Fix the off-by-one in paginate --angel scripted:answers.json
    """
    from ..runtime.execute import Program, Refused
    from ..runtime.orchestrator.solo import solo_program
    from ..runtime.replay import source_lines
    from .ending import say_ended
    from .executing import carry_out, choose_angel
    from .narration import Narrator
    from .repository import find_root, open_or_read

    root = find_root(repo)
    with open_or_read(root) as heaven, planning(report):
        made = solo_program(heaven, " ".join(words))
    report.result["program"] = made.source
    if dry_run:
        print_lines(report, made.source.splitlines())
        report.finish()
    chosen = choose_angel(angel, root)
    program = Program(made.file, made.module, made.code, made.source)
    narrator = Narrator(report, source_lines(made.module, made.file))
    ended = carry_out(
        report,
        root,
        program,
        chosen=chosen,
        check_timeout=check_timeout,
        observe=None if quiet or report.format == "json" else narrator,
        on_line=(lambda line: report.say(f"    | {line}")) if verbose else None,
        on_start=None if quiet else (lambda name: report.say(f"run {name}: {made.file}")),
    )
    if isinstance(ended, Refused):
        report.add(ended.diagnostics)
        report.result["run"] = None
        report.finish(ended.exit_code)
    say_ended(report, ended)
    report.finish(ended.exit_code)


@contextmanager
def planning(report: Report) -> Iterator[None]:
    """What planning may raise, as problems and diagnostics."""
    from ..runtime.orchestrator.errors import BadPlan, BadSettings, NoSuchSwarm, NothingToPlan
    from ..runtime.orchestrator.plan import ProgramsWrong

    try:
        yield
    except ProgramsWrong as wrong:
        report.sources.update(wrong.sources)
        report.add(wrong.diagnostics)
        report.finish()
    except (BadPlan, BadSettings, NoSuchSwarm, NothingToPlan) as error:
        raise Problem(str(error), WRONG) from None


def write_plan(plan: MissionPlan, target: Path) -> None:
    """Write the plan's files. Raises Problem where the directory has other programs."""
    from .programs import SUFFIXES, write

    files = plan.files()
    if target.is_dir():
        others = [
            one.name for one in target.iterdir() if one.suffix in SUFFIXES and one.name not in files
        ]
        if others:
            raise Problem(
                f"{target} has other programs: {', '.join(sorted(others)[:5])}",
                hint="name a directory that is not there yet",
            )
    for name, text in files.items():
        write(target / name, text.encode())
