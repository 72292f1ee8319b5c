"""What one file says, before anything is bound to another file: the index's raw material.

Rows are named tuples, so that a file's facts load from the store in well under a millisecond.
Indices point into the tables of the same file; -1 is "none".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple, TypeAlias

from ..records import RefKind

ScopeKind: TypeAlias = Literal[
    "module", "class", "function", "comprehension", "arrow", "block", "namespace", "exports"
]

How: TypeAlias = Literal[
    "definition", "field", "import", "parameter", "self", "variable", "global", "nonlocal"
]

# How an expression's value comes about. Its argument is a use (value), a type (typed, instance), a
# scope (this, super), an import (module) or another expression; `either` has two. `alias` is a type
# itself, `holding` a container of the argument, `expected` what tells of a raised one.
Op: TypeAlias = Literal[
    "value", "call", "item", "enter", "element", "literal", "none", "typed", "either",
    "new", "instance", "first", "rest", "this", "super", "module", "alias", "holding", "expected",
    "parameter",
]  # fmt: skip
TypeForm: TypeAlias = Literal[
    "name", "union", "generic", "unknown", "list", "tuple", "foreign", "function", "self"
]


class Definition(NamedTuple):
    """`start`..`end` is the whole definition in bytes, `header_start`..`header_end` its header.

    `inner` is the scope that its body opens. `owner` is the definition (a class) that the name is
    an attribute of. `returns` is a type; `bases`, `results` and `yields` are expressions.
    `decorators` are the decorators' names as written, without arguments, and `applied` the
    expressions that they are.
    """

    name: str
    qualname: str
    kind: str
    overload: int
    start: int
    end: int
    name_start: int
    header_start: int
    header_end: int
    scope: int
    inner: int
    owner: int
    returns: int
    bases: tuple[int, ...]
    results: tuple[int, ...]
    yields: tuple[int, ...]
    applied: tuple[int, ...]
    decorators: tuple[str, ...]


class Scope(NamedTuple):
    kind: ScopeKind
    parent: int
    definition: int


class Binding(NamedTuple):
    """A name made known in a scope, at byte `at`; `target` is the definition or the import."""

    scope: int
    name: str
    how: How
    at: int
    target: int
    value: int
    type: int


class Visible(NamedTuple):
    """What a scope binds a name to, without the attributes that `self.name = ...` makes: in the
    order of the file; how; and the byte where the first one is (0 without any)."""

    bindings: list[Binding]
    hows: frozenset[How]
    first: int


class Import(NamedTuple):
    """`import module [as alias]`, or `from module import name [as alias]`; `*` is a name.

    `level` counts the leading dots. `bound` is the name that the statement makes known.
    """

    module: str
    level: int
    name: str
    bound: str
    scope: int


class Use(NamedTuple):
    """A name token that is no definition. `on` is the expression whose attribute it is: -1 for a
    bare name, -2 for an attribute of something that cannot be followed.

    `imported` is the import that the token belongs to, `depth` how many parts of the import's
    module it stands for (0: it stands for the imported name). Without an import, a depth of -1
    is a name listed in `__all__`.
    """

    name: str
    start: int
    end: int
    scope: int
    kind: RefKind
    on: int
    imported: int
    depth: int


class Expression(NamedTuple):
    op: Op
    argument: int
    other: int = -1


class Type(NamedTuple):
    """`name`: an instance of `use`. `union`: one of `arguments`. `generic`: `use` with
    `arguments`. `list`, `tuple`: made of `arguments`. `function`: of such
    parameters. `self`: what the method is called on. `foreign`: nothing of the repository's.
    `unknown`: nothing that can be followed."""

    form: TypeForm
    use: int
    arguments: tuple[int, ...]


class Narrowing(NamedTuple):
    """From byte `start` to `end`, what is written as `text` (`node`, `self.node`) is an instance of
    one of the classes, which are expressions."""

    text: str
    start: int
    end: int
    classes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """`errors` counts the syntax errors; `lines` holds the byte offset of each line's start."""

    definitions: tuple[Definition, ...] = ()
    scopes: tuple[Scope, ...] = ()
    bindings: tuple[Binding, ...] = ()
    imports: tuple[Import, ...] = ()
    uses: tuple[Use, ...] = ()
    expressions: tuple[Expression, ...] = ()
    types: tuple[Type, ...] = ()
    narrowings: tuple[Narrowing, ...] = ()
    errors: int = 0
    _names: dict[str, list[int]] = field(default_factory=dict, compare=False, repr=False)
    _table: dict[tuple[int, str], list[Binding]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _narrowed: dict[str, list[Narrowing]] = field(default_factory=dict, compare=False, repr=False)
    _by_how: dict[tuple[int, How], list[Binding]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _listed: set[str] = field(default_factory=set, compare=False, repr=False)
    _visible: dict[tuple[int, str], Visible] = field(default_factory=dict, compare=False)

    @property
    def names(self) -> dict[str, list[int]]:
        """The numbers of the uses of each name."""
        names = self._names
        if not names and self.uses:
            for number, use in enumerate(self.uses):
                names.setdefault(use.name, []).append(number)
        return names

    @property
    def table(self) -> dict[tuple[int, str], list[Binding]]:
        """What each scope binds to each name."""
        table = self._table
        if not table and self.bindings:
            for binding in self.bindings:
                table.setdefault((binding.scope, binding.name), []).append(binding)
        return table

    @property
    def narrowed(self) -> dict[str, list[Narrowing]]:
        """What is known to be an instance of a class somewhere, by how it is written."""
        narrowed = self._narrowed
        if not narrowed and self.narrowings:
            for one in self.narrowings:
                narrowed.setdefault(one.text, []).append(one)
        return narrowed

    @property
    def narrowable(self) -> set[str]:
        """The last names of what is narrowed."""
        return {text.rpartition(".")[2] for text in self.narrowed}

    def written(self, number: int) -> str:
        """A use as it is written, as far as it is names (`node`, `self.node`); else empty."""
        use = self.uses[number]
        if use.on == -1:
            return use.name
        if use.on < 0 or self.expressions[use.on].op != "value":
            return ""
        before = self.written(self.expressions[use.on].argument)
        return f"{before}.{use.name}" if before else ""

    def assigned(self, use: Use, since: int) -> bool:
        """Whether a name is bound anew between byte `since` and a use of it."""
        return use.on == -1 and any(
            since <= one.at < use.start
            for where in self.seen_from(use.scope)
            for one in self.table.get((where, use.name), ())
        )

    def gives_with_star(self, name: str) -> bool:
        """Whether `from module import *` takes the name: one of `__all__`, if there is one that the
        text shows as a whole, else one without an underscore."""
        if (0, "__all__") in self.table:
            if not self._listed:
                self._listed.update(one.name for one in self.uses if one.depth < 0)
            # `__all__ += other.__all__`: the rest of the list stands elsewhere.
            also = any(self.uses[number].on >= 0 for number in self.names.get("__all__", ()))
            if name in self._listed or (self._listed and not also):
                return name in self._listed
        return not name.startswith("_")

    def bindings_of(self, scope: int, how: How) -> list[Binding]:
        """What a scope binds in one way; worked out once for all of the file."""
        if not self._by_how:
            for one in self.bindings:
                self._by_how.setdefault((one.scope, one.how), []).append(one)
        return self._by_how.get((scope, how), [])

    def visible(self, scope: int, name: str) -> Visible:
        """A scope's bindings of a name; worked out once, since a name may have thousands."""
        known = self._visible.get((scope, name))
        if known is None:
            found = [one for one in self.table.get((scope, name), ()) if one.how != "field"]
            first = min((one.at for one in found), default=0)
            known = Visible(found, frozenset(one.how for one in found), first)
            self._visible[scope, name] = known
        return known

    def seen_from(self, scope: int) -> Iterator[int]:
        """The scopes whose names are seen in `scope`, itself first. A class's names are seen from
        its own body only."""
        where = scope
        while where >= 0:
            if where == scope or self.scopes[where].kind != "class":
                yield where
            where = self.scopes[where].parent

    def scope_name(self, scope: int) -> str:
        """The qualname of the definition that a scope lies in; empty at the top of the file."""
        while scope >= 0:
            row = self.scopes[scope]
            if row.definition >= 0:
                return self.definitions[row.definition].qualname
            scope = row.parent
        return ""


_Tables: TypeAlias = tuple[
    tuple[Definition, ...],
    tuple[Scope, ...],
    tuple[Binding, ...],
    tuple[Import, ...],
    tuple[Use, ...],
    tuple[Expression, ...],
    tuple[Type, ...],
    tuple[Narrowing, ...],
    int,
]


@cache
def _packing() -> tuple[Callable[[_Tables], bytes], Callable[[bytes], _Tables]]:
    from msgspec import msgpack

    return msgpack.Encoder().encode, msgpack.Decoder(_Tables).decode


def dump(facts: FileFacts) -> bytes:
    """MessagePack: each row an array. Read back, it is checked against the rows' types, so that a
    damaged or foreign database is an error and nothing worse."""
    return _packing()[0](
        (
            facts.definitions,
            facts.scopes,
            facts.bindings,
            facts.imports,
            facts.uses,
            facts.expressions,
            facts.types,
            facts.narrowings,
            facts.errors,
        )
    )


def load(data: bytes) -> FileFacts:
    """The facts that `dump` wrote. What it did not write is the store's fault, not the file's."""
    return FileFacts(*_packing()[1](data))
