"""Definitions that a rename would break in places that no token shows: they are refused."""

from __future__ import annotations

from typing import Final

from ...heaven.index.bind import Key
from ...heaven.index.bind_fixtures import is_fixture
from ...heaven.index.facts import Definition
from ...heaven.index.naming import Line, Naming
from ...heaven.index.outside import outside_has
from ...heaven.index.symbols import SymbolIndex
from ..refused import MacroRefused

_FIELD_CLASSES: Final = frozenset(
    {"dataclass", "define", "frozen", "mutable", "attrs", "attrs.s", "attr.s"}
)
_PROTOCOLS: Final = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
_FIELD_BASES: Final = ("typing.", "pydantic.", "enum.")


def check_followable(index: SymbolIndex, naming: Naming) -> None:
    """Raises MacroRefused for fixtures, parameters, fields that a constructor takes, and what
    overrides a name outside of the repository. For use within the index's `ask`."""
    for variable in sorted(naming.variables):
        for one in naming.bindings(variable):
            if one.how in ("parameter", "self"):
                where = _at(index, variable.path, one.at)
                raise MacroRefused(
                    "unsupported",
                    f"{naming.name} is a parameter ({where}): callers may pass it by keyword",
                )
    for key in sorted(naming.keys):
        _check_definition(index, naming, key)
    for key in sorted(naming.classes):
        _check_bases(index, naming, key)


def _at(index: SymbolIndex, path: str, start: int) -> str:
    return f"{path}:{index.lines(path).line(start)}"


def _row(index: SymbolIndex, key: Key) -> Definition:
    facts = index.facts_of(key.path)
    if facts is None:
        raise LookupError(key)
    return facts.definitions[key.number]


def _check_definition(index: SymbolIndex, naming: Naming, key: Key) -> None:
    row = _row(index, key)
    where = _at(index, key.path, row.name_start)
    if is_fixture(row):
        raise MacroRefused(
            "unsupported",
            f"{naming.name} is a pytest fixture ({where}): tests ask for it by the names of their "
            "parameters, which RENAME_SYMBOL does not follow",
        )
    owner = Key(key.path, row.owner)
    if row.kind == "field" and row.owner >= 0 and _takes_fields(index, naming, owner):
        raise MacroRefused(
            "unsupported",
            f"{naming.name} is a field ({where}): its name is a parameter of the constructor",
        )


def _takes_fields(index: SymbolIndex, naming: Naming, owner: Key) -> bool:
    line = naming.line(owner)
    if any(name.startswith(_FIELD_BASES) for name in line.outside):
        return True
    return any(
        name in _FIELD_CLASSES or name.rpartition(".")[2] in _FIELD_CLASSES
        for one in line.classes
        for name in _row(index, one).decorators
    )


def _is_protocol(line: Line) -> bool:
    return any(name in _PROTOCOLS for name in line.outside)


def _check_bases(index: SymbolIndex, naming: Naming, key: Key) -> None:
    line = naming.line(key)
    row = _row(index, key)
    where = _at(index, key.path, row.name_start)
    if _is_protocol(line) and not any(_is_protocol(naming.line(one)) for one in line.classes[1:]):
        raise MacroRefused(
            "unsupported",
            f"{row.qualname} ({where}) is a Protocol: whatever has {naming.name} may implement it",
            (where,),
        )
    if line.open:
        raise MacroRefused(
            "outside",
            f"a base of {row.qualname} ({where}) is not a class that can be found: it may define "
            f"{naming.name}",
        )
    for base in line.outside:
        has = outside_has(base, naming.name)
        if has is None:
            raise MacroRefused(
                "outside",
                f"{row.qualname} ({where}) derives from {base}, which is outside the repository "
                f"and may define {naming.name}",
            )
        if has:
            raise MacroRefused(
                "outside",
                f"{row.qualname}.{naming.name} ({where}) overrides {base}.{naming.name}, which is "
                "outside the repository",
            )
