"""What the evaluator of flow.py works on: values, and what a language adds to it as rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

from .bind import Key, Meaning
from .facts import Import
from .modules import Module

if TYPE_CHECKING:
    from .flow import Flow

TYPES: Final = frozenset({"class", "interface", "enum", "type"})


class Value(NamedTuple):
    """What an expression may be.

    `definition`: a function, type or namespace itself, `key`. `instance`: one of type `key`.
    `super`: the same, seen from its bases. `module`. `list`: holds `parts`; `tuple`: is `parts`,
    one each; `maker`: called, it gives `parts`. `function`: its parameters
    are `parts`, each `one` of its own parts. `foreign`: nothing of the repository's. `unknown`.
    """

    form: str
    key: Key | None = None
    module: Module | None = None
    parts: tuple[Value, ...] = ()


Found: TypeAlias = tuple[Value, ...]

UNKNOWN_VALUE: Final[Found] = (Value("unknown"),)
FOREIGN_VALUE: Final[Found] = (Value("foreign"),)


class Rules(Protocol):
    """What a language says about names beyond the scopes of one file's functions."""

    @property
    def ordered(self) -> bool:
        """Whether a function's names are known only behind their declaration."""
        ...

    @property
    def closed(self) -> bool:
        """Whether what lies outside the repository gives nothing of the repository's."""
        ...

    def top(self, flow: Flow, path: str, name: str) -> Meaning:
        """A bare name that no function's scope binds."""
        ...

    def imported(self, flow: Flow, path: str, row: Import) -> Meaning:
        """What an import makes known."""
        ...

    def exported(self, flow: Flow, module: Module, name: str) -> Meaning:
        """`name` of a module or package."""
        ...

    def members(self, flow: Flow, key: Key, name: str) -> tuple[Key, ...]:
        """What a type has as `name` beyond the scope that its definition opens."""
        ...

    def aliases(self, flow: Flow, key: Key) -> tuple[str, ...]:
        """Other names under which other files see a definition."""
        ...


def joined(values: Found, step: Callable[[Value], Found]) -> Found:
    return flat(step(value) for value in values)


def flat(found: Iterable[Found]) -> Found:
    return tuple(dict.fromkeys(value for values in found for value in values)) or UNKNOWN_VALUE
