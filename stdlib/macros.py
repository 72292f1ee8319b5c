"""The table of macro ops: opcode and language to expander. `aa.macros` says how each is called.

What an op is about says the language: the file that it names, or the symbol, which stands in one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from ..aa.macros import SIGNATURES
from .refused import Expansion, MacroRefused

if TYPE_CHECKING:
    from ..heaven import Heaven

Expander: TypeAlias = "Callable[[Mapping[str, str], Heaven], Expansion]"

_ANY_TEXT: Final = {"REPLACE_SPAN": "replace_span"}

_OF_LANGUAGE: Final = {
    "python": {
        "RENAME_SYMBOL": "python.rename",
        "ADD_PARAM": "python.add_param",
        "REMOVE_PARAM": "python.remove_param",
        "INSERT_IMPORT": "python.insert_import",
        "ADD_TEST_CASE": "python.add_test_case",
        "ADD_FUNCTION_STUB": "python.add_function_stub",
        "MOVE_SYMBOL": "python.move_symbol",
        "WRAP_CALL": "python.wrap_call",
        "REPLACE_CALL": "python.replace_call",
    },
}
"""By what `kin_of` calls a language: its ops, and the module of each."""


def _expander(macro: str) -> Expander:
    def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
        # The analysis is only needed once a macro runs.
        from .language import language_of_call

        module = _ANY_TEXT.get(macro)
        if module is None:
            kin, path = heaven.index.ask(lambda: language_of_call(heaven.index, macro, args))
            module = _OF_LANGUAGE.get(kin, {}).get(macro)
            if module is None:
                suffixes = ", ".join(f"*{one}" for one in SIGNATURES[macro].suffixes)
                raise MacroRefused("unsupported", f"{macro} works on {suffixes}, not on {path}")
        found = cast("Expander", import_module(f".{module}", __package__).expand)
        return found(args, heaven)

    return expand


MACROS: Final[dict[str, Expander]] = {name: _expander(name) for name in SIGNATURES}
