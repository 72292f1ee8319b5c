"""Which language a call of a macro op is about."""

from __future__ import annotations

from collections.abc import Mapping

from ..aa.macros import SIGNATURES
from ..heaven.index.symbols import SymbolIndex
from .arguments import needed
from .files import inside
from .refused import MacroRefused
from .syntax import kin_of
from .targets import listed, meant


def language_of_call(index: SymbolIndex, macro: str, args: Mapping[str, str]) -> tuple[str, str]:
    """What `kin_of` calls the language ("" where there is none), and the file that says so. For use
    within the index's `ask`.

    Raises MacroRefused where the op's subject is not in the repository, or is a name in several
    languages.
    """
    subject = SIGNATURES[macro].parameters[0]
    value = needed(args, macro, subject.name)
    if subject.type == "path":
        path = inside(macro, value)
        return kin_of(path) or "", path
    symbols = meant(index, value, args.get("in"), args.get("kind"))
    kins = {kin_of(one.path) or "" for one in symbols}
    if len(kins) > 1:
        raise MacroRefused(
            "ambiguous",
            f"{value} names definitions of several languages: say which with path::name or "
            "`in PATH`",
            tuple(map(listed, symbols)),
        )
    if not symbols:
        # That there is no such definition, and what is near, any of them says.
        return "python", value
    return kins.pop(), symbols[0].path
