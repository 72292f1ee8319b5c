"""The table of macro ops: opcode to expander. `aa.macros` says how each is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from .refused import Expansion

if TYPE_CHECKING:
    from ..heaven import Heaven

Expander: TypeAlias = "Callable[[Mapping[str, str], Heaven], Expansion]"

_MODULES: Final = {
    "RENAME_SYMBOL": "rename",
    "ADD_PARAM": "add_param",
    "REMOVE_PARAM": "remove_param",
    "INSERT_IMPORT": "insert_import",
    "ADD_TEST_CASE": "add_test_case",
    "ADD_FUNCTION_STUB": "add_function_stub",
    "REPLACE_SPAN": "replace_span",
    "MOVE_SYMBOL": "move_symbol",
    "WRAP_CALL": "wrap_call",
    "REPLACE_CALL": "replace_call",
}


def _expander(module: str) -> Expander:
    def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
        # The analysis is only needed once a macro runs.
        found = cast("Expander", import_module(f".{module}", __package__).expand)
        return found(args, heaven)

    return expand


MACROS: Final[dict[str, Expander]] = {name: _expander(at) for name, at in _MODULES.items()}
