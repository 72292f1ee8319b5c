"""A small repository in a temporary directory, with git or without."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

CALCULATOR: Mapping[str, str] = {
    "calc/__init__.py": 'from .core import Add, Eval\n\n__all__ = ["Add", "Eval"]\n',
    "calc/core.py": (
        '"""Arithmetic."""\n\n\n'
        "def Add(a: int, b: int) -> int:\n    return a + b\n\n\n"
        "def Eval(text: str) -> int:\n"
        '    """Add the numbers in text."""\n'
        "    total = 0\n"
        "    for word in text.split():\n"
        "        total = Add(total, int(word))\n"
        "    return total\n"
    ),
    "tests/test_core.py": (
        "from calc import Add, Eval\n\n\n"
        "def test_add() -> None:\n    assert Add(1, 2) == 3\n\n\n"
        'def test_eval() -> None:\n    assert Eval("1 2 3") == 6\n'
    ),
    "conftest.py": "",
    "pyproject.toml": '[project]\nname = "calc"\nversion = "0"\n',
}
"""A Python package of two functions with tests that pass, for whoever needs any repository."""

_GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Kit",
    "GIT_AUTHOR_EMAIL": "kit@example.invalid",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Kit",
    "GIT_COMMITTER_EMAIL": "kit@example.invalid",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}
"""The same files give the same commit id on every machine."""

_NOT_CONTENT = frozenset({".git", ".heaven", "__pycache__", ".pytest_cache"})


@dataclass(frozen=True, slots=True)
class Repository:
    """`root` is an existing directory; every path given or returned is POSIX, from the root."""

    root: Path

    def path(self, path: str) -> Path:
        return self.root / path

    def write(self, path: str, content: str | bytes) -> Path:
        """Write the file as it is given: no change of line ends, directories made as needed."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return target

    def read(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()

    def tree(self) -> dict[str, bytes]:
        """Every file's bytes (a symlink's target), without .git, .heaven and caches."""
        found: dict[str, bytes] = {}
        for directory, names, files in os.walk(self.root):
            names[:] = [n for n in names if n not in _NOT_CONTENT]
            for name in files:
                path = Path(directory) / name
                key = path.relative_to(self.root).as_posix()
                found[key] = (
                    os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
                )
        return dict(sorted(found.items()))

    def git(self, *arguments: str) -> str:
        """Standard output of a git command, run with no settings of the machine's.

        Raises:
            subprocess.CalledProcessError: git refused; its message is in `stderr`.
        """
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **_GIT_ENVIRONMENT},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def commit(self, message: str = "change") -> str:
        """Commit everything; returns the commit id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").strip()


def make_repository(
    root: Path, files: Mapping[str, str | bytes] = CALCULATOR, *, git: bool = False
) -> Repository:
    """Lay `files` under `root` (made if it is not there); with `git`, as a first commit."""
    root.mkdir(parents=True, exist_ok=True)
    repository = Repository(root)
    for path, content in files.items():
        repository.write(path, content)
    if git:
        repository.git("init", "--quiet", "--initial-branch=main")
        repository.write(".gitignore", ".heaven/\n__pycache__/\n")
        repository.commit("start")
    return repository


MakeRepository = Callable[..., Repository]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The calculator, without git."""
    return make_repository(tmp_path / "repository")


@pytest.fixture
def git_repository(tmp_path: Path) -> Repository:
    """The calculator, committed on branch main."""
    return make_repository(tmp_path / "repository", git=True)
