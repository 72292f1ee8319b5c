"""RENAME_SYMBOL: a definition and every token that is proved to mean it, as one batch of edits."""

from __future__ import annotations

import difflib
import keyword
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ..heaven.errors import PathOutside
from ..heaven.records import Symbol
from ..proto.edit_ir import EditIR, EditOp
from .python.collisions import check_collisions
from .python.program import Program
from .python.renaming import Renaming
from .python.scopes import Scope
from .python.tree import count_errors, parse
from .refused import Expansion, MacroRefused
from .tokens import replace_tokens, token_edits

_DEFINED = re.compile(rb"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)
_PYTHON = (".py", ".pyi")


class Index(Protocol):
    """What a rename asks of Heaven."""

    @property
    def root(self) -> Path: ...

    def list_files(self) -> tuple[str, ...]:
        """The repository's files: POSIX paths, sorted."""
        ...

    def find_symbols(
        self, name: str, *, path: str | None = None, kind: str | None = None
    ) -> tuple[Symbol, ...]:
        """The definitions of exactly this name."""
        ...


def expand(args: Mapping[str, str], heaven: Index) -> Expansion:
    """Rename what `args["old"]` names (`name`, `Class.method`, `path::qualname`) to `args["new"]`.

    `args["in"]` (a file or directory) and `args["kind"]` narrow the choice. Strings, comments and
    keyword arguments stay. Uses that are not proved are left and listed in `unsure`.

    Raises MacroRefused: the name is unknown or ambiguous, the new one is no name or is taken where
    it would be used, the definition overrides something outside the repository, or its language has
    no rename in this version.
    """
    old, new = _argument(args, "old"), _argument(args, "new")
    program = Program(heaven.root, heaven.list_files())
    symbols = _find(heaven, program, old, args.get("in"), args.get("kind"))
    bare = symbols[0].name
    wanted = _new_name(old, new, bare)
    renaming = Renaming(program, bare, _owners(program, symbols))
    renaming.collect()
    _check_private(renaming, bare, wanted)
    check_collisions(renaming, wanted)
    sure = sum(len(tokens) for tokens in renaming.tokens.values())
    if not sure:
        raise MacroRefused("unknown", f"no token of {old} was found to rename")
    return Expansion(EditIR(_edits(renaming, wanted)), sure, tuple(renaming.unsure))


def _argument(args: Mapping[str, str], name: str) -> str:
    value = args.get(name, "").strip()
    if not value:
        raise MacroRefused("arguments", f"RENAME_SYMBOL needs {name}")
    return value


def _new_name(old: str, new: str, bare: str) -> str:
    """The bare new name. It may repeat the qualification of the old one, and no other."""
    prefix = old.removesuffix(bare)
    name = new
    if prefix and new.startswith(prefix):
        name = new[len(prefix) :]
    elif "::" in prefix and new.startswith(prefix.rpartition("::")[2]):
        name = new[len(prefix.rpartition("::")[2]) :]
    if "." in name or "::" in name:
        raise MacroRefused(
            "name", f"{new} is not in the place of {old}: a rename moves nothing, give a bare name"
        )
    if not name.isidentifier():
        raise MacroRefused("name", f"{name!r} is not a Python identifier")
    if keyword.iskeyword(name):
        raise MacroRefused("name", f"{name!r} is a Python keyword")
    if name == bare:
        raise MacroRefused("name", f"{bare} is the name that it has already")
    for word in (bare, name):
        if word.startswith("__") and word.endswith("__"):
            raise MacroRefused("name", f"{word} is a special name: Python calls it by that name")
    return name


def _find(
    heaven: Index, program: Program, old: str, place: str | None, kind: str | None
) -> tuple[Symbol, ...]:
    """The definitions that `old` names: one symbol, with all its overloads and accessors."""
    try:
        found = heaven.find_symbols(old, kind=kind)
    except PathOutside as error:
        raise MacroRefused("unknown", f"{old} names no file of the repository") from error
    if place is not None:
        inside = place.strip("/").removeprefix("./")
        found = tuple(
            s
            for s in found
            if inside in ("", ".") or s.path == inside or s.path.startswith(inside + "/")
        )
    if not found:
        raise _unknown(heaven, program, old, place, kind)
    others = sorted({s.path for s in found if not s.path.endswith(_PYTHON)})
    if others:
        raise MacroRefused(
            "unsupported", f"RENAME_SYMBOL works on Python in this version, not on {others[0]}"
        )
    homes = {(s.path, s.qualname) for s in found}
    if len(homes) > 1 and not _one_family(program, found):
        listed = tuple(f"{s.path}:{s.name_at.start_line} {s.qualname}" for s in found)
        raise MacroRefused(
            "ambiguous",
            f"{old} names {len(homes)} definitions: say which with Class.{found[0].name}, "
            "path::name, `in PATH` or `kind KIND`",
            listed,
        )
    return found


def _unknown(
    heaven: Index, program: Program, old: str, place: str | None, kind: str | None
) -> MacroRefused:
    bare = re.split(r"[.:]+", old)[-1]
    elsewhere = tuple(
        f"{s.path}:{s.name_at.start_line} {s.qualname}" for s in heaven.find_symbols(bare)
    )
    if elsewhere:
        first = elsewhere[0] + (f" (and {len(elsewhere) - 1} more)" if elsewhere[1:] else "")
        return MacroRefused(
            "unknown", f"{old} is not where it was looked for; there is {first}", elsewhere
        )
    names = {
        match.decode("utf-8", errors="replace")
        for path in program.paths
        for match in _DEFINED.findall(program.source(path))
    }
    near = tuple(difflib.get_close_matches(bare, sorted(names), n=5))
    where = f" in {place}" if place else ""
    what = f" of kind {kind}" if kind else ""
    hint = f"; near names: {', '.join(near)}" if near else ""
    return MacroRefused("unknown", f"no definition{what} named {old}{where}{hint}", near)


def _owners(program: Program, symbols: Sequence[Symbol]) -> set[Scope]:
    """The scopes whose variable the symbols define."""
    owners: set[Scope] = set()
    for symbol in symbols:
        module = program.module(symbol.path)
        for token in module.tokens.get(symbol.name, []):
            if token.start == symbol.name_at.start_byte:
                owner = token.scope.owner(symbol.name)
                if owner is not None:
                    owners.add(owner)
    if not owners:
        first = symbols[0]
        raise MacroRefused(
            "unsupported",
            f"{first.qualname} ({first.path}:{first.name_at.start_line}) is a {first.kind}, "
            "which RENAME_SYMBOL does not follow in this version",
        )
    return owners


def _one_family(program: Program, symbols: Sequence[Symbol]) -> bool:
    """Whether the symbols are one method and its overrides."""
    owners = _owners(program, symbols)
    if any(owner.kind != "class" for owner in owners):
        return False
    renaming = Renaming(program, symbols[0].name, {next(iter(owners))})
    renaming.collect()
    return owners <= renaming.family


def _check_private(renaming: Renaming, old: str, new: str) -> None:
    """Python mangles `__name` within classes, so that it must stay private or stay public."""
    if old.startswith("__") != new.startswith("__"):
        raise MacroRefused(
            "name", f"{old} and {new} differ in the two underscores that Python mangles"
        )


def _edits(renaming: Renaming, new: str) -> tuple[EditOp, ...]:
    ops: list[EditOp] = []
    for path in sorted(renaming.tokens):
        source = renaming.program.source(path)
        tokens = renaming.tokens[path]
        before = count_errors(renaming.program.module(path).root)
        after = replace_tokens(source, tokens, new.encode())
        if count_errors(parse(after)) > before:
            raise MacroRefused("syntax", f"{path} would no longer parse with {new}", (path,))
        try:
            ops.extend(token_edits(path, source, tokens, new))
        except UnicodeDecodeError as error:
            raise MacroRefused("unsupported", f"{path} is not UTF-8", (path,)) from error
    return tuple(ops)
