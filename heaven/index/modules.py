"""Which file a Python module name means: packages, source roots, relative imports."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from posixpath import dirname
from typing import Final

_SUFFIXES: Final = (".py", ".pyi")
_INIT: Final = ("__init__.py", "__init__.pyi")


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the repository: its file, or a package directory without an `__init__`."""

    path: str
    is_file: bool


@dataclass(slots=True)
class ModuleMap:
    """Module names of a repository's files.

    A file answers to its dotted path from the repository's root, and to the one from the first
    directory above it that is no package (`src/click/core.py` is `click.core`). `packages` gives
    names to directories that are mapped to packages by configuration (`{"genesis": "."}`).
    """

    files: frozenset[str]
    directories: frozenset[str]
    dotted: dict[str, tuple[Module, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, paths: Iterable[str], packages: Mapping[str, str] | None = None) -> ModuleMap:
        files = frozenset(path for path in paths if path.endswith(_SUFFIXES))
        directories: set[str] = set()
        for path in files:
            above = dirname(path)
            while above and above not in directories:
                directories.add(above)
                above = dirname(above)
        found: dict[str, list[Module]] = {}
        roots = _source_roots(files)
        mapped = {"" if at == "." else at: name for name, at in (packages or {}).items()}
        for path in sorted(files, key=lambda one: (one.endswith(".pyi"), one)):
            module = Module(path, True)
            stem = _module_path(path)
            for name in _names(stem, roots, mapped):
                found.setdefault(name, []).append(module)
        for directory in sorted(directories):
            if not any(f"{directory}/{init}" in files for init in _INIT):
                for name in _names(directory, roots, mapped):
                    # Python takes any module of that name before a directory that is no package.
                    if name not in sys.stdlib_module_names:
                        found.setdefault(name, []).append(Module(directory, False))
        return cls(
            files,
            frozenset(directories),
            {name: _files_first(modules) for name, modules in found.items()},
        )

    def absolute(self, name: str) -> tuple[Module, ...]:
        """Every module that `import name` could mean; empty for one outside the repository."""
        return self.dotted.get(name, ())

    def relative(self, path: str, level: int, name: str) -> tuple[Module, ...]:
        """The module that `level` dots and `name` mean in the file `path`."""
        where = dirname(path)
        for _ in range(level - 1):
            if not where:
                return ()
            where = dirname(where)
        for part in name.split(".") if name else ():
            where = f"{where}/{part}" if where else part
        return self.at(where)

    def child(self, module: Module, name: str) -> tuple[Module, ...]:
        """The submodule `name` of a package; empty where there is none."""
        where = self.package_directory(module)
        if where is None:
            return ()
        return self.at(f"{where}/{name}" if where else name)

    def package_directory(self, module: Module) -> str | None:
        if not module.is_file:
            return module.path
        directory, _, name = module.path.rpartition("/")
        return directory if name in _INIT else None

    def at(self, where: str) -> tuple[Module, ...]:
        """The module whose path, without suffix, is `where`."""
        for init in _INIT:
            path = f"{where}/{init}" if where else init
            if path in self.files:
                return (Module(path, True),)
        for suffix in _SUFFIXES:
            if where + suffix in self.files:
                return (Module(where + suffix, True),)
        if where in self.directories or not where:
            return (Module(where, False),)
        return ()


def _module_path(path: str) -> str:
    stem = path[: path.rfind(".")]
    if stem == "__init__":
        return ""
    return stem.removesuffix("/__init__")


def _source_roots(files: frozenset[str]) -> frozenset[str]:
    """The directories that hold top-level packages or modules."""
    packages = {dirname(path) for path in files if path.rpartition("/")[2] in _INIT}
    roots: set[str] = set()
    for path in files:
        above = dirname(path)
        while above in packages and above:
            above = dirname(above)
        roots.add(above)
    return frozenset(roots)


def _names(stem: str, roots: frozenset[str], mapped: Mapping[str, str]) -> list[str]:
    names: dict[str, None] = {}
    if stem:
        names[stem.replace("/", ".")] = None
    above = stem
    while above:
        above = dirname(above)
        if above in roots:
            inside = stem[len(above) + 1 :] if above else stem
            names[inside.replace("/", ".")] = None
    for place, name in mapped.items():
        if stem == place:
            names[name] = None
        elif not place or stem.startswith(place + "/"):
            inside = stem[len(place) + 1 :] if place else stem
            names[f"{name}.{inside.replace('/', '.')}"] = None
    return list(names)


def _files_first(modules: list[Module]) -> tuple[Module, ...]:
    files = [module for module in modules if module.is_file]
    runtime = [module for module in files if module.path.endswith(".py")]
    return tuple(dict.fromkeys(runtime or files or modules))
