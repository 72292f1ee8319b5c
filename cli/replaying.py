"""`aa replay` and `aa bundle`: a run again from its record, here or on another machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from .options import repo_option
from .output import ENVIRONMENT, FAILED, Json, Problem, Report, output_options, print_lines

if TYPE_CHECKING:
    from ..runtime.record import Record
    from ..runtime.replay import Replayed
    from ..runtime.runs import Run

SUFFIX: Final = ".bundle"
_SWARM: Final = re.compile(r"s[1-9]\d*")


@click.command()
@click.argument("run_name", default="last", metavar="[RUN|FILE.bundle]")
@repo_option
@click.option(
    "--upto",
    type=click.IntRange(min=0),
    metavar="N",
    help="Stop after N syscalls; a run that was cut off can be replayed so as well.",
)
@click.option(
    "--tree",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the files as they are at the end of the replay to the new directory DIR.",
)
@output_options
def replay(
    report: Report, run_name: str, repo: str | None, upto: int | None, tree: Path | None
) -> None:
    """Run RUN (default: the last) again from the log, in a scratch tree: no model, no tools. A
    swarm (`s1`) is replayed whole: every landed run of its missions, then every landing.

    The edits are done anew; tree hash and run head must come out as recorded. A bundle (`aa
    bundle`) is replayed without a repository.

    \b
    Examples:
      aa replay
      aa replay r3 --upto 12 --tree /tmp/then
      aa replay r3.bundle --json
      aa replay s1
    """
    from ..runtime.errors import ReplayDivergence
    from ..runtime.replay import replay as again

    if tree is not None and tree.exists():
        raise Problem(f"{tree} is there already", hint="name a directory that is not there yet")
    if _SWARM.fullmatch(run_name):
        if upto is not None or tree is not None:
            raise click.UsageError("--upto and --tree are for runs; a swarm is replayed as a whole")
        _replay_swarm(report, run_name, repo)
    with recorded_run(run_name, repo) as (record, run, root):
        try:
            found = again(record, run, upto=upto)
        except ReplayDivergence as divergence:
            raise Problem(str(divergence), FAILED) from None
        missing = () if tree is None else _write(found, tree, record, run, root)
    outside: list[Json] = list(found.outside)
    report.result |= {
        "run": found.run,
        "same": found.same,
        "whole": found.outcome is not None,
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
    if tree is not None:
        written = len(found.entries) - len(missing)
        lines.append(f"  {written} files in {tree}")
        lines += [f"  content not kept anywhere: {path}" for path in missing]
        report.result |= {"written": written, "missing": list(missing)}
    print_lines(report, lines)
    report.finish(0 if found.same else FAILED)


@click.command()
@click.argument("run_name", default="last", metavar="[RUN]")
@repo_option
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write it; RUN.bundle unless given.",
)
@output_options
def bundle(report: Report, run_name: str, repo: str | None, target: Path | None) -> None:
    """Write RUN (default: the last) to one file that replays on another machine.

    It holds the bytecode, the source, the run's events, and every content that they name: also
    prompts, answers and the files that the run read or changed. Look before you send it to
    somebody.

    \b
    Examples:
      aa bundle
      aa bundle r3 -o fix-login.bundle && aa replay fix-login.bundle
    """
    from ..runtime.bundle import write_bundle

    with recorded_run(run_name, repo) as (record, run, _):
        path = target or Path(f"{run.name}{SUFFIX}")
        try:
            blobs = write_bundle(record, run, path)
        except OSError as error:
            raise Problem(f"cannot write {path}: {error.strerror}", ENVIRONMENT) from None
    size = path.stat().st_size
    report.result |= {"run": run.name, "path": str(path), "blobs": blobs, "bytes": size}
    report.say(f"run {run.name}: {path}, {blobs} contents, {size:,} bytes")
    report.finish()


def _replay_swarm(report: Report, name: str, repo: str | None) -> NoReturn:
    from ..runtime.errors import ReplayDivergence
    from ..runtime.orchestrator.errors import SwarmDivergence
    from ..runtime.orchestrator.swarm_replay import replay_swarm
    from ..runtime.orchestrator.swarmlog import find_swarm
    from .repository import find_root, open_heaven

    with open_heaven(find_root(repo), read_only=True) as heaven:
        try:
            found = replay_swarm(heaven, find_swarm(heaven, name))
        except (ReplayDivergence, SwarmDivergence) as divergence:
            raise Problem(str(divergence), FAILED) from None
    report.result |= {
        "swarm": found.swarm,
        "same": found.same,
        "landings": found.landings,
        "runs": found.runs,
        "head": found.head,
        "tree": found.tree,
        "expected_head": found.expected_head,
        "expected_tree": found.expected_tree,
        "outside": [*found.outside],
    }
    lines = [
        f"swarm {found.swarm}: {found.runs} runs and {found.landings} landings from the log",
        f"  tree {found.tree[:16]}  {_verdict(found.tree, found.expected_tree)}",
        f"  head {found.head[:16]}  {_verdict(found.head, found.expected_head)}",
    ]
    lines += [f"  changed by others between two landings: {path}" for path in found.outside]
    print_lines(report, lines)
    report.finish(0 if found.same else FAILED)


@contextmanager
def recorded_run(name: str, repo: str | None) -> Iterator[tuple[Record, Run, Path | None]]:
    """The run of this name in the repository, or the one in the bundle of this name."""
    from ..runtime.runs import find
    from .repository import explained, find_root, open_heaven

    if not name.endswith(SUFFIX):
        root = find_root(repo)
        with open_heaven(root, read_only=True) as heaven:
            yield heaven, find(heaven, name), root
        return
    from ..runtime.bundle import Bundle, BundleDamaged

    try:
        opened = Bundle(Path(name))
    except OSError as error:
        raise Problem(f"cannot read {name}: {error.strerror}", ENVIRONMENT) from None
    except BundleDamaged as damaged:
        raise Problem(str(damaged), ENVIRONMENT) from None
    with explained(Path(name)):
        yield opened, find(opened, opened.run), None


def _write(
    found: Replayed, tree: Path, record: Record, run: Run, root: Path | None
) -> tuple[str, ...]:
    from ..runtime.replay import commit_of
    from ..runtime.scratch import write_tree

    try:
        return write_tree(found.entries, tree, record, root, commit_of(record, run))
    except OSError as error:
        raise Problem(f"cannot write {tree}: {error.strerror}", ENVIRONMENT) from None


def _verdict(found: str, expected: str) -> str:
    return "the same as recorded" if found == expected else f"recorded: {expected[:16]}"
