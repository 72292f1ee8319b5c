"""`@paths` and `@max-lines`: where a batch works, and how much of it there is."""

from __future__ import annotations

from collections.abc import Sequence

from ..edits import FileChange, Staged
from .breach import Breach


def outside_paths(staged: Staged, globs: Sequence[str]) -> list[Breach]:
    """Files that no pattern (gitignore syntax) matches."""
    import pathspec

    spec = pathspec.GitIgnoreSpec.from_lines(globs)
    return [
        Breach(
            change.path,
            _first_line(change),
            "the edit touches a file outside these paths",
            "leave the file alone, or find a way within the paths",
        )
        for change in staged.files
        if not spec.match_file(change.path)
    ]


def too_many_lines(staged: Staged, most: int) -> list[Breach]:
    """The files of a batch that removes and adds more than `most` lines, the largest first."""
    sizes = {
        change.path: sum(hunk.before_count + hunk.after_count for hunk in change.hunks)
        for change in staged.files
    }
    total = sum(sizes.values())
    if total <= most:
        return []
    return [
        Breach(
            change.path,
            _first_line(change),
            f"the edit removes and adds {sizes[change.path]} lines here, {total} in all",
            f"change at most {most} lines in one answer",
        )
        for change in sorted(staged.files, key=lambda one: (-sizes[one.path], one.path))
        if sizes[change.path]
    ]


def _first_line(change: FileChange) -> int | None:
    return change.hunks[0].after_start if change.hunks and change.after is not None else None
