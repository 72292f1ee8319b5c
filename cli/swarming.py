"""`aa swarm`: a plan carried out by several angels at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from .options import angel_option, check_timeout_option, quiet_option, repo_option
from .output import ENVIRONMENT, Json, Problem, Report, output_options
from .planning import planning

if TYPE_CHECKING:
    from ..heaven import Heaven
    from ..runtime.angels import Angel
    from ..runtime.orchestrator.plan import MissionPlan
    from ..runtime.orchestrator.settings import Settings
    from ..runtime.orchestrator.swarm import Finished, Told

PLACEHOLDER: Final = "{mission}"


@click.command()
@click.argument("directory", required=False, metavar="[PLAN]", type=click.Path(path_type=Path))
@repo_option
@click.option(
    "--resume",
    "resumed",
    metavar="SWARM",
    help="Go on with a swarm that was cut off (`s1`, or `last`), instead of starting one.",
)
@click.option(
    "-n",
    "--angels",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Angels at once, each a process of its own; genesis.toml, else 4.",
)
@angel_option
@click.option(
    "--oracle",
    metavar="SPEC",
    help="Who is asked for another plan when a mission thrashes; genesis.toml, else the angel.",
)
@check_timeout_option
@click.option("--dry-run", is_flag=True, help="Check the plan and print the order, run nothing.")
@quiet_option
@output_options
def swarm(
    report: Report,
    directory: Path | None,
    repo: str | None,
    resumed: str | None,
    angels: int | None,
    angel: str | None,
    oracle: str | None,
    check_timeout: float,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Carry out PLAN (a directory of `aa plan`, its plan.toml, or a program with MODE SWARM).

    Each mission runs in a worktree of its own; its net change lands in the repository in the order
    of the plan, merged with what landed before, once the tree that comes of it passes the
    mission's checks. An angel that dies is replaced, and its mission goes on. Ctrl-C, or a kill,
    leaves a swarm that --resume goes on with.

    `{mission}` in the angel's SPEC stands for the mission's name.

    \b
    Examples:
      aa plan "Add a --json flag" -o plan/ && aa swarm plan/
      aa swarm plan/ -n 8 --angel scripted:answers/{mission}.json
      aa swarm --resume last
    """
    from ..runtime.orchestrator.settings import read_settings
    from ..runtime.orchestrator.swarm import Options, resume_swarm, run_swarm
    from .executing import choose_angel
    from .repository import find_root, open_heaven

    if (directory is None) == (resumed is None):
        raise click.UsageError("give a PLAN, or --resume SWARM")
    root = find_root(repo)

    def observe(told: Told) -> None:
        if not quiet:
            report.say(_line(told))

    begun = resumed

    def on_start(name: str) -> None:
        nonlocal begun
        begun = name
        if not quiet:
            report.say(f"swarm {name}")

    with planning(report), _interruptible(report, lambda: begun):
        settings = read_settings(root)
        options = Options(
            angels=angels or settings.angels,
            lease_seconds=settings.lease_seconds,
            again=settings.again,
            limits=settings.limits,
        )
        with open_heaven(root) as heaven, planning(report):
            if resumed is not None:
                ended = resume_swarm(
                    heaven,
                    resumed,
                    options=options,
                    oracle=_oracle(oracle, settings, root, None),
                    observe=observe,
                )
            else:
                assert directory is not None, "one of both is given"
                plan = _read(directory, heaven)
                order = plan.check(heaven).order
                if dry_run:
                    report.result |= {"plan": plan.plan_id, "order": [*order]}
                    for name in order:
                        waits = ", ".join(plan.mission(name).depends_on)
                        report.say(f"{name}" + (f"  after {waits}" if waits else ""))
                    report.finish()
                chosen = choose_angel(angel, root, openable=False)
                _check_angel(plan, chosen.specification)
                ended = run_swarm(
                    heaven,
                    plan,
                    angel=chosen.specification,
                    directory=chosen.directory,
                    options=options,
                    check_timeout=check_timeout,
                    oracle=_oracle(oracle, settings, root, chosen.specification),
                    observe=observe,
                    on_start=on_start,
                )
    _finish(report, ended)


@contextmanager
def _interruptible(report: Report, name: Callable[[], str | None]) -> Iterator[None]:
    """Say after Ctrl-C what became of the swarm."""
    try:
        yield
    except KeyboardInterrupt:
        begun = name()
        if begun is not None:
            report.say(f"swarm {begun}: cut off; `aa swarm --resume {begun}` goes on with it")
        raise


def _read(path: Path, heaven: Heaven) -> MissionPlan:
    from ..runtime.orchestrator.plan import read_plan
    from ..runtime.orchestrator.sections import plan_of_program

    return plan_of_program(path, heaven) if path.suffix == ".isa" else read_plan(path)


def _check_angel(plan: MissionPlan, specification: str | None) -> None:
    from ..aa.opcodes import Op
    from ..runtime.angels.select import WAYS

    asks = [one.name for one in plan.missions if any(i.op is Op.ANGEL for i in one.module.code)]
    if asks and specification is None:
        raise Problem(
            f"mission {asks[0]} needs an angel, and none is configured",
            ENVIRONMENT,
            "configure one: " + "; ".join(WAYS),
        )


def _oracle(option: str | None, settings: Settings, root: Path, angel: str | None) -> Angel | None:
    """The oracle asked for, else the angel, where one angel serves all missions."""
    from ..runtime.angels import open_angel
    from ..runtime.errors import AngelUnavailable

    wanted = option or settings.oracle
    if wanted is None and (angel is None or PLACEHOLDER in angel):
        return None
    try:
        return open_angel(wanted or angel or "", Path.cwd() if option else root)
    except AngelUnavailable as unavailable:
        raise Problem(f"the oracle: {unavailable}", ENVIRONMENT) from None


def _line(told: Told) -> str:
    words = {
        "mission_started": "began",
        "mission_taken_over": "lost its angel",
        "mission_ran": "ran as",
        "mission_landed": "landed",
        "mission_failed": "failed",
        "swarm_thrashing": "thrashes",
        "plan_replaced": "gave way to another plan",
    }
    word = words.get(told.kind, told.kind)
    text = told.text if told.text != "started" else ""
    return f"  {told.mission}: {word} {text.splitlines()[0] if text else ''}".rstrip()


def _finish(report: Report, ended: Finished) -> None:
    failed: dict[str, Json] = dict(ended.failed)
    report.result |= {
        "swarm": ended.swarm,
        "status": ended.status,
        "landed": [*ended.landed],
        "failed": failed,
        "takeovers": len(ended.took_over),
        "head": ended.head,
        "tree": ended.tree,
    }
    report.say(f"swarm {ended.swarm}: {len(ended.landed)} landed, {len(ended.failed)} failed")
    for name, reason in ended.failed.items():
        report.say(f"  {name}: {reason}")
    report.finish(ended.exit_code)
