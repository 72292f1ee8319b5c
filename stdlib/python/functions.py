"""The function that a macro op is about: its definitions, its overrides and its uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...heaven.index.facts import FileFacts
from ...heaven.index.naming import Naming
from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..arguments import needed
from ..refused import MacroRefused, Site
from ..syntax import Trees
from ..targets import find, keys_of, listed, row_of
from .signatures import FunctionSource, function_of
from .unsure import site_of, unsure_spots
from .uses import Call, Place, Uses, sites, uses_of


@dataclass(frozen=True, slots=True)
class Function:
    """`own` are the definitions that were named, `overrides` what shares calls with them."""

    symbols: tuple[Symbol, ...]
    naming: Naming
    own: tuple[FunctionSource, ...]
    overrides: tuple[FunctionSource, ...]
    uses: Uses

    @property
    def name(self) -> str:
        return self.symbols[0].qualname

    @property
    def where(self) -> str:
        return f"{self.symbols[0].path}:{self.symbols[0].name_at.start_line}"

    @property
    def special(self) -> bool:
        """Whether Python calls it by itself (`__init__`), so that not every call is to be seen."""
        bare = self.symbols[0].name
        return bare.startswith("__") and bare.endswith("__")

    @property
    def every(self) -> tuple[FunctionSource, ...]:
        return (*self.own, *self.overrides)


def function(
    index: SymbolIndex, trees: Trees, macro: str, args: Mapping[str, str], key: str = "func"
) -> Function:
    """What `args[key]` names; of a class, its `__init__`. For use within the index's `ask`.

    Raises MacroRefused: unknown, ambiguous, or no function.
    """
    wanted = needed(args, macro, key)
    symbols = find(index, macro, wanted, args.get("in"), args.get("kind"))
    if symbols[0].kind == "class":
        symbols = _constructor(index, symbols)
    for one in symbols:
        if one.kind not in ("function", "method"):
            raise MacroRefused(
                "unsupported", f"{one.qualname} is a {one.kind}, not a function", (listed(one),)
            )
    naming = index.naming(symbols)
    mine = {key for symbol in symbols for key in keys_of(index, symbol)}
    special = symbols[0].name.startswith("__") and symbols[0].name.endswith("__")
    family = mine if special else naming.keys
    own = tuple(function_of(index, trees, key) for key in sorted(mine))
    overrides = tuple(function_of(index, trees, key) for key in sorted(family - mine))
    return Function(symbols, naming, own, overrides, uses_of(index, trees, symbols, naming))


def _constructor(index: SymbolIndex, classes: Sequence[Symbol]) -> tuple[Symbol, ...]:
    first = classes[0]
    found = index.find_symbols(f"{first.path}::{first.qualname}.__init__")
    found = tuple(one for one in found if one.qualname == f"{first.qualname}.__init__")
    if not found:
        raise MacroRefused(
            "unsupported", f"{first.qualname} has no __init__ of its own", (listed(first),)
        )
    return found


def unproven(index: SymbolIndex, found: Function) -> tuple[Site, ...]:
    """Where the function may be called, or be handed to what calls it, without that a call of it
    can be seen: by path and line."""
    places = [*found.uses.reads, *found.uses.unknown]
    places += [
        place_of_call(one, "may be a call of it") for one in found.uses.calls if not one.sure
    ]
    told = {(one.path, one.start) for one in places}
    told |= {(one.path, one.callee.start_byte) for one in found.uses.calls}
    spots = [one for one in unsure_spots(index, found.naming) if (one.path, one.start) not in told]
    listed_sites = [*sites(index, places), *(site_of(index, one) for one in spots)]
    return tuple(sorted(set(listed_sites), key=lambda site: (site.path, site.line, site.why)))


def place_of_call(call: Call, why: str) -> Place:
    return Place(call.path, call.callee.start_byte, call.callee.end_byte, why)


def decorated(index: SymbolIndex, functions: Sequence[FunctionSource]) -> tuple[Site, ...]:
    """Definitions whose decorators, or type comments, may care for the parameters."""
    places: list[Place] = []
    for one in functions:
        row = row_of(index, one.key)
        end = row.name_start + len(row.name.encode())
        places += [
            Place(one.key.path, row.name_start, end, f"@{name} may read the parameters")
            for name in one.opaque
        ]
        if one.type_comment is not None:
            at = one.type_comment
            why = "a type comment lists the parameters"
            places.append(Place(one.key.path, at.start_byte, at.end_byte, why))
    return sites(index, places)


def scope_at(index: SymbolIndex, path: str, start: int) -> int:
    """The number of the scope in which a token stands; 0, the module's, where it is no use."""
    facts = index.facts_of(path) or FileFacts()
    return next((use.scope for use in facts.uses if use.start == start), 0)


def refuse_unproven(what: str, found: Sequence[Site]) -> None:
    """Raises MacroRefused with the sites as candidates, where there are any."""
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise MacroRefused(
            "unsure",
            f"{what}: {found[0]}{more}; with `unsure include` it is done all the same",
            tuple(map(str, found)),
        )
