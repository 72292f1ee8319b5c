"""The function that calls are to go to: its name in each file, which imports it where it must."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..arguments import needed
from ..patches import Patch
from ..refused import MacroRefused
from ..syntax import Trees
from ..targets import find, keys_of, listed, named, row_of
from .cycles import check_cycle
from .imports import Wanted, insert, specifier_of, style_of
from .modules import KIN, Modules
from .uses import Call

_BUILT_IN: Final = frozenset(
    [
        "String",
        "Number",
        "Boolean",
        "BigInt",
        "Symbol",
        "Array",
        "Object",
        "Promise",
        "JSON",
        "Math",
        "console",
        "structuredClone",
        "parseInt",
        "parseFloat",
        "Date",
        "Error",
        "globalThis",
        "queueMicrotask",
    ]
)


@dataclass(frozen=True, slots=True)
class Callee:
    """`symbol` is None for what is no definition of the repository; `text` is its full name."""

    text: str
    symbol: Symbol | None
    is_member: bool


def callee(index: SymbolIndex, macro: str, args: Mapping[str, str], key: str) -> Callee:
    """What `args[key]` names: a function or class of the repository, or something that the language
    has (`JSON.stringify`). For use within the index's `ask`. Raises MacroRefused."""
    text = needed(args, macro, key)
    if not named(index, text, kin=KIN) and text.partition(".")[0] in _BUILT_IN:
        return Callee(text, None, False)
    symbol = find(index, macro, text, kin=KIN)[0]
    if symbol.kind not in ("function", "method", "class", "constant", "variable"):
        raise MacroRefused(
            "unsupported", f"{text} is a {symbol.kind}, not a function", (listed(symbol),)
        )
    member = any(row_of(index, one).owner >= 0 for one in keys_of(index, symbol))
    return Callee(symbol.qualname, symbol, member)


class Names:
    """Names of a callee, file by file. `patches` are the imports that they need."""

    def __init__(self, index: SymbolIndex, trees: Trees, modules: Modules, wanted: Callee) -> None:
        self._index, self._trees, self._modules = index, trees, modules
        self._wanted = wanted
        self._known: dict[str, str] = {}
        self.patches: list[Patch] = []

    def at(self, call: Call) -> str:
        """The callee's name where the call stands. Raises MacroRefused where it has none."""
        path = call.path
        if path not in self._known:
            self._known[path] = self._name(path)
        name = self._known[path]
        head = name.partition(".")[0]
        scopes = self._modules.file(path).scopes
        for scope in scopes.scope_at(call.node).outward():
            if scope is not scopes.top and head in scope.names:
                raise MacroRefused(
                    "collision", f"{head} is something else there ({call.where})", (call.where,)
                )
        return name

    def _name(self, path: str) -> str:
        symbol = self._wanted.symbol
        scopes = self._modules.file(path).scopes
        if symbol is None:
            if self._wanted.text.partition(".")[0] in scopes.top.names:
                raise MacroRefused("collision", f"{self._wanted.text} is something else in {path}")
            return self._wanted.text
        if symbol.path == path:
            return symbol.name
        given = self._given(symbol)
        for row in self._modules.file(path).taken:
            taken = row.source == symbol.path and row.name == given and not row.type_only
            if taken and row.variable is not None:
                return row.variable.name
        check_cycle(self._modules, path, symbol.path)
        style = style_of(self._trees, self._modules, path)
        specifier = specifier_of(self._modules, path, symbol.path, style)
        self.patches += insert(
            self._trees, self._modules, path, Wanted(specifier, given, symbol.name)
        )
        return symbol.name

    def _given(self, symbol: Symbol) -> str:
        """The name by which the callee's file gives it away."""
        file = self._modules.file(symbol.path)
        variable = file.scopes.at.get(symbol.name_at.start_byte)
        names = [
            row.name for row in file.given if row.variable is variable and variable is not None
        ]
        names = [one for one in names if one != "="]
        if not names:
            raise MacroRefused(
                "unsupported",
                f"{symbol.path} does not export {symbol.name}",
                (listed(symbol),),
            )
        return symbol.name if symbol.name in names else names[0]


def within(index: SymbolIndex, call: Call, wanted: Callee) -> bool:
    """Whether the call stands in the definition of the callee itself."""
    symbol = wanted.symbol
    if symbol is None or symbol.path != call.path:
        return False
    rows = [row_of(index, key) for key in keys_of(index, symbol)]
    return any(row.start <= call.node.start_byte < row.end for row in rows)
