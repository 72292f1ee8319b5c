"""A bundle replays on a machine that has nothing else, and a changed byte in it is noticed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.bundle import Bundle, BundleDamaged, write_bundle
from genesis_ssmp.runtime.replay import replay
from kit.angel import edit_answer, scripted
from kit.mission import Mission

PROGRAM = (
    "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP change it\n"
    "LABEL next\nOP RENAME_SYMBOL Eval evaluate\n"
)
SWAP = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"},
    {"op": "add_file", "path": "big.txt", "content": "line\n" * 3000},
)


@pytest.fixture
def bundle(mission: Mission, tmp_path: Path) -> Path:
    assert mission.ended(PROGRAM, angel=scripted(SWAP)).exit_code == 0
    path = tmp_path / "r1.bundle"
    write_bundle(mission.heaven, runs.find(mission.heaven, "last"), path)
    return path


def test_a_bundle_replays_without_its_repository(mission: Mission, bundle: Path) -> None:
    opened = Bundle(bundle)
    found = replay(opened, runs.find(opened, "r1"))
    assert found.same
    recorded = runs.find(mission.heaven, "r1")
    assert (found.head, found.tree) == (recorded.head, recorded.tree)


def test_the_same_run_gives_the_same_bytes(mission: Mission, bundle: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.bundle"
    write_bundle(mission.heaven, runs.find(mission.heaven, "r1"), again)
    assert again.read_bytes() == bundle.read_bytes()


def test_a_bundle_holds_one_run_only(mission: Mission, tmp_path: Path) -> None:
    mission.ended("ISA_VERSION 0\nBASE_REV HEAD\n")
    mission.ended(PROGRAM, angel=scripted(SWAP))
    path = tmp_path / "r2.bundle"
    write_bundle(mission.heaven, runs.find(mission.heaven, "r2"), path)
    assert [run.name for run in runs.all_runs(Bundle(path))] == ["r2"]


def test_any_changed_byte_and_any_cut_is_noticed(bundle: Path) -> None:
    whole = bundle.read_bytes()
    chance = random.Random(5)
    places = [*range(40), *range(len(whole) - 120, len(whole))]
    places += [chance.randrange(len(whole)) for _ in range(200)]
    for at in places:
        bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(BundleDamaged):
            Bundle(bundle)
        bundle.write_bytes(whole[:at])
        with pytest.raises(BundleDamaged):
            Bundle(bundle)


def test_the_changed_part_is_named(bundle: Path) -> None:
    whole = bundle.read_bytes()
    at = whole.index(b"blobs/") + 100
    bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(BundleDamaged, match=r"blobs/[0-9a-f]{64} was changed"):
        Bundle(bundle)
