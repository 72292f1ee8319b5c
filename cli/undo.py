"""`aa undo`: take a run back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from .options import repo_option
from .output import CONFLICT, Json, Report, output_options, print_bytes

if TYPE_CHECKING:
    from ..runtime.undoing import Undoing


@click.command()
@click.argument("run_name", metavar="RUN")
@click.option("--dry-run", is_flag=True, help="Print what would change, as a diff; change nothing.")
@repo_option
@output_options
def undo(report: Report, run_name: str, dry_run: bool, repo: str | None) -> None:
    """Take back what RUN (`r3`, or `last`) changed, as an edit of its own.

    What others changed since in the same files stays. Where their work stands on what the run did,
    nothing is undone, and the lines in question are named (exit code 3).

    \b
    Examples:
      aa undo last --dry-run
      aa undo r3
      aa undo r3 --json
    """
    from ..heaven.client import HeavenClient
    from ..runtime.dead import close_dead
    from ..runtime.edits import EditRefused
    from ..runtime.fields import items, text
    from ..runtime.hosted import undo_there
    from ..runtime.runs import find
    from ..runtime.undoing import AlreadyUndone, plan_undo, refusals_json, undo_run
    from .repository import find_root, heaven_or_server, open_heaven

    report.result |= {"run": run_name, "dry_run": dry_run, "files": [], "refused": []}
    root = find_root(repo)
    with open_heaven(root, read_only=True) as heaven:
        run = find(heaven, run_name)
        report.result["run"] = run.name
        try:
            if run.undone:
                raise AlreadyUndone(run.name)
            if dry_run:
                undoing = plan_undo(heaven, run)
                _show(report, undoing)
                _tell(report, run.name, undoing.files_json(), dry_run=True)
                report.finish()
        except AlreadyUndone as already:
            report.say(str(already))
            report.finish()
        except EditRefused as refused:
            _refuse(report, refusals_json(refused), str(refused))
    with heaven_or_server(root) as writer:
        if isinstance(writer, HeavenClient):
            said = undo_there(writer, run.name)
            if said.get("event") == "kept":
                _refuse(report, list(items(said, "refused")), text(said, "message"))
            files = list(items(said, "files"))
        else:
            close_dead(writer)
            try:
                files = undo_run(writer, find(writer, run.name))[0].files_json()
            except EditRefused as refused:
                _refuse(report, refusals_json(refused), str(refused))
    _tell(report, run.name, files, dry_run=False)
    report.finish()


def _show(report: Report, undoing: Undoing) -> None:
    from ..runtime.difference import file_diff

    if report.format != "json":
        for change in undoing.staged.files:
            print_bytes(file_diff(change.path, change.before, change.after))


def _tell(report: Report, run: str, files: list[Json], *, dry_run: bool) -> None:
    report.result["files"] = files
    if not dry_run or report.format == "json":
        for change in files:
            assert isinstance(change, dict), "Undoing.files_json makes objects"
            kept = ", keeping what others changed since" if change["merged"] else ""
            report.say(f"  {change['action']} {change['path']}{kept}")
    if not files:
        report.say(f"run {run}: nothing of it is left to undo")
    else:
        report.say(f"run {run}: {'would be undone' if dry_run else 'undone'}")


def _refuse(report: Report, refused: list[Json], message: str) -> NoReturn:
    report.result["refused"] = refused
    report.say(message)
    report.say("nothing was undone")
    report.finish(CONFLICT)
