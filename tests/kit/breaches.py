"""A checked invariant on two versions of a repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.edits import FileChange, Hunk, Staged
from genesis_ssmp.runtime.invariants import breach
from kit.repository import make_repository

Broken = Callable[[str, Mapping[str, str], Mapping[str, str | None]], str | None]


@pytest.fixture
def broken(tmp_path: Path) -> Broken:
    """What an invariant says of a repository's files becoming others (None: deleted)."""

    def check(
        invariant: str, before: Mapping[str, str], after: Mapping[str, str | None]
    ) -> str | None:
        root = make_repository(tmp_path / "repo", before).root
        changes = []
        for path, text in sorted(after.items()):
            was = before.get(path)
            if was == text:
                continue
            counts = [(text or "").count("\n"), (was or "").count("\n")]
            hunk = Hunk(0, 1, counts[1], 1, counts[0])
            old, new = (None if one is None else one.encode() for one in (was, text))
            changes.append(FileChange(path, old, new, 0o100644, (hunk,)))
        with Heaven.open(root) as heaven:
            return breach([invariant], Staged(tuple(changes)), heaven)

    return check
