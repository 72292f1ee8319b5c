"""What a name token means, decided when it is asked and never while files are being read.

`Binder.refers` answers with the definitions that a use stands for, following scopes and imports
from file to file; what an attribute's object is, it asks of `Values`.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from .bind_classes import Classes
from .bind_values import Values
from .facts import Binding, Definition, FileFacts, Import
from .modules import Module, ModuleMap

MAX_DEPTH: Final = 40


class Key(NamedTuple):
    """A definition: the number in its file's facts."""

    path: str
    number: int


@dataclass(frozen=True, slots=True)
class Meaning:
    """`keys`: the definitions that it may be. `sure`: it is nothing else. `known`: the text shows
    what it is, even if that is none of the repository's definitions (a local, a builtin).
    `outside` are the full names of what it may be outside of the repository, where known.
    `guessed`: nothing but the name speaks for it."""

    keys: tuple[Key, ...] = ()
    modules: tuple[Module, ...] = ()
    sure: bool = True
    known: bool = True
    outside: tuple[str, ...] = ()
    guessed: bool = False

    @property
    def ours(self) -> bool:
        """Whether it is something of the repository, as far as is known."""
        return bool(self.keys or self.modules)


Facts: TypeAlias = Callable[[str], "FileFacts | None"]

UNKNOWN: Final = Meaning(sure=False, known=False)
FOREIGN: Final = Meaning()


