"""Invariants that are checked on every batch before it lands (`INVARIANT @paths src/**`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from ...heaven import Heaven
from ..edits import Staged
from . import dependencies, public_api, tests_kept
from .breach import Breach
from .extent import outside_paths, too_many_lines

Check: TypeAlias = Callable[[Staged, Sequence[str], Heaven], list[Breach]]

_CHECKS: Final[dict[str, Check]] = {
    "@paths": lambda staged, globs, _: outside_paths(staged, globs),
    "@max-lines": lambda staged, most, _: too_many_lines(staged, int(most[0])),
    "@public-api-unchanged": lambda staged, _, heaven: public_api.breaches(staged, heaven),
    "@tests-not-weakened": lambda staged, _, __: tests_kept.breaches(staged),
    "@no-new-dependency": lambda staged, _, __: dependencies.breaches(staged),
}

_MOST_SHOWN: Final = 10


def is_checked(invariant: str) -> bool:
    """Whether it is one of those that are checked, with arguments as the compiler writes them.

    A program with another one is refused before it starts.
    """
    name, *arguments = invariant.split()
    if name == "@max-lines":
        return len(arguments) == 1 and arguments[0].isascii() and arguments[0].isdecimal()
    return name in _CHECKS and (name != "@paths" or bool(arguments))


def breach(invariants: Sequence[str], staged: Staged, heaven: Heaven) -> str | None:
    """What the staged batch breaks, a paragraph for each invariant, or None.

    `heaven` indexes the tree as it is before the batch.
    """
    told: list[str] = []
    for invariant in invariants:
        name, *arguments = invariant.split()
        found = _CHECKS[name](staged, arguments, heaven)
        if found:
            lines = [f"INVARIANT {invariant} does not hold:"]
            lines += [f"  {one}" for one in found[:_MOST_SHOWN]]
            if len(found) > _MOST_SHOWN:
                lines.append(f"  and {len(found) - _MOST_SHOWN} more")
            steps = dict.fromkeys(one.next_step for one in found)
            lines += [f"  next: {step}" for step in steps]
            told.append("\n".join(lines))
    return "\n".join(told) or None
