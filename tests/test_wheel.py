"""The wheel is whole: built from this tree, installed in an empty environment, used from there."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from kit.repository import CALCULATOR, make_repository

ROOT = Path(__file__).parent.parent
FLOORS = ("proto", "heaven", "aa", "isa", "stdlib", "runtime", "cli")
DATA = {".lark", ".json", ".scm", ".isa", ".toml", ".txt", ".xz"}
NEEDED_BY_RUN_TEST = ("pytest",)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # From a copy: setuptools leaves build/ and egg-info beside what it builds.
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in os.fsdecode(listed.stdout).rstrip("\0").split("\0"):
        original = ROOT / name
        if original.is_file() and not name.startswith("tests/"):
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(original.read_bytes())
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--no-deps", "--no-build-isolation", f"--wheel-dir={folder}", str(source)])
    (made,) = folder.glob("*.whl")
    return made


def _run(argv: list[str], *, cwd: Path | None = None, expect: int = 0) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        argv,
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == expect, f"{argv}\n{done.stdout}"
    return done.stdout


def test_the_wheel_has_every_module_and_data_file_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {
            name.removeprefix("genesis_ssmp/")
            for name in archive.namelist()
            if name.startswith("genesis_ssmp/")
        }
        others = {name.split("/")[0] for name in archive.namelist()} - {"genesis_ssmp"}
    assert len(others) == 1 and others.pop().endswith(".dist-info")
    expected = {
        path.relative_to(ROOT).as_posix()
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*")
        if path.suffix in {".py", *DATA} and "__pycache__" not in path.parts
    }
    assert packed == expected | {"__init__.py", "py.typed"}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that has the wheel and what it depends on.

    Dependencies come through pip, at the locked versions. Where no index can be reached they are
    taken from the environment that runs this test; the wheel itself is installed in any case.
    """
    home = tmp_path_factory.mktemp("empty")
    venv.create(home, with_pip=True)
    python = str(home / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    lock = ROOT / "requirements-dev.lock"
    everything = [*install, "--retries=0", f"--constraint={lock}", str(wheel), *NEEDED_BY_RUN_TEST]
    reached = subprocess.run(everything, capture_output=True, text=True, check=False)
    if reached.returncode:
        assert "No matching distribution" in reached.stderr, reached.stderr
        _run([*install, "--no-deps", "--no-index", str(wheel)])
        (site,) = home.glob("lib/python3*/site-packages")
        import click

        (site / "dependencies.pth").write_text(f"{Path(click.__file__).parent.parent}\n")
    return home / "bin"


def test_build_and_run_work_from_an_installed_wheel(installed: Path, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", CALCULATOR)
    repository.write(
        "rename.isa",
        "ISA_VERSION 0\nBASE_REV HEAD\nOP RENAME_SYMBOL Add Plus\n"
        "RUN test\nASSERT all tests pass\nIF_FAIL RETRY 1\n",
    )
    where = _run([str(installed / "python"), "-c", "import genesis_ssmp as g; print(g.__file__)"])
    assert str(installed.parent) in where

    _run([str(installed / "aac"), "build", "rename.isa"], cwd=repository.root)
    assert (repository.root / "rename.aab").stat().st_size > 100

    said = _run([str(installed / "aa"), "run", "rename.isa"], cwd=repository.root)
    assert "done" in said
    assert "def Plus(" in repository.read("calc/core.py")
    assert "from calc import Eval, Plus" in repository.read("tests/test_core.py") or (
        "from calc import Plus, Eval" in repository.read("tests/test_core.py")
    )
    assert "the same as recorded" in _run(
        [str(installed / "genesis"), "replay"], cwd=repository.root
    )
