"""The kinds of value that an expression of Python may have, as far as names go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from .modules import Module

if TYPE_CHECKING:
    from .bind import Key


class Value(NamedTuple):
    """What an expression may be.

    `definition`: a function or class itself, `key`. `instance`: one of class `key`. `super`: the
    same, seen from its bases. `module`. `outside`: what `name` means outside the repository;
    `result`: what calling that gives. `foreign`: built in, or an instance of the class `name` from
    outside; `elements` is what iterating or indexing it gives. `maker`: called, it gives
    `elements`. `none`: None, left out where there are others. `unknown`: the text does not show it.
    """

    form: str
    key: Key | None = None
    module: Module | None = None
    elements: tuple[Value, ...] = ()
    name: str = ""


Found: TypeAlias = tuple[Value, ...]

UNKNOWN_VALUE: Final = Value("unknown")
FOREIGN_VALUE: Final = Value("foreign")
NONE_VALUE: Final = Value("none")
NOT_SHOWN: Final[Found] = (UNKNOWN_VALUE,)
NOT_OURS: Final[Found] = (FOREIGN_VALUE,)


def joined(values: Found, step: Callable[[Value], Found]) -> Found:
    return flat(step(value) for value in values)


def flat(found: Iterable[Found]) -> Found:
    kept = dict.fromkeys(value for values in found for value in values)
    if len(kept) > 1:
        kept.pop(NONE_VALUE, None)
    return tuple(kept) or NOT_SHOWN
