"""`aa gc`: drop contents that nothing needs."""

from __future__ import annotations

import click

from .options import repo_option
from .output import Report, output_options
from .repository import find_root, heaven_or_server

SHOWN = 20


@click.command()
@repo_option
@click.option(
    "--keep",
    type=click.IntRange(min=0),
    metavar="N",
    help="Give up the contents of all runs but the newest N; without it every run is kept.",
)
@click.option("--delete", is_flag=True, help="Drop it; without this, only say what could go.")
@output_options
def gc(report: Report, repo: str | None, keep: int | None, delete: bool) -> None:
    """Find contents that no run, prompt or snapshot needs, and drop them with --delete.

    The log itself stays whole. A run that is given up stays in `aa log`, but can neither be
    replayed nor fully explained any more; one that can be resumed is never given up. A server does
    it between two runs, and keeps what was stored since it was started.

    \b
    Examples:
      aa gc
      aa gc --keep 50 --delete
    """
    from ..heaven.client import HeavenClient
    from ..runtime.collect import collect, find_garbage, given_up
    from ..runtime.hosted import collect_there

    with heaven_or_server(find_root(repo)) as heaven:
        if isinstance(heaven, HeavenClient):
            found = collect_there(heaven, keep, delete=delete)
        else:
            runs = () if keep is None else given_up(heaven, keep)
            found = find_garbage(heaven, runs)
            if delete:
                collect(heaven, found)
    report.result |= {
        "deleted": delete,
        "blobs": list(found.blobs),
        "bytes": found.bytes,
        "kept": found.kept,
        "runs": list(found.runs),
    }
    verb = "dropped" if delete else "can go"
    report.say(
        f"{len(found.blobs)} contents {verb}, {found.bytes:,} bytes; {found.kept} are needed"
    )
    if found.runs:
        shown = ", ".join(found.runs[:SHOWN])
        more = f" and {len(found.runs) - SHOWN} more" if len(found.runs) > SHOWN else ""
        report.say(f"  runs given up: {shown}{more}")
    if found.blobs and not delete:
        report.say("  `aa gc --delete` drops them")
    report.finish()
