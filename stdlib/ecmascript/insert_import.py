"""INSERT_IMPORT: an import in a file, in the file's own style."""

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
from .modules import Modules

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME = "INSERT_IMPORT"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Import what `args["import"]` says (a statement, or a module's name, which is imported as a
    whole) in `args["path"]`. Names join an import from the same module; a CommonJS file gets
    `require`, whatever the statement says.

    Raises MacroRefused: no statement, its name is taken in the file, or it is imported already.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    path = existing(index, _NAME, needed(args, _NAME, "path"))
    trees = Trees(index)
    modules = Modules(index, trees)
    patches: list[Patch] = []
    wanted, _ = read_spec(needed(args, _NAME, "import"), path)
    for one in wanted:
        patches += insert(trees, modules, path, one)
    if not patches:
        raise MacroRefused("nothing", f"{path} has that import already")
    return Expansion(edit_of(index, patches, "the import"), len(patches), ())
