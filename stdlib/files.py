"""Files that a macro op is given by their paths."""

from __future__ import annotations

from ..heaven.errors import PathOutside
from ..heaven.index.symbols import SymbolIndex
from ..heaven.paths import normalise
from .refused import MacroRefused
from .syntax import kin_of


def inside(macro: str, path: str) -> str:
    """The path in its one spelling. Raises MacroRefused where it is none of the repository's."""
    try:
        return normalise(path)
    except PathOutside as error:
        raise MacroRefused("unknown", f"{macro}: {path} is not in the repository") from error


def existing(index: SymbolIndex, macro: str, path: str) -> str:
    """As `inside`, of a file that the index has read. For use within its `ask`."""
    path = inside(macro, path)
    if kin_of(path) is None or index.facts_of(path) is None:
        raise MacroRefused("unknown", f"{macro}: there is no file {path} that could be read")
    return path
