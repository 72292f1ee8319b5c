"""The table of macro ops: opcode to expander. `aa.macros` says how each is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from .refused import Expansion

if TYPE_CHECKING:
    from ..heaven import Heaven

Expander: TypeAlias = "Callable[[Mapping[str, str], Heaven], Expansion]"


def _rename_symbol(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    # The analysis is only needed once a macro runs.
    from .rename import expand

    return expand(args, heaven)


MACROS: Final[dict[str, Expander]] = {"RENAME_SYMBOL": _rename_symbol}
