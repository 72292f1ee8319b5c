"""The function whose parameters an op changes: its definitions, what overrides it, its uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..refused import MacroRefused, Site
from ..syntax import Trees
from ..targets import keys_of, listed, row_of
from .functions import FunctionSource, function_of, symbols_of
from .members import Members
from .modules import Modules
from .uses import Uses, uses_of


@dataclass(frozen=True, slots=True)
class Function:
    """`own` are the definitions that were named, overloads before what implements them;
    `overrides` what shares calls with them."""

    symbols: tuple[Symbol, ...]
    own: tuple[FunctionSource, ...]
    overrides: tuple[FunctionSource, ...]
    uses: Uses
    members: Members | None

    @property
    def name(self) -> str:
        return self.symbols[0].qualname

    @property
    def every(self) -> tuple[FunctionSource, ...]:
        return (*self.own, *self.overrides)

    def check_followable(self) -> None:
        """Raises MacroRefused where something outside of the repository calls it."""
        if self.members is not None and self.members.name != "constructor":
            self.members.check_followable()


def function(
    index: SymbolIndex, trees: Trees, modules: Modules, macro: str, args: Mapping[str, str],
    key: str = "func",
) -> Function:  # fmt: skip
    """What `args[key]` names; of a class, its constructor. For use within the index's `ask`.

    Raises MacroRefused: unknown, ambiguous, or no function.
    """
    symbols = symbols_of(index, macro, args, key)
    for one in symbols:
        if one.kind not in ("function", "method", "constant", "variable", "field"):
            raise MacroRefused(
                "unsupported", f"{one.qualname} is a {one.kind}, not a function", (listed(one),)
            )
    keys = sorted({one for symbol in symbols for one in keys_of(index, symbol)})
    own = tuple(function_of(index, trees, one) for one in keys)
    is_member = any(row_of(index, one).owner >= 0 for one in keys)
    is_member = is_member and not any(
        modules.file(one.path).scopes.at.get(row_of(index, one).name_start) for one in keys
    )
    members = Members(index, trees, modules, symbols) if is_member else None
    overrides: tuple[FunctionSource, ...] = ()
    if members is not None and members.name != "constructor":
        overrides = tuple(function_of(index, trees, one) for one in members.keys if one not in keys)
    uses = uses_of(index, trees, modules, symbols, members)
    return Function(symbols, own, overrides, uses, members)


def refuse_unproven(what: str, found: Sequence[Site]) -> None:
    """Raises MacroRefused with the sites as candidates, where there are any."""
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise MacroRefused(
            "unsure",
            f"{what}: {found[0]}{more}; with `unsure include` it is done all the same",
            tuple(map(str, found)),
        )
