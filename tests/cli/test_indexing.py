"""`aa index` says what it read, and what it left out and why."""

from __future__ import annotations

import json

from genesis_ssmp.cli.indexing import Progress, summary
from genesis_ssmp.heaven.index.stats import IndexStats
from kit.commands import Aa
from kit.repository import Repository
from pytest import CaptureFixture
from syrupy.assertion import SnapshotAssertion


def odd_repository(repository: Repository) -> None:
    """One file of each sort that a repository may hold."""
    repository.git("init", "-q", ".")
    repository.write(".gitignore", "made/\n*.log.py\n")
    repository.write("good.py", "def f(): ...\nf()\n")
    repository.write("web/a.ts", "export const f = () => 1;\n")
    repository.write("binary.py", b"\0\1\2" * 100)
    repository.write("large.py", b"x = 1\n" * 200_000)
    repository.write("minified.py", b"x=1;" * 10_000)
    repository.write("broken.py", "def f(:\n")
    repository.write("latin.py", b"# \xff\xfe\ndef latin(): ...\n")
    repository.write("note.txt", "f\n")
    repository.write("made/a.py", "def f(): ...\n")
    repository.write("made/b.py", "def f(): ...\n")
    repository.write("a.log.py", "def f(): ...\n")
    repository.write("node_modules/x/index.js", "function f() {}\n")
    repository.path("link.py").symlink_to("good.py")
    repository.path("loop").symlink_to(".")


def test_files_of_every_sort_are_reported(
    repository: Repository, aa: Aa, snapshot: SnapshotAssertion
) -> None:
    odd_repository(repository)
    said = aa("index", "--repo", str(repository.root))
    assert (said.code, said.err) == (0, "")
    assert said.out == snapshot


def test_the_report_as_json(repository: Repository, aa: Aa) -> None:
    odd_repository(repository)
    said = json.loads(aa("index", "--repo", str(repository.root), "--json").out)
    assert said["languages"]["typescript"] == 1
    assert said["garbled"] == ["latin.py"]
    assert said["skipped"]["link.py"] == "link"
    assert said["ignored"] == 3
    again = json.loads(aa("index", "--repo", str(repository.root), "--json").out)
    assert again == said | {"changed": 0}


def test_progress_is_told_only_when_asked_for_where_nobody_looks(
    repository: Repository, aa: Aa
) -> None:
    odd_repository(repository)
    said = aa("index", "--repo", str(repository.root), "--progress", "--json")
    lines = said.err.splitlines()
    assert lines[-1].endswith(" files")
    assert "\r" not in said.err
    assert json.loads(said.out)["ok"]


def test_progress_ends_with_all_of_it_however_fast_it_goes(capsys: CaptureFixture[str]) -> None:
    progress = Progress()
    for done in range(1, 5_001):
        progress(done, 5_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "5,000 of 5,000 files"
    assert len(lines) < 100


def test_a_long_list_is_cut_and_says_where_the_rest_is() -> None:
    broken = tuple(f"m{number:02}.py" for number in range(25))
    lines = summary(IndexStats(25, 0, 0, 25, {"python": 25}, {}, broken, (), 0), None)
    assert "  m19.py" in lines
    assert "  m20.py" not in lines
    assert lines[-1] == "  and 5 more (--json lists them all)"
