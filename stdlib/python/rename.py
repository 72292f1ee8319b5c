"""RENAME_SYMBOL: a definition and every token that is proved to mean it, as one batch of edits."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...heaven.index.naming import Naming
from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..arguments import needed
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused, Site
from ..targets import find, named
from .collisions import check_collisions
from .followable import check_followable
from .rename_param import rename_param
from .unsure import Spot, site_of, text_spots, unsure_spots

if TYPE_CHECKING:
    from ...heaven import Heaven


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Rename what `args["old"]` names (`name`, `Class.method`, `path::qualname`, or a function's
    parameter `func.param`) to `args["new"]`.

    `args["in"]` (a file or directory) and `args["kind"]` narrow the choice. Uses that are not
    proved are left and listed in `unsure`; with `args["unsure"]` "include" they are renamed too.
    With `args["text"]` "include" so are the words in strings and comments.

    Raises MacroRefused: the name is unknown or ambiguous, the new one is no name or is taken where
    it would be used, the definition overrides something outside the repository, or its language has
    no rename in this version; TreeUnreadable.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    old, new = needed(args, "RENAME_SYMBOL", "old"), needed(args, "RENAME_SYMBOL", "new")
    place, kind = args.get("in"), args.get("kind")
    param = _parameter(index, old, place, kind)
    if param is not None:
        function, name = param
        spots = rename_param(index, function, name, _new_name(old, new, name))
        return _expansion(index, args, name, _new_name(old, new, name), spots.sure, spots.unsure)
    symbols = find(index, "RENAME_SYMBOL", old, place, kind)
    bare = symbols[0].name
    wanted = _new_name(old, new, bare)
    naming = index.naming(symbols)
    _check_variable(naming, symbols)
    check_followable(index, naming)
    _check_private(bare, wanted)
    check_collisions(index, naming, wanted)
    if not naming.sure:
        raise MacroRefused("unknown", f"no token of {old} was found to rename")
    sure = {(token.path, token.start, token.end) for token in naming.sure}
    return _expansion(index, args, bare, wanted, sure, unsure_spots(index, naming))


def _expansion(
    index: SymbolIndex,
    args: Mapping[str, str],
    old: str,
    new: str,
    sure: set[tuple[str, int, int]],
    unsure: tuple[Spot, ...],
) -> Expansion:
    changed = set(sure)
    left: list[Spot] = list(unsure)
    if args.get("unsure") == "include":
        changed |= {(one.path, one.start, one.end) for one in unsure if one.exact}
        left = [one for one in unsure if not one.exact]
    if args.get("text") == "include":
        changed |= text_spots(index, old)
    left = [one for one in left if (one.path, one.start, one.end) not in changed]
    patches = [Patch(path, start, end, new) for path, start, end in sorted(changed)]
    sites: tuple[Site, ...] = tuple(site_of(index, one) for one in left)
    return Expansion(edit_of(index, patches, new), len(changed), sites)


def _parameter(
    index: SymbolIndex, old: str, place: str | None, kind: str | None
) -> tuple[tuple[Symbol, ...], str] | None:
    """The function and the name where `old` is `function.parameter` and names nothing else."""
    head, dot, name = old.rpartition(".")
    if not dot or "::" in name or kind not in (None, "parameter"):
        return None
    if named(index, old, place, None):
        return None
    functions = [s for s in named(index, head, place) if s.kind in ("function", "method")]
    if not functions:
        return None
    kinds = {s.kind for s in functions}
    return find(index, "RENAME_SYMBOL", head, place, kinds.pop() if len(kinds) == 1 else None), name


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
