"""INSERT_IMPORT: an import at the top of a file, in the section and the order that is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...heaven.index.symbols import SymbolIndex
from ..arguments import needed
from ..files import existing
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees
from .imports import insert, read_spec

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME = "INSERT_IMPORT"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Import what `args["import"]` says (a statement, or a module's name) in `args["path"]`.

    Raises MacroRefused: no statement, its name is taken in the file, or it is imported already.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    path = existing(index, _NAME, needed(args, _NAME, "path"))
    trees = Trees(index)
    patches: list[Patch] = []
    for wanted in read_spec(needed(args, _NAME, "import")):
        patches += insert(index, trees, path, wanted)
    if not patches:
        raise MacroRefused("nothing", f"{path} has that import already")
    return Expansion(edit_of(index, patches, "the import"), len(patches), ())
