"""The house rules that a reader of one file cannot see: who may import whom, and what is loaded.

The trees of the modules are read, not run, so a lazy import inside a function counts too.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FLOORS: dict[str, frozenset[str]] = {
    "proto": frozenset(),
    "heaven": frozenset({"proto"}),
    "aa": frozenset({"proto", "heaven"}),
    "isa": frozenset({"proto", "heaven", "aa"}),
    "stdlib": frozenset({"proto", "heaven", "aa", "isa"}),
    "runtime": frozenset({"proto", "heaven", "aa", "isa", "stdlib"}),
    "cli": frozenset({"proto", "heaven", "aa", "isa", "stdlib", "runtime"}),
}
"""Every floor and the floors below it."""

PART_OF = {"pydantic-core": "pydantic", "referencing": "jsonschema"}
"""A distribution that is never there without another, and whose types that one hands out."""

COMPILER_NEVER_LOADS = (
    "anthropic",
    "http.client",
    "jsonschema",
    "pydantic",
    "sqlite3",
    "tree_sitter",
    "uvicorn",
    "uvloop",
)
SERVER_ALONE_LOADS = ("asyncio", "httptools", "uvicorn", "uvloop")


def modules() -> list[Path]:
    """Every Python file of the package, as paths from the repository root."""
    return sorted(
        path.relative_to(ROOT) for floor in FLOORS for path in (ROOT / floor).rglob("*.py")
    )


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted name) of every import statement in the file, wherever it stands."""
    package = ("genesis_ssmp", *path.parent.parts)
    for node in ast.walk(ast.parse((ROOT / path).read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{stem}.{alias.name}"


@pytest.mark.parametrize("path", modules(), ids=str)
def test_a_floor_imports_only_floors_below_it(path: Path) -> None:
    floor = path.parts[0]
    for line, name in imports_of(path):
        parts = name.split(".")
        if parts[0] != "genesis_ssmp":
            continue
        target = parts[1] if len(parts) > 1 else ""
        assert target == floor or target in FLOORS[floor], f"{path}:{line} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=str)
def test_inside_the_package_imports_are_relative(path: Path) -> None:
    for node in ast.walk(ast.parse((ROOT / path).read_bytes(), str(path))):
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
        assert not [n for n in names if n.split(".")[0] == "genesis_ssmp"], f"{path}: {names}"


def test_the_compiler_floors_import_nothing_of_heaven_or_proto() -> None:
    for path in modules():
        if path.parts[0] in ("aa", "isa"):
            for line, name in imports_of(path):
                assert not name.startswith(("genesis_ssmp.heaven", "genesis_ssmp.proto")), (
                    f"{path}:{line} imports {name}"
                )


def test_every_folder_of_code_is_a_floor() -> None:
    tops = {p.parent.name for p in ROOT.glob("*/__init__.py")}
    assert tops - {"bench", "tests"} == set(FLOORS)


def test_every_package_is_in_the_wheel() -> None:
    """`packages` in pyproject.toml is a list, so a new folder is easily forgotten."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(settings["tool"]["setuptools"]["packages"])
    found = {
        ".".join(("genesis_ssmp", *path.parent.parts))
        for path in [Path("__init__.py"), *modules()]
        if path.name == "__init__.py"
    }
    assert listed == found


def test_every_third_party_import_is_a_declared_dependency() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    requirements = [*project["dependencies"]]
    for extra, names in project["optional-dependencies"].items():
        if extra != "dev":
            requirements += names
    declared = {
        re.split(r"[^A-Za-z0-9_-]", text)[0].replace("_", "-").lower() for text in requirements
    }
    owners = packages_distributions()
    for path in modules():
        for line, name in imports_of(path):
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or top in ("genesis_ssmp", "__future__"):
                continue
            distributions = {d.replace("_", "-").lower() for d in owners.get(top, [top])}
            distributions |= {PART_OF[d] for d in distributions if d in PART_OF}
            assert distributions & declared, f"{path}:{line} imports {name}, not a dependency"


def loaded_by(*arguments: str, cwd: Path, command: str = "aac") -> set[str]:
    """Names in `sys.modules` after the command has run in a fresh interpreter."""
    script = (
        "import json, sys\n"
        f"from genesis_ssmp.cli.{command} import main\n"
        f"sys.argv[0] = '{command}'\n"
        "try:\n    main()\n"
        "except SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


PROGRAM = """\
ISA_VERSION 0
BASE_REV HEAD
OP RENAME_SYMBOL Greet Hello
RUN test
IF_FAIL RETRY 1
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("build", "p.isa"),
        ("fmt", "--check", "p.isa"),
        ("dis", "p.isa"),
        ("cost", "p.isa"),
        ("explain", "AA0101"),
        ("check", "p.isa"),
    ],
    ids=lambda a: str(a[0]),
)
def test_the_compiler_loads_no_heavy_library(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "p.isa").write_text(PROGRAM, encoding="utf-8")
    loaded = loaded_by(*arguments, cwd=tmp_path)
    assert "genesis_ssmp.cli.aac" in loaded
    assert not loaded.intersection(COMPILER_NEVER_LOADS)
    assert not {n for n in loaded if n.startswith(("genesis_ssmp.heaven", "genesis_ssmp.proto"))}


@pytest.mark.parametrize("arguments", [("serve", "--help"), ("status",), ("index",)], ids=str)
def test_only_serving_loads_the_server(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "a.py").write_text("def f(): ...\n", encoding="utf-8")
    loaded_by("index", "--repo", str(tmp_path), cwd=tmp_path, command="aa")
    repository = () if "--help" in arguments else ("--repo", str(tmp_path))
    loaded = loaded_by(*arguments, *repository, cwd=tmp_path, command="aa")
    assert "genesis_ssmp.cli.aa" in loaded
    assert not loaded.intersection(SERVER_ALONE_LOADS)


def test_an_index_in_which_nothing_changed_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    """Neither a client where no server runs, nor what answers questions, nor a parser."""
    (tmp_path / "a.py").write_text("def f(): ...\n", encoding="utf-8")
    repository = ("--repo", str(tmp_path))
    loaded_by("index", *repository, cwd=tmp_path, command="aa")
    loaded = loaded_by("index", *repository, cwd=tmp_path, command="aa")
    heaven = "genesis_ssmp.heaven"
    assert f"{heaven}.index.store" in loaded
    answering = {"binders", "bind", "flow", "naming", "references", "search"}
    unneeded = {f"{heaven}.index.{name}" for name in answering}
    unneeded |= {f"{heaven}.client", "http.client", "tree_sitter"}
    assert not loaded & unneeded
