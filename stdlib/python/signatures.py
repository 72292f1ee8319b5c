"""Parameters of a Python function, as its definition writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ...heaven.index.bind import Key
from ...heaven.index.symbols import SymbolIndex
from ..lists import Listing, listing
from ..refused import MacroRefused
from ..syntax import Trees
from ..targets import place_of, row_of

if TYPE_CHECKING:
    from tree_sitter import Node

ParamKind: TypeAlias = Literal["positional", "either", "keyword", "args", "kwargs"]

_TRANSPARENT: Final = frozenset(
    {
        "staticmethod", "classmethod", "abstractmethod", "override", "overload", "final", "cache",
        "lru_cache", "deprecated", "wraps", "no_type_check", "contextmanager",
        "asynccontextmanager",
    }
)  # fmt: skip
_PROPERTIES: Final = frozenset(
    {"property", "cached_property", "abstractproperty", "setter", "getter", "deleter"}
)


@dataclass(frozen=True, slots=True)
class Param:
    """`node` is the whole parameter, `name_node` its name. `number` counts the list's items."""

    name: str
    kind: ParamKind
    default: bool
    number: int
    node: Node
    name_node: Node


@dataclass(frozen=True, slots=True)
class FunctionSource:
    """A function's definition. `bound` is how many of the first parameters a call on an instance
    leaves out (`self`, `cls`); `opaque` are decorators that may call it in their own way."""

    key: Key
    node: Node
    params: tuple[Param, ...]
    listing: Listing
    body: Node
    bound: int
    static: bool
    on_class: bool
    opaque: tuple[str, ...]
    type_comment: Node | None

    def param(self, name: str) -> Param | None:
        return next((one for one in self.params if one.name == name), None)

    @property
    def own(self) -> tuple[Param, ...]:
        """Without `self`."""
        return self.params[self.bound :]

    @property
    def positionals(self) -> tuple[Param, ...]:
        return tuple(one for one in self.own if one.kind in ("positional", "either"))

    def has(self, kind: ParamKind) -> bool:
        return any(one.kind == kind for one in self.params)

    @property
    def star(self) -> bool:
        """Whether keyword-only parameters can follow: there is `*args` or a lone `*`."""
        return any(
            one.type in ("keyword_separator", "list_splat_pattern")
            or (one.type == "typed_parameter" and _splat(one) == "list_splat_pattern")
            for one in self.listing.items
        )


def function_of(index: SymbolIndex, trees: Trees, key: Key) -> FunctionSource:
    """Raises MacroRefused where the definition is no function or method."""
    row = row_of(index, key)
    where = place_of(index, key.path, row.name_start)
    node: Node | None = trees.at(key.path, row.name_start, row.name_start + 1)
    node = node.parent if node is not None else None
    if row.kind not in ("function", "method") or node is None:
        raise MacroRefused("unsupported", f"{row.qualname} ({where}) is a {row.kind}", (where,))
    parameters = node.child_by_field_name("parameters")
    body = node.child_by_field_name("body")
    if node.type != "function_definition" or parameters is None or body is None:
        raise MacroRefused("unsupported", f"{row.qualname} ({where}) is no function", (where,))
    last = [name.rpartition(".")[2] for name in row.decorators]
    if any(name in _PROPERTIES for name in last):
        raise MacroRefused("unsupported", f"{row.qualname} ({where}) is a property", (where,))
    static = "staticmethod" in last
    opaque = tuple(
        name for name, bare in zip(row.decorators, last, strict=True) if bare not in _TRANSPARENT
    )
    rows = listing(key.path, trees.source(key.path), parameters)
    params = _params(rows, trees)
    bound = 1 if row.owner >= 0 and not static and params else 0
    return FunctionSource(
        key, node, params, rows, body, bound, static, "classmethod" in last, opaque,
        _type_comment(trees, key.path, node, parameters),
    )  # fmt: skip


def _params(rows: Listing, trees: Trees) -> tuple[Param, ...]:
    found: list[Param] = []
    kind: ParamKind = "either"
    for number, node in enumerate(rows.items):
        if node.type == "positional_separator":
            found = [
                Param(one.name, "positional", one.default, one.number, one.node, one.name_node)
                for one in found
            ]
            continue
        if node.type == "keyword_separator":
            kind = "keyword"
            continue
        splat = _splat(node)
        name = _name(node)
        if name is None:
            continue
        mine: ParamKind = kind
        if splat == "list_splat_pattern":
            mine, kind = "args", "keyword"
        elif splat == "dictionary_splat_pattern":
            mine = "kwargs"
        default = node.type in ("default_parameter", "typed_default_parameter")
        found.append(Param(trees.text(rows.path, name), mine, default, number, node, name))
    return tuple(found)


def _splat(node: Node) -> str:
    inner = node.named_children[0] if node.type == "typed_parameter" else node
    return inner.type if inner.type.endswith("splat_pattern") else ""


def _name(node: Node) -> Node | None:
    while node.type != "identifier":
        named = node.child_by_field_name("name")
        below = named or next(iter(node.named_children), None)
        if below is None:
            return None
        node = below
    return node


def _type_comment(trees: Trees, path: str, node: Node, parameters: Node) -> Node | None:
    """`# type: (int) -> str` between the header and the body, or within the body's first lines."""
    body = node.child_by_field_name("body")
    found = [one for one in node.children if one.type == "comment"]
    if body is not None:
        found += [one for one in body.children[:1] if one.type == "comment"]
    for one in found:
        text = trees.text(path, one).replace(" ", "")
        if one.start_byte > parameters.end_byte and text.startswith("#type:("):
            return one
    return None