class Binder:
    """Answers over one state of the repository; `facts` gives a file's facts, None if it has none.

    `enter` and `leave` guard against definitions that go in circles: what was cut short is not
    remembered, since from another starting point it may have an answer.
    """

    def __init__(self, facts: Facts, modules: ModuleMap) -> None:
        self.facts = facts
        self.modules = modules
        self.values = Values(self)
        self.classes = Classes(self)
        self.cuts = 0
        self._depth = 0
        self._busy: set[tuple[str, str, int]] = set()
        self._meanings: dict[tuple[str, int], Meaning] = {}
        self._names: dict[tuple[str, int, str], Meaning] = {}
        self._members: dict[tuple[str, str], Meaning] = {}

    def enter(self, mark: tuple[str, str, int]) -> bool:
        """Whether the question may be followed; each True wants a `leave`."""
        if mark in self._busy or self._depth > MAX_DEPTH:
            self.cuts += 1
            return False
        self._busy.add(mark)
        self._depth += 1
        return True

    def leave(self, mark: tuple[str, str, int]) -> None:
        self._busy.discard(mark)
        self._depth -= 1

    def definition(self, key: Key) -> Definition:
        facts = self.facts(key.path)
        if facts is None:
            raise LookupError(key)
        return facts.definitions[key.number]

    def refers(self, path: str, number: int) -> Meaning:
        """The meaning of use `number` of the file `path`."""
        known = self._meanings.get((path, number))
        if known is not None:
            return known
        facts = self.facts(path)
        mark = (path, "use", number)
        if facts is None or not self.enter(mark):
            return UNKNOWN
        before = self.cuts
        try:
            meaning = self._refers(facts, path, number)
        finally:
            self.leave(mark)
        if self.cuts == before:
            self._meanings[path, number] = meaning
        return meaning

    def _refers(self, facts: FileFacts, path: str, number: int) -> Meaning:
        use = facts.uses[number]
        if use.imported >= 0:
            row = facts.imports[use.imported]
            if use.depth == 0:
                return self.imported(path, row)
            parts = row.module.split(".")[: use.depth]
            return _of_modules(self.sources(path, row.level, ".".join(parts)))
        if use.on == -1:
            return self.name(path, use.scope, use.name, use.start)
        if use.on < 0:
            return UNKNOWN
        return self.attribute(path, use.on, use.name)

    def attribute(self, path: str, on: int, name: str) -> Meaning:
        """What `.name` of the expression `on` means."""
        keys: dict[Key, None] = {}
        modules: dict[Module, None] = {}
        outside: dict[str, None] = {}
        sure = known = True
        for value in self.values.expression(path, on):
            meaning = self.values.attribute(value, name)
            keys.update(dict.fromkeys(meaning.keys))
            modules.update(dict.fromkeys(meaning.modules))
            outside.update(dict.fromkeys(meaning.outside))
            known = known and meaning.known
            sure = sure and meaning.sure and meaning.ours
        return self._meaning(keys, modules, outside, sure, known)

    def _meaning(
        self,
        keys: dict[Key, None],
        modules: dict[Module, None],
        outside: dict[str, None],
        sure: bool,
        known: bool,
    ) -> Meaning:
        if keys or modules:
            sure = sure and self._one_place(keys, modules)
            return Meaning(tuple(keys), tuple(modules), sure, outside=tuple(outside))
        return Meaning(outside=tuple(outside)) if known else UNKNOWN

    def name(self, path: str, scope: int, name: str, at: int) -> Meaning:
        """A bare name, by the scopes that it is seen from."""
        facts = self.facts(path)
        if facts is None:
            return UNKNOWN
        found = self.bindings(facts, scope, name, at)
        if not found:
            meaning = self._starred(path, facts, name)
            if meaning is FOREIGN and hasattr(builtins, name):
                return Meaning(outside=(f"builtins.{name}",))
            return meaning
        # As `bindings` gives all that one scope has, the scope and the name tell the answer.
        key = (path, found[0].scope, name)
        known = self._names.get(key)
        if known is not None:
            return known
        before = self.cuts
        meaning = self.bound(path, facts, found)
        if self.cuts == before:
            self._names[key] = meaning
        return meaning

    def bindings(self, facts: FileFacts, scope: int, name: str, at: int) -> list[Binding]:
        """The bindings of the scope that a name used at `at` in `scope` resolves to."""
        for where in facts.seen_from(scope):
            found = facts.visible(where, name)
            # The names of a class's body are seen from there on down.
            if facts.scopes[where].kind == "class" and found.first > at:
                continue
            if "global" in found.hows:
                return facts.visible(0, name).bindings
            if found.bindings and "nonlocal" not in found.hows:
                return found.bindings
        return []

    def bound(self, path: str, facts: FileFacts, found: list[Binding]) -> Meaning:
        """What a name with these bindings, all of one scope, means."""
        keys: dict[Key, None] = {}
        modules: dict[Module, None] = {}
        outside: dict[str, None] = {}
        sure = known = True
        # A local that is assigned anew is still the one definition of its scope.
        local = {one.how for one in found} <= {"definition", "variable"}
        for one in found:
            if one.how in ("definition", "field"):
                keys[Key(path, one.target)] = None
            elif one.how == "import":
                meaning = self.imported(path, facts.imports[one.target])
                keys.update(dict.fromkeys(meaning.keys))
                modules.update(dict.fromkeys(meaning.modules))
                outside.update(dict.fromkeys(meaning.outside))
                sure = sure and meaning.sure and meaning.ours
                known = known and meaning.known
            else:
                sure = sure and local
        return self._meaning(keys, modules, outside, sure, known)

    def _one_place(self, keys: dict[Key, None], modules: dict[Module, None]) -> bool:
        """Whether all the definitions are redefinitions of one name in one scope."""
        places = {(key.path, self.definition(key).qualname) for key in keys}
        return len(places) + len(modules) == 1

    def imported(self, path: str, row: Import) -> Meaning:
        """What the name that an import makes known stands for."""
        if not row.name:
            top = row.module.partition(".")[0]
            named = top if row.bound == top else row.module
            modules = self.sources(path, 0, named)
            return _of_modules(modules) if modules else Meaning(outside=(named,))
        sources = self.sources(path, row.level, row.module)
        if not sources:
            return UNKNOWN if row.level else Meaning(outside=(f"{row.module}.{row.name}",))
        found = [self.member(module, row.name) for module in sources]
        hits = [one for one in found if one.ours]
        if len(hits) > 1:
            keys = tuple(dict.fromkeys(key for one in hits for key in one.keys))
            places = tuple(dict.fromkeys(module for one in hits for module in one.modules))
            return Meaning(keys, places, sure=False)
        return hits[0] if hits else next((one for one in found if not one.known), found[0])

    def sources(self, path: str, level: int, name: str) -> tuple[Module, ...]:
        """The modules that an import in the file `path` may name."""
        if level:
            return self.modules.relative(path, level, name)
        return self.modules.absolute(name)

    def member(self, module: Module, name: str) -> Meaning:
        """The name `name` of a module: what it binds, imports with `*`, or has as a submodule."""
        known = self._members.get((module.path, name))
        if known is not None:
            return known
        mark = (module.path, name, -1)
        if not self.enter(mark):
            return UNKNOWN
        before = self.cuts
        try:
            meaning = self._member(module, name)
        finally:
            self.leave(mark)
        if self.cuts == before:
            self._members[module.path, name] = meaning
        return meaning

    def _member(self, module: Module, name: str) -> Meaning:
        facts = self.facts(module.path) if module.is_file else None
        if facts is None:
            return _of_modules(self.modules.child(module, name))
        found = facts.visible(0, name).bindings
        if found:
            meaning = self.bound(module.path, facts, found)
        else:
            meaning = self._starred(module.path, facts, name)
        if meaning.ours:
            return meaning
        children = self.modules.child(module, name)
        if children:
            return _of_modules(children)
        if not found and (0, "__getattr__") in facts.table:
            return UNKNOWN
        return meaning

    def _starred(self, path: str, facts: FileFacts, name: str) -> Meaning:
        unknown = False
        for row in reversed(facts.imports):
            if row.name != "*":
                continue
            sources = self.sources(path, row.level, row.module)
            unknown = unknown or not sources
            for module in sources:
                given = self.facts(module.path) if module.is_file else None
                if given is not None and not given.gives_with_star(name):
                    continue
                meaning = self.member(module, name)
                if meaning.ours:
                    return meaning
        return UNKNOWN if unknown and not name.startswith("_") else FOREIGN


def _of_modules(modules: tuple[Module, ...]) -> Meaning:
    return Meaning((), modules, sure=len(modules) == 1) if modules else FOREIGN
