"""`@no-new-dependency`: the project's manifests ask for no package that they did not ask for.

Versions and extras may change. A manifest that can no longer be read breaks the invariant: nobody
could tell.
"""

from __future__ import annotations

import ast
import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from posixpath import basename
from typing import Final, TypeAlias

from ..edits import Staged
from .breach import Breach

_NAME: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_REQUIREMENTS: Final = re.compile(r"(.*requirements.*|constraints)\.(txt|in)\Z")
_GO: Final = re.compile(
    r"^\s*(?:require\s+)?([\w.~-]+\.[\w.~-]+/\S+|[\w.~-]+\.[\w.~-]+)\s+v\d", re.MULTILINE
)
_NODE: Final = (
    "dependencies", "devDependencies", "peerDependencies", "optionalDependencies",
)  # fmt: skip
_NEXT: Final = "do without the package: use what the project has already"

Reader: TypeAlias = Callable[[str], Iterable[str]]


def breaches(staged: Staged) -> list[Breach]:
    """Packages that a manifest of the batch asks for and none of them asked for before."""
    known: set[str] = set()
    for change in staged.files:
        reader = _reader(change.path)
        if reader is not None and change.before is not None:
            known |= _names(reader, change.before) or set()
    found: list[Breach] = []
    for change in staged.files:
        reader = _reader(change.path)
        if reader is None or change.after is None:
            continue
        names = _names(reader, change.after)
        if names is None:
            if change.before is None or _names(reader, change.before) is not None:
                message = "the file cannot be read any more"
                found.append(Breach(change.path, None, message, "mend what the edit broke"))
            continue
        for name in sorted(names - known):
            line = _line_of(name, change.after)
            message = f"{name} is a new dependency"
            found.append(Breach(change.path, line, message, _NEXT))
    return found


def _names(reader: Reader, data: bytes) -> set[str] | None:
    """The packages' names, None where the manifest cannot be read."""
    try:
        return set(reader(data.decode()))
    except (ValueError, SyntaxError, configparser.Error):
        return None


def _reader(path: str) -> Reader | None:
    name = basename(path)
    if _REQUIREMENTS.match(name):
        return _requirements
    return _READERS.get(name)


def _plain(requirement: str) -> str | None:
    """The name of a Python requirement, in the one spelling of PyPI."""
    found = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else None


def _pythons(requirements: object) -> Iterator[str]:
    for one in requirements if isinstance(requirements, list) else ():
        name = _plain(one) if isinstance(one, str) else None
        if name is not None:
            yield name


def _requirements(text: str) -> Iterator[str]:
    for line in text.splitlines():
        line = line.split(" #")[0].strip()
        if "#egg=" in line:
            line = line.partition("#egg=")[2]
        elif line.startswith(("-e", "git+", "http:", "https:")):
            yield line
            continue
        if line and not line.startswith(("-", "#")):
            name = _plain(line)
            if name is not None:
                yield name


def _pyproject(text: str) -> Iterator[str]:
    root = tomllib.loads(text)
    project = _table(root, "project")
    yield from _pythons(project.get("dependencies"))
    for group in _table(project, "optional-dependencies").values():
        yield from _pythons(group)
    for group in _table(root, "dependency-groups").values():
        yield from _pythons(group)
    yield from _pythons(_table(root, "build-system").get("requires"))
    poetry = _table(_table(root, "tool"), "poetry")
    tables = [poetry, *_table(poetry, "group").values()]
    for table in tables:
        for key in ("dependencies", "dev-dependencies"):
            for name in _table(table, key):
                if name != "python":
                    yield _plain(name) or name


def _setup_cfg(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    for section, key in (("options", "install_requires"), ("options", "setup_requires")):
        yield from _requirements(parser.get(section, key, fallback=""))
    if parser.has_section("options.extras_require"):
        for _, value in parser.items("options.extras_require"):
            yield from _requirements(value)


def _setup_py(text: str) -> Iterator[str]:
    wanted = {"install_requires", "extras_require", "setup_requires", "tests_require"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.keyword) and node.arg in wanted:
            value: ast.AST = node.value
        elif isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id.lower() in wanted for target in node.targets
        ):
            value = node.value
        else:
            continue
        values = value.values if isinstance(value, ast.Dict) else [value]
        for inner in (one for part in values for one in ast.walk(part)):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield from _pythons([inner.value])


def _package_json(text: str) -> Iterator[str]:
    root: object = json.loads(text)
    for key in _NODE:
        yield from _table(root, key)


def _go_mod(text: str) -> Iterator[str]:
    yield from _GO.findall(re.sub(r"//.*", "", text))


def _cargo(text: str) -> Iterator[str]:
    root = tomllib.loads(text)
    tables: list[object] = [root, _table(root, "workspace"), *_table(root, "target").values()]
    for table in tables:
        for key in ("dependencies", "dev-dependencies", "build-dependencies"):
            yield from _table(table, key)


def _table(value: object, key: str) -> Mapping[str, object]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


_READERS: Final[dict[str, Reader]] = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "package.json": _package_json,
    "go.mod": _go_mod,
    "Cargo.toml": _cargo,
}


def _line_of(name: str, data: bytes) -> int | None:
    """The line that names the package, however it spells it."""
    pattern = re.compile(r"[-_.]+".join(map(re.escape, name.split("-"))), re.IGNORECASE)
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if pattern.search(line):
            return number
    return None
