"""The function that calls are to go to: its name in each file, which imports it where it must."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from ...heaven.index.facts import FileFacts
from ...heaven.index.naming import Naming
from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..arguments import needed
from ..patches import Patch
from ..refused import MacroRefused
from ..syntax import Trees
from ..targets import find, keys_of, listed, named, row_of
from .functions import scope_at
from .imports import Wanted, insert, module_of, reaches
from .uses import Call


@dataclass(frozen=True, slots=True)
class Callee:
    """`symbol` is None for what is no definition of the repository; `text` is its full name."""

    text: str
    symbol: Symbol | None

    @property
    def is_member(self) -> bool:
        return self.symbol is not None and "." in self.symbol.qualname


def callee(index: SymbolIndex, macro: str, args: Mapping[str, str], key: str) -> Callee:
    """What `args[key]` names: a function or class of the repository, a builtin, or something of the
    standard library (`json.dumps`). For use within the index's `ask`. Raises MacroRefused."""
    text = needed(args, macro, key)
    if not named(index, text, kin="python"):
        head = text.partition(".")[0]
        if "::" not in text and (
            hasattr(builtins, text) or ("." in text and head in sys.stdlib_module_names)
        ):
            return Callee(text, None)
    symbol = find(index, macro, text, kin="python")[0]
    if symbol.kind not in ("function", "method", "class"):
        raise MacroRefused(
            "unsupported", f"{text} is a {symbol.kind}, not a function", (listed(symbol),)
        )
    return Callee(symbol.qualname, symbol)


class Names:
    """Names of a callee, file by file. `patches` are the imports that they need."""

    def __init__(self, index: SymbolIndex, trees: Trees, naming: Naming, wanted: Callee) -> None:
        self._index = index
        self._trees = trees
        self._naming = naming
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
        at = call.callee.start_byte
        owner = self._naming.owner(path, scope_at(self._index, path, at), head, at)
        if owner is not None and owner.scope != 0:
            where = f"{path}:{self._index.lines(path).line(at)}"
            raise MacroRefused("collision", f"{head} is something else there ({where})", (where,))
        return name

    def _name(self, path: str) -> str:
        symbol = self._wanted.symbol
        if symbol is None:
            return self._outside(path)
        if symbol.path == path:
            return symbol.name
        facts = self._index.facts_of(path) or FileFacts()
        starts = {
            one.at.start_byte for one in self._index.references(symbol)
            if one.path == path and one.ref_kind == "import" and one.confidence == 1.0
        }  # fmt: skip
        for use in facts.uses:
            if use.start in starts and use.imported >= 0 and use.depth == 0:
                row = facts.imports[use.imported]
                if row.scope == 0 and row.name:
                    return row.bound
        if reaches(self._index, symbol.path, path):
            raise MacroRefused(
                "unsupported",
                f"{path} cannot import {symbol.name} from {symbol.path}, which imports it",
                (listed(symbol),),
            )
        module = module_of(self._index, symbol.path, path)
        self.patches += insert(
            self._index, self._trees, path, Wanted(module, symbol.name, symbol.name)
        )
        return symbol.name

    def _outside(self, path: str) -> str:
        module, dot, _ = self._wanted.text.rpartition(".")
        if dot:
            top = module.partition(".")[0]
            self.patches += insert(self._index, self._trees, path, Wanted(module, "", top))
            return self._wanted.text
        facts = self._index.facts_of(path) or FileFacts()
        if facts.visible(0, self._wanted.text).bindings:
            raise MacroRefused("collision", f"{self._wanted.text} is something else in {path}")
        return self._wanted.text


def within(index: SymbolIndex, call: Call, wanted: Callee) -> bool:
    """Whether the call stands in the definition of the callee itself."""
    symbol = wanted.symbol
    if symbol is None or symbol.path != call.path:
        return False
    rows = [row_of(index, key) for key in keys_of(index, symbol)]
    return any(row.start <= call.node.start_byte < row.end for row in rows)
