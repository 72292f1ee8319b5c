"""A run that is killed at any point ends, once resumed, as if nothing had happened.

Every point is a real process killed by SIGKILL. `make soak` goes through all of them, in all three
ways; an ordinary run through a sample that differs in what it hits.
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
SAME = (
    *("status", "message", "tree", "run_tree", "head", "steps", "angel_calls", "tokens"),
    *("leases", "replays", "damage"),
)


@pytest.mark.parametrize(
    ("way", "start", "stride"),
    [
        ("before", 11, 1 if SOAK else 53),
        ("torn", 3, 1 if SOAK else 31),
        ("power", 5, 1 if SOAK else 29),
    ],
)
def test_a_run_killed_at_any_point_ends_the_same_once_resumed(
    way: str, start: int, stride: int, tmp_path: Path, evidence: Evidence
) -> None:
    rows = killed(tmp_path, way, 0 if SOAK else start, stride)
    whole, points = rows[0], rows[1:]
    assert whole["status"] == "done"
    assert whole["replays"]
    assert whole["damage"] == []
    # The first answer took three turns.
    answers = [f"answer {turn}" for turn in range(6)]
    assert whole["paid"] == [*answers[:5], "advice 0", answers[5]]
    assert points
    # Closing takes a step more or less from one time to the next.
    reached = [row for row in points if row["died"]]
    assert len(points) - len(reached) <= 3
    twice = 0
    for row in reached:
        where = f"{way} {row['at']} {row['step']}"
        assert {key: row[key] for key in SAME} == {key: whole[key] for key in SAME}, where
        # What was paid for and not yet recorded is asked for again; nothing else ever is.
        assert sorted(set(row["paid"])) == sorted(whole["paid"]), where
        assert len(row["paid"]) <= len(whole["paid"]) + 1, where
        twice += len(row["paid"]) - len(whole["paid"])
    evidence.note("killed", way=way, points=len(reached), of=whole["points"], asked_again=twice)


def killed(directory: Path, way: str, start: int, stride: int) -> list[dict[str, Any]]:
    """The undisturbed run's outcome, and each killed one's."""
    done = subprocess.run(
        [sys.executable, "-m", "kit.points", str(directory), way, str(start), str(stride)],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
