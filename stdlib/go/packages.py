"""The packages of a repository: their files, scopes and import paths, and what a file imports."""

from __future__ import annotations

import re
from posixpath import basename, dirname
from typing import TYPE_CHECKING, Final, NamedTuple

from ...heaven.index.bind import Key
from ...heaven.index.facts import Definition, FileFacts
from ...heaven.index.go_names import module_name
from ...heaven.index.symbols import SymbolIndex
from ..syntax import Trees
from .standard import shown_by, standard_paths

if TYPE_CHECKING:
    from tree_sitter import Node

_ALWAYS: Final = frozenset({"errors", "fmt", "io", "sort", "encoding", "encoding/json", "flag"})
_VERSION: Final = re.compile(r"/v\d+$|\.v\d+$")


class Package(NamedTuple):
    """A directory and the name in the package clause of its files."""

    directory: str
    name: str


class Import(NamedTuple):
    """`local` is the name by which the file knows the package: "." and "_" as they are written.
    `named` tells whether it is written."""

    path: str
    local: str
    named: bool
    node: Node


class Packages:
    """Over one state of the repository: for use within the index's `ask`."""

    def __init__(self, index: SymbolIndex, trees: Trees) -> None:
        self.index = index
        self.trees = trees
        self._files: dict[str, list[str]] = {}
        for path in index.paths():
            if path.endswith(".go"):
                self._files.setdefault(dirname(path), []).append(path)
        self._scopes: dict[Package, dict[str, list[Key]]] = {}
        self._members: dict[Package, dict[str, dict[str, list[Key]]]] = {}
        self._imports: dict[str, tuple[Import, ...]] = {}
        self._modules: dict[str, tuple[str, str] | None] = {}
        self._directories: dict[str, str] | None = None
        self._standard: frozenset[str] | None = None

    @property
    def every(self) -> list[str]:
        """All Go files, sorted."""
        return sorted(path for files in self._files.values() for path in files)

    def facts(self, path: str) -> FileFacts:
        return self.index.facts_of(path) or FileFacts()

    def row(self, key: Key) -> Definition:
        return self.facts(key.path).definitions[key.number]

    def of(self, path: str) -> Package:
        """The package that a file belongs to; its name is empty where the file does not say it."""
        rows = self.facts(path).imports
        name = next((row.bound for row in rows if row.name == "package"), "")
        return Package(dirname(path), name)

    def files(self, package: Package) -> list[str]:
        here = self._files.get(package.directory, ())
        return [path for path in here if self.of(path) == package]

    def importable(self, directory: str) -> Package | None:
        """The package of a directory that others can import."""
        for path in self._files.get(directory, ()):
            if not path.endswith("_test.go") and self.of(path).name:
                return self.of(path)
        return None

    def scope(self, package: Package) -> dict[str, list[Key]]:
        """What is declared in the package's scope."""
        if package not in self._scopes:
            self._load(package)
        return self._scopes[package]

    def members(self, package: Package, type_name: str) -> dict[str, list[Key]]:
        """A type's own fields and methods, those that it embeds left out."""
        if package not in self._members:
            self._load(package)
        return self._members[package].get(type_name, {})

    def types_with_members(self, package: Package) -> list[str]:
        self.scope(package)
        return list(self._members[package])

    def _load(self, package: Package) -> None:
        scope = self._scopes[package] = {}
        members = self._members[package] = {}
        for path in self.files(package):
            for number, row in enumerate(self.facts(path).definitions):
                owner, _, _ = row.qualname.rpartition(".")
                if owner and row.kind in ("method", "field"):
                    members.setdefault(owner, {}).setdefault(row.name, []).append(Key(path, number))
                elif row.scope == 0 and not owner:
                    scope.setdefault(row.name, []).append(Key(path, number))

    def imports(self, path: str) -> tuple[Import, ...]:
        if self.index.facts_of(path) is None:
            return ()
        if path not in self._imports:
            found = []
            for top in self.trees.root(path).named_children:
                if top.type == "import_declaration":
                    for spec in _specs(top):
                        found.append(self._import(path, spec))
            self._imports[path] = tuple(found)
        return self._imports[path]

    def _import(self, path: str, spec: Node) -> Import:
        named = spec.child_by_field_name("name")
        target = spec.child_by_field_name("path")
        where = self.trees.text(path, target).strip('"`') if target is not None else ""
        if named is not None:
            return Import(where, self.trees.text(path, named), True, spec)
        return Import(where, self.local_name(where), False, spec)

    def local_name(self, imported: str) -> str:
        """The name that a package gives itself, as far as its path tells."""
        where = self.directory(imported)
        package = self.importable(where) if where is not None else None
        if package is not None:
            return package.name
        return basename(_VERSION.sub("", imported)).removeprefix("go-").replace("-", "_")

    def directory(self, imported: str) -> str | None:
        """The directory of an imported package; None for one outside of the repository."""
        if self._directories is None:
            self._directories = {
                path: where
                for where in self._files
                if self.importable(where) is not None
                and (path := self.import_path(where)) is not None
            }
        return self._directories.get(imported)

    def import_path(self, directory: str) -> str | None:
        """How other packages import the one in a directory; None without a go.mod around it."""
        module = self._module(directory)
        if module is None:
            return None
        at, name = module
        inside = directory.removeprefix(at).strip("/")
        return f"{name}/{inside}" if inside else name

    def module_of(self, directory: str) -> str:
        """The directory of the go.mod that a directory falls under; "?" where there is none."""
        module = self._module(directory)
        return "?" if module is None else module[0]

    def _module(self, directory: str) -> tuple[str, str] | None:
        if directory not in self._modules:
            try:
                text = (self.index.root / directory / "go.mod").read_text("utf-8", "replace")
            except OSError:
                above = None if not directory else self._module(dirname(directory))
                self._modules[directory] = above
            else:
                self._modules[directory] = (directory, module_name(text))
        return self._modules[directory]

    def imported(self, path: str, local: str) -> Import | None:
        """The import that a name before a dot stands for in a file."""
        return next((one for one in self.imports(path) if one.local == local), None)

    def outside(self, imported: str) -> bool:
        """Whether it is neither of the repository nor of Go's own library."""
        return imported not in standard_paths() and self.directory(imported) is None

    def depends(self, start: str, goal: str) -> bool:
        """Whether the package in directory `start` imports the one in `goal`, through others too;
        tests left out. A package depends on itself."""
        seen, pending = set[str](), [start]
        while pending:
            where = pending.pop()
            if where == goal:
                return True
            if where in seen:
                continue
            seen.add(where)
            for path in self._files.get(where, ()):
                if path.endswith("_test.go"):
                    continue
                for one in self.imported_paths(path):
                    found = self.directory(one)
                    if found is not None:
                        pending.append(found)
        return False

    def imported_paths(self, path: str) -> set[str]:
        """What a file imports, but for what it imports as "_"."""
        return {row.module for row in self.facts(path).imports if row.name != "package"}

    def standard_imports(self) -> frozenset[str]:
        """The packages of Go's own library whose types the repository has to do with."""
        if self._standard is None:
            every = (self.imported_paths(path) for path in self.every)
            met = _ALWAYS.union(*every) & standard_paths().keys()
            self._standard = frozenset().union(*map(shown_by, met))
        return self._standard


def _specs(declaration: Node) -> list[Node]:
    found = []
    for one in declaration.named_children:
        if one.type == "import_spec":
            found.append(one)
        elif one.type == "import_spec_list":
            found += [spec for spec in one.named_children if spec.type == "import_spec"]
    return found


def exported(name: str) -> bool:
    return name[:1].isupper()
