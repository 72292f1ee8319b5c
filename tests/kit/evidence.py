"""Evidence: what a test saw, kept beside its verdict.

A test that claims a figure ("killed at 40 points", "1,312 mutants refused") notes it here. The
notes are shown when the test fails, and appended to the file named by GENESIS_EVIDENCE as JSON
lines when that is set, so that a figure in a report can be traced to the run that gave it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"


class Evidence:
    """The notes of one test, in the order they were made."""

    def __init__(self, test: str) -> None:
        self.test = test
        self.notes: list[dict[str, Value]] = []

    def note(self, what: str, **facts: Value) -> None:
        """Record `what` was seen, with its facts; values must be JSON."""
        self.notes.append({"what": what, **facts})

    def count(self, what: str) -> int:
        """How many notes have this name."""
        return sum(1 for note in self.notes if note["what"] == what)

    def lines(self) -> list[str]:
        """One JSON text a note, keys sorted, the test's id first."""
        return [
            json.dumps({"test": self.test, **note}, sort_keys=True, ensure_ascii=False)
            for note in self.notes
        ]


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Iterator[Evidence]:
    """A recorder for this test; printed with a failing test's captured output."""
    recorder = Evidence(request.node.nodeid)
    yield recorder
    for line in recorder.lines():
        print(line)
    target = os.environ.get("GENESIS_EVIDENCE")
    if target and recorder.notes:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in recorder.lines()))
