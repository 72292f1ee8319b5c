"""A program with MODE SWARM as a plan: each of its sections is a mission.

What stands before the first LABEL and speaks for the whole program (base, budget, invariants,
parameters) holds in every mission. A section's LEASE lines are its mission's; a section without
any has the program's. Sections whose leases overlap are done in the order in which they are
written, the others at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ...aa import ast as aa
from ...aa.source import Source, SourceUnreadable
from ...heaven import Heaven
from ...isa import ast
from ...isa.parse import parse
from ...isa.unparse import unparse_directive
from .dag import overlapping
from .errors import BadPlan
from .plan import MissionPlan, PlannedMission, ProgramsWrong, compile_mission, make_plan, places

_EVERYWHERE: Final = (
    *(ast.Version, ast.Budget, ast.Invariant, ast.PromptRef),
    *(aa.BaseRev, aa.Param, aa.Return),
)
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(slots=True)
class _Section:
    name: str
    leases: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def plan_of_program(path: Path, heaven: Heaven) -> MissionPlan:
    """Raises BadPlan, ProgramsWrong, BadScope, PathOutside, TreeUnreadable."""
    try:
        source = Source.read(path)
    except SourceUnreadable as unreadable:
        raise ProgramsWrong(unreadable.diagnostics, {}) from None
    parsed = parse(source)
    if any(one.severity == "error" for one in parsed.diagnostics):
        raise ProgramsWrong(tuple(parsed.diagnostics), {source.name: source})
    directives = parsed.program.directives
    modes = [one.mode.value for one in directives if isinstance(one, ast.Mode)]
    if modes != ["SWARM"]:
        raise BadPlan((f"{path} is not MODE SWARM: `aa run {path}` runs it",))
    header, sections = _split(directives)
    missions: list[PlannedMission] = []
    for section in sections:
        text = "\n".join([*header, "MODE SOLO", *section.leases, "", *section.lines, ""])
        name = section.name
        missions.append(compile_mission(name, f"{name}.isa", text, (), path.parent))
    return make_plan(path.stem, _in_order(missions, heaven))


def _split(directives: Sequence[ast.Directive]) -> tuple[list[str], list[_Section]]:
    """The lines of every mission, and the sections that do something."""
    header: list[str] = []
    first = _Section("start")
    sections = [first]
    for one in directives:
        section = sections[-1]
        if isinstance(one, ast.Label):
            sections.append(_Section(_name(one.name.value, len(sections))))
        elif isinstance(one, (ast.Mode, ast.Halt)):
            continue
        elif isinstance(one, aa.Lease):
            section.leases.append(unparse_directive(one))
        elif isinstance(one, _EVERYWHERE) and section is first:
            header.append(unparse_directive(one))
        else:
            section.lines.append(unparse_directive(one))
    shared = first.leases
    for section in sections[1:]:
        section.leases = section.leases or shared
    return header, [one for one in sections if one.lines]


def _in_order(missions: Sequence[PlannedMission], heaven: Heaven) -> list[PlannedMission]:
    from dataclasses import replace

    done: list[PlannedMission] = []
    for one in missions:
        waits = [
            other.name
            for other in done
            if overlapping(one.scopes, other.scopes, lambda scope: places(heaven, scope))
        ]
        done.append(replace(one, depends_on=tuple(waits)))
    return done


def _name(label: str, number: int) -> str:
    name = _UNFIT.sub("-", label).strip("-.")[:60]
    return name if name[:1].isalpha() else f"section-{number}"
