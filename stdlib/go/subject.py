"""The definition that a macro op is about, and what must have one name and signature with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...heaven.index.bind import Key
from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..occurrences import Spot
from ..refused import MacroRefused
from ..syntax import Trees
from ..targets import find, keys_of, listed, named, place_of
from .packages import Packages, exported
from .types import Type, Types, signature_of

if TYPE_CHECKING:
    from tree_sitter import Node


class Repository:
    """The index with what Go adds to it. For use within the index's `ask`."""

    def __init__(self, index: SymbolIndex) -> None:
        self.index = index
        self.trees = Trees(index)
        self.packages = Packages(index, self.trees)
        self.types = Types(self.packages)

    def owner(self, key: Key) -> Type:
        """The type of a field or method."""
        row = self.packages.row(key)
        return Type(self.packages.of(key.path), row.qualname.rpartition(".")[0])

    def where(self, key: Key) -> str:
        """`path:line`."""
        return place_of(self.index, key.path, self.packages.row(key).name_start)


@dataclass(frozen=True, slots=True)
class Subject:
    """`symbols` were named: one definition, or its twins under other build tags. `keys` are theirs
    and, of a method, those of its family: the methods that an interface ties to it."""

    symbols: tuple[Symbol, ...]
    keys: frozenset[Key]
    family: tuple[Symbol, ...]

    @property
    def name(self) -> str:
        return self.symbols[0].name

    @property
    def kind(self) -> str:
        return self.symbols[0].kind

    @property
    def is_member(self) -> bool:
        return self.kind in ("method", "field")

    @property
    def where(self) -> str:
        return f"{self.symbols[0].path}:{self.symbols[0].name_at.start_line}"


def subject(
    repository: Repository, macro: str, name: str, place: str | None, kind: str | None
) -> Subject:
    """What `name` names. Raises MacroRefused: unknown, or ambiguous."""
    index, packages = repository.index, repository.packages
    found = named(index, name, place, kind, "go")
    if not found:
        find(index, macro, name, place, kind, "go")
    homes = {(packages.of(one.path), one.qualname) for one in found}
    first = found[0]
    if len(homes) > 1:
        keys = {key for one in found for key in keys_of(index, one)}
        ties = _ties(repository, first.name) if all(one.kind == "method" for one in found) else {}
        if not keys <= _connected(ties, keys_of(index, first)):
            raise MacroRefused(
                "ambiguous",
                f"{name} names {len(homes)} definitions: say which with Type.{first.name}, "
                "path::name, `in PATH` or `kind KIND`",
                tuple(map(listed, found)),
            )
    symbols = tuple(
        one
        for package, qualname in sorted(homes)
        for path in packages.files(package)
        for one in index.symbols_in(path)
        if one.qualname == qualname
    )
    keys = {key for one in symbols for key in keys_of(index, one)}
    family = symbols
    if first.kind == "method":
        keys |= _connected(_ties(repository, first.name), keys)
        family = _symbols(index, keys)
    return Subject(symbols, frozenset(keys), family)


def _symbols(index: SymbolIndex, keys: Iterable[Key]) -> tuple[Symbol, ...]:
    found = []
    for path in sorted({key.path for key in keys}):
        names = {
            (index.facts_of(path).definitions[key.number].name_start)  # type: ignore[union-attr]
            for key in keys
            if key.path == path
        }
        found += [one for one in index.symbols_in(path) if one.name_at.start_byte in names]
    return tuple(found)


def _candidates(repository: Repository, name: str) -> list[Type]:
    """The types that have a method of that name, or embed one that has."""
    packages, types = repository.packages, repository.types
    found: dict[Type, None] = {}
    for package in {packages.of(path) for path in _files_with(repository, name)}:
        for one in packages.types_with_members(package):
            if name in packages.members(package, one):
                mine = Type(package, one)
                found[mine] = None
                found.update(dict.fromkeys(types.embedders(mine)))
    return sorted(found)


def _files_with(repository: Repository, name: str) -> list[str]:
    return [path for path in repository.index.files_with(name) if path.endswith(".go")]


