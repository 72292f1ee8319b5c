"""The Go function that calls are to go to: its name in each file, which imports it where it
must."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...heaven.index.bind import Key
from ..arguments import needed
from ..refused import MacroRefused
from ..targets import named
from .calls import Call, scope_at
from .imports import ImportEdits
from .scopes import bindings
from .signatures import FunctionSource, function_of
from .snippets import known_import
from .standard import PREDECLARED, standard_paths
from .subject import Repository, Subject, subject


@dataclass(frozen=True, slots=True)
class Callee:
    """`found` is None for what is no definition of the repository: built in, or `imported`.Name."""

    name: str
    found: Subject | None
    imported: str

    @property
    def is_method(self) -> bool:
        return self.found is not None and self.found.kind == "method"


def callee(
    repository: Repository, macro: str, args: Mapping[str, str], key: str, home: str
) -> Callee:
    """What `args[key]` names: a function of the repository, a builtin, or a function of Go's own
    library (`strings.TrimSpace`). Raises MacroRefused."""
    text = needed(args, macro, key)
    if not named(repository.index, text, kin="go"):
        head, dot, name = text.rpartition(".")
        if text in PREDECLARED:
            return Callee(text, None, "")
        head = head if head in standard_paths() else known_import(repository, home, head) or head
        where = repository.packages.directory(head) if dot else None
        package = repository.packages.importable(where) if where is not None else None
        keys = repository.packages.scope(package).get(name, []) if package is not None else []
        if keys:
            return callee(repository, macro, {key: f"{keys[0].path}::{name}"}, key, home)
        if dot and head in standard_paths() and name[:1].isupper():
            return Callee(name, None, head)
    found = subject(repository, macro, text, None, None)
    if found.kind not in ("function", "method"):
        raise MacroRefused("unsupported", f"{text} is a {found.kind}, not a function")
    return Callee(found.name, found, "")


def source_of_callee(repository: Repository, wanted: Callee) -> FunctionSource | None:
    """Its declaration; None where it is not the repository's."""
    if wanted.found is None:
        return None
    mine = {(one.path, one.name_at.start_byte) for one in wanted.found.symbols}
    keys = [
        key for key in wanted.found.keys
        if (key.path, repository.packages.row(key).name_start) in mine
    ]  # fmt: skip
    return function_of(repository, min(keys))


class Names:
    """Names of a callee, call by call; the imports that they need go into `edits`."""

    def __init__(self, repository: Repository, edits: ImportEdits, wanted: Callee) -> None:
        self._repository = repository
        self._edits = edits
        self._wanted = wanted

    def at(self, call: Call) -> str:
        """The callee's name where the call stands. Raises MacroRefused where it has none."""
        packages = self._repository.packages
        wanted = self._wanted
        path, at = call.path, call.callee.start
        here = packages.of(path)
        prefix = ""
        if wanted.found is not None:
            home = packages.of(wanted.found.symbols[0].path)
            if home != here:
                imported = packages.import_path(home.directory)
                if not wanted.name[:1].isupper() or packages.importable(home.directory) != home:
                    raise MacroRefused(
                        "unsupported", f"{path} cannot see {wanted.name} of {home.name}"
                    )
                if imported is None:
                    raise MacroRefused("unsupported", f"there is no go.mod for {home.directory}")
                prefix = self._edits.need(path, imported, None)
        elif wanted.imported:
            prefix = self._edits.need(path, wanted.imported, None)
        head = prefix or wanted.name
        facts = packages.facts(path)
        hidden = bindings(facts, scope_at(self._repository, path, at), head, at)
        if hidden or (wanted.found is None and not prefix and head in packages.scope(here)):
            where = f"{path}:{self._repository.index.lines(path).line(at)}"
            raise MacroRefused("collision", f"{head} is something else there ({where})", (where,))
        return f"{prefix}.{wanted.name}" if prefix else wanted.name


def within(repository: Repository, call: Call, wanted: Callee) -> bool:
    """Whether the call stands in the body of the callee itself."""
    keys: frozenset[Key] = wanted.found.keys if wanted.found is not None else frozenset()
    rows = [repository.packages.row(key) for key in keys if key.path == call.path]
    return any(row.start <= call.node.start_byte < row.end for row in rows)
