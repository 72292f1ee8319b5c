"""`aa run` of a program whose last run was cut off: gone on with, or begun anew, as is wanted."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.hosted import Runs
from genesis_ssmp.runtime.runs import all_runs, close_interrupted
from kit.angel import edit_answer, scripted, write_script
from kit.commands import Aa
from kit.dying import cut_off
from kit.repository import Repository, make_repository
from kit.served import AA
from kit.server import serving

SWAP = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"}
)
NOTE = edit_answer({"op": "add_file", "path": "note.md", "content": "n\n"})
OTHER = edit_answer({"op": "add_file", "path": "other.md", "content": "n\n"})
TASK = (
    "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP Swap them\n"
    "LABEL next\nOP Write a note\nRUN test\nIF_FAIL RETRY 1\n"
)


@pytest.fixture
def cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Its only run died in its check, with both edits in the tree."""
    repository = make_repository(tmp_path / "repository")
    (tmp_path / "task.isa").write_text(TASK)
    write_script(tmp_path / "script.json", SWAP, NOTE)
    # For a start on a tree that has both edits.
    write_script(tmp_path / "anew.json", OTHER, edit_answer())
    cut_off(repository, TASK, scripted(SWAP, NOTE))
    monkeypatch.chdir(repository.root)
    return repository


def run(*options: str, script: str = "script.json") -> tuple[str, ...]:
    return ("run", "../task.isa", "--angel", f"scripted:../{script}", *options)


def ended(repository: Repository) -> list[tuple[str, str | None, int]]:
    with Heaven.open(repository.root, read_only=True) as heaven:
        return [(one.name, one.status, one.resumed) for one in all_runs(heaven)]


def test_with_resume_it_goes_on_without_asking(aa: Aa, cut: Repository) -> None:
    said = aa(*run("--resume", "--json"))
    result = json.loads(said.out)
    assert (said.code, result["run"], result["status"]) == (0, "r1", "done")
    assert (result["resumed"], result["cut_off"]) == (True, "r1")
    assert result["angel_calls"] == 2
    assert ended(cut) == [("r1", "done", 1)]
    assert "return b + a" in cut.read("calc/core.py")
    again = json.loads(aa(*run("--resume", "--json", script="anew.json")).out)
    assert (again["run"], again["resumed"], again["cut_off"]) == ("r2", False, None)


def test_without_a_terminal_or_an_option_it_starts_anew_and_names_both_choices(
    aa: Aa, cut: Repository
) -> None:
    said = aa(*run(script="anew.json"))
    assert "run r1 of this program was cut off" in said.err
    assert "--resume" in said.err and "--anew" in said.err
    assert said.err.count("cut off") == 1
    assert ended(cut)[0] == ("r1", "interrupted", 0)
    assert ended(cut)[1][0] == "r2"


def test_with_anew_it_starts_anew_and_says_in_json_what_was_left(aa: Aa, cut: Repository) -> None:
    said = aa(*run("--anew", "--json", script="anew.json"))
    result = json.loads(said.out)
    assert (result["run"], result["resumed"], result["cut_off"]) == ("r2", False, "r1")
    third = aa(*run(script="anew.json"))
    assert "cut off" not in third.err, "r2 came after it, and is what the program came to"


def test_another_program_or_other_parameters_are_not_taken_for_it(
    aa: Aa, cut: Repository, tmp_path: Path
) -> None:
    (tmp_path / "other.isa").write_text("ISA_VERSION 0\nBASE_REV HEAD\nRUN lint\n")
    said = aa("run", "../other.isa", "--resume")
    assert "no run of this program was cut off: it starts anew" in said.err
    assert "run r1 was cut off before it ended" in said.err
    assert ended(cut)[0] == ("r1", "interrupted", 0)


def test_through_a_server_it_is_the_same(aa: Aa, cut: Repository) -> None:
    with Heaven.open(cut.root) as heaven:
        close_interrupted(heaven)
        with serving(heaven, host_runs=Runs()):
            noted = aa(*run(script="none.json"))
            said = aa(*run("--resume"))
    assert noted.code == 4, "the script is not there, which is found before anything happens"
    assert said.code == 0, said.err
    assert "run r1: task.isa, 9 syscalls answered by the log" in said.err
    assert ended(cut) == [("r1", "done", 1)]


def test_beside_a_server_a_run_that_is_going_on_is_not_taken_for_cut_off(
    aa: Aa, cut: Repository
) -> None:
    """Its log has no end for it, as the log of a dead one."""
    with Heaven.open(cut.root) as heaven, serving(heaven, host_runs=Runs()):
        assert all_runs(heaven)[0].status is None
        said = aa(*run("--resume", "--json", script="anew.json"))
    assert json.loads(said.out)["cut_off"] is None


@pytest.mark.parametrize(("answer", "runs"), [("", 1), ("anew", 2)])
def test_at_a_terminal_it_asks(cut: Repository, answer: str, runs: int) -> None:
    script = "script.json" if runs == 1 else "anew.json"
    mine, its = pty.openpty()
    try:
        process = subprocess.Popen(
            [AA, *run(script=script)], cwd=cut.root, stdin=its, stdout=its, stderr=its
        )
        os.close(its)
        seen = b""
        while b"(resume, anew)" not in seen:
            seen += os.read(mine, 4096)
        os.write(mine, f"{answer}\n".encode())
        while process.poll() is None or b"done" not in seen:
            try:
                seen += os.read(mine, 4096)
            except OSError:
                break
        process.wait(timeout=60)
    finally:
        os.close(mine)
    assert b"run r1 of this program was cut off" in seen
    assert len(ended(cut)) == runs
    assert ended(cut)[0][2] == (1 if runs == 1 else 0)
