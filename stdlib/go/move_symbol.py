"""MOVE_SYMBOL on Go: a declaration goes to another file, of its package or of another one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import dirname
from typing import TYPE_CHECKING, Final

from ...heaven.index.symbols import SymbolIndex
from ...proto.edit_ir import EditIR, EditOp
from ..arguments import needed
from ..files import inside
from ..occurrences import site_of
from ..patches import Patch, edit_of, patched
from ..refused import Expansion, MacroRefused
from ..syntax import kin_of
from ..targets import listed, place_of
from .add_function_stub import package_for
from .blocks import at_end
from .imports import ImportEdits, spec_text
from .move_pieces import Piece, follow, needs, pieces_of, requalified
from .packages import Package
from .subject import Repository, Subject, subject
from .uses import uses_of

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME: Final = "MOVE_SYMBOL"
_BUILD: Final = re.compile(rb"^//go:build .*$|^// \+build .*$", re.MULTILINE)
_SUFFIX: Final = re.compile(
    r"_(?:linux|darwin|windows|freebsd|netbsd|openbsd|plan9|solaris|js|wasm|amd64|386|arm|arm64)"
    r"(?:_test)?\.go$"
)


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Move `args["symbol"]` to the file `args["to"]`, which is made if it is not there. Of a type,
    the methods in the same file go with it; to another package, all of them.

    Imports follow in both files. To another package, every use is qualified anew. Raises
    MacroRefused: also where the packages would import each other, where a name that is not exported
    would be needed across packages, or where the name is taken.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    repository = Repository(index)
    found = subject(
        repository, _NAME, needed(args, _NAME, "symbol"), args.get("in"), args.get("kind")
    )
    to = inside(_NAME, needed(args, _NAME, "to"))
    home = found.symbols[0].path
    if kin_of(to) != "go":
        raise MacroRefused("unsupported", f"{to} is no Go file")
    if to == home:
        raise MacroRefused("nothing", f"{found.name} is in {to} already")
    if found.is_member or "." in found.symbols[0].qualname:
        raise MacroRefused("unsupported", f"{found.name} is not at the top of its file")
    if len(found.symbols) > 1:
        raise MacroRefused(
            "unsupported", f"{found.name} has a declaration for each build",
            tuple(map(listed, found.symbols)),
        )  # fmt: skip
    known = index.facts_of(to) is not None
    if not known and (index.root / to).exists():
        raise MacroRefused("unknown", f"{to} could not be read")
    source_package = repository.packages.of(home)
    target = repository.packages.of(to) if known else _target(repository, to, source_package)
    _check_build(repository, home, to, known)
    uses = uses_of(repository, found)
    pieces = pieces_of(repository, found, everywhere=target != source_package)
    if to.endswith("_test.go") and not home.endswith("_test.go"):
        outside = [one for one in uses.sure if not one.path.endswith("_test.go")]
        outside = [one for one in outside if not any(p.holds(one.path, one.start) for p in pieces)]
        if outside:
            where = place_of(index, outside[0].path, outside[0].start)
            raise MacroRefused("unsupported", f"{found.name} is used outside of tests ({where})")
    edits = ImportEdits(repository)
    patches: list[Patch] = []
    inner: dict[int, list[tuple[int, int, str]]] = {}
    if target != source_package:
        _check_target(repository, found, target)
        inner, patches = requalified(repository, edits, found, pieces, uses, target, to)
    wanted = needs(repository, pieces, target)
    texts = [
        patched(
            repository.trees.source(one.path)[one.start : one.end],
            [(a - one.start, b - one.start, text) for a, b, text in inner.get(number, [])],
        ).decode()
        for number, one in enumerate(pieces)
    ]
    body = "\n\n".join(text.replace("\r\n", "\n") for text in texts)
    for path in {one.path for one in pieces}:
        stretches = [(one.start, one.end) for one in pieces if one.path == path]
        stretches += [(row.start, row.end) for row in patches if row.path == path]
        edits.drop_unused(path, stretches)
    follow(edits, patches)
    patches += [_cut(repository, one) for one in pieces]
    extra: tuple[EditOp, ...] = ()
    if known:
        for imported, local in sorted(wanted.items()):
            name = edits.need(to, imported, local or None)
            if local and name != local:
                raise MacroRefused("collision", f"{to} knows {imported} as {name}, not as {local}")
        patches.append(at_end(to, repository.trees.source(to), body))
    else:
        wanted |= edits.taken(to)
        content = f"package {target.name}\n\n{_imports(wanted)}{body}\n"
        extra = (EditOp(op="add_file", path=to, content=content),)
    batch = edit_of(index, [*patches, *edits.patches()], "the move")
    sites = tuple(site_of(index, one) for one in uses.unsure)
    return Expansion(EditIR((*batch.ops, *extra)), len(pieces) + len(inner), sites)


def _imports(wanted: Mapping[str, str]) -> str:
    rows = [spec_text(imported, local) for imported, local in sorted(wanted.items())]
    if len(rows) < 2:
        return f"import {rows[0]}\n\n" if rows else ""
    return "import (\n" + "".join(f"\t{row}\n" for row in rows) + ")\n\n"


def _target(repository: Repository, to: str, source: Package) -> Package:
    return source if dirname(to) == source.directory else package_for(repository, to)


def _check_build(repository: Repository, home: str, to: str, known: bool) -> None:
    """A file that is only built at times must not give or get what others need."""
    rows = _BUILD.findall(repository.trees.source(home))
    others = _BUILD.findall(repository.trees.source(to)) if known else []
    if rows != others or _SUFFIX.findall(home) != _SUFFIX.findall(to):
        raise MacroRefused("unsupported", f"{home} and {to} are not built at the same times")


def _check_target(repository: Repository, found: Subject, target: Package) -> None:
    taken = repository.packages.scope(target).get(found.name)
    if taken:
        where = repository.where(taken[0])
        raise MacroRefused("collision", f"{target.name} declares {found.name} ({where})", (where,))
    if repository.packages.import_path(target.directory) is None:
        raise MacroRefused("unsupported", "there is no go.mod, so that packages have no paths")


def _cut(repository: Repository, one: Piece) -> Patch:
    """The piece's lines, and the blank line that would be one too many."""
    source = repository.trees.source(one.path)
    start = source.rfind(b"\n", 0, one.start) + 1
    end = source.find(b"\n", one.end) + 1 or len(source)
    if source[end : end + 1] == b"\n":
        end += 1
    elif end == len(source) and source[:start].endswith(b"\n\n"):
        start -= 1
    return Patch(one.path, start, end, "")
