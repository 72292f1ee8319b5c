"""From a task in words to missions: ranked files and symbols, in buckets by directory, as a DAG.

    analysis    looks at what the task is about and runs the checks as they are; nothing is spent
                on a tree that is broken already
    one mission a bucket, at once      leases the bucket's files, is shown its definitions
    tests       last, where the task leads to test files

A plan is a proposal: programs that a person can edit before anything runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...heaven import Heaven
from ...heaven.clock import to_text
from ...proto.leases import Scope
from ...proto.mission import TOKEN_BUDGET, Mission
from ..checks import CheckUnavailable, command, detect
from .errors import NothingToPlan
from .needs import needs_for
from .plan import MissionPlan, PlannedMission, compile_mission, make_plan
from .printing import program_text
from .ranking import RankedFile, Ranking, rank

BUCKETS: Final = 3
ANALYSIS_TOKENS: Final = 4_000
FILES: Final = 4
"""Files of a bucket."""
SYMBOLS: Final = 5
"""Definitions that a mission is shown from the start."""
_WORTH: Final = 0.25
_TEST_WORTH: Final = 0.05
"""A file far below the best one is not what the task is about; rankings put tests lower."""
_TESTS: Final = frozenset({"test", "tests", "testing", "__tests__"})


def plan_task(heaven: Heaven, task: str) -> MissionPlan:
    """The plan for a task; the same task and files give the same plan but for nothing.

    Raises NothingToPlan, TreeUnreadable, and ProgramsWrong for words that no program can hold.
    """
    ranking = rank(heaven, task)
    buckets = bucket(ranking.files)
    if not buckets:
        raise NothingToPlan(task)
    checks = checks_of(heaven)
    missions = [_analysis(heaven, task, ranking, checks)]
    sources: list[str] = []
    for number, (directory, files) in enumerate(buckets, 1):
        tests = all(is_test(one.path) for one in files)
        waits = (*sources,) if tests and sources else ("analysis",)
        name = "tests" if tests else f"m{number}"
        mission = _bucket(heaven, task, name, directory, files, ranking, checks, waits)
        missions.append(mission)
        if not tests:
            sources.append(name)
    plan = make_plan(task, missions)
    plan.check(heaven)
    return plan


def bucket(files: Sequence[RankedFile]) -> list[tuple[str, list[RankedFile]]]:
    """The files worth a look by directory, the directory of the best file first, tests last; at
    most `BUCKETS` directories of `FILES` files."""
    if not files:
        return []
    found: dict[str, list[RankedFile]] = {}
    tests: dict[str, list[RankedFile]] = {}
    for one in files:
        test = is_test(one.path)
        least = files[0].score * (_TEST_WORTH if test else _WORTH)
        if one.score < least or " " in one.path:
            continue
        side = tests if test else found
        place = "tests" if test else one.path.rpartition("/")[0] or "."
        if place in side or len(side) < BUCKETS:
            side.setdefault(place, []).append(one)
    chosen = [*list(found.items())[: BUCKETS - bool(tests)], *tests.items()]
    return [(directory, several[:FILES]) for directory, several in chosen]


def is_test(path: str) -> bool:
    """Whether a file is one of tests, by its path."""
    *directories, name = path.lower().split("/")
    stem = name.partition(".")[0]
    marked = stem.startswith("test_") or stem.endswith(("_test", "test", "spec"))
    return marked or ".test." in name or ".spec." in name or not _TESTS.isdisjoint(directories)


def checks_of(heaven: Heaven) -> tuple[str, ...]:
    """The RUN lines that this repository has tools for."""
    try:
        command(detect(heaven.root), "test", "")
    except CheckUnavailable:
        return ()
    return ("RUN test",)


def symbols_of(ranking: Ranking, paths: Sequence[str], most: int = SYMBOLS) -> list[str]:
    """The best definitions in these files, as `path::name`."""
    found: dict[str, None] = {}
    for one in ranking.symbols:
        symbol = one.symbol
        if symbol.path in paths and symbol.overload == 0 and symbol.qualname.isprintable():
            found.setdefault(f"{symbol.path}::{symbol.qualname}")
        if len(found) == most:
            break
    return list(found)


def _analysis(heaven: Heaven, task: str, ranking: Ranking, checks: Sequence[str]) -> PlannedMission:
    paths = [one.path for one in ranking.files]
    needs = _known(heaven, symbols_of(ranking, paths))
    mission = Mission(
        mission_id="analysis",
        base_rev="HEAD",
        goal=f"Look at what the task is about: {task}",
        scopes=(Scope("directory", "."),),
        lease_ids=(),
        tasks=(),
        created_at=to_text(heaven.clock.now()),
        token_budget=ANALYSIS_TOKENS,
    )
    text = program_text(
        mission,
        needs=needs,
        checks=checks,
        heading=(f"Before: {task}", "No edits: what it is about, and whether the checks pass now."),
        handlers=(),
    )
    return compile_mission("analysis", "analysis.isa", text, ())


def _bucket(
    heaven: Heaven,
    task: str,
    name: str,
    directory: str,
    files: Sequence[RankedFile],
    ranking: Ranking,
    checks: Sequence[str],
    waits: Sequence[str],
) -> PlannedMission:
    paths = [one.path for one in files]
    scopes = tuple(Scope("file", path) for path in paths)
    symbols = _known(heaven, symbols_of(ranking, paths))
    seen = {line.partition("::")[0].split()[-1] for line in symbols}
    blind = [one for one in scopes if one.scope_value not in seen]
    needs = [*symbols, *needs_for(heaven, blind, 2)]
    mission = Mission(
        mission_id=name,
        base_rev="HEAD",
        goal=task,
        scopes=scopes,
        lease_ids=(),
        tasks=(f"{task} (your part: {', '.join(paths)})",),
        created_at=to_text(heaven.clock.now()),
        token_budget=TOKEN_BUDGET,
    )
    reasons = [f"{one.path}: {'; '.join(one.reasons[:2])}" for one in files]
    text = program_text(
        mission,
        needs=needs,
        checks=checks,
        invariants=("@tests-not-weakened",),
        heading=(f"{directory}: {task}", *reasons),
    )
    return compile_mission(name, f"{name}.isa", text, waits)


def _known(heaven: Heaven, symbols: Sequence[str]) -> list[str]:
    """NEED lines for those that name exactly one definition."""
    return [f"NEED symdef {one}" for one in symbols if len(heaven.find_symbols(one)) == 1]
