"""Evidence from the call graph: what the best definitions use, and what uses them.

By name, not by binding: a name with few definitions is as good as bound, and this is asked of many
names at once.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from .evidence import Evidence, Key, number_of

if TYPE_CHECKING:
    from ...heaven.index.symbols import SymbolIndex

_SEEDS: Final = 12
_DEFINITIONS: Final = 3
_USING_FILES: Final = 12
_CALLEE: Final = 0.12
_CALLER: Final = 0.12


def by_calls(index: SymbolIndex, symbols: Evidence, files: Evidence) -> None:
    """Add a part of each of the best definitions' scores to its callees and callers. For use inside
    `SymbolIndex.ask`."""
    found: list[tuple[Key, float, str]] = []
    for path, number in symbols.best(_SEEDS):
        if number is None:
            continue
        score = symbols.of[(path, number)]
        seed = index.symbols_in(path)[number]
        facts = index.facts_of(path)
        if facts is None:
            continue
        uses = facts.uses
        first = bisect_left(uses, seed.extent.start_byte, key=lambda one: one.start)
        names = {
            use.name
            for use in uses[first : bisect_left(uses, seed.extent.end_byte, key=lambda u: u.start)]
            if use.kind in ("call", "type", "attribute") and use.name != seed.name
        }
        for name in sorted(names):
            definitions = index.find_symbols(name)
            if 0 < len(definitions) <= _DEFINITIONS:
                for one in definitions:
                    if one.kind not in ("field", "variable"):
                        place = number_of(index.symbols_in(one.path), one)
                        reason = f"used by {seed.qualname}"
                        part = score * _CALLEE / len(definitions)
                        found.append(((one.path, place), part, reason))
        if len(index.find_symbols(seed.name)) > _DEFINITIONS:
            continue
        using = index.files_with(seed.name)
        if len(using) > _USING_FILES:
            continue
        for other in using:
            facts = index.facts_of(other)
            if facts is None:
                continue
            listed = index.symbols_in(other)
            scopes: dict[int, None] = {}
            for use in (facts.uses[place] for place in facts.names.get(seed.name, ())):
                if use.imported >= 0:
                    continue
                around = [
                    place
                    for place, one in enumerate(listed)
                    if one.kind in ("function", "method")
                    and one.extent.start_byte <= use.start < one.extent.end_byte
                ]
                if around and listed[around[-1]].id != seed.id:
                    scopes[around[-1]] = None
            for place in scopes:
                part = score * _CALLER / max(len(scopes), 1)
                found.append(((other, place), part, f"uses {seed.qualname}"))
    best_of: dict[str, float] = {}
    for (path, place), part, reason in found:
        symbols.add((path, place), part, reason)
        best_of[path] = max(best_of.get(path, 0.0), part)
        if best_of[path] == part:
            files.add((path, None), part * 0.5, reason)
