"""The `aa` command as a user sees it: what it prints, and how it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from genesis_ssmp.cli.aa import cli
from kit.angel import edit_answer, write_script
from kit.commands import Aa
from kit.repository import Repository, make_repository
from syrupy.assertion import SnapshotAssertion

RENAME = (
    "ISA_VERSION 0\nPARAM old Add\nPARAM new plus\nBASE_REV HEAD\n"
    "OP RENAME_SYMBOL ${old} ${new}\nRUN test\nASSERT all tests pass\nIF_FAIL RETRY 1\n"
)
SWAP = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"}
)
BREAK = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return a - b\n"}
)
TASK = "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP Swap them\nRUN test\nIF_FAIL RETRY 1\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The calculator, with the working directory in it."""
    repository = make_repository(tmp_path / "repo")
    monkeypatch.chdir(repository.root)
    monkeypatch.delenv("GENESIS_ANGEL", raising=False)
    return repository


def scrubbed(text: str) -> str:
    """Without what differs from run to run: times, hashes of trees with times in them, paths."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "HASH", text)
    text = re.sub(r"\d+\.\d+ ?s\b", "N s", text)
    # A failed check's output names the temporary directory, and is part of the next prompt.
    text = re.sub(r"about \d+ tokens in", "about N tokens in", text)
    return re.sub(r"/\S+/repo", "REPO", text)


def test_a_rename_prints_each_step_and_ends_done(
    aa: Aa, repository: Repository, snapshot: SnapshotAssertion
) -> None:
    repository.write("rename.isa", RENAME)
    said = aa("run", "rename.isa")
    assert said.code == 0, said.err
    assert said.out == ""
    assert scrubbed(said.err) == snapshot
    assert "def plus(" in repository.read("calc/core.py")


def test_log_diff_why_status_and_replay_after_a_run(
    aa: Aa, repository: Repository, snapshot: SnapshotAssertion
) -> None:
    repository.write("rename.isa", RENAME)
    aa("run", "rename.isa", "-q")
    for arguments in (
        ("log",),
        ("log", "last"),
        ("diff",),
        ("why", "calc/core.py:4"),
        ("why", "calc/core.py:1"),
        ("status",),
        ("replay",),
    ):
        said = aa(*arguments)
        assert said.code == 0, said.err
        assert scrubbed(said.out) == snapshot(name=" ".join(arguments))


def test_failing_checks_end_with_1_and_every_byte_as_before(
    aa: Aa, repository: Repository, snapshot: SnapshotAssertion
) -> None:
    repository.write("task.isa", TASK)
    script = write_script(repository.root / "script.json", BREAK, BREAK)
    before = repository.tree()
    said = aa("run", "task.isa", "--angel", f"scripted:{script}")
    assert said.code == 1
    assert repository.tree() == before
    assert scrubbed(said.err) == snapshot


def test_json_is_one_object_whatever_happens(aa: Aa, repository: Repository) -> None:
    repository.write("task.isa", TASK)
    script = write_script(repository.root / "script.json", SWAP)
    done = aa("run", "task.isa", "--angel", f"scripted:{script}", "--json")
    result = json.loads(done.out)
    assert (result["ok"], result["run"], result["status"]) == (True, "r1", "done")
    assert done.err == ""
    for arguments in (("log",), ("log", "r1"), ("diff",), ("status",), ("replay",)):
        assert json.loads(aa(*arguments, "--json").out)["exit_code"] == 0
    why = json.loads(aa("why", "calc/core.py:5", "--json").out)
    assert why["cause"]["statement"] == "OP Swap them"
    refused = aa("run", "task.isa", "--json")
    assert refused.code == 4
    assert json.loads(refused.out)["diagnostics"][0]["code"] == "AA0805"


def test_without_an_angel_the_instruction_and_the_ways_to_configure_one_are_named(
    aa: Aa, repository: Repository, snapshot: SnapshotAssertion
) -> None:
    repository.write("task.isa", TASK)
    before = repository.tree()
    said = aa("run", "task.isa")
    assert said.code == 4
    assert repository.tree() == before
    assert scrubbed(said.err) == snapshot


def test_the_angel_may_be_named_by_environment_or_genesis_toml(
    aa: Aa, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("task.isa", TASK)
    write_script(repository.root / "script.json", SWAP)
    repository.write("genesis.toml", '[angel]\nuse = "scripted:script.json"\n')
    assert aa("run", "task.isa", "-q").code == 0
    monkeypatch.setenv("GENESIS_ANGEL", "scripted:missing.json")
    said = aa("run", "task.isa", "-q")
    assert said.code == 4 and "missing.json" in said.err


def test_bytecode_runs_like_its_source(aa: Aa, repository: Repository, tmp_path: Path) -> None:
    repository.write("rename.isa", RENAME)
    module = tmp_path / "rename.aab"
    done = subprocess.run(
        [str(Path(sys.executable).parent / "aac"), "build", "rename.isa", "-o", str(module)],
        cwd=repository.root,
        check=False,
    )
    assert done.returncode == 0
    said = aa("run", str(module))
    assert said.code == 0, said.err
    assert "def plus(" in repository.read("calc/core.py")


def test_bytecode_that_was_tampered_with_is_refused_with_a_code(
    aa: Aa, repository: Repository
) -> None:
    repository.write("bad.aab", b"\0aab" + b"\1" * 60)
    said = aa("run", "bad.aab")
    assert said.code == 2
    assert "AA06" in said.err and "Traceback" not in said.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("run", "missing.isa"), 2),
        (("run", "calc"), 2),
        (("run", "calc/core.py"), 2),
        (("run", "empty.isa"), 2),
        (("run", "rename.isa", "--param", "nonsense"), 2),
        (("run", "rename.isa", "--param", "bogus=1"), 2),
        (("run", "rename.isa", "--angel", "telepathy"), 4),
        (("run", "rename.isa", "--repo", "nowhere"), 4),
        (("run", "rename.isa", "--param", "old=Ad"), 2),
        (("log",), 4),
        (("why", "calc/core.py"), 2),
        (("frobnicate",), 2),
        ((), 2),
    ],
)
def test_bad_usage_has_its_exit_code_and_no_traceback(
    aa: Aa, repository: Repository, arguments: tuple[str, ...], code: int
) -> None:
    repository.write("rename.isa", RENAME)
    repository.write("empty.isa", "")
    before = repository.tree()
    said = aa(*arguments)
    assert said.code == code, said.err
    assert "Traceback" not in said.err
    assert repository.tree() == before


def test_unknown_runs_and_lines_are_named(aa: Aa, repository: Repository) -> None:
    repository.write("rename.isa", RENAME)
    aa("run", "rename.isa", "-q")
    for arguments, word in (
        (("log", "r9"), "r9"),
        (("replay", "r9"), "r9"),
        (("diff", "nope"), "nope"),
        (("why", "calc/core.py:999"), "999"),
        (("why", "../x.py:1"), "../x.py"),
    ):
        said = aa(*arguments)
        assert said.code == 2
        assert word in said.err


def test_a_second_process_is_told_who_holds_heaven(aa: Aa, repository: Repository) -> None:
    repository.write("rename.isa", RENAME)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from genesis_ssmp.heaven import Heaven\n"
            "with Heaven.open(Path('.')): print('open', flush=True); sys.stdin.read()",
        ],
        cwd=repository.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "open\n"
        said = aa("run", "rename.isa")
        assert said.code == 4
        assert f"in use by pid {holder.pid}" in said.err
    finally:
        holder.communicate("")
    assert aa("run", "rename.isa", "-q").code == 0


def test_every_command_has_help_with_an_example(aa: Aa) -> None:
    for name in cli.commands:
        said = aa(name, "--help")
        assert said.code == 0
        assert f"aa {name}" in said.out.split("Examples:")[1]


def test_outside_a_repository_the_command_says_so(
    aa: Aa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain").mkdir()
    monkeypatch.chdir(tmp_path / "plain")
    (tmp_path / "plain" / "x.isa").write_text(RENAME)
    said = aa("run", "x.isa")
    assert said.code == 4
    assert "--repo" in said.err


def test_log_shows_what_an_angel_was_sent_and_said(aa: Aa, repository: Repository) -> None:
    repository.write("task.isa", TASK)
    script = write_script(repository.root / "script.json", SWAP)
    aa("run", "task.isa", "-q", "--angel", f"scripted:{script}")
    said = aa("log", "last", "--show-prompts")
    parts = ["--- system", "--- tools", "--- user", "--- assistant"]
    assert said.code == 0
    assert [line for line in said.out.splitlines() if line.startswith("---")] == parts
    (conversation,) = json.loads(aa("log", "last", "--show-prompts", "--json").out)["conversations"]
    assert [one["who"] for one in conversation] == [part[4:] for part in parts]
    assert aa("log", "--show-prompts").code == 2
