"""Every use of a symbol, bound while the question is answered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final

from ..records import Reference, Symbol
from .bind import Key, Meaning
from .binders import kin_of
from .facts import FileFacts, Use
from .family import holders_of, related
from .naming import Naming
from .state import IndexState

_SUGGESTED: Final = 0.3
_AMBIGUOUS: Final = 0.6
_KIND_ORDER: Final = {"call": 0, "plain": 1, "attribute": 1, "assignment": 2, "type": 3}


class References:
    """Over an `IndexState`; each method is for use inside its `ask`."""

    def __init__(self, state: IndexState) -> None:
        self._state = state

    def find(self, symbol: Symbol) -> list[Reference]:
        """Every use, surest first."""
        key = ("references", symbol.id, 0)
        return self._state.remembered(key, lambda: self._find(symbol))

    def uses(self, symbols: list[Symbol]) -> tuple[Reference, ...]:
        found: dict[tuple[str, int], Reference] = {}
        seen: set[tuple[str, str]] = set()
        for symbol in symbols:
            if (symbol.path, symbol.qualname) in seen:
                continue
            seen.add((symbol.path, symbol.qualname))
            for one in self.find(symbol):
                key = (one.path, one.at.start_byte)
                known = found.get(key)
                if known is None or known.confidence < one.confidence:
                    found[key] = one
        return tuple(
            sorted((r for r in found.values() if not self._is_mention(r)), key=_caller_order)
        )

    def _is_mention(self, one: Reference) -> bool:
        """An import, or a name in a string such as those of `__all__`."""
        if one.ref_kind == "import":
            return True
        before = self._state.lines(one.path).source[: one.at.start_byte][-1:]
        return one.ref_kind == "plain" and before in (b'"', b"'")

    def family(self, symbol: Symbol) -> tuple[Symbol, ...]:
        binder = self._state.binder()
        keys = self._keys_of(symbol)
        owners = {Key(key.path, binder.definition(key).owner) for key in keys}
        owners = {key for key in owners if key.number >= 0}
        if owners:
            holders = holders_of(self._state, symbol.name, kin_of(symbol.path))
            classes = related(self._state, owners, holders)
            keys = [key for holder in sorted(classes) for key in holders.get(holder, ())]
        return tuple(self._state.store.by_ids([self._state.symbol_id(key) for key in keys]))

    def naming(self, symbols: Sequence[Symbol]) -> Naming:
        places = {(symbol.path, symbol.qualname): symbol for symbol in symbols}
        keys = [key for symbol in places.values() for key in self._keys_of(symbol)]
        return Naming(self._state, symbols[0].name, keys)

    def doubtful(self, name: str) -> tuple[str, ...]:
        """The files where uses of a name may have been missed: those that were not read for their
        size, and those that have the name and syntax errors. Sorted."""
        rows = self._state.fresh.rows
        unread = {row.path for row in rows.values() if row.status not in ("ok", "binary")}
        broken = {path for path in self._state.store.files_with(name) if rows[path].errors}
        return tuple(sorted(unread | broken))

    def _find(self, symbol: Symbol) -> list[Reference]:
        group = set(self._keys_of(symbol))
        if not group:
            return []
        binder = self._state.binder()
        member = any(map(binder.is_member, group))
        kin = kin_of(symbol.path)
        rivals: tuple[int, ...] | None = None
        found: list[Reference] = []
        names = list(dict.fromkeys([symbol.name, *chain(*map(binder.aliases, group))]))
        # Uses of one name in one scope share their meaning: look at its definitions once.
        last: Meaning | None = None
        ours = False
        ids: tuple[int, ...] = ()
        for name in names:
            for path in self._state.store.files_with(name):
                facts = self._state.facts(path) if kin_of(path) == kin else None
                if facts is None:
                    continue
                for number in facts.names.get(name, ()):
                    use = facts.uses[number]
                    meaning = binder.refers(path, number)
                    if meaning is not last:
                        last, ours = meaning, not group.isdisjoint(meaning.keys)
                        ids = tuple(map(self._state.symbol_id, meaning.keys)) if ours else ()
                    if not ours:
                        if meaning.known or name != symbol.name or meaning.keys:
                            continue
                        if use.on == -1 or not member:
                            continue
                        if rivals is None:
                            rivals = self._members_called(name, symbol)
                        confidence = max(0.01, round(_SUGGESTED / len(rivals), 2))
                        found.append(self._reference(path, facts, use, confidence, rivals))
                        continue
                    if use.imported >= 0:
                        bound = facts.imports[use.imported].bound
                        if bound not in names:
                            names.append(bound)
                    confidence = 1.0 if meaning.sure else _AMBIGUOUS
                    if meaning.guessed:
                        confidence = max(0.01, round(_SUGGESTED / len(meaning.keys), 2))
                    found.append(self._reference(path, facts, use, confidence, ids))
        found.sort(key=lambda one: (-one.confidence, one.path, one.at.start_byte))
        return found

    def _reference(
        self, path: str, facts: FileFacts, use: Use, confidence: float, ids: tuple[int, ...]
    ) -> Reference:
        at = self._state.lines(path).position(use.start, use.end)
        return Reference(path, at, use.kind, facts.scope_name(use.scope), confidence, ids)

    def _members_called(self, name: str, symbol: Symbol) -> tuple[int, ...]:
        """Ids of everything of this name that is an attribute, `symbol` at the head."""
        kin = kin_of(symbol.path)
        found = [
            one.id
            for one in self._state.store.by_name(name)
            if kin_of(one.path) == kin and self._is_member(one)
        ]
        return tuple(sorted(found, key=lambda number: number != symbol.id))

    def _is_member(self, symbol: Symbol) -> bool:
        return any(map(self._state.binder().is_member, self._keys_of(symbol)))

    def _keys_of(self, symbol: Symbol) -> list[Key]:
        facts = self._state.facts(symbol.path)
        return [
            Key(symbol.path, number)
            for number, row in enumerate(facts.definitions if facts is not None else ())
            if row.qualname == symbol.qualname
        ]


def _caller_order(one: Reference) -> tuple[float, int, str, int]:
    return -one.confidence, _KIND_ORDER.get(one.ref_kind, 4), one.path, one.at.start_byte
