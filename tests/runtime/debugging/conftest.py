from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime import live
from kit import points
from kit.debugged import Debugged
from kit.repository import make_repository


@pytest.fixture
def debugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Debugged]:
    """A run with retries, edits that are undone, and checks that take no time."""
    monkeypatch.setattr(live, "run_check", points.judge)
    root = make_repository(tmp_path / "repo").root
    with Heaven.open(root) as heaven:
        yield Debugged(root, heaven)
