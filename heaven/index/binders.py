"""Every language's binder, behind one door: a file's language decides who answers for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from .bind import Binder, Facts, Key, Meaning
from .es_names import EsNames
from .facts import Definition
from .flow import Flow
from .go_names import GoNames
from .languages import language_of
from .modules import ModuleMap
from .plain_names import PlainNames


class _Binding(Protocol):
    def refers(self, path: str, number: int) -> Meaning: ...

    def definition(self, key: Key) -> Definition: ...


class Binders:
    """Over one state of the repository. `go_modules` maps the directories with a go.mod to their
    module paths; `files_with` gives the files in which a name stands."""

    def __init__(
        self,
        facts: Facts,
        modules: ModuleMap,
        paths: Iterable[str],
        go_modules: Mapping[str, str],
        files_with: Callable[[str], list[str]],
    ) -> None:
        self.python = Binder(facts, modules)
        self._facts = facts
        self._paths = paths
        self._go_modules = go_modules
        self._files_with = files_with
        self._flows: dict[str, Flow] = {}
        self._plain: dict[str, PlainNames] = {}
        self._known: dict[str, _Binding] = {}

    def refers(self, path: str, number: int) -> Meaning:
        """The meaning of use `number` of the file `path`."""
        binding = self._known.get(path)
        if binding is None:
            binding = self._known[path] = self._of(path)
        return binding.refers(path, number)

    def definition(self, key: Key) -> Definition:
        return self._of(key.path).definition(key)

    def is_member(self, key: Key) -> bool:
        """Whether it is an attribute of something: a method, a field, what a class holds."""
        row = self.definition(key)
        return row.owner >= 0 or row.kind == "method"

    def linear(self, key: Key) -> tuple[Key, ...]:
        """A type and its bases, nearest first."""
        binding = self._of(key.path)
        if isinstance(binding, Binder):
            return binding.classes.linear(key)[0]
        return binding.members.linear(key)[0] if isinstance(binding, Flow) else (key,)

    def aliases(self, key: Key) -> tuple[str, ...]:
        """Other names under which other files see a definition."""
        binding = self._of(key.path)
        return binding.rules.aliases(binding, key) if isinstance(binding, Flow) else ()

    def _of(self, path: str) -> _Binding:
        row = language_of(path)
        binding = row.binding if row is not None else "names"
        if binding == "python":
            return self.python
        if binding == "names":
            kin = kin_of(path)
            if kin not in self._plain:
                self._plain[kin] = PlainNames(self._facts, lambda name: self._same_kin(kin, name))
            return self._plain[kin]
        if binding not in self._flows:
            rules = (
                GoNames(self._paths, self._go_modules) if binding == "go" else EsNames(self._paths)
            )
            self._flows[binding] = Flow(self._facts, rules)
        return self._flows[binding]

    def _same_kin(self, kin: str, name: str) -> list[str]:
        return [path for path in self._files_with(name) if kin_of(path) == kin]


def kin_of(path: str) -> str:
    """Files of one kin may refer to each other's definitions."""
    row = language_of(path)
    return "" if row is None else row.kin
