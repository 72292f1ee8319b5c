"""The project's own files, read once: what they say about its tests, linters and checkers."""

from __future__ import annotations

import configparser
import json
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..caller import caller

_PYTHON_MARKERS = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "tox.ini",
    "pytest.ini",
    "conftest.py",
)
_TEST_DIRECTORIES = ("tests", "test", ".")
_ESLINT_FILES = (
    "eslint.config.js",
    "eslint.config.mjs",
    "eslint.config.cjs",
    "eslint.config.ts",
    ".eslintrc",
    ".eslintrc.js",
    ".eslintrc.cjs",
    ".eslintrc.json",
    ".eslintrc.yml",
    ".eslintrc.yaml",
)


@dataclass(frozen=True, slots=True)
class Project:
    """A project's root directory with its configuration parsed.

    A file that does not parse counts as empty: the tool it belongs to says so better than we can.
    """

    root: Path
    pyproject: Mapping[str, object]
    ini: Mapping[str, frozenset[str]]
    package_json: Mapping[str, object] | None
    python_tests: tuple[str, ...]

    @classmethod
    def read(cls, root: Path) -> Project:
        """Read the files directly in `root`; a missing or broken one raises nothing."""
        ini = {name: _sections(root / name) for name in ("setup.cfg", "tox.ini", "mypy.ini")}
        return cls(
            root, _toml(root / "pyproject.toml"), ini, _json(root / "package.json"), _tests(root)
        )

    def has(self, name: str) -> bool:
        return (self.root / name).is_file()

    @property
    def is_python(self) -> bool:
        if any(self.has(name) for name in _PYTHON_MARKERS) or self.python_tests:
            return True
        return any(self.root.glob("*.py"))

    def pytest_configuration(self) -> str | None:
        """What shows that the project uses pytest, in words; None where nothing does."""
        for name in ("pytest.ini", ".pytest.ini"):
            if self.has(name):
                return f"{name} is there"
        if "pytest" in self.tool_tables:
            return "pyproject.toml has [tool.pytest]"
        if "pytest" in self.ini["tox.ini"]:
            return "tox.ini has [pytest]"
        if "tool:pytest" in self.ini["setup.cfg"]:
            return "setup.cfg has [tool:pytest]"
        for name in ("conftest.py", "tests/conftest.py", "test/conftest.py"):
            if self.has(name):
                return f"{name} is there"
        return None

    @property
    def tool_tables(self) -> Mapping[str, object]:
        tool = self.pyproject.get("tool")
        return tool if isinstance(tool, dict) else {}

    def mentions_pytest(self) -> bool:
        """Whether a test file imports pytest or has bare test functions, unlike unittest."""
        for name in self.python_tests:
            text = _text(self.root / name)
            if any(
                line.startswith(("import pytest", "from pytest", "def test_", "async def test_"))
                for line in text.splitlines()
            ):
                return True
        return False

    def python_tool_configuration(self, name: str) -> str | None:
        """What shows that ruff, flake8, mypy or pyright is in use; None where nothing does."""
        files = {
            "ruff": ("ruff.toml", ".ruff.toml"),
            "flake8": (".flake8",),
            "mypy": ("mypy.ini", ".mypy.ini"),
            "pyright": ("pyrightconfig.json",),
        }[name]
        for file in files:
            if self.has(file):
                return f"{file} is there"
        if name in self.tool_tables:
            return f"pyproject.toml has [tool.{name}]"
        for file in ("setup.cfg", "tox.ini"):
            if name in self.ini[file]:
                return f"{file} has [{name}]"
        return None

    def mypy_knows_its_files(self) -> bool:
        """Whether mypy's configuration names what to check (`files`, `packages`, `modules`)."""
        table = self.tool_tables.get("mypy")
        keys = set(table) if isinstance(table, dict) else set()
        for name in ("mypy.ini", ".mypy.ini", "setup.cfg"):
            parsed = _ini(self.root / name)
            if parsed.has_section("mypy"):
                keys |= set(parsed.options("mypy"))
        return bool(keys & {"files", "packages", "modules"})

    def node_tool_configuration(self, name: str) -> str | None:
        """What shows that the project uses vitest, jest, eslint or tsc; None where nothing does."""
        package = self.package_json or {}
        if name == "tsc":
            return "tsconfig.json is there" if self.has("tsconfig.json") else None
        if name == "eslint":
            for file in _ESLINT_FILES:
                if self.has(file):
                    return f"{file} is there"
            return "package.json has eslintConfig" if "eslintConfig" in package else None
        for table in ("devDependencies", "dependencies"):
            entries = package.get(table)
            if isinstance(entries, dict) and name in entries:
                return f"package.json has {name} in {table}"
        return None

    def has_script(self, name: str) -> bool:
        scripts = (self.package_json or {}).get("scripts")
        body = scripts.get(name) if isinstance(scripts, dict) else None
        # `npm init` writes a test script that only says that there is none.
        return isinstance(body, str) and "no test specified" not in body

    def node_binary(self, name: str) -> str | None:
        path = self.root / "node_modules" / ".bin" / name
        return str(path) if path.exists() else None

    def which(self, name: str) -> str | None:
        return shutil.which(name, path=caller().environ.get("PATH"))


def _tests(root: Path) -> tuple[str, ...]:
    """Up to 50 test files, enough to tell the stack from."""
    found: list[str] = []
    for directory in _TEST_DIRECTORIES:
        base = root / directory
        if not base.is_dir():
            continue
        walk = base.glob if directory == "." else base.rglob
        for pattern in ("test_*.py", "*_test.py"):
            for path in walk(pattern):
                found.append(path.relative_to(root).as_posix())
                if len(found) >= 50:
                    return tuple(sorted(found))
    return tuple(sorted(set(found)))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _toml(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError:
        return {}


def _ini(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_text(path))
    except configparser.Error:
        return configparser.RawConfigParser()
    return parser


def _sections(path: Path) -> frozenset[str]:
    return frozenset(_ini(path).sections())


def _json(path: Path) -> Mapping[str, object] | None:
    try:
        value: object = json.loads(_text(path))
    except ValueError:
        return {} if path.is_file() else None
    return value if isinstance(value, dict) else {}
