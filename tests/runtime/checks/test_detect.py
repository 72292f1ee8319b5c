"""Which tools are chosen, and how selectors become arguments. No tool is run here."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from genesis_ssmp.runtime.checks import CheckUnavailable, Stack, Tool, command, detect
from genesis_ssmp.runtime.checks import stack as stack_module
from genesis_ssmp.runtime.checks.config import Project
from genesis_ssmp.runtime.checks.python import Interpreter


@pytest.fixture(autouse=True)
def our_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("GENESIS_PYTHON", raising=False)


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def names(root: Path) -> list[tuple[str, str]]:
    return [(tool.kind, tool.name) for tool in detect(root).tools]


@pytest.mark.parametrize(
    "files",
    [
        {"pytest.ini": "[pytest]\n"},
        {"pyproject.toml": "[tool.pytest.ini_options]\n"},
        {"tox.ini": "[pytest]\n"},
        {"setup.cfg": "[tool:pytest]\n"},
        {"conftest.py": ""},
        {"tests/test_a.py": "def test_a(): pass\n"},
        {"tests/deep/test_a.py": ""},
        {"test_a.py": ""},
        {"src/p/__init__.py": "", "tests/p_test.py": "", "setup.py": ""},
    ],
)
def test_pytest_is_found_by_each_of_its_signs(tmp_path: Path, files: dict[str, str]) -> None:
    assert ("test", "pytest") in names(write(tmp_path, files))


def test_unittest_is_taken_only_where_pytest_is_missing_and_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Interpreter, "has", lambda self, module: False)
    write(tmp_path, {"tests/test_a.py": "import unittest\n"})
    assert ("test", "unittest") in names(tmp_path)
    write(tmp_path, {"tests/test_b.py": "import pytest\n"})
    assert ("test", "unittest") not in names(tmp_path)
    with pytest.raises(CheckUnavailable, match=r"pytest is not installed.*GENESIS_PYTHON"):
        command(detect(tmp_path), "test", "")


def test_nothing_to_run_says_what_was_looked_for(tmp_path: Path) -> None:
    write(tmp_path, {"readme.md": ""})
    with pytest.raises(CheckUnavailable, match=r"go\.mod") as caught:
        command(detect(tmp_path), "test", "")
    assert "Cargo.toml" in caught.value.looked_for
    assert caught.value.kind == "test"


def test_a_missing_tool_is_named_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "which", lambda self, name: None)
    write(tmp_path, {"go.mod": "module m\n"})
    with pytest.raises(CheckUnavailable, match=r"go test is not installed.*go\.dev"):
        command(detect(tmp_path), "test", "./...")


def test_the_projects_own_environment_is_taken_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"tests/test_a.py": "", ".venv/bin/python": ""})
    monkeypatch.setattr(Interpreter, "has", lambda self, module: True)
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    argv = command(detect(tmp_path), "test", "")
    assert argv[0] == str(tmp_path / ".venv/bin/python")


def test_genesis_python_names_the_interpreter_before_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"tests/test_a.py": ""})
    monkeypatch.setattr(Interpreter, "has", lambda self, module: True)
    monkeypatch.setenv("GENESIS_PYTHON", "/opt/python")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    assert command(detect(tmp_path), "test", "")[0] == "/opt/python"


def stack_of(root: Path, name: str, kind: stack_module.Kind = "test") -> Stack:
    language = {"go": "go", "ca": "rust", "np": "node", "vi": "node", "je": "node"}
    return Stack(
        root,
        (Tool(kind, name, language.get(name[:2], "python"), ("X",), ""),),  # type: ignore[arg-type]
        (),
    )


@pytest.mark.parametrize(
    ("name", "selector", "expected"),
    [
        ("pytest", "", ()),
        ("pytest", "./...", ()),
        ("pytest", "tests/test_a.py", ("tests/test_a.py",)),
        ("pytest", "tests", ("tests",)),
        ("pytest", "tests/test_a.py::test_b[1 2]", ("tests/test_a.py::test_b[1 2]",)),
        ("pytest", "calc", ("-k", "calc")),
        ("pytest", "a; rm -rf x", ("-k", "a; rm -rf x")),
        ("unittest", "", ("discover", "-s", "tests")),
        ("unittest", "tests/test_a.py::A::b", ("tests.test_a.A.b",)),
        ("unittest", "calc", ("discover", "-s", "tests", "-k", "calc")),
        ("go test", "", ("./...",)),
        ("go test", "./...", ("./...",)),
        ("go test", "./pkg/...", ("./pkg/...",)),
        ("go test", "pkg/a_test.go", ("./pkg",)),
        ("go test", "pkg/a_test.go::TestA", ("-run", "^TestA$", "./pkg")),
        ("go test", "TestAdd", ("-run", "TestAdd", "./...")),
        ("cargo test", "adds", ("adds",)),
        ("vitest", "", ("run",)),
        ("vitest", "src/a.test.ts", ("run", "src/a.test.ts")),
        ("jest", "adds two", ("-t", "adds two")),
        ("jest", "src/a.test.js::adds", ("src/a.test.js", "-t", "adds")),
        ("npm", "adds", ("--", "adds")),
    ],
)
def test_selectors_map_to_each_tools_own_arguments(
    tmp_path: Path, name: str, selector: str, expected: tuple[str, ...]
) -> None:
    write(tmp_path, {"tests/test_a.py": ""})
    argv = command(stack_of(tmp_path, name), "test", selector)
    assert tuple(a for a in argv[1:] if a not in ("-p", "no:cacheprovider", "-q")) == expected


def test_a_selector_never_becomes_an_option(tmp_path: Path) -> None:
    with pytest.raises(CheckUnavailable, match="starts with '-'"):
        command(stack_of(tmp_path, "pytest"), "test", "--rootdir=/")


def test_a_path_selects_the_tool_of_its_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "which", lambda self, name: f"/bin/{name}")
    write(tmp_path, {"tests/test_a.py": "", "go.mod": "module m\n"})
    found = detect(tmp_path)
    assert command(found, "test", "")[1:3] == ("-m", "pytest")
    assert command(found, "test", "./...")[0] == "/bin/go"
    assert command(found, "test", "tests/test_a.py")[1:3] == ("-m", "pytest")


def test_lint_and_typecheck_by_configuration(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"pyproject.toml": "[tool.ruff]\n[tool.mypy]\nfiles = ['src']\n", "src/a.py": ""},
    )
    found = detect(tmp_path)
    assert command(found, "lint", "")[1:] == ("-m", "ruff", "check", "--no-cache", ".")
    assert command(found, "lint", "src")[-1] == "src"
    assert command(found, "typecheck", "")[1:] == ("-m", "mypy", "--cache-dir", os.devnull)
    assert command(found, "typecheck", "src/a.py")[-1] == "src/a.py"


def test_go_and_rust_have_all_three_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Project, "which", lambda self, name: f"/bin/{name}")
    write(tmp_path, {"go.mod": "module m\n"})
    assert command(detect(tmp_path), "lint", "") == ("/bin/go", "vet", "./...")
    assert command(detect(tmp_path), "typecheck", "") == ("/bin/go", "build", "./...")
    (tmp_path / "go.mod").unlink()
    write(tmp_path, {"Cargo.toml": "[package]\n"})
    assert command(detect(tmp_path), "test", "") == ("/bin/cargo", "test")
    assert command(detect(tmp_path), "lint", "")[:2] == ("/bin/cargo", "clippy")
    assert command(detect(tmp_path), "typecheck", "") == ("/bin/cargo", "check")


def test_node_projects_use_their_local_tools_or_their_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "which", lambda self, name: f"/bin/{name}")
    package = {"devDependencies": {"vitest": "1"}, "scripts": {"test": "x", "lint": "y"}}
    write(tmp_path, {"package.json": json.dumps(package), "tsconfig.json": "{}"})
    with pytest.raises(CheckUnavailable, match=r"vitest is not installed.*npm install"):
        command(detect(tmp_path), "test", "")
    write(tmp_path, {"node_modules/.bin/vitest": "", "node_modules/.bin/tsc": ""})
    local = tmp_path / "node_modules/.bin"
    assert command(detect(tmp_path), "test", "") == (str(local / "vitest"), "run")
    assert command(detect(tmp_path), "typecheck", "") == (str(local / "tsc"), "--noEmit")
    assert command(detect(tmp_path), "lint", "") == ("/bin/npm", "run", "--silent", "lint")


def test_the_placeholder_test_script_of_npm_init_is_not_a_test(tmp_path: Path) -> None:
    script = 'echo "Error: no test specified" && exit 1'
    write(tmp_path, {"package.json": json.dumps({"scripts": {"test": script}})})
    with pytest.raises(CheckUnavailable):
        command(detect(tmp_path), "test", "")


def test_broken_configuration_files_raise_nothing(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"pyproject.toml": "[tool", "package.json": "{", "setup.cfg": "x", "tests/test_a.py": ""},
    )
    assert ("test", "pytest") in names(tmp_path)


def test_an_interpreter_that_does_not_start_has_no_modules() -> None:
    assert not Interpreter("/nowhere/python", "").has("pytest")
    assert Interpreter(sys.executable, "").has("pytest")
