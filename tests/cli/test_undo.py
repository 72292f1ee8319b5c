"""`aa undo` and `aa diff` as a user sees them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from genesis_ssmp.heaven.records import JsonObject
from kit.angel import edit_answer, write_script
from kit.commands import Aa
from kit.repository import Repository, make_repository

CORE = "calc/core.py"
TASK = f"ISA_VERSION 0\nBASE_REV HEAD\nNEED slice {CORE} 1 20\nOP Swap them\n"
SWAP: JsonObject = {
    "op": "replace_line",
    "path": CORE,
    "lines": [5],
    "content": "    return b + a\n",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository = make_repository(tmp_path / "repo")
    monkeypatch.chdir(repository.root)
    monkeypatch.delenv("GENESIS_ANGEL", raising=False)
    return repository


def run(aa: Aa, repository: Repository, *ops: JsonObject) -> None:
    outside = repository.root.parent
    (outside / "task.isa").write_text(TASK)
    script = write_script(outside / "script.json", edit_answer(*ops))
    said = aa("run", str(outside / "task.isa"), "--angel", f"scripted:{script}", "-q")
    assert said.code == 0, said.err


def test_undo_says_what_it_did_and_log_shows_it(aa: Aa, repository: Repository) -> None:
    before = repository.tree()
    run(aa, repository, SWAP, {"op": "add_file", "path": "n.txt", "content": "n\n"})
    said = aa("undo", "last")
    assert said.code == 0
    assert said.err.splitlines() == [
        f"  restored {CORE}",
        "  deleted n.txt",
        "run r1: undone",
    ]
    assert repository.tree() == before
    assert aa("log").out.rstrip().endswith("(undone)")
    assert aa("diff", "r1").out.count("\n+") == 4, "what the run did is still there to be read"
    again = aa("undo", "r1")
    assert (again.code, again.err) == (0, "run r1 was undone already\n")


def test_dry_run_prints_the_diff_and_changes_nothing(aa: Aa, repository: Repository) -> None:
    run(aa, repository, SWAP)
    after = repository.tree()
    said = aa("undo", "r1", "--dry-run")
    assert said.code == 0 and repository.tree() == after
    assert "-    return b + a\n+    return a + b\n" in said.out
    assert said.err == "run r1: would be undone\n"
    assert json.loads(aa("log", "--json").out)["runs"][0]["undone"] is False


def test_undo_that_would_lose_later_work_ends_with_3_and_names_it(
    aa: Aa, repository: Repository
) -> None:
    run(aa, repository, SWAP)
    repository.write(CORE, repository.read(CORE).replace("b + a", "b + a + later"))
    after = repository.tree()
    said = aa("undo", "r1")
    assert said.code == 3 and repository.tree() == after
    for part in (CORE, "line 5", "return b + a + later", "outside Heaven", "nothing was undone"):
        assert part in said.err
    result = json.loads(aa("undo", "r1", "--json").out)
    (refused,) = result["refused"]
    assert (result["exit_code"], refused["path"], refused["line"]) == (3, CORE, 5)
    assert refused["changed_by"] == "outside Heaven"


def test_undo_keeps_what_others_changed_and_says_so(aa: Aa, repository: Repository) -> None:
    run(aa, repository, SWAP)
    repository.write(CORE, repository.read(CORE).replace("total = 0", "total = 0  # by hand"))
    said = json.loads(aa("undo", "r1", "--json").out)
    assert said["files"] == [{"path": CORE, "action": "restored", "merged": True}]
    assert "return a + b" in repository.read(CORE) and "# by hand" in repository.read(CORE)


def test_undo_of_no_run_and_without_a_run(aa: Aa, repository: Repository) -> None:
    run(aa, repository, SWAP)
    assert aa("undo", "r9").code == 2
    assert aa("undo").code == 2


def test_conflict_of_a_run_names_its_mission(aa: Aa, repository: Repository) -> None:
    """Its second answer is for lines that its first one changed."""
    outside = repository.root.parent
    (outside / "task.isa").write_text(TASK + "OP Again, as it was before\n")
    content = "def Add(a, b): return a\n"
    again: JsonObject = {"op": "replace_span", "path": CORE, "lines": [4, 5], "content": content}
    script = write_script(outside / "script.json", edit_answer(SWAP), edit_answer(again))
    said = aa("run", str(outside / "task.isa"), "--angel", f"scripted:{script}")
    assert said.code == 3
    assert "changed by: run r1" in said.err
    (name,) = [line for line in said.err.splitlines() if "or: aa run .heaven/" in line][:1]
    assert (repository.root / name.rpartition(" ")[2]).is_file()


# aa diff


@pytest.mark.skipif(shutil.which("git") is None, reason="git reads the diff here")
def test_git_applies_the_diff_forwards_and_backwards(aa: Aa, repository: Repository) -> None:
    repository.write("gone.txt", b"a\r\nb")
    before = repository.tree()
    ops: list[JsonObject] = [
        SWAP,
        {"op": "delete_file", "path": "gone.txt"},
        {"op": "add_file", "path": 'new "quoted".txt', "content": "é\nno newline"},
        {"op": "add_file", "path": "with a blank.txt", "content": "x\n"},
        {"op": "add_file", "path": "d/blank", "content": ""},
    ]
    outside = repository.root.parent
    (outside / "task.isa").write_text(TASK.replace("OP", "NEED slice gone.txt 1 2\nOP"))
    script = write_script(outside / "script.json", edit_answer(*ops))
    said = aa("run", str(outside / "task.isa"), "--angel", f"scripted:{script}", "-q")
    assert said.code == 0, said.err
    after = repository.tree()
    patch = outside / "run.diff"
    patch.write_bytes(aa("diff").out.encode())
    repository.git("apply", "--reverse", str(patch))
    assert repository.tree() == before
    repository.git("apply", str(patch))
    assert repository.tree() == after


def test_diff_in_json_names_the_files_and_their_blobs(aa: Aa, repository: Repository) -> None:
    run(aa, repository, SWAP, {"op": "add_file", "path": "n.txt", "content": "n\n"})
    result = json.loads(aa("diff", "--json").out)
    assert [file["path"] for file in result["files"]] == [CORE, "n.txt"]
    assert result["files"][1]["before"] is None and len(result["files"][1]["after"]) == 64
    assert result["undone"] is False and "+n\n" in result["diff"]
