"""`aa fsck`: check everything that Heaven keeps of a repository."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from .output import ENVIRONMENT, FAILED, Json, Problem, Report, output_options, print_lines
from .repository import find_root

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..heaven.fsck import Finding, Part
    from ..heaven.fsck import Report as Found
    from ..heaven.records import Event


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option(
    "--repo",
    metavar="DIR",
    help="The repository; by default the nearest one from here up.",
)
@output_options
def fsck(report: Report, files: tuple[Path, ...], repo: str | None) -> None:
    """Check the event log, every blob, the snapshot, and what follows from the log; or single
    FILEs, bytecode (.aab) and bundles (.bundle), without a repository.

    Reads only, beside a running writer too. Says what is wrong and where (byte, event, blob).
    Exit codes: 0 sound, 1 something is wrong.

    \b
    Examples:
      aa fsck
      aa fsck --json
      aa fsck refactor.aab r3.bundle
    """
    if files:
        _check_files(report, files)
    from ..heaven import HeavenError, NoHeaven
    from ..heaven.fsck import fsck as check
    from ..runtime.references import blobs_of

    root = find_root(repo)
    show = report.format == "text" and sys.stderr.isatty()
    try:
        found = check(
            root,
            references=blobs_of,
            given_up=_given_up(root),
            progress=_progress if show else None,
        )
    except NoHeaven:
        raise Problem(f"nothing was run in {root} yet", ENVIRONMENT) from None
    except HeavenError as error:
        raise Problem(str(error), ENVIRONMENT) from None
    findings: list[Json] = [asdict(finding) for finding in found.findings]
    report.result |= {
        "repository": str(root),
        "sound": found.ok,
        "events": found.events,
        "log_bytes": found.log_bytes,
        "head": found.head,
        "blobs": found.blobs,
        "blob_bytes": found.blob_bytes,
        "referenced_blobs": found.referenced,
        "snapshot_seq": found.snapshot_seq,
        "writer": found.writer,
        "findings": findings,
        "unlisted": found.unlisted,
    }
    if report.format != "json":
        for line in _lines(found):
            click.echo(line)
    report.finish(0 if found.ok else FAILED)


def _check_files(report: Report, files: tuple[Path, ...]) -> NoReturn:
    from ..runtime.soundness import check_file

    checked: list[Json] = []
    for path in files:
        try:
            flaws = check_file(path)
        except OSError as error:
            raise Problem(f"cannot read {path}: {error.strerror}", ENVIRONMENT) from None
        except ValueError as error:
            raise Problem(str(error)) from None
        found: list[Json] = [asdict(flaw) for flaw in flaws]
        checked.append({"path": str(path), "sound": not flaws, "findings": found})
        lines = [f"{path}: {'not sound' if flaws else 'sound'}"]
        for flaw in flaws:
            where = [f"byte {flaw.offset}"] if flaw.offset is not None else []
            where += [f"event {flaw.seq}"] if flaw.seq is not None else []
            place = f" ({', '.join(where)})" if where else ""
            lines.append(f"error: {flaw.part}{place}: {flaw.message}")
        print_lines(report, lines)
    sound = all(isinstance(one, dict) and one["sound"] for one in checked)
    report.result |= {"sound": sound, "files": checked}
    report.finish(0 if sound else FAILED)


def _given_up(root: Path) -> Callable[[Event], bool]:
    """Whether an event belongs to a run whose contents `aa gc` dropped."""
    from ..heaven import Heaven, HeavenError
    from ..runtime.collect import run_of
    from ..runtime.runs import pruned_runs

    try:
        with Heaven.open(root, read_only=True) as heaven:
            pruned = pruned_runs(heaven)
    except HeavenError:
        pruned = frozenset()
    return lambda event: run_of(event) in pruned


def _progress(part: Part, done: int, total: int) -> None:
    share = f"{100 * done // total}%" if part == "log" else f"{done}/{total}"
    click.echo(f"\r{part}: {share}  ", nl=done >= total, err=True)


def _lines(found: Found) -> list[str]:
    snapshot = "none" if found.snapshot_seq is None else f"at event {found.snapshot_seq}"
    lines = [
        f"log         {found.events} events, {found.log_bytes} bytes, head {found.head[:16]}",
        f"blobs       {found.blobs} ({found.blob_bytes} bytes), {found.referenced} named by events",
        f"snapshot    {snapshot}",
    ]
    if found.writer is not None:
        lines.append(f"in use by   pid {found.writer}: checked up to where the log ended")
    lines += [_line(finding) for finding in found.findings]
    if found.unlisted:
        lines.append(f"and {found.unlisted} more")
    lines.append("sound" if found.ok else "not sound")
    return lines


def _line(finding: Finding) -> str:
    where = []
    if finding.offset is not None:
        where.append(f"byte {finding.offset}")
    if finding.seq is not None:
        where.append(f"event {finding.seq}")
    if finding.blob_id is not None:
        where.append(f"blob {finding.blob_id}")
    place = f" ({', '.join(where)})" if where else ""
    return f"{finding.severity}: {finding.part}{place}: {finding.message}"
