"""Go: the files of a directory are one package; imports name packages by their module's path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from posixpath import basename, dirname
from typing import TYPE_CHECKING, Final

from .bind import FOREIGN, Key, Meaning
from .facts import Import
from .modules import Module

if TYPE_CHECKING:
    from .flow import Flow

_MODULE: Final = re.compile(r"^\s*module\s+\"?([^\s\"]+)", re.MULTILINE)
_VERSION: Final = re.compile(r"/v\d+$|\.v\d+$")
_UNIVERSE: Final = frozenset({"nil", "true", "false", "iota"})


def module_name(text: str) -> str:
    """The module path that a go.mod declares; empty where it declares none."""
    found = _MODULE.search(text)
    return found.group(1) if found is not None else ""


@dataclass(slots=True)
class _Package:
    """`names` of the package's scope; `members` that are declared apart from their types."""

    names: dict[str, list[Key]] = field(default_factory=dict)
    members: dict[tuple[str, str], list[Key]] = field(default_factory=dict)


class GoNames:
    """`modules` maps the directories that hold a go.mod to the module's path."""

    ordered: Final = True
    closed: Final = True

    def __init__(self, paths: Iterable[str], modules: Mapping[str, str]) -> None:
        self._modules = sorted(modules.items(), key=lambda one: -len(one[1]))
        self._files: dict[str, list[str]] = {}
        for path in sorted(paths):
            if path.endswith(".go"):
                self._files.setdefault(dirname(path), []).append(path)
        self._packages: dict[tuple[str, str], _Package] = {}

    def top(self, flow: Flow, path: str, name: str) -> Meaning:
        facts = flow.facts(path)
        if facts is None or name in _UNIVERSE:
            return FOREIGN
        for row in facts.imports:
            if row.name == "" and self._local(flow, row) == name:
                return self.imported(flow, path, row)
        keys = self._package(flow, dirname(path), self._clause(flow, path)).names.get(name)
        if keys is not None:
            return flow.merged(Meaning((key,)) for key in keys)
        for row in facts.imports:
            where = self._directory(row.module) if row.name == "*" else None
            if where is not None:
                meaning = self.exported(flow, Module(where, False), name)
                if meaning.ours:
                    return meaning
        return FOREIGN

    def imported(self, flow: Flow, path: str, row: Import) -> Meaning:
        where = self._directory(row.module)
        return FOREIGN if where is None else Meaning(modules=(Module(where, False),))

    def exported(self, flow: Flow, module: Module, name: str) -> Meaning:
        if not name[:1].isupper():
            return FOREIGN
        keys = [
            key
            for package in self._importable(flow, module.path)
            for key in self._package(flow, module.path, package).names.get(name, ())
            if not key.path.endswith("_test.go")
        ]
        return flow.merged(Meaning((key,)) for key in keys) if keys else FOREIGN

    def members(self, flow: Flow, key: Key, name: str) -> tuple[Key, ...]:
        """Methods, which may stand in any file of the package, and embedded types by their name."""
        package = self._package(flow, dirname(key.path), self._clause(flow, key.path))
        row = flow.definition(key)
        found = package.members.get((row.qualname, name), [])
        embedded = [
            value.key
            for base in row.bases
            for value in flow.expression(key.path, base)
            if value.key is not None and flow.definition(value.key).name == name
        ]
        return (*found, *embedded)

    def aliases(self, flow: Flow, key: Key) -> tuple[str, ...]:
        return ()

    def _clause(self, flow: Flow, path: str) -> str:
        facts = flow.facts(path)
        rows = facts.imports if facts is not None else ()
        return next((row.bound for row in rows if row.name == "package"), "")

    def _importable(self, flow: Flow, directory: str) -> list[str]:
        """The names of the directory's packages that can be imported; one, if all is well."""
        found = {
            self._clause(flow, path)
            for path in self._files.get(directory, ())
            if not path.endswith("_test.go")
        }
        return sorted(found - {""})

    def _local(self, flow: Flow, row: Import) -> str:
        """The name by which a file knows a package that it imports."""
        if row.bound != row.module.rpartition("/")[2]:
            return row.bound
        where = self._directory(row.module)
        named = self._importable(flow, where) if where is not None else []
        if named:
            return named[0]
        return basename(_VERSION.sub("", row.module)).removeprefix("go-")

    def _directory(self, imported: str) -> str | None:
        """The directory of an imported package; None for one outside the repository."""
        for at, module in self._modules:
            if imported == module or imported.startswith(module + "/"):
                inside = imported[len(module) + 1 :]
                where = f"{at}/{inside}".strip("/")
                if where in self._files:
                    return where
        return None

    def _package(self, flow: Flow, directory: str, name: str) -> _Package:
        known = self._packages.get((directory, name))
        if known is not None:
            return known
        package = self._packages[directory, name] = _Package()
        for path in self._files.get(directory, ()):
            facts = flow.facts(path)
            if facts is None or self._clause(flow, path) != name:
                continue
            for number, row in enumerate(facts.definitions):
                if row.kind == "method" and row.owner < 0:
                    owner = row.qualname.rpartition(".")[0]
                    package.members.setdefault((owner, row.name), []).append(Key(path, number))
                elif row.scope == 0:
                    package.names.setdefault(row.name, []).append(Key(path, number))
        return package
