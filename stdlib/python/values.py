"""What an expression can be, and what classes inherit."""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from .scopes import Scope
from .tree import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

Kind: TypeAlias = Literal[
    "module", "class", "instance", "function", "super", "external", "foreign", "object", "unknown"
]


@dataclass(frozen=True, slots=True)
class Value:
    """`scope` is the class or function; `path` the module; `name` an external dotted name.

    A "foreign" value is an instance of the external class `name`, an "object" of any class.

    A container from outside has the annotation of its elements `inside`, which stands in `scope`.
    """

    kind: Kind
    scope: Scope | None = None
    path: str = ""
    name: str = ""
    inside: Node | None = None


Values: TypeAlias = frozenset[Value]
UNKNOWN = Value("unknown")
EXTERNAL = Value("external")
NOTHING: Values = frozenset()
ANYTHING: Values = frozenset({UNKNOWN})
OUTSIDE: Values = frozenset({EXTERNAL})

_UNSAFE_TO_IMPORT = frozenset({"antigravity", "this", "idlelib", "turtle", "tkinter", "turtledemo"})


@dataclass(frozen=True, slots=True)
class Lineage:
    """A class's method resolution order: ours, then bases outside; `open` where one is unknown."""

    classes: tuple[Scope, ...]
    outside: tuple[str, ...]
    open: bool


def bases(owner: Scope) -> Iterator[Node]:
    """The base class expressions, without type arguments and keywords."""
    listed = owner.node.child_by_field_name("superclasses")
    for child in listed.named_children if listed is not None else []:
        if child.type in ("keyword_argument", "comment"):
            continue
        value = child.child_by_field_name("value") if child.type == "subscript" else None
        yield value if value is not None else child


def decorator_names(function: Scope) -> tuple[str, ...]:
    """The last word of each decorator: `functools.wraps(f)` is "wraps"."""
    names = []
    for decorator in function.decorators:
        node = decorator.named_children[0] if decorator.named_children else decorator
        if node.type == "call":
            node = node.child_by_field_name("function") or node
        words = text_of(node).split(".")
        accessor = len(words) == 2 and words[1] in ("setter", "getter", "deleter")
        names.append("property" if accessor else words[-1])
    return tuple(names)


def outside_class(dotted: str) -> type | None:
    """The class of the standard library with this dotted name; None where there is none."""
    module, _, name = dotted.rpartition(".")
    if module == "builtins":
        found: object = getattr(builtins, name, None)
    else:
        top = module.split(".")[0]
        if top not in sys.stdlib_module_names or top in _UNSAFE_TO_IMPORT:
            return None
        try:
            found = getattr(importlib.import_module(module), name, None)
        except ImportError:
            return None
    return found if isinstance(found, type) else None


def outside_has(dotted: str, name: str) -> bool | None:
    """Whether a class of the standard library has the attribute; None where that is not known."""
    found = outside_class(dotted)
    if found is not None:
        return hasattr(found, name)
    # typing's special forms (NamedTuple, Protocol) are no classes and give a subclass no methods.
    return False if dotted.startswith(("typing.", "typing_extensions.")) else None
