"""What runs did, read from the log: `aa log`, `aa diff`, `aa why` and `aa blame`.

They open Heaven as readers, which a server beside them does not mind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from . import output
from .options import repo_option
from .output import Json, Problem, Report, output_options, print_lines

if TYPE_CHECKING:
    from ..runtime.why import Why


@click.command()
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
            print_lines(report, [run_line(one) for one in runs] or ["no runs yet"])
        else:
            lines, record = run_report(heaven, find(heaven, run_name))
            report.result |= record
            print_lines(report, lines)
    report.finish()


@click.command()
@click.argument("run_name", default="last", metavar="[RUN]")
@repo_option
@output_options
def diff(report: Report, run_name: str, repo: str | None) -> None:
    """Print what RUN (default: the last) changed, as a unified diff that `git apply` takes.

    \b
    Examples:
      aa diff
      aa diff r3 | less
      aa diff r3 | git apply -R
    """
    from ..runtime.difference import run_diff
    from ..runtime.runs import find
    from .repository import find_root, open_heaven

    with open_heaven(find_root(repo), read_only=True) as heaven:
        run = find(heaven, run_name)
        files = run_diff(heaven, run)
    changed: list[Json] = [
        {"path": file.path, "before": file.before, "after": file.after} for file in files
    ]
    text = b"".join(file.diff for file in files)
    report.result |= {"run": run.name, "undone": run.undone, "files": changed}
    report.result["diff"] = text.decode("utf-8", "backslashreplace")
    if report.format != "json":
        output.print_bytes(text)
    report.finish()


@click.command()
@click.argument("place", metavar="PATH:LINE")
@click.option(
    "--show-prompts", is_flag=True, help="Also all that the angel was sent, and what it said."
)
@repo_option
@output_options
def why(report: Report, place: str, show_prompts: bool, repo: str | None) -> None:
    """Say why a line is as it is: run, instruction, author, context shown, receipt.

    \b
    Examples:
      aa why src/app.py:120
      aa why src/app.py:120 --show-prompts
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
            answer = explain(heaven, root, path, int(number), prompts=show_prompts)
        except (NoSuchLine, PathOutside) as error:
            raise Problem(str(error)) from None
    report.result |= as_json(answer)
    print_lines(report, _why_lines(answer))
    report.finish()


@click.command()
@click.argument("path", metavar="PATH")
@repo_option
@output_options
def blame(report: Report, path: str, repo: str | None) -> None:
    """Say of every line of PATH which run wrote it, from where in its program, and by whom.

    Lines that no run wrote are outside Heaven: git's commit is shown where there is one.

    \b
    Examples:
      aa blame src/app.py
      aa blame src/app.py --json
    """
    from dataclasses import asdict

    from ..heaven.errors import PathOutside
    from ..runtime.why import NoSuchLine
    from ..runtime.why import blame as explain
    from .repository import find_root, open_heaven

    root = find_root(repo)
    with open_heaven(root, read_only=True) as heaven:
        try:
            rows = explain(heaven, root, path)
        except (NoSuchLine, PathOutside) as error:
            raise Problem(str(error)) from None
    report.result |= {"path": path, "lines": [asdict(row) for row in rows]}
    shown = [
        (row.run or "-", f"{row.where} {row.author}" if row.run else row.commit or "outside Heaven")
        for row in rows
    ]
    widths = [max((len(pair[column]) for pair in shown), default=0) for column in (0, 1)]
    print_lines(
        report,
        [
            f"{run:<{widths[0]}}  {source[:48]:<{min(widths[1], 48)}}  {row.line:>4}  {row.text}"
            for (run, source), row in zip(shown, rows, strict=True)
        ],
    )
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
        took = f" in {cause.turns} turns" if cause.turns > 1 else ""
        lines.append(f"  author:   {cause.angel}, answer {cause.answer[:12]}{took}")
        lines.append(f"  prompt:   {(cause.prompt or '')[:12]}")
        lines.extend(f"  shown:    {shown}" for shown in cause.shown)
    if cause.lease:
        lines.append(f"  lease:    {', '.join(cause.lease)}")
    if cause.check:
        lines.append(f"  check:    {fields.text(cause.check, 'summary')}")
        lines.append(f"  receipt:  {receipt_line(cause.check)}")
    for part in cause.conversation:
        lines += [f"--- {part.who}", part.text.rstrip("\n")]
    return lines
