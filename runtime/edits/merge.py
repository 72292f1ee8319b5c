"""Three-way merges and two-way differences of lines, by libgit2: what `git merge-file` would say.

Lines are handed over as numbers, so that text of any encoding, line endings and control bytes
cannot come in between. libgit2 only merges blobs of a repository; it gets one of its own, in a
temporary directory, for as long as a `Merger` is open.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

if TYPE_CHECKING:
    from pygit2 import IndexEntry, Repository

Lines: TypeAlias = tuple[bytes, ...]
"""Lines without their endings."""

_END = b".\n"  # an empty result would be no result


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines `old_start`..`old_end` (0-based, end exclusive) became `new_start`..`new_end`."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


class Merger:
    """A context manager; nothing is made on disk before the first merge. For one thread."""

    def __init__(self) -> None:
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._repository: Repository | None = None
        self._numbers: dict[bytes, int] = {}
        self._entries: dict[Lines, IndexEntry] = {}
        self._stretches: dict[tuple[Lines, Lines], tuple[Stretch, ...]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._repository = None
        self._entries.clear()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def merge(self, base: Lines, ours: Lines, theirs: Lines) -> Lines | None:
        """`theirs` with what `ours` made of `base`; None where both changed the same lines, or
        lines beside each other."""
        import pygit2

        if self._repository is None:
            self._directory = tempfile.TemporaryDirectory(prefix="genesis-merge-")
            self._repository = pygit2.init_repository(self._directory.name, bare=True)
        merged = self._repository.merge_file_from_index(
            self._entry(base), self._entry(ours), self._entry(theirs), use_deprecated=False
        )
        if not merged.automergeable:
            return None
        lines = list(self._numbers)
        return tuple([lines[int(number, 16)] for number in merged.contents.split("\n")[:-2]])

    def stretches(self, old: Lines, new: Lines) -> tuple[Stretch, ...]:
        """As the function of that name, found once for each pair of versions."""
        known = self._stretches.get((old, new))
        if known is None:
            known = self._stretches[old, new] = stretches(old, new)
        return known

    def _entry(self, lines: Lines) -> IndexEntry:
        from pygit2 import IndexEntry
        from pygit2.enums import FileMode

        known = self._entries.get(lines)
        if known is None:
            assert self._repository is not None
            blob = self._repository.create_blob(_numbered(lines, self._numbers) + _END)
            known = self._entries[lines] = IndexEntry("f", blob, FileMode.BLOB)
        return known


def stretches(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[Stretch, ...]:
    """Where two versions differ, in order; no two stretches touch."""
    from pygit2 import Patch

    if old == new:
        return ()
    numbers: dict[bytes, int] = {}
    patch = Patch.create_from(
        _numbered(old, numbers), _numbered(new, numbers), context_lines=0, interhunk_lines=0
    )
    found: list[Stretch] = []
    for hunk in patch.hunks:
        # A side without lines is numbered by the line before it.
        old_start = hunk.old_start - (hunk.old_lines > 0)
        new_start = hunk.new_start - (hunk.new_lines > 0)
        found.append(
            Stretch(old_start, old_start + hunk.old_lines, new_start, new_start + hunk.new_lines)
        )
    return tuple(found)


def touching(found: Sequence[Stretch], start: int, end: int) -> Stretch | None:
    """The first stretch that shares a line with `start`..`end` of the old version, or lies beside
    it."""
    return next((one for one in found if one.old_start <= end and one.old_end >= start), None)


def carried(found: Sequence[Stretch], line: int) -> int:
    """Where the boundary before the old version's `line` (0-based) is in the new one, if no stretch
    has it inside."""
    passed = [one for one in found if one.old_end <= line]
    return line + sum(one.new_end - one.new_start - (one.old_end - one.old_start) for one in passed)


def _numbered(lines: Sequence[bytes], numbers: dict[bytes, int]) -> bytes:
    return b"".join([b"%x\n" % numbers.setdefault(line, len(numbers)) for line in lines])
