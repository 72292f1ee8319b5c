"""Uses found in Go and TypeScript, over sources in which every use is marked by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from kit.accuracy import measure

SOURCES = Path(__file__).parent / "accuracy"


@pytest.mark.parametrize("language", ["go", "typescript"])
def test_callers_are_found_and_nothing_else(
    language: str, tmp_path: Path, evidence: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    found = measure(SOURCES / language, tmp_path)
    with capsys.disabled():
        print(
            f"\n{language}: {found.definitions} definitions, {found.marked} uses, "
            f"recall {found.recall:.3f}, precision {found.precision:.3f}"
        )
    assert found.definitions >= 40
    assert found.recall >= 0.95, found.missing
    assert found.precision >= 0.90, found.wrong
    assert found.doubtful == ()
