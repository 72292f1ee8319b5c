"""All Python files of a repository, read on demand, and how imports find each other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from .reader import read_module
from .scopes import FromImport, Module, Scope

_EXTENSIONS = (".py", ".pyi")
_SOURCE_ROOTS = ("", "src", "lib", "python")


class Program:
    """The Python files under `root`, by path. Files are read once; nothing is written."""

    def __init__(self, root: Path, paths: Iterable[str]) -> None:
        self.root = root
        self.paths = tuple(sorted(p for p in paths if p.endswith(_EXTENSIONS)))
        self._known = frozenset(self.paths)
        self._sources: dict[str, bytes] = {}
        self._modules: dict[str, Module] = {}
        self._prefix = _own_name(root)
        directories = {PurePosixPath(path).parent.as_posix() for path in self.paths}
        self._directories = {"" if d == "." else d for d in directories}
        self._directories |= {
            "" if parent.as_posix() == "." else parent.as_posix()
            for directory in directories
            for parent in PurePosixPath(directory).parents
        }

    def source(self, path: str) -> bytes:
        """The bytes of a file, as they were when first read; b"" where it cannot be read."""
        if path not in self._sources:
            try:
                self._sources[path] = (self.root / path).read_bytes()
            except OSError:
                self._sources[path] = b""
        return self._sources[path]

    def module(self, path: str) -> Module:
        if path not in self._modules:
            self._modules[path] = read_module(path, self.source(path))
        return self._modules[path]

    def containing(self, *words: str) -> Iterator[Module]:
        """The modules in whose text one of `words` stands as a word of its own, by path."""
        wanted = [word.encode() for word in words]
        pattern = re.compile(rb"(?<!\w)(?:" + b"|".join(map(re.escape, wanted)) + rb")(?!\w)")
        for path in self.paths:
            source = self.source(path)
            if any(word in source for word in wanted) and pattern.search(source):
                yield self.module(path)

    def is_file(self, path: str) -> bool:
        return path in self._known

    def find(self, dotted: str, level: int, importer: str) -> str | None:
        """The path of the module that an import names; None where it is not in the repository.

        A package is its `__init__` file, or "DIR/" where it has none.
        """
        parts = [part for part in dotted.split(".") if part]
        if level:
            here = PurePosixPath(importer).parent
            for _ in range(level - 1):
                here = here.parent
            base = "" if here.as_posix() == "." else here.as_posix()
            return self._at(base, parts)
        if not parts:
            return None
        for root in self._roots(importer):
            found = self._at(root, parts)
            if found is not None:
                return found
        if self._prefix and parts[0] == self._prefix:
            return self._at("", parts[1:])
        return None

    def submodule(self, package: str, name: str) -> str | None:
        """The module `name` inside the package that `find` gave as `package`."""
        if package.endswith("/"):
            return self._at(package.rstrip("/"), [name])
        if PurePosixPath(package).stem != "__init__":
            return None
        parent = PurePosixPath(package).parent.as_posix()
        return self._at("" if parent == "." else parent, [name])

    def _roots(self, importer: str) -> Iterator[str]:
        """Where an absolute import of `importer` is looked for, nearest first."""
        directory = PurePosixPath(importer).parent
        while self.is_file((directory / "__init__.py").as_posix()):
            if directory.as_posix() == ".":
                break
            directory = directory.parent
        yield "" if directory.as_posix() == "." else directory.as_posix()
        yield from _SOURCE_ROOTS

    def _at(self, base: str, parts: list[str]) -> str | None:
        stem = "/".join([base, *parts]) if base else "/".join(parts)
        for extension in _EXTENSIONS:
            if stem and self.is_file(stem + extension):
                return stem + extension
            package = f"{stem}/__init__{extension}" if stem else f"__init__{extension}"
            if self.is_file(package):
                return package
        if stem in self._directories and parts:
            return stem + "/"
        return None

    def source_of(self, item: FromImport, importer: str) -> str | None:
        """The module that a `from` import takes its name from."""
        return self.find(item.dotted, item.level, importer)

    def exported(self, path: str, name: str, seen: frozenset[str] = frozenset()) -> Scope | None:
        """The module scope that has `name` at `path`, also through `import *`; else None."""
        if path.endswith("/") or path in seen:
            return None
        module = self.module(path)
        if name in module.scope.bindings:
            return module.scope
        if name.startswith("_"):
            return None
        for item in module.imports:
            if item.star and item.scope is module.scope:
                source = self.source_of(item, path)
                if source and self.exported(source, name, seen | {path}) is not None:
                    return module.scope
        return None

    def star_sources(self, module: Module) -> Iterator[str]:
        for item in module.imports:
            if item.star:
                source = self.source_of(item, module.path)
                if source is not None:
                    yield source


def _own_name(root: Path) -> str:
    """The name of the package that the repository's root itself is; "" where it is none."""
    if not (root / "__init__.py").is_file():
        return ""
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return root.name
    mapped = project.get("tool", {}).get("setuptools", {}).get("package-dir", {})
    if isinstance(mapped, dict):
        for name, directory in mapped.items():
            if directory == ".":
                return str(name)
    return root.name
