"""One name of the repository as a variable: every token that stands for it, or may.

`references` answers for one definition. Here what shares the variable belongs together: all that a
scope binds to the name, the scopes that import it under it, the classes that override it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from .bind import Key, Meaning
from .bind_kinds import Value
from .binders import kin_of
from .facts import Binding, FileFacts, Use
from .family import holders_of, of_several_bases, related
from .outside import outside_class
from .state import IndexState

_KIN: Final = "python"

Verdict: TypeAlias = Literal["yes", "no", "maybe"]


class Variable(NamedTuple):
    """A name in one scope of a file (its number in the file's facts)."""

    path: str
    scope: int


@dataclass(frozen=True, slots=True)
class Token:
    """Bytes `start`..`end` of a file, in `scope`. `variable` is the one that it stands for; None
    where it is an attribute, or the source's side of an import."""

    path: str
    start: int
    end: int
    scope: int
    variable: Variable | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A class's resolution order: ours, then the full names of bases outside of the repository;
    `open` where a base is not known."""

    classes: tuple[Key, ...]
    outside: tuple[str, ...]
    open: bool


class Naming:
    """For use within one `ask`; `start` are definitions of one name, in Python.

    `keys`: the definitions that go by the variable. `variables`: where it is bound by this name.
    `classes`: those that have it as an attribute. `sure`: its tokens. `unsure`: those that may be.
    """

    def __init__(self, state: IndexState, name: str, start: Iterable[Key]) -> None:
        self.name = name
        self._state = state
        self._binder = state.binder().python
        self.keys = set(start)
        self.variables: set[Variable] = set()
        self.classes: set[Key] = set()
        self.sure: list[Token] = []
        self.unsure: list[Token] = []
        self._lines: dict[Key, Line] = {}
        self._last: tuple[Meaning, Verdict] | None = None
        self._above: frozenset[Key] | None = None
        self._files = [
            (path, facts)
            for path in state.store.files_with(name)
            if kin_of(path) == _KIN and (facts := state.facts(path)) is not None
        ]
        self._bound = {
            Variable(path, scope): bindings
            for path, facts in self._files
            for (scope, bound), bindings in facts.table.items()
            if bound == name
        }
        self._overrides()
        while self._spread():
            pass
        for path, facts in self._files:
            self._collect(path, facts)

    def bindings(self, variable: Variable) -> list[Binding]:
        """What binds the name there, `self.name = ...` included."""
        return self._bound.get(variable, [])

    def line(self, key: Key) -> Line:
        """The resolution order of a class."""
        if key not in self._lines:
            self._lines[key] = self._line(key)
        return self._lines[key]

    def _line(self, key: Key) -> Line:
        order, _ = self._binder.classes.linear(key)
        outside: dict[str, None] = {}
        is_open = False
        for one in order:
            facts = self._binder.facts(one.path)
            for base in facts.definitions[one.number].bases if facts is not None else ():
                for value in self._binder.classes.base(one.path, facts, base):
                    if value.form == "outside":
                        outside[value.name] = None
                    elif value.form != "definition":
                        is_open = True
        return Line(order, tuple(outside), is_open)

    def owner(self, path: str, scope: int, name: str, at: int) -> Variable | None:
        """The variable that a bare name stands for; None where no scope of the file binds it."""
        facts = self._binder.facts(path)
        found = self._binder.bindings(facts, scope, name, at) if facts is not None else []
        return Variable(path, found[0].scope) if found else None

    def holders(self, name: str) -> Iterable[Key]:
        """The classes that have an attribute `name` of their own."""
        return holders_of(self._state, name, _KIN)

    def comes_with_star(self, path: str) -> bool:
        """Whether an `import *` of the file takes from a module of the variable."""
        facts = self._binder.facts(path)
        modules = {one.path for one in self.variables if one.scope == 0}
        return any(
            source.path in modules
            for row in (facts.imports if facts is not None else ())
            if row.name == "*"
            for source in self._binder.sources(path, row.level, row.module)
        )

    # What belongs together

    def _overrides(self) -> None:
        owners = {Key(key.path, self._binder.definition(key).owner) for key in self.keys}
        owners = {key for key in owners if key.number >= 0}
        if owners:
            holders = holders_of(self._state, self.name, _KIN)
            self.classes = related(self._state, owners, holders)
            self.keys.update(key for one in self.classes for key in holders.get(one, ()))

    def _spread(self) -> bool:
        """Take in the variables that definitions and imports lead to; whether there were any."""
        before = len(self.keys), len(self.variables)
        for variable, bindings in self._bound.items():
            if variable not in self.variables and any(
                self._leads(variable.path, one) for one in bindings
            ):
                self.variables.add(variable)
            if variable in self.variables:
                self.keys.update(
                    Key(variable.path, one.target)
                    for one in bindings
                    if one.how in ("definition", "field")
                )
        return before != (len(self.keys), len(self.variables))

    def _leads(self, path: str, one: Binding) -> bool:
        if one.how in ("definition", "field"):
            return Key(path, one.target) in self.keys
        facts = self._binder.facts(path)
        if one.how != "import" or facts is None:
            return False
        row = facts.imports[one.target]
        return row.name == self.name and self._judge(self._binder.imported(path, row)) == "yes"

    def _judge(self, meaning: Meaning) -> Verdict:
        """Of what one variable means: it is ours if it is one of its definitions."""
        if self.keys.isdisjoint(meaning.keys):
            return "no"
        return "yes" if self.keys.issuperset(meaning.keys) else "maybe"

    def _judged(self, meaning: Meaning) -> Verdict:
        """`_judge`, once all is known: uses of one name in one scope share their meaning, which may
        have thousands of definitions."""
        if self._last is None or self._last[0] is not meaning:
            self._last = meaning, self._judge(meaning)
        return self._last[1]

    # Tokens

    def _collect(self, path: str, facts: FileFacts) -> None:
        size = len(self.name.encode())
        homes = {
            one.at: variable
            for variable, bindings in self._bound.items()
            if variable.path == path
            for one in bindings
            if one.how == "definition"
        }
        for number, row in enumerate(facts.definitions):
            if Key(path, number) in self.keys:
                end = row.name_start + size
                home = homes.get(row.name_start)
                self.sure.append(Token(path, row.name_start, end, row.scope, home))
        for number in facts.names.get(self.name, ()):
            use = facts.uses[number]
            verdict, variable = self._of_use(path, facts, use)
            token = Token(path, use.start, use.end, use.scope, variable)
            if verdict == "yes":
                self.sure.append(token)
                if variable is not None:
                    self.variables.add(variable)
            elif verdict == "maybe":
                self.unsure.append(token)

    def _of_use(self, path: str, facts: FileFacts, use: Use) -> tuple[Verdict, Variable | None]:
        if use.imported >= 0:
            row = facts.imports[use.imported]
            if use.depth > 0:
                return "no", None
            if row.name == self.name:
                return self._judged(self._binder.imported(path, row)), None
            variable = Variable(path, row.scope)
            return ("yes" if variable in self.variables else "no"), variable
        if use.on == -1:
            owner = self.owner(path, use.scope, self.name, use.start)
            if owner is not None:
                return ("yes" if owner in self.variables else "no"), owner
            meaning = self._binder.name(path, use.scope, self.name, use.start)
            return self._judged(meaning), Variable(path, 0)
        return self._of_attribute(path, use), None

    def _of_attribute(self, path: str, use: Use) -> Verdict:
        verdicts = set(self._verdicts(path, use))
        return verdicts.pop() if len(verdicts) == 1 else "maybe"

    def _verdicts(self, path: str, use: Use) -> Iterator[Verdict]:
        for value in self._binder.values.expression(path, use.on) if use.on >= 0 else ():
            meaning = self._binder.values.attribute(value, self.name)
            verdict = self._judged(meaning)
            if verdict != "no" or meaning.ours:
                yield verdict
            else:
                yield self._of_value(value, meaning.known)

    def _of_value(self, value: Value, known: bool) -> Verdict:
        """Of something that has, as far as its own text shows, no such attribute of ours."""
        match value.form:
            case "definition" | "instance" | "super" if value.key is not None:
                if self._binder.definition(value.key).kind != "class" or not self.classes:
                    return "no"
                # A mixin or a base speaks of what its subclasses have, from wherever they have it.
                below = value.key in self._spoken_for()
                return "maybe" if below or value.form == "super" or not known else "no"
            case "foreign":
                return "maybe" if self._may_be(value.name) else "no"
            case "result":
                declared = outside_class(value.name)
                return "maybe" if declared is None or self._may_be(value.name) else "no"
            case "module" | "outside" | "maker":
                return "no" if known else "maybe"
            case _:
                return "maybe"

    def _spoken_for(self) -> frozenset[Key]:
        """The classes whose instances may be of one that has the attribute."""
        if self._above is None:
            lines = [self.line(one).classes for one in self.classes]
            several = (
                self._binder.classes.linear(one)[0] for one in of_several_bases(self._state, {_KIN})
            )
            lines += [line for line in several if not self.classes.isdisjoint(line)]
            self._above = frozenset(key for line in lines for key in line)
        return self._above

    def _may_be(self, name: str) -> bool:
        """Whether an instance of the class outside may be of one of ours, derived from it."""
        declared = outside_class(name) if name and self.classes else None
        if declared is None:
            return False
        above = (outside_class(base) for one in self.classes for base in self.line(one).outside)
        return any(one is not None and issubclass(one, declared) for one in above)
