from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from kit.mission import Mission
from kit.repository import make_repository


@pytest.fixture
def mission(tmp_path: Path) -> Iterator[Mission]:
    """The kit's calculator with an open Heaven."""
    root = make_repository(tmp_path / "repo").root
    with Heaven.open(root) as heaven:
        yield Mission(root, heaven, [])
