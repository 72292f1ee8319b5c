"""Whole checks with the real tools."""

from __future__ import annotations

import hashlib
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from genesis_ssmp.runtime.checks import (
    CheckUnavailable,
    Stack,
    Tool,
    make_receipt,
    run_check,
)
from genesis_ssmp.runtime.checks.environment import child_environment, env_hash, is_secret
from genesis_ssmp.runtime.checks.summary import summarise


@pytest.fixture(autouse=True)
def our_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("GENESIS_PYTHON", sys.executable)


def project(root: Path, test: str) -> Path:
    (root / "tests").mkdir()
    (root / "tests" / "test_sums.py").write_text(test)
    (root / "sums.py").write_text("def add(a, b):\n    return a + b\n")
    return root


class Frozen:
    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


PASSING = "from sums import add\n\ndef test_add():\n    assert add(1, 2) == 3\n"


def tree(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_passing_suite_passes_and_leaves_the_tree_as_it_was(tmp_path: Path) -> None:
    project(tmp_path, PASSING)
    before = tree(tmp_path)
    lines: list[str] = []
    outcome = run_check(tmp_path, "test", "", on_line=lines.append)
    assert outcome.passed and outcome.exit_code == 0
    assert outcome.summary == "pytest: 1 passed"
    assert any("1 passed" in line for line in lines)
    assert outcome.output_hash == hashlib.sha256(outcome.output).hexdigest()
    assert tree(tmp_path) == before


def test_a_failing_suite_is_an_outcome_with_its_output(tmp_path: Path) -> None:
    project(tmp_path, PASSING.replace("== 3", "== 4"))
    outcome = run_check(tmp_path, "test", "test_add")
    assert not outcome.passed and outcome.exit_code == 1
    assert "1 failed" in outcome.summary
    assert b"assert 3 == 4" in outcome.output


def test_no_tests_ran_is_a_failure_that_says_so(tmp_path: Path) -> None:
    project(tmp_path, PASSING)
    outcome = run_check(tmp_path, "test", "no_such_test")
    assert not outcome.passed and outcome.exit_code == 5
    assert outcome.summary == "pytest: no tests ran (selector 'no_such_test')"


def test_unittest_that_finds_nothing_does_not_pass(tmp_path: Path) -> None:
    project(tmp_path, "import unittest\n")
    stack = Stack(
        tmp_path, (Tool("test", "unittest", "python", (sys.executable, "-m", "unittest"), ""),), ()
    )
    outcome = run_check(tmp_path, "test", "", stack=stack)
    assert (outcome.passed, outcome.exit_code) == (False, 5)
    assert outcome.summary == "unittest: no tests ran"


def test_a_check_that_takes_too_long_fails_and_says_so(tmp_path: Path) -> None:
    project(tmp_path, "import time\n\ndef test_slow():\n    time.sleep(60)\n")
    outcome = run_check(tmp_path, "test", "", timeout=1.5)
    assert outcome.timed_out and not outcome.passed and outcome.exit_code == 124
    assert outcome.summary == "pytest: stopped after 1.5 s"


def test_secrets_do_not_reach_the_checks_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GITHUB_TOKEN", "DB_PASSWORD"):
        monkeypatch.setenv(name, "hush-hush")
    project(
        tmp_path, "import os\n\ndef test_env():\n    assert 'hush-hush' not in str(os.environ)\n"
    )
    assert run_check(tmp_path, "test", "").passed


def test_what_counts_as_a_secret() -> None:
    assert all(
        is_secret(n)
        for n in ("TOKEN", "npm_token", "AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS")
    )
    assert not any(is_secret(n) for n in ("PATH", "HOME", "TOKENIZERS_PARALLELISM", "KEYBOARD"))


def test_a_src_layout_is_tested_from_the_tree_not_from_an_installed_copy(tmp_path: Path) -> None:
    project(tmp_path, "import click\n\ndef test_it():\n    assert click.HERE\n")
    package = tmp_path / "src" / "click"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("HERE = True\n")
    assert run_check(tmp_path, "test", "").passed
    given = child_environment(tmp_path, {"PYTHONPATH": "/other"})
    assert given["PYTHONPATH"].split(":") == [str(tmp_path / "src"), "/other"]


def test_lint_and_typecheck_run_the_real_tools(tmp_path: Path) -> None:
    project(tmp_path, PASSING)
    (tmp_path / "pyproject.toml").write_text(
        "[tool.ruff.lint]\nselect = ['F']\n[tool.mypy]\nfiles = ['sums.py']\n"
    )
    before = tree(tmp_path)
    assert run_check(tmp_path, "lint").passed
    checked = run_check(tmp_path, "typecheck")
    assert checked.passed, checked.output
    assert "no issues found" in checked.summary
    assert tree(tmp_path) == before
    (tmp_path / "sums.py").write_text("import os\n")
    failed = run_check(tmp_path, "lint")
    assert not failed.passed and failed.summary == "ruff: Found 1 error."


def test_a_tool_that_does_not_start_is_the_environments_fault(tmp_path: Path) -> None:
    stack = Stack(tmp_path, (Tool("test", "pytest", "python", ("/nowhere/x",), ""),), ())
    with pytest.raises(CheckUnavailable, match="does not start"):
        run_check(tmp_path, "test", stack=stack)


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_an_npm_script_runs(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"scripts": {"test": "node -e 0"}}')
    assert run_check(tmp_path, "test").passed
    (tmp_path / "package.json").write_text('{"scripts": {"test": "exit 3"}}')
    assert run_check(tmp_path, "test").exit_code == 3


def test_env_hash_follows_lock_files_only(tmp_path: Path) -> None:
    empty = env_hash(tmp_path)
    (tmp_path / "a.py").write_text("x")
    assert env_hash(tmp_path) == empty
    (tmp_path / "uv.lock").write_text("1")
    locked = env_hash(tmp_path)
    (tmp_path / "requirements-dev.txt").write_text("pytest")
    assert len({empty, locked, env_hash(tmp_path)}) == 3


def test_a_receipt_carries_the_hashes(tmp_path: Path) -> None:
    project(tmp_path, PASSING)
    outcome = run_check(tmp_path, "test")
    receipt = make_receipt(outcome, "m1", Frozen())
    assert receipt.stdout_hash == outcome.output_hash
    assert receipt.env_hash == env_hash(tmp_path)
    assert receipt.command_hash == hashlib.sha256("\0".join(outcome.argv).encode()).hexdigest()
    assert (receipt.exit_code, receipt.timestamp) == (0, "2026-01-01T00:00:00.000000Z")


@pytest.mark.parametrize(
    ("tool", "output", "code", "expected"),
    [
        ("pytest", "..\n== 2 passed, 1 skipped in 0.1s ==\n", 0, "pytest: 2 passed, 1 skipped"),
        ("pytest", "boom\n", 3, "pytest: exit code 3: boom"),
        ("unittest", "Ran 2 tests in 0.1s\n\nOK\n", 0, "unittest: Ran 2 tests in 0.1s, OK"),
        ("go test", "ok  \tm/a\t0.1s\nFAIL\tm/b\t0.1s\n", 1, "go test: 1 packages ok, 1 failed"),
        (
            "cargo test",
            "test result: ok. 3 passed; 0 failed; 1 ignored\n",
            0,
            "cargo test: 3 passed, 0 failed, 1 ignored",
        ),
        (
            "mypy",
            "\x1b[31mFound 3 errors in 2 files\x1b[0m\n",
            1,
            "mypy: Found 3 errors in 2 files",
        ),
        ("npm", "", 0, "npm: passed"),
        ("npm", "", 2, "npm: exit code 2 and said nothing"),
    ],
)
def test_the_summary_is_the_tools_closing_line(
    tool: str, output: str, code: int, expected: str
) -> None:
    assert summarise(tool, output.encode(), code, "", False, 1.0) == expected
