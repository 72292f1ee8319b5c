"""A process killed at any step: after recovery the tree is before or after, as the log says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.edits import BadJournal, Recovery, recover
from genesis_ssmp.runtime.undoing import AlreadyUndone, undo_run
from kit.crash import DRIFTED, EDITED, LATER, UNDONE
from kit.edits import tree
from kit.landing import AFTER, FILES, House, contents

TESTS = Path(__file__).parents[2]


def crash(scenario: str, directory: Path) -> int:
    """How many steps there were to be killed at; repositories 0 to that number are left."""
    done = subprocess.run(
        [sys.executable, "-m", "kit.crash", scenario, str(directory)],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def recovered(root: Path) -> tuple[Recovery, list[str], dict[str, int]]:
    """Recovery, the kinds of edit events after it, the file clocks."""
    with Heaven.open(root) as heaven:
        result = recover(heaven)
        again = recover(heaven)
        assert (again.finished, again.taken_back, again.conflicts) == ((), (), ())
        kinds = [event.kind for event in heaven.events() if event.kind.startswith("edit_")]
        return result, kinds, heaven.clocks([*FILES, "new/deep/n.txt"])


def modes(root: Path) -> dict[str, int]:
    return {path: mode for path, (_, mode) in tree(root).items() if path in FILES}


CHANGED = {"a.txt", "bin/run.sh", "d/gone.txt", "new/deep/n.txt"}


def test_landing_killed_at_every_step_is_whole_after_recovery(tmp_path: Path) -> None:
    steps = crash("land", tmp_path)
    assert steps >= 30
    outcomes = set()
    for number in range(steps + 1):
        root = tmp_path / str(number)
        _, kinds, clocks = recovered(root)
        outcomes.add(tuple(kinds))
        if "edit_landed" in kinds:
            assert contents(root) == AFTER, number
            assert {path for path, clock in clocks.items() if clock == 1} == CHANGED, number
        else:
            assert kinds == []
            assert contents(root) == FILES, number
            assert not (root / "new").exists()
        assert modes(root)["bin/run.sh"] == 0o100750, number
    assert outcomes == {(), ("edit_staged", "edit_landed")}


def test_undo_killed_at_every_step_is_whole_after_recovery(tmp_path: Path) -> None:
    steps = crash("undo", tmp_path)
    assert steps >= 25
    for number in range(steps + 1):
        root = tmp_path / str(number)
        _, kinds, clocks = recovered(root)
        if kinds.count("edit_landed") == 2:
            assert contents(root) == FILES, number
            assert not (root / "new").exists(), number
            assert {path for path, clock in clocks.items() if clock == 2} == CHANGED, number
        else:
            assert kinds == ["edit_staged", "edit_landed"], number
            assert contents(root) == AFTER, number


def test_recovery_killed_at_every_step_is_whole_after_the_next(tmp_path: Path) -> None:
    steps = crash("recover", tmp_path)
    assert steps >= 10
    for number in range(steps + 1):
        root = tmp_path / str(number)
        _, kinds, clocks = recovered(root)
        assert kinds == ["edit_staged", "edit_landed"], number
        assert contents(root) == AFTER, number
        assert {clocks[path] for path in CHANGED} == {1}, number


def test_file_changed_from_outside_after_the_crash_is_left_alone(tmp_path: Path) -> None:
    """And the recovery that takes the rest back may itself be killed at every step."""
    steps = crash("take back", tmp_path)
    assert steps >= 5
    for number in range(steps + 1):
        root = tmp_path / str(number)
        result, kinds, _ = recovered(root)
        assert kinds == ["edit_staged", "edit_abandoned"], number
        assert contents(root) == {**FILES, "new/deep/n.txt": b"theirs\n"}, number
        if number < steps - 1:  # the last step comes after the recovery's last event
            assert [one.path for one in result.conflicts] == ["new/deep/n.txt"], number
            assert [edit.run for edit in result.taken_back] == ["r"]


@pytest.mark.skipif(
    not os.environ.get("GENESIS_SOAK"), reason="the steps are those of any landing; GENESIS_SOAK=1"
)
def test_drifted_landing_killed_at_every_step_is_whole_after_recovery(tmp_path: Path) -> None:
    steps = crash("land drifted", tmp_path)
    assert steps >= 20
    for number in range(steps + 1):
        root = tmp_path / str(number)
        _, kinds, _ = recovered(root)
        expected = EDITED if "edit_landed" in kinds else DRIFTED
        assert {path: contents(root)[path] for path in DRIFTED} == expected, number


def test_undo_of_a_run_killed_at_every_step_is_done_once(tmp_path: Path) -> None:
    """It may be asked for again after the crash, and nothing that came later is lost."""
    steps = crash("undo run", tmp_path)
    assert steps >= 20
    for number in range(steps + 1):
        root = tmp_path / str(number)
        _, kinds, _ = recovered(root)
        done = kinds.count("edit_landed") == 2
        now = {path: contents(root)[path] for path in DRIFTED}
        assert now == (UNDONE if done else LATER), number
        with Heaven.open(root) as heaven:
            run = runs.find(heaven, "r1")
            assert run.undone == done, number
            if not done:
                undo_run(heaven, run)
            with pytest.raises(AlreadyUndone):
                undo_run(heaven, runs.find(heaven, "r1"))
        assert {path: contents(root)[path] for path in DRIFTED} == UNDONE, number


def test_file_that_became_a_link_after_the_crash_is_a_conflict(tmp_path: Path) -> None:
    from kit.crash import prepare_recovery

    prepare_recovery(tmp_path)
    (tmp_path / "d/gone.txt").unlink()
    (tmp_path / "d/gone.txt").symlink_to("stays.txt")
    result, kinds, _ = recovered(tmp_path)
    assert [one.path for one in result.conflicts] == ["d/gone.txt"]
    assert kinds[-1] == "edit_abandoned"
    assert (tmp_path / "d/gone.txt").is_symlink()
    assert (tmp_path / "a.txt").read_bytes() == FILES["a.txt"]


def test_journal_of_another_version_is_refused_not_guessed(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.heaven.append("edit_staged", {"edit_id": "E2", "files": "?"})
    with pytest.raises(BadJournal, match="event 2"):
        recover(house.heaven)
    house.home.close()
