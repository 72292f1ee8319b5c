"""`aa undo`: take a run back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import repo_option
from .output import CONFLICT, Json, Report, output_options, print_bytes

if TYPE_CHECKING:
    from ..heaven import Heaven
    from ..runtime.edits import EditRefused
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
    from ..runtime.edits import EditRefused
    from ..runtime.runs import find
    from ..runtime.undoing import AlreadyUndone, plan_undo, undo_run
    from .repository import find_root, open_heaven

    report.result |= {"run": run_name, "dry_run": dry_run, "files": [], "refused": []}
    with open_heaven(find_root(repo), read_only=dry_run) as heaven:
        run = find(heaven, run_name)
        report.result["run"] = run.name
        try:
            undoing = plan_undo(heaven, run) if dry_run else undo_run(heaven, run)[0]
        except AlreadyUndone as already:
            report.say(str(already))
            report.finish()
        except EditRefused as refused:
            _refuse(report, refused)
        _tell(report, undoing, heaven, dry_run)
    report.finish()


def _tell(report: Report, undoing: Undoing, heaven: Heaven, dry_run: bool) -> None:
    from ..runtime.difference import file_diff

    files: list[Json] = []
    for change in undoing.staged.files:
        merged = change.path in undoing.merged
        files.append({"path": change.path, "action": undoing.action(change), "merged": merged})
        if report.format != "json" and dry_run:
            print_bytes(file_diff(change.path, change.before, change.after))
        else:
            kept = ", keeping what others changed since" if merged else ""
            report.say(f"  {undoing.action(change)} {change.path}{kept}")
    report.result["files"] = files
    if not files:
        report.say(f"run {undoing.run}: nothing of it is left to undo")
    elif dry_run:
        report.say(f"run {undoing.run}: would be undone")
    else:
        report.say(f"run {undoing.run}: undone")


def _refuse(report: Report, refused: EditRefused) -> None:
    found: list[Json] = []
    for one in (refused, *refused.others):
        found.append(
            {
                "path": one.path,
                "line": one.line,
                "code": one.code,
                "message": one.message,
                "expected": one.expected,
                "actual": one.actual,
                "changed_by": one.changed_by,
            }
        )
    report.result["refused"] = found
    report.say(str(refused))
    report.say("nothing was undone")
    report.finish(CONFLICT)
