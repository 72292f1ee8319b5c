"""Languages without rules of their own: a name suggests every definition that has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from .bind import FOREIGN, UNKNOWN, Facts, Key, Meaning
from .facts import Definition

_LOCAL: Final = frozenset({"parameter", "variable"})


class PlainNames:
    """Scopes of the text are kept: a name that a function binds itself refers to nothing else.

    `files_with` gives the files of the same language in which a name stands.
    """

    def __init__(self, facts: Facts, files_with: Callable[[str], Iterable[str]]) -> None:
        self._facts = facts
        self._files_with = files_with
        self._named: dict[str, tuple[Key, ...]] = {}

    def definition(self, key: Key) -> Definition:
        facts = self._facts(key.path)
        if facts is None:
            raise LookupError(key)
        return facts.definitions[key.number]

    def refers(self, path: str, number: int) -> Meaning:
        facts = self._facts(path)
        if facts is None:
            return UNKNOWN
        use = facts.uses[number]
        scope = use.scope if use.on == -1 else -1
        while scope > 0:
            found = facts.table.get((scope, use.name), ())
            if any(one.how in _LOCAL for one in found):
                return FOREIGN
            scope = facts.scopes[scope].parent
        keys = self._definitions(use.name)
        return Meaning(keys, sure=False, guessed=True) if keys else FOREIGN

    def _definitions(self, name: str) -> tuple[Key, ...]:
        known = self._named.get(name)
        if known is None:
            known = self._named[name] = tuple(
                Key(path, number)
                for path in self._files_with(name)
                if (facts := self._facts(path)) is not None
                for number, row in enumerate(facts.definitions)
                if row.name == name
            )
        return known
