"""Which classes share an attribute: what overrides what, through any class of the repository."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from .bind import Key
from .binders import kin_of
from .state import IndexState

_NONE: Final[frozenset[Key]] = frozenset()


def holders_of(state: IndexState, name: str, kin: str) -> dict[Key, list[Key]]:
    """The classes, in languages of one kin, that define the attribute `name`; its definitions."""
    holders: dict[Key, list[Key]] = {}
    for path in state.store.files_with(name):
        facts = state.facts(path) if kin_of(path) == kin else None
        for number, row in enumerate(facts.definitions if facts is not None else ()):
            if row.name == name and row.owner >= 0:
                holders.setdefault(Key(path, row.owner), []).append(Key(path, number))
    return holders


def related(state: IndexState, start: Iterable[Key], holders: Iterable[Key]) -> set[Key]:
    """The holders that are tied to the classes `start`: by inheritance, or by a class that inherits
    from both, in which one takes the other's place."""
    linear = state.binder().linear
    known = set(holders)
    kins = {kin_of(one.path) for one in known}
    tied: dict[Key, set[Key]] = {}
    for one in [*known, *of_several_bases(state, kins)]:
        line = [key for key in linear(one) if key in known]
        for other in line[1:]:
            tied.setdefault(line[0], set()).add(other)
            tied.setdefault(other, set()).add(line[0])
    found: set[Key] = set()
    pending = list(start)
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending.extend(tied.get(one, _NONE))
    return found


def of_several_bases(state: IndexState, kins: Collection[str]) -> list[Key]:
    """The classes with more than one base, in languages of these kins."""
    found: list[Key] = []
    for path in state.store.files_of_several_bases():
        facts = state.facts(path) if kin_of(path) in kins else None
        for number, row in enumerate(facts.definitions if facts is not None else ()):
            if len(row.bases) > 1:
                found.append(Key(path, number))
    return found
