"""`aa meter`: what runs and swarms have cost."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from .options import repo_option
from .output import Report, output_options, print_lines
from .planning import planning

if TYPE_CHECKING:
    from ..runtime.orchestrator.accounts import Account


@click.command()
@click.argument("name", default="last", metavar="[RUN|SWARM]")
@repo_option
@click.option(
    "--lean",
    is_flag=True,
    default=lambda: os.environ.get("GENESIS_LEAN") == "1",
    help="Print the runs' metrics as TSLN, a line a run; also GENESIS_LEAN=1.",
)
@output_options
def meter(report: Report, name: str, repo: str | None, lean: bool) -> None:
    """Show what a run (default: the last) or a swarm (`s1`) has cost: tokens, dollars, page faults,
    turns, retries, rejected answers, conflicts, failed tests, by phase.

    Counted from the log. Dollars are by a price table with a date; rows of your own go under
    [prices] in genesis.toml: "name" = [input, output, cached], dollars a million tokens.

    \b
    Examples:
      aa meter
      aa meter s1 --json
      GENESIS_LEAN=1 aa meter s1
    """
    from ..runtime.orchestrator.accounts import account
    from ..runtime.orchestrator.prices import load_prices
    from ..runtime.orchestrator.settings import read_settings
    from ..runtime.orchestrator.tsln import encode
    from .repository import find_root, open_heaven

    root = find_root(repo)
    with open_heaven(root, read_only=True) as heaven, planning(report):
        prices = load_prices(read_settings(root).prices)
        found = account(heaven, name, prices)
    report.result |= found.json()
    if lean:
        text = encode(found.table())
        report.result["tsln"] = text
        print_lines(report, text.splitlines())
    else:
        print_lines(report, _lines(found))
    report.finish()


def _lines(found: Account) -> list[str]:
    heads = ("", "in", "out", "cached", "faults", "turns", "retries", "rejects", "confl.", "failed")
    rows: list[tuple[str, ...]] = [heads]
    for one in found.bills:
        label = one.run.name + (f" {one.run.mission}" if one.run.mission else "")
        rows.append((label, *_row(one.meter.total.json())))
    if len(found.bills) != 1:
        rows.append(("all", *_row(found.total.total.json())))
    for phase, counts in found.total.phases.items():
        rows.append((f"  {phase}", *_row(counts.json())))
    widths = [max(len(row[at]) for row in rows) for at in range(len(heads))]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(row[at].rjust(widths[at]) for at in range(1, len(heads)))]
        ).rstrip()
        for row in rows
    ]
    if found.cost is None:
        lines.append("cost: not known for every angel; add a row under [prices] in genesis.toml")
    else:
        lines.append(f"cost: ${found.cost:.4f}, by prices of {found.prices}")
    if found.name.startswith("s"):
        lines.append(
            f"angels replaced: {found.takeovers}; conflict missions: {found.conflicts}; "
            f"missions done again: {found.again}"
        )
    return lines


def _row(counts: object) -> tuple[str, ...]:
    assert isinstance(counts, dict), "counts are an object"
    names = (
        *("tokens_in", "tokens_out", "tokens_cached", "faults", "turns"),
        *("retries", "rejects", "conflicts", "test_failures"),
    )
    return tuple(f"{counts[name]:,}" for name in names)
