"""What a lease's scope covers: places in one tree, so that overlap is a question of paths.

The tree is root > directory > file > symbol > nested symbol. A scope maps to one or more nodes of
it: a bare symbol name to each definition of that name, a module to its file or directory.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, get_args

from ...proto.leases import Scope, ScopeType
from ..errors import BadScope
from ..paths import ROOT, normalise

# A node's place: path components from the root, then symbol components, each marked with a NUL,
# which no path holds.
Key: TypeAlias = tuple[str, ...]

# Which definitions a symbol scope's value names now: (path, qualified name) of each.
SymbolFinder: TypeAlias = Callable[[str], Iterable[tuple[str, str]]]

_MARK: Final = "\0"
# Parts joined with dots, without blanks: ` f` or `C..m` would be another spelling of a name.
_NAME: Final = re.compile(r"[^\s.]+(\.[^\s.]+)*")
_ORDER: Final[dict[ScopeType, int]] = {"directory": 0, "file": 1, "module": 2, "symbol": 3}
_SOURCE_ROOTS: Final = ("", "src/")


@dataclass(frozen=True, slots=True)
class Node:
    """A file or directory; with `symbol`, a definition in it. Without `path`, a name that has no
    known place, which only another scope of the same name (or the root) overlaps."""

    path: str | None
    symbol: str | None = None

    @property
    def key(self) -> Key:
        if self.path is None:
            place: Key = (_MARK,)
        else:
            place = path_key(self.path)
        if self.symbol is None:
            return place
        return (*place, *(_MARK + part for part in self.symbol.split(".")))


def path_key(path: str) -> Key:
    """The place of a normalised path."""
    return () if path == ROOT else tuple(path.split("/"))


def normalise_scope(scope: Scope) -> Scope:
    """The scope in its one spelling (`./a.py` -> `a.py`). Raises BadScope, PathOutside."""
    if scope.scope_type not in get_args(ScopeType):
        raise BadScope(
            f"unknown scope type {scope.scope_type!r}: it is symbol, module, file or directory"
        )
    value = scope.scope_value.strip()
    if not value or not value.isprintable():
        raise BadScope(f"a {scope.scope_type} scope needs a printable value, not {value!r}")
    if scope.scope_type != "symbol" and any(char in value for char in "*?"):
        raise BadScope(
            f"{scope.scope_type}:{value} looks like a pattern, and a scope is one place: "
            "lease the directory"
        )
    match scope.scope_type:
        case "directory":
            value = normalise(value)
        case "file" | "module":
            value = normalise(value)
            if value == ROOT:
                raise BadScope(f"{scope.scope_type}:. is not a file; lease directory:.")
        case "symbol":
            path, separator, name = value.rpartition("::")
            if not _NAME.fullmatch(name) or (separator and not path):
                raise BadScope(f"symbol:{value} names no symbol")
            if separator:
                value = f"{normalise(path)}::{name}"
    return Scope(scope.scope_type, value)


def canonical_order(scopes: Iterable[Scope]) -> list[Scope]:
    """Normalised, each once, widest type first and then by value: the one order in which
    everybody takes leases. Raises BadScope, PathOutside."""
    unique = {normalise_scope(scope) for scope in scopes}
    return sorted(unique, key=lambda scope: (_ORDER[scope.scope_type], scope.scope_value))


def nodes_of(scope: Scope, root: Path, find_symbols: SymbolFinder) -> tuple[Node, ...]:
    """What a normalised scope covers in the working tree `root` as it is now."""
    value = scope.scope_value
    match scope.scope_type:
        case "directory" | "file":
            return (Node(value),)
        case "module":
            return tuple(Node(path) for path in _module_paths(value, root))
        case "symbol":
            return _symbol_nodes(value, find_symbols)


def _symbol_nodes(value: str, find_symbols: SymbolFinder) -> tuple[Node, ...]:
    path, separator, name = value.rpartition("::")
    found = {Node(where, qualname) for where, qualname in find_symbols(value)}
    # The name itself, so that two owners who mean to create one symbol meet.
    found.add(Node(path if separator else None, name))
    return tuple(sorted(found, key=lambda node: (node.path or "", node.symbol or "")))


def _module_paths(value: str, root: Path) -> list[str]:
    """Where a module lies: named by its path, or with dots, from the root or from src/.

    A module that is not there yet covers both the places where it could come to be.
    """
    if (root / value).exists():
        return [value]
    bases = [prefix + value.replace(".", "/") for prefix in _SOURCE_ROOTS]
    found: set[str] = set()
    for base in bases:
        if (root / base).is_dir():
            found.add(base)
        parent, _, stem = base.rpartition("/")
        try:
            with os.scandir(root / parent) as listing:
                names = [child.name for child in listing if child.is_file()]
        except OSError:
            continue
        found.update(
            f"{parent}/{name}".lstrip("/") for name in names if name.partition(".")[0] == stem
        )
    return sorted(found) or [bases[0], f"{bases[0]}.py"]
