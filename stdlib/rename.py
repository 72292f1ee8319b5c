"""RENAME_SYMBOL: a definition and every token that is proved to mean it, as one batch of edits."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..heaven.errors import PathOutside
from ..heaven.index.naming import Naming
from ..heaven.index.symbols import SymbolIndex
from ..heaven.records import Symbol
from ..proto.edit_ir import EditIR, EditOp
from .collisions import check_collisions
from .followable import check_followable
from .refused import Expansion, MacroRefused
from .syntax import PYTHON, count_errors, parse
from .tokens import replace_tokens, token_edits
from .unsure import unsure_sites

if TYPE_CHECKING:
    from ..heaven import Heaven


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Rename what `args["old"]` names (`name`, `Class.method`, `path::qualname`) to `args["new"]`.

    `args["in"]` (a file or directory) and `args["kind"]` narrow the choice. Strings, comments and
    keyword arguments stay. Uses that are not proved are left and listed in `unsure`.

    Raises MacroRefused: the name is unknown or ambiguous, the new one is no name or is taken where
    it would be used, the definition overrides something outside the repository, or its language has
    no rename in this version; TreeUnreadable.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    old, new = _argument(args, "old"), _argument(args, "new")
    symbols = _find(index, old, args.get("in"), args.get("kind"))
    bare = symbols[0].name
    wanted = _new_name(old, new, bare)
    naming = index.naming(symbols)
    _check_variable(naming, symbols)
    check_followable(index, naming)
    _check_private(bare, wanted)
    check_collisions(index, naming, wanted)
    if not naming.sure:
        raise MacroRefused("unknown", f"no token of {old} was found to rename")
    edits, count = _edits(index, naming, wanted)
    return Expansion(EditIR(edits), count, unsure_sites(index, naming))


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


def _find(index: SymbolIndex, old: str, place: str | None, kind: str | None) -> tuple[Symbol, ...]:
    """The definitions that `old` names: one symbol, with all its overloads and accessors."""
    try:
        found = index.find_symbols(old, kind=kind)
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
        raise _unknown(index, old, place, kind)
    others = sorted({s.path for s in found if not s.path.endswith(PYTHON)})
    if others:
        raise MacroRefused(
            "unsupported", f"RENAME_SYMBOL works on Python in this version, not on {others[0]}"
        )
    homes = {(s.path, s.qualname) for s in found}
    if len(homes) > 1 and not set(found) <= set(index.family(found[0])):
        listed = tuple(f"{s.path}:{s.name_at.start_line} {s.qualname}" for s in found)
        raise MacroRefused(
            "ambiguous",
            f"{old} names {len(homes)} definitions: say which with Class.{found[0].name}, "
            "path::name, `in PATH` or `kind KIND`",
            listed,
        )
    return found


def _unknown(index: SymbolIndex, old: str, place: str | None, kind: str | None) -> MacroRefused:
    bare = re.split(r"[.:]+", old)[-1]
    elsewhere = tuple(
        f"{s.path}:{s.name_at.start_line} {s.qualname}" for s in index.find_symbols(bare)
    )
    if elsewhere:
        first = elsewhere[0] + (f" (and {len(elsewhere) - 1} more)" if elsewhere[1:] else "")
        return MacroRefused(
            "unknown", f"{old} is not where it was looked for; there is {first}", elsewhere
        )
    near = index.near(bare)
    where = f" in {place}" if place else ""
    what = f" of kind {kind}" if kind else ""
    hint = f"; near names: {', '.join(near)}" if near else ""
    return MacroRefused("unknown", f"no definition{what} named {old}{where}{hint}", near)


def _check_variable(naming: Naming, symbols: tuple[Symbol, ...]) -> None:
    """An attribute that only `self.name = ...` makes is not followed."""
    bound = {
        (variable.path, one.at)
        for variable in naming.variables
        for one in naming.bindings(variable)
        if one.how == "definition"
    }
    if not any((one.path, one.name_at.start_byte) in bound for one in symbols):
        first = symbols[0]
        raise MacroRefused(
            "unsupported",
            f"{first.qualname} ({first.path}:{first.name_at.start_line}) is a {first.kind}, "
            "which RENAME_SYMBOL does not follow in this version",
        )


def _check_private(old: str, new: str) -> None:
    """Python mangles `__name` within classes, so that it must stay private or stay public."""
    if old.startswith("__") != new.startswith("__"):
        raise MacroRefused(
            "name", f"{old} and {new} differ in the two underscores that Python mangles"
        )


def _edits(index: SymbolIndex, naming: Naming, new: str) -> tuple[tuple[EditOp, ...], int]:
    """The edits, and how many tokens they change."""
    tokens: dict[str, set[tuple[int, int]]] = {}
    for token in naming.sure:
        tokens.setdefault(token.path, set()).add((token.start, token.end))
    ops: list[EditOp] = []
    for path in sorted(tokens):
        source = index.lines(path).source
        after = replace_tokens(source, tokens[path], new.encode())
        if count_errors(parse(after)) > count_errors(parse(source)):
            raise MacroRefused("syntax", f"{path} would no longer parse with {new}", (path,))
        try:
            ops.extend(token_edits(path, source, tokens[path], new))
        except UnicodeDecodeError as error:
            raise MacroRefused("unsupported", f"{path} is not UTF-8", (path,)) from error
    return tuple(ops), sum(map(len, tokens.values()))
