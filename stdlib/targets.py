"""What the name in a macro call means: one symbol, or a refusal that lists what it could be."""

from __future__ import annotations

import re

from ..heaven.errors import PathOutside
from ..heaven.index.bind import Key
from ..heaven.index.facts import Definition
from ..heaven.index.symbols import SymbolIndex
from ..heaven.records import Symbol
from .refused import MacroRefused
from .syntax import kin_of


def find(
    index: SymbolIndex,
    macro: str,
    name: str,
    place: str | None = None,
    kind: str | None = None,
    kin: str | None = None,
) -> tuple[Symbol, ...]:
    """The definitions that `name` names: one symbol, with all its overloads and accessors, or those
    of an attribute and of what overrides it. `place` (a file or directory), `kind` and `kin` (of
    the language) narrow the choice. For use within the index's `ask`. Raises MacroRefused."""
    found = named(index, name, place, kind, kin)
    if not found:
        raise _unknown(index, name, place, kind)
    homes = {(s.path, s.qualname) for s in found}
    if len(homes) > 1 and not set(found) <= set(index.family(found[0])):
        raise MacroRefused(
            "ambiguous",
            f"{name} names {len(homes)} definitions: say which with Class.{found[0].name}, "
            "path::name, `in PATH` or `kind KIND`",
            tuple(map(listed, found)),
        )
    return found


def named(
    index: SymbolIndex,
    name: str,
    place: str | None = None,
    kind: str | None = None,
    kin: str | None = None,
) -> tuple[Symbol, ...]:
    """All that `name` could mean."""
    try:
        found = index.find_symbols(name, kind=kind)
    except PathOutside as error:
        raise MacroRefused("unknown", f"{name} names no file of the repository") from error
    if kin is not None:
        found = tuple(one for one in found if kin_of(one.path) == kin)
    if place is None:
        return found
    inside = place.strip("/").removeprefix("./")
    return tuple(
        s
        for s in found
        if inside in ("", ".") or s.path == inside or s.path.startswith(inside + "/")
    )


def meant(
    index: SymbolIndex, name: str, place: str | None = None, kind: str | None = None
) -> tuple[Symbol, ...]:
    """All that `name` could mean, or where it is `function.parameter`, all that the function could.
    For use within the index's `ask`."""
    found = named(index, name, place, kind if kind != "parameter" else None)
    head, dot, parameter = name.rpartition(".")
    if found or not dot or "::" in parameter:
        return found
    return named(index, head, place)


def listed(symbol: Symbol) -> str:
    """A symbol as a candidate: `path:line qualname`."""
    return f"{symbol.path}:{symbol.name_at.start_line} {symbol.qualname}"


def keys_of(index: SymbolIndex, symbol: Symbol) -> tuple[Key, ...]:
    """The definitions behind a symbol: its overloads and redefinitions."""
    facts = index.facts_of(symbol.path)
    return tuple(
        Key(symbol.path, number)
        for number, row in enumerate(facts.definitions if facts is not None else ())
        if row.qualname == symbol.qualname
    )


def row_of(index: SymbolIndex, key: Key) -> Definition:
    """Raises LookupError."""
    facts = index.facts_of(key.path)
    if facts is None:
        raise LookupError(key)
    return facts.definitions[key.number]


def place_of(index: SymbolIndex, path: str, start: int) -> str:
    """`path:line`."""
    return f"{path}:{index.lines(path).line(start)}"


def _unknown(index: SymbolIndex, name: str, place: str | None, kind: str | None) -> MacroRefused:
    bare = re.split(r"[.:]+", name)[-1]
    elsewhere = tuple(map(listed, index.find_symbols(bare)))
    if elsewhere:
        first = elsewhere[0] + (f" (and {len(elsewhere) - 1} more)" if elsewhere[1:] else "")
        return MacroRefused(
            "unknown", f"{name} is not where it was looked for; there is {first}", elsewhere
        )
    near = index.near(bare)
    where = f" in {place}" if place else ""
    what = f" of kind {kind}" if kind else ""
    hint = f"; near names: {', '.join(near)}" if near else ""
    return MacroRefused("unknown", f"no definition{what} named {name}{where}{hint}", near)
