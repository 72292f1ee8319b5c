"""What runs did, read from the log: `aa log`, `aa diff`, `aa why` and `aa replay`.

They open Heaven as readers, which a server beside them does not mind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from . import output
from .options import repo_option
from .output import FAILED, Json, Problem, Report, output_options, print_lines

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


@click.command()
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
    print_lines(report, _why_lines(answer))
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


@click.command()
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
    print_lines(report, lines)
    report.finish(0 if found.same else FAILED)


def _verdict(found: str, expected: str) -> str:
    return "the same as recorded" if found == expected else f"recorded: {expected[:16]}"
