"""A run that is killed while Ctrl-C's undo is under way is put right by whatever comes next.

Every point is a real process killed by SIGKILL; the next `aa run`, `aa resume` or boot of a server
then finds what is left. `make soak` goes through all points, an ordinary run through a sample.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kit.evidence import Evidence

TESTS = Path(__file__).parent.parent
SOAK = bool(os.environ.get("GENESIS_SOAK"))


@pytest.mark.parametrize(
    ("phase", "way", "start", "stride"),
    [
        ("undo", "before", 1, 7),
        ("undo", "torn", 3, 9),
        ("undo", "power", 1, 6),
        ("recovery", "before", 5, 9),
        ("recovery", "power", 1, 8),
    ],
)
def test_an_undo_that_was_killed_is_finished_by_what_comes_next(
    phase: str, way: str, start: int, stride: int, tmp_path: Path, evidence: Evidence
) -> None:
    start, stride = (0, 1) if SOAK else (start, stride)
    rows = killed(tmp_path, way, start, stride, phase)
    whole, points = rows[0], rows[1:]
    assert whole["tree"] == whole["original"] != whole["edited"]
    assert points
    if phase == "recovery":
        assert whole["half"] not in (whole["original"], whole["edited"])
    # Closing takes a step more or less from one time to the next.
    reached = [row for row in points if row["died"]]
    assert len(points) - len(reached) <= 3
    before = 0
    for row in reached:
        where = f"{phase} {way} {row['at']} {row['step']} {row['next']}"
        assert (row["leases"], row["damage"], row["kept"]) == (0, [], False), where
        if row["status"] == "interrupted":
            # That it is undone was not in the log yet: the run is cut off, with all of its edits.
            assert row["tree"] == whole["edited"], where
            before += 1
        else:
            assert row["status"] == "abandoned", where
            assert row["message"] == "interrupted from the keyboard", where
            assert (row["tree"], row["undone"]) == (whole["original"], True), where
    assert before <= 2, "only while its first event is written"
    evidence.note("killed", phase=phase, way=way, points=len(reached), of=whole["points"])


def killed(directory: Path, way: str, start: int, stride: int, phase: str) -> list[dict[str, Any]]:
    """The undo as it is when nobody disturbs it, and what came of each killed one."""
    words = (str(directory), way, str(start), str(stride), phase)
    done = subprocess.run(
        [sys.executable, "-m", "kit.undo_points", *words],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
