"""Scopes, bindings and occurrences of one Python file.

An occurrence is a token that stands for a variable; which variable follows from Python's rules
(`Scope.owner`). Attribute tokens (`x.name`) are kept apart: what they mean depends on `x`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from tree_sitter import Node

ScopeKind: TypeAlias = Literal["module", "class", "function", "comprehension"]
BindingKind: TypeAlias = Literal[
    "function", "class", "import", "from", "parameter", "assignment", "with", "except", "other"
]


@dataclass(slots=True, eq=False)
class Scope:
    """A region in which names are bound. `qualname` is "" for the module."""

    module: Module
    kind: ScopeKind
    name: str
    parent: Scope | None
    node: Node
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    first_parameter: str | None = None
    decorators: tuple[Node, ...] = ()
    attributes: dict[str, list[SelfAttribute]] = field(default_factory=dict)
    returns: list[Node] = field(default_factory=list)
    yields: list[Node] = field(default_factory=list)

    @property
    def qualname(self) -> str:
        above = self.parent.qualname if self.parent is not None else ""
        return f"{above}.{self.name}" if above and self.name else above or self.name

    def owner(self, name: str) -> Scope | None:
        """The scope whose variable `name` means here; None where no scope of the file binds it."""
        if name in self.globals:
            return self.module.scope
        if name in self.bindings and name not in self.nonlocals:
            return self
        for scope in self.enclosing():
            if name in scope.globals:
                return self.module.scope
            if name in scope.bindings and name not in scope.nonlocals:
                return scope
        return None

    def enclosing(self) -> Iterator[Scope]:
        """The scopes around this one that a name in it can see: class bodies are skipped."""
        scope = self.parent
        while scope is not None:
            if scope.kind != "class":
                yield scope
            scope = scope.parent

    def enclosing_class(self) -> Scope | None:
        """The class whose method this scope is in, however deep."""
        scope: Scope | None = self
        while scope is not None and scope.kind != "class":
            scope = scope.parent
        return scope


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """One place that binds a name.

    `scope` is where the statement stands; `node` is the definition, the statement or the parameter.
    """

    name: str
    kind: BindingKind
    start: int
    scope: Scope
    node: Node
    inner: Scope | None = None
    source: FromImport | None = None
    dotted: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """An identifier in the file: absolute byte offsets, and the scope that it stands in."""

    start: int
    end: int
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class AttributeUse:
    """`receiver.name`: the offsets of `name`. `receiver` is None in a class pattern."""

    start: int
    end: int
    scope: Scope
    receiver: Node | None


@dataclass(frozen=True, slots=True, eq=False)
class FromImport:
    """One name of `from module import name [as alias]`; `star` is `from module import *`."""

    level: int
    dotted: str
    name: str
    start: int
    end: int
    alias: str | None
    alias_start: int
    scope: Scope
    star: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SelfAttribute:
    """`self.name = value` or `self.name: annotation` in a method."""

    value: Node | None
    annotation: Node | None
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A string literal that could be a name or a dotted path; offsets of what is in the quotes."""

    value: str
    start: int
    end: int
    exported: bool
    argument_of: str


@dataclass(slots=True, eq=False)
class Module:
    """One analysed file. `path` is relative to the repository, with slashes.

    `strings` are the byte stretches of what stands in quotes, docstrings left out.
    """

    path: str
    source: bytes
    root: Node
    scope: Scope = field(init=False)
    tokens: dict[str, list[Token]] = field(default_factory=dict)
    uses: dict[str, list[AttributeUse]] = field(default_factory=dict)
    imports: list[FromImport] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    strings: list[tuple[int, int]] = field(default_factory=list)
    classes: list[Scope] = field(default_factory=list)

    def line_of(self, offset: int) -> int:
        """The 1-based line of a byte offset."""
        return self.source.count(b"\n", 0, offset) + 1

    def line_text(self, offset: int) -> str:
        start = self.source.rfind(b"\n", 0, offset) + 1
        end = self.source.find(b"\n", offset)
        line = self.source[start : end if end >= 0 else len(self.source)]
        return line.decode("utf-8", errors="replace").strip()
