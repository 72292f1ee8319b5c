"""`aa trace`: where the time and the tokens of a run went."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import repo_option
from .output import ENVIRONMENT, Json, Problem, Report, output_options
from .repository import find_root, open_heaven

if TYPE_CHECKING:
    from ..runtime.trace import Trace


@click.command()
@click.argument("run_name", default="last", metavar="[RUN]")
@repo_option
@click.option(
    "--chrome",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a trace for chrome://tracing and ui.perfetto.dev.",
)
@click.option(
    "--otlp",
    "spans",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write OpenTelemetry spans, in OTLP's JSON encoding.",
)
@output_options
def trace(
    report: Report, run_name: str, repo: str | None, chrome: Path | None, spans: Path | None
) -> None:
    """Show where the time and the tokens of RUN (default: the last) went, by instruction.

    Times are those between the intent and the result of each syscall in the log. Traces hold the
    texts of tasks and names of files, and no prompt, answer or source.

    \b
    Examples:
      aa trace
      aa trace r3 --chrome r3.json
      aa trace r3 --otlp spans.json
    """
    from ..runtime.runs import find
    from ..runtime.trace import chrome as chrome_of
    from ..runtime.trace import otlp as otlp_of
    from ..runtime.trace import trace as read

    with open_heaven(find_root(repo), read_only=True) as heaven:
        traced = read(heaven, find(heaven, run_name))
    files = [(chrome, chrome_of), (spans, otlp_of)]
    for path, made in files:
        if path is not None:
            try:
                path.write_text(json.dumps(made(traced), ensure_ascii=False), encoding="utf-8")
            except OSError as error:
                raise Problem(f"cannot write {path}: {error.strerror}", ENVIRONMENT) from None
    steps: list[Json] = [asdict(step) for step in traced.steps]
    report.result |= {
        "run": traced.run.name,
        "microseconds": traced.whole,
        "in_syscalls": traced.inside,
        "syscalls": steps,
        "instructions": [asdict(total) for total in traced.totals()],
    }
    if report.format != "json":
        for line in _lines(traced):
            click.echo(line)
        for path, _ in files:
            if path is not None:
                click.echo(f"written: {path}")
    report.finish()


def _lines(traced: Trace) -> list[str]:
    totals = traced.totals()
    tokens_in = sum(total.tokens_in for total in totals)
    tokens_out = sum(total.tokens_out for total in totals)
    own = max(traced.whole - traced.inside, 0)
    lines = [
        f"run {traced.run.name}: {_seconds(traced.whole)}, {len(traced.steps)} syscalls, "
        f"{tokens_in:,} tokens in, {tokens_out:,} out",
        f"{'share':>6} {'time':>10} {'calls':>6} {'in':>8} {'out':>7}  instruction",
    ]
    for total in totals:
        tokens = f"{total.tokens_in:>8,} {total.tokens_out:>7,}"
        lines.append(
            f"{_share(total.duration, traced.whole):>6} {_seconds(total.duration):>10} "
            f"{total.calls:>6} {tokens}  {total.op} {total.where}"
        )
    lines.append(
        f"{_share(own, traced.whole):>6} {_seconds(own):>10} {'':>6} {'':>8} {'':>7}  between them"
    )
    return lines


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"


def _seconds(microseconds: int) -> str:
    if microseconds < 1_000_000:
        return f"{microseconds / 1000:.1f} ms"
    return f"{microseconds / 1_000_000:.2f} s"
