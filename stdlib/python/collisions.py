"""What would go wrong if a name were spelled differently: clashes, capture, shadowing."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from ...heaven.index.facts import FileFacts, Use
from ...heaven.index.naming import Naming, Variable
from ...heaven.index.outside import outside_has
from ...heaven.index.symbols import SymbolIndex
from ..refused import MacroRefused


def check_collisions(index: SymbolIndex, naming: Naming, new: str) -> None:
    """Raises MacroRefused where `new` already means something that the renaming would disturb.

    For use within the index's `ask`.
    """
    checks = _Checks(index, naming, new)
    found = [
        *checks.taken(),
        *checks.captured(),
        *checks.shadowed(),
        *checks.star_importers(),
        *checks.classes(),
    ]
    if found:
        places = tuple(dict.fromkeys(found))
        more = f" (and {len(places) - 1} more)" if places[1:] else ""
        raise MacroRefused("collision", f"{new} is taken: {places[0]}{more}", places)


class _Checks:
    """Each yields `path:line what`."""

    def __init__(self, index: SymbolIndex, naming: Naming, new: str) -> None:
        self.index = index
        self.naming = naming
        self.new = new

    def at(self, path: str, start: int, what: str) -> str:
        return f"{path}:{self.index.lines(path).line(start)} {what}"

    def facts(self, path: str) -> FileFacts:
        return self.index.facts_of(path) or FileFacts()

    def bound_at(self, facts: FileFacts, scope: int) -> int | None:
        """Where a scope binds the new name, or says that it is another scope's."""
        found = facts.visible(scope, self.new)
        return found.first if found.bindings else None

    def taken(self) -> Iterator[str]:
        """The scope of the definition, or of a module that imports it, has the name already."""
        for path, scope in sorted(self.naming.variables):
            facts = self.facts(path)
            start = self.bound_at(facts, scope)
            first = min((one.at for one in self.naming.bindings(Variable(path, scope))), default=0)
            if start is not None:
                where = facts.scope_name(scope) or "the module"
                yield self.at(path, start, f"{self.new} is defined in {where}")
            if facts.scopes[scope].kind != "class" and hasattr(builtins, self.new):
                yield self.at(path, first, f"{self.new} is a builtin function or class")
            submodule = self.index.submodule(path, self.new) if scope == 0 else None
            if submodule is not None:
                yield f"{submodule}:1 {self.new} is a module of this package"

    def captured(self) -> Iterator[str]:
        """A renamed use would find another `new` on its way out to the definition."""
        for token in self.naming.sure:
            facts = self.facts(token.path)
            outward = "global" in facts.visible(token.scope, self.naming.name).hows
            if token.variable is None or outward:
                continue
            for scope in facts.seen_from(token.scope):
                if scope == token.variable.scope:
                    break
                if self.bound_at(facts, scope) is not None:
                    where = facts.scope_name(scope) or "this scope"
                    what = f"{self.new} of {where} hides the renamed name"
                    yield self.at(token.path, token.start, what)
                    break

    def shadowed(self) -> Iterator[str]:
        """A use of `new` that means something farther out would find the renamed definition."""
        for path in sorted({variable.path for variable in self.naming.variables}):
            facts = self.facts(path)
            for use in _bare(facts, self.new):
                if self._would_find(path, facts, use):
                    what = f"{self.new} is used here and means something else"
                    yield self.at(path, use.start, what)

    def _would_find(self, path: str, facts: FileFacts, use: Use) -> bool:
        meant = self.naming.owner(path, use.scope, self.new, use.start)
        outward = "global" in facts.visible(use.scope, self.new).hows
        for scope in (0,) if outward else facts.seen_from(use.scope):
            variable = Variable(path, scope)
            if variable == meant:
                return False
            if variable in self.naming.variables:
                return True
        return False

    def star_importers(self) -> Iterator[str]:
        """`import *` would bring `new` into a module that has it or uses it."""
        if self.new.startswith("_") or self.naming.name.startswith("_"):
            return
        paths = {one.path for one in self.naming.variables if one.scope == 0}
        for path in self.index.files_with(self.new):
            if path in paths or not self.naming.comes_with_star(path):
                continue
            facts = self.facts(path)
            starts = [one.at for one in facts.visible(0, self.new).bindings]
            starts += [
                use.start
                for use in _bare(facts, self.new)
                if self.naming.owner(path, use.scope, self.new, use.start) is None
            ]
            if starts:
                yield self.at(path, min(starts), f"{self.new} would also come in through import *")

    def classes(self) -> Iterator[str]:
        """A class of the family, above it or below it, has the name already."""
        family = self.naming.classes
        above = {one for key in family for one in self.naming.line(key).classes}
        for key in self.naming.holders(self.new) if family else ():
            if key in above or not family.isdisjoint(self.naming.line(key).classes):
                row = self.facts(key.path).definitions[key.number]
                yield self.at(key.path, row.name_start, f"{row.qualname} has {self.new}")
        for key in sorted(family):
            for base in self.naming.line(key).outside:
                if outside_has(base, self.new):
                    row = self.facts(key.path).definitions[key.number]
                    what = f"{row.qualname} inherits {self.new} from {base}"
                    yield self.at(key.path, row.name_start, what)


def _bare(facts: FileFacts, name: str) -> Iterator[Use]:
    """Uses of a bare name, imports left out."""
    for number in facts.names.get(name, ()):
        use = facts.uses[number]
        if use.on == -1 and use.imported < 0:
            yield use
