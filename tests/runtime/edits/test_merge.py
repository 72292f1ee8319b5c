"""The three-way merge is git's."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from genesis_ssmp.runtime.edits.merge import Merger, carried, stretches, touching
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SCALE = 20 if os.environ.get("GENESIS_SOAK") else 1
LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"", b"\xff\x00\r"]), max_size=12).map(
    tuple
)


@st.composite
def versions(draw: st.DrawFn) -> tuple[tuple[bytes, ...], ...]:
    """A version and two that were made of it."""
    base = draw(LINES)
    made = [base]
    for _ in range(2):
        lines = list(base)
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(lines)))
            lines[at : at + draw(st.integers(0, 2))] = draw(LINES)[:2]
        made.append(tuple(lines))
    return tuple(made)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the judge here")
@settings(max_examples=100 * SCALE, deadline=None, suppress_health_check=list(HealthCheck))
@given(versions())
def test_a_merge_is_what_git_merge_file_makes(
    tmp_path_factory: pytest.TempPathFactory, three: tuple[tuple[bytes, ...], ...]
) -> None:
    directory = tmp_path_factory.getbasetemp()
    for name, lines in zip(("base", "ours", "theirs"), three, strict=True):
        # NUL would make it a binary file to git.
        text = b"".join(line.replace(b"\0", b"N") + b"\n" for line in lines)
        (directory / name).write_bytes(text)
    done = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"],
        cwd=directory,
        capture_output=True,
        check=False,
    )
    with Merger() as merger:
        merged = merger.merge(*three)
    if done.returncode:
        assert merged is None
    else:
        assert merged is not None
        assert b"".join(line.replace(b"\0", b"N") + b"\n" for line in merged) == done.stdout


@settings(max_examples=200 * SCALE, deadline=None)
@given(LINES, LINES)
def test_stretches_say_exactly_where_two_versions_differ(
    old: tuple[bytes, ...], new: tuple[bytes, ...]
) -> None:
    found = stretches(old, new)
    rebuilt: list[bytes] = []
    done = 0
    for one in found:
        assert (one.old_start, one.new_start) != (one.old_end, one.new_end)
        rebuilt += old[done : one.old_start]
        assert len(rebuilt) == one.new_start
        rebuilt += new[one.new_start : one.new_end]
        done = one.old_end
    assert (*rebuilt, *old[done:]) == new
    assert carried(found, len(old)) == len(new)


def test_a_stretch_touches_the_lines_beside_it() -> None:
    (one,) = stretches((b"a", b"b", b"c", b"d"), (b"a", b"b", b"X", b"d"))
    assert (one.old_start, one.old_end) == (2, 3)
    for start, end, touches in ((0, 1, False), (0, 2, True), (2, 2, True), (3, 4, True)):
        assert (touching((one,), start, end) is not None) == touches


def test_a_merger_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Merger() as merger:
        assert list(tmp_path.iterdir()) == []
        assert merger.merge((b"a",), (b"a", b"b"), (b"a",)) == (b"a", b"b")
        assert merger.merge((), (), ()) == ()
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
