"""Invariants that are checked on every batch before it lands (`INVARIANT @paths src/**`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .edits import Staged

CHECKED: Final = frozenset({"@paths", "@max-lines"})
"""Those that this version checks; a program with another one is refused before it starts."""


def breach(invariants: Sequence[str], staged: Staged) -> str | None:
    """What the staged batch breaks, in one line, or None."""
    for invariant in invariants:
        name, *arguments = invariant.split()
        if name == "@paths":
            import pathspec

            spec = pathspec.GitIgnoreSpec.from_lines(arguments)
            outside = [change.path for change in staged.files if not spec.match_file(change.path)]
            if outside:
                return f"INVARIANT {invariant}: the edit touches {outside[0]}"
        elif name == "@max-lines":
            lines = sum(
                hunk.before_count + hunk.after_count
                for change in staged.files
                for hunk in change.hunks
            )
            if lines > int(arguments[0]):
                return f"INVARIANT {invariant}: the edit removes and adds {lines} lines"
    return None
