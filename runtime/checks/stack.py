"""Which tools check this project, judged by its files and by what is installed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from .config import Project
from .python import Interpreter, find_interpreter

Kind: TypeAlias = Literal["test", "lint", "typecheck"]
Language: TypeAlias = Literal["python", "go", "node", "rust"]

LOOKED_FOR: dict[Kind, str] = {
    "test": (
        "pytest or unittest (pytest configuration, conftest.py, tests/test_*.py), "
        "go test (go.mod), cargo test (Cargo.toml), vitest, jest or npm test (package.json)"
    ),
    "lint": (
        "ruff or flake8 (their configuration, or a Python project with ruff installed), "
        "go vet (go.mod), cargo clippy (Cargo.toml), eslint or a lint script (package.json)"
    ),
    "typecheck": (
        "mypy or pyright (their configuration, or a Python project with mypy installed), "
        "tsc (tsconfig.json), go build (go.mod), cargo check (Cargo.toml)"
    ),
}


class CheckUnavailable(Exception):
    """No tool can run this kind of check here.

    The environment's fault: install the tool that the message names, add its configuration, or
    set GENESIS_PYTHON to an interpreter that has it. `looked_for` says what would have been taken.
    """

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.looked_for = LOOKED_FOR[kind]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that is there. `argv` is how it starts; `why` is what spoke for it."""

    kind: Kind
    name: str
    language: Language
    argv: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A tool that the project asks for and the machine does not have; `remedy` is the next step."""

    kind: Kind
    name: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Stack:
    """What `detect` found: tools in order of preference, and tools that are missing."""

    root: Path
    tools: tuple[Tool, ...]
    missing: tuple[Missing, ...]

    def of(self, kind: Kind) -> tuple[Tool, ...]:
        """The tools for `kind`, best first. Raises CheckUnavailable where there is none."""
        found = tuple(tool for tool in self.tools if tool.kind == kind)
        if found:
            return found
        absent = [m for m in self.missing if m.kind == kind]
        if absent:
            first = absent[0]
            raise CheckUnavailable(
                kind, f"RUN {kind}: {first.name} is not installed ({first.why}); {first.remedy}"
            )
        raise CheckUnavailable(
            kind,
            f"RUN {kind}: nothing in {self.root} says how to {_verb(kind)} this project; "
            f"looked for {LOOKED_FOR[kind]}",
        )


def _verb(kind: Kind) -> str:
    return {"test": "test", "lint": "lint", "typecheck": "type-check"}[kind]


def detect(root: Path) -> Stack:
    """Look at the files of `root` and at what is installed. Reads only; runs at most one probe."""
    project = Project.read(root)
    tools: list[Tool] = []
    missing: list[Missing] = []
    for look in (_python, _go, _rust, _node):
        look(project, tools.append, missing.append)
    return Stack(root, tuple(tools), tuple(missing))


Found: TypeAlias = Callable[[Tool], None]
Absent: TypeAlias = Callable[[Missing], None]


def _python(project: Project, found: Found, absent: Absent) -> None:
    if not project.is_python:
        return
    interpreter = find_interpreter(project.root)
    _python_tests(project, interpreter, found, absent)
    for kind, names in (("lint", ("ruff", "flake8")), ("typecheck", ("mypy", "pyright"))):
        _python_tool(project, interpreter, _kind(kind), names, found, absent)


def _kind(word: str) -> Kind:
    return "lint" if word == "lint" else "typecheck"


def _python_tests(project: Project, python: Interpreter, found: Found, absent: Absent) -> None:
    configured = project.pytest_configuration()
    files = project.python_tests
    why = configured or (f"{files[0]} is there" if files else None)
    if why is None:
        return
    if python.has("pytest"):
        found(Tool("test", "pytest", "python", (python.path, "-m", "pytest"), why))
    elif configured is None and not project.mentions_pytest():
        # Without the configuration or an import of pytest these may be plain unittest cases.
        found(Tool("test", "unittest", "python", (python.path, "-m", "unittest"), why))
    else:
        remedy = (
            f"install pytest for {python.path}, or set GENESIS_PYTHON to an interpreter that has it"
        )
        absent(Missing("test", "pytest", why, remedy))


def _python_tool(
    project: Project,
    python: Interpreter,
    kind: Kind,
    names: tuple[str, ...],
    found: Found,
    absent: Absent,
) -> None:
    for name in names:
        why = project.python_tool_configuration(name)
        if why is None:
            continue
        argv = python.tool(name)
        if argv is not None:
            found(Tool(kind, name, "python", argv, why))
            return
        absent(Missing(kind, name, why, f"install {name} for {python.path}"))
        return
    argv = python.tool(names[0])
    if argv is not None:
        why = f"no linter or checker is configured and {names[0]} is installed"
        found(Tool(kind, names[0], "python", argv, why))


def _go(project: Project, found: Found, absent: Absent) -> None:
    if not project.has("go.mod"):
        return
    go = project.which("go")
    kinds: tuple[tuple[Kind, str], ...] = (
        ("test", "test"),
        ("lint", "vet"),
        ("typecheck", "build"),
    )
    for kind, verb in kinds:
        if go:
            found(Tool(kind, f"go {verb}", "go", (go, verb), "go.mod is there"))
        else:
            remedy = "install Go (https://go.dev/dl) or put it on PATH"
            absent(Missing(kind, f"go {verb}", "go.mod is there", remedy))


def _rust(project: Project, found: Found, absent: Absent) -> None:
    if not project.has("Cargo.toml"):
        return
    cargo = project.which("cargo")
    kinds: tuple[tuple[Kind, str], ...] = (
        ("test", "test"),
        ("lint", "clippy"),
        ("typecheck", "check"),
    )
    for kind, verb in kinds:
        if cargo and (verb != "clippy" or project.which("cargo-clippy")):
            found(Tool(kind, f"cargo {verb}", "rust", (cargo, verb), "Cargo.toml is there"))
        else:
            remedy = "install Rust (https://rustup.rs), clippy with `rustup component add clippy`"
            absent(Missing(kind, f"cargo {verb}", "Cargo.toml is there", remedy))


def _node(project: Project, found: Found, absent: Absent) -> None:
    package = project.package_json
    if package is None:
        return
    wanted: list[tuple[Kind, tuple[str, ...], str]] = [
        ("test", ("vitest", "jest"), "test"),
        ("lint", ("eslint",), "lint"),
        ("typecheck", ("tsc",), "typecheck"),
    ]
    for kind, names, script in wanted:
        _node_tool(project, kind, names, script, found, absent)


def _node_tool(
    project: Project,
    kind: Kind,
    names: tuple[str, ...],
    script: str,
    found: Found,
    absent: Absent,
) -> None:
    install = "run `npm install` in the project first"
    asked: Missing | None = None
    for name in names:
        why = project.node_tool_configuration(name)
        if why is None:
            continue
        local = project.node_binary(name)
        if local is not None:
            found(Tool(kind, name, "node", (local,), why))
            return
        asked = asked or Missing(kind, name, why, install)
    if asked is not None:
        absent(asked)
        return
    if project.has_script(script):
        why = f"package.json has a {script!r} script"
        npm = project.which("npm")
        if npm:
            found(Tool(kind, "npm", "node", (npm, "run", "--silent", script), why))
        else:
            absent(Missing(kind, "npm", why, "install Node.js (https://nodejs.org)"))