def _ties(repository: Repository, name: str) -> dict[Key, set[Key]]:
    """Which methods of a name must keep one name: an interface's, and those of what fits it."""
    types, packages = repository.types, repository.packages
    kinds = _candidates(repository, name)
    ties: dict[Key, set[Key]] = {}
    for one in kinds:
        # Twins under other build tags.
        twins = packages.members(one.package, one.name).get(name, [])
        for twin in twins:
            ties.setdefault(twin, set()).update(twins)
    for interface in kinds:
        if not types.is_interface(interface):
            continue
        goal = types.methods(interface).rows.get(name, ("", None))[1]
        for one in kinds:
            mine = types.methods(one).rows.get(name, ("", None))[1]
            if goal is None or mine is None or goal == mine or not types.fits(one, interface):
                continue
            ties.setdefault(goal, set()).add(mine)
            ties.setdefault(mine, set()).add(goal)
    return ties


def _connected(ties: dict[Key, set[Key]], start: Iterable[Key]) -> set[Key]:
    found: set[Key] = set()
    pending = list(start)
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending.extend(ties.get(one, ()))
    return found


def check_outside(repository: Repository, found: Subject, what: str) -> None:
    """Raises MacroRefused where a method is one that Go's own library asks for, where an interface
    is one that the library's types fit, or where an interface without a name asks for it; `what`
    is done to it ("the new name")."""
    if found.kind != "method":
        return
    types, name = repository.types, found.name
    for one in _candidates(repository, name):
        have = types.methods(one).rows.get(name)
        if have is None or (have[1] is not None and have[1] not in found.keys):
            continue
        if have[1] is None:
            if not types.is_interface(one):
                continue
            raise MacroRefused("outside", f"{one.name} takes {name} from outside of the repository")
        label = types.outside_interface(one, name)
        if label is not None:
            raise MacroRefused(
                "outside",
                f"{one.name}.{name} ({repository.where(have[1])}) has the methods of {label}, "
                f"which is outside of the repository and would not have {what}",
                (f"{repository.where(have[1])} {one.name}.{name}",),
            )
    signatures = {types.signature(key) for key in found.keys}
    for path, node in unnamed_interfaces(repository, name):
        if signature_of(node) in signatures:
            where = place_of(repository.index, path, node.start_byte)
            raise MacroRefused(
                "unsupported",
                f"an interface without a name asks for {name} ({where}): give it a name first",
                (where,),
            )


def unnamed_interfaces(repository: Repository, name: str) -> Iterator[tuple[str, Node]]:
    """The method of that name in interfaces that are written where they are used."""
    pattern = re.compile(rf"\b{re.escape(name)}\s*\(".encode())
    for path in repository.packages.every:
        source = repository.index.lines(path).source
        if b"interface" not in source or not pattern.search(source):
            continue
        for found in pattern.finditer(source):
            node = repository.trees.at(path, found.start(), found.start() + len(name.encode()))
            above = node.parent
            if above is None or above.type != "method_elem":
                continue
            outer = above.parent
            if outer is None or outer.parent is None or outer.parent.type != "type_spec":
                yield path, above


def outside_users(repository: Repository, found: Subject) -> Iterator[Spot]:
    """Methods of which something outside may ask, or which something outside may have to fit an
    interface of the repository."""
    if found.kind != "method" or not exported(found.name):
        return
    width = len(found.name.encode())
    for key in sorted(found.keys):
        at = repository.packages.row(key).name_start
        owner = repository.owner(key)
        for path in sorted(repository.packages.imported_paths(key.path)):
            if path not in ("C", "") and repository.packages.outside(path):
                why = f"{path} may ask for a method of this name"
                yield Spot(key.path, at, at + width, why, False)
        labels = (
            repository.types.outside_types(owner) if repository.types.is_interface(owner) else []
        )
        if labels:
            more = f" and {len(labels) - 1} more" if labels[1:] else ""
            yield Spot(key.path, at, at + width, f"{labels[0]}{more} may stand for it", False)
