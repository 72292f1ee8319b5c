"""INSERT_IMPORT on Go: an import where gofmt and the file's sections have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ...heaven.index.symbols import SymbolIndex
from ..arguments import line, needed
from ..files import existing
from ..occurrences import Spot, site_of
from ..patches import edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import count_errors, parse
from .imports import ImportEdits, insert, uses_of_import
from .subject import Repository

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME: Final = "INSERT_IMPORT"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Import what `args["import"]` says (`fmt`, `"net/http"`, `import h "net/http"`, `_ "embed"`)
    in `args["path"]`. An import that nothing in the file uses yet is listed in `unsure`: until
    something does, the file does not compile.

    Raises MacroRefused: no import, its name is taken in the file, or it is imported already.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    path = existing(index, _NAME, needed(args, _NAME, "path"))
    repository = Repository(index)
    imported, local = _spec(needed(args, _NAME, "import"))
    packages = repository.packages
    if any(
        one.path == imported and one.local == (local or one.local) for one in packages.imports(path)
    ):
        raise MacroRefused("nothing", f"{path} has that import already")
    if local in ("_", "."):
        return Expansion(
            edit_of(index, insert(repository, path, imported, local), "the import"), 1, ()
        )
    edits = ImportEdits(repository)
    name = edits.need(path, imported, local or None)
    patches = edits.patches() or insert(repository, path, imported, local)
    left: tuple[Spot, ...] = ()
    if not uses_of_import(repository, path, name):
        left = (Spot(path, 0, 0, f"nothing in the file uses {name} yet, as Go demands", False),)
    sites = tuple(site_of(index, one) for one in left)
    return Expansion(edit_of(index, patches, "the import"), 1, sites)


def _spec(text: str) -> tuple[str, str]:
    """The path, and the name where one is written."""
    text = line(text, _NAME, "import").removeprefix("import ").strip()
    local, _, quoted = text.rpartition(" ")
    quoted, local = quoted.strip('"`'), local.strip()
    root = parse(f'package p\n\nimport {local} "{quoted}"\n'.encode(), "x.go")
    if count_errors(root) or not quoted or " " in local or '"' in quoted:
        raise MacroRefused("syntax", f"{text!r} is no import")
    return quoted, local
