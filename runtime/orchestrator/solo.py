"""One angel, one program, in four micro-phases, each with its share of a small budget.

understand  15 %   at most 5 page faults: the definitions that the task is about
plan        10 %   at most 2: what else has such a name, and who calls the first of them
execute     60 %   the edits
verify      15 %   at most 1: the tests of it; then they are run, three turns in all
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...heaven import Heaven
from ...heaven.clock import to_text
from ...proto.mission import Mission
from ..tokens import count_tokens
from .errors import NothingToPlan
from .meter import Phase
from .plan import PlannedMission, compile_mission
from .planner import checks_of, symbols_of
from .printing import program_text
from .ranking import rank

TOKENS: Final = 8_000
FAULTS: Final = 10
TURNS: Final = 3


@dataclass(frozen=True, slots=True)
class Share:
    """Of the tokens, in hundredths; page faults at most."""

    tokens: int
    faults: int


SHARES: Final[dict[Phase, Share]] = {
    "understand": Share(15, 5),
    "plan": Share(10, 2),
    "execute": Share(60, 0),
    "verify": Share(15, 1),
}
_CALLERS: Final = 5


def solo_program(heaven: Heaven, task: str) -> PlannedMission:
    """The program for a task. Raises NothingToPlan, TreeUnreadable, ProgramsWrong."""
    ranking = rank(heaven, task)
    if not ranking.files:
        raise NothingToPlan(task)
    paths = [one.path for one in ranking.files]
    subjects = [one for one in symbols_of(ranking, paths, 20) if len(heaven.find_symbols(one)) == 1]
    shown = _within(heaven, subjects)
    checks = checks_of(heaven)
    needs = ["# understand: at most 5 page faults, 1,200 tokens"]
    needs += [f"NEED symdef {one}" for one in shown]
    if shown:
        needs += [
            "# plan: at most 2, 800 tokens",
            f"NEED callers {shown[0]} {_CALLERS}",
        ]
        if checks:
            needs += ["# verify: at most 1; the tests are run below", f"NEED tests {shown[0]}"]
    mission = Mission(
        mission_id="solo",
        base_rev="HEAD",
        goal=task,
        scopes=(),
        lease_ids=(),
        tasks=(task,),
        created_at=to_text(heaven.clock.now()),
        token_budget=TOKENS,
    )
    text = program_text(
        mission,
        needs=needs,
        checks=checks,
        invariants=("@tests-not-weakened",),
        heading=(task,),
        retries=TURNS - 1,
    )
    return compile_mission("solo", "solo.isa", text, ())


def _within(heaven: Heaven, symbols: list[str]) -> list[str]:
    """The first of them that fit the share of understanding; a large one is passed over."""
    share = SHARES["understand"]
    left = TOKENS * share.tokens // 100
    chosen: list[str] = []
    for name in symbols:
        (symbol,) = heaven.find_symbols(name)
        extent = symbol.extent
        lines = extent.end_line - extent.start_line + 1
        cost = count_tokens(heaven.read_slice(symbol.path, extent.start_line, lines))
        if cost <= left and len(chosen) < share.faults:
            chosen.append(name)
            left -= cost
    return chosen
