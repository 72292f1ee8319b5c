"""Runs that earlier versions recorded replay: the same tree and run head, for ever.

`tests/kit/histories.py` says how they are made, and how to add one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.runtime.bundle import Bundle
from genesis_ssmp.runtime.replay import replay
from genesis_ssmp.runtime.runs import all_runs
from genesis_ssmp.runtime.soundness import check_file
from kit.histories import HISTORIES, SCENARIOS

RECORDED = sorted(HISTORIES.glob("*.bundle"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_run_still_replays(path: Path) -> None:
    bundle = Bundle(path)
    (run,) = all_runs(bundle)
    found = replay(bundle, run)
    assert (found.head, found.tree) == (run.head, run.tree)
    assert found.head == found.expected_head
    assert found.outcome is not None
    assert found.outcome.status == run.status


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_run_is_as_it_was_written_and_holds_nothing_of_its_machine(path: Path) -> None:
    assert check_file(path) == ()
    bundle = Bundle(path)
    contents = [*bundle.lines, *(bundle.get_blob(one) for one in bundle.blob_ids)]
    for content in contents:
        for word in (b"/tmp/", b"/home/", b"/root/", b"/work/", b"/Users/", b"/var/"):
            assert word not in content


def test_every_scenario_is_recorded() -> None:
    """One that is no scenario any more stays: it is what it was then."""
    assert SCENARIOS.keys() <= {path.stem for path in RECORDED}
    assert len(RECORDED) >= 12


def test_the_histories_are_what_their_names_say() -> None:
    said = {path.stem: b"\n".join(Bundle(path).lines) for path in RECORDED}
    assert b'"how":"moved"' in said["drift"]
    assert b'"how":"merged"' in said["merge"]
    assert b'"status":"conflict"' in said["conflict"]
    assert b'"status":"failed"' in said["failing"]
    assert b"run_resumed" in said["resumed"]
    assert b'"op":"ESCALATE"' in said["escalate-and-everything"]
    assert b'"op":"ROLLBACK"' in said["retry"]
