"""RENAME_SYMBOL on Go: a definition, its family of methods, and every token that is proved to mean
it, as one batch of edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import dirname
from typing import TYPE_CHECKING, Final

from ...heaven.index.symbols import SymbolIndex
from ..arguments import needed
from ..occurrences import Spot, Token, site_of, words_in
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..targets import named, place_of
from .collisions import check_collisions
from .names import called_by_go, check_identifier, test_prefix
from .packages import exported
from .rename_param import rename_param
from .subject import Repository, Subject, check_outside, outside_users, subject
from .uses import Uses, is_go, uses_of

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME: Final = "RENAME_SYMBOL"
_TEXTS: Final = frozenset(
    {"comment", "interpreted_string_literal_content", "raw_string_literal_content"}
)


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Rename what `args["old"]` names (`Name`, `Type.Method`, `path::Type.field`, or a function's
    parameter `Func.param`) to `args["new"]`.

    A method's family, which interfaces tie to it, is renamed with it, and the examples that are
    named for it. Doc comments are comments: they follow with `args["text"]` "include".

    Raises MacroRefused: the name is unknown or ambiguous, the new one is no name or is taken where
    it would be used, what lies outside of the repository asks for the old one; TreeUnreadable.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    old, new = needed(args, _NAME, "old"), needed(args, _NAME, "new")
    place, kind = args.get("in"), args.get("kind")
    repository = Repository(index)
    parameter = _parameter(index, old, place, kind)
    if parameter is not None:
        function, name = parameter
        found = subject(repository, _NAME, function, place, None)
        wanted = new_name(old, new, name)
        tokens, doubtful = rename_param(repository, found, name, wanted)
        return _expansion(index, args, name, wanted, Uses(frozenset(tokens), tuple(doubtful)))
    found = subject(repository, _NAME, old, place, kind)
    wanted = new_name(old, new, found.name)
    _check_kind(repository, found, wanted)
    check_outside(repository, found, "the new name")
    uses = uses_of(repository, found)
    _check_exported(repository, found, wanted, uses)
    meant = set(uses.sure)
    if args.get("unsure") == "include":
        meant |= {_token(one) for one in uses.unsure if one.exact}
    check_collisions(repository, found, wanted, meant)
    examples = set(_examples(repository, found))
    if examples and not exported(wanted):
        first = min(examples)
        raise MacroRefused(
            "name",
            f"an example is named for it ({place_of(index, first.path, first.start)}), and "
            "examples are of exported names",
        )
    uses = Uses(uses.sure | examples, uses.unsure + tuple(outside_users(repository, found)))
    return _expansion(index, args, found.name, wanted, uses)


def _expansion(
    index: SymbolIndex, args: Mapping[str, str], old: str, new: str, uses: Uses
) -> Expansion:
    changed = set(uses.sure)
    left = list(uses.unsure)
    if args.get("unsure") == "include":
        changed |= {_token(one) for one in left if one.exact}
    if args.get("text") == "include":
        changed |= {token for token, _ in words_in(index, old, is_go, _TEXTS)}
    left = [one for one in left if not (one.exact and _token(one) in changed)]
    patches = [Patch(path, start, end, new) for path, start, end in sorted(changed)]
    sites = tuple(site_of(index, one) for one in sorted(set(left)))
    return Expansion(edit_of(index, patches, new), len(changed), sites)


def _token(spot: Spot) -> Token:
    return Token(spot.path, spot.start, spot.end)


def _parameter(
    index: SymbolIndex, old: str, place: str | None, kind: str | None
) -> tuple[str, str] | None:
    """The function and the name where `old` is `function.parameter` and names nothing else."""
    head, dot, name = old.rpartition(".")
    if not dot or "::" in name or kind not in (None, "parameter"):
        return None
    if named(index, old, place, None, "go"):
        return None
    functions = [
        s for s in named(index, head, place, None, "go") if s.kind in ("function", "method")
    ]
    return (head, name) if functions else None


def new_name(old: str, new: str, bare: str) -> str:
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
    check_identifier(name)
    if name == bare:
        raise MacroRefused("name", f"{bare} is the name that it has already")
    return name


def _check_kind(repository: Repository, found: Subject, new: str) -> None:
    for key in sorted(found.keys):
        row = repository.packages.row(key)
        package = repository.packages.of(key.path)
        if row.name == "_":
            raise MacroRefused("name", "_ names nothing")
        node = repository.trees.at(key.path, row.name_start, row.name_start + 1).parent
        if found.kind == "function":
            before, after = test_prefix(row.name), test_prefix(new)
            runs = called_by_go(row.name, key.path, package.name)
            if (runs and (not before or before != after)) or (
                called_by_go(new, key.path, package.name) and not runs
            ):
                raise MacroRefused(
                    "name", f"go calls {row.name if runs else new} by its name ({key.path})"
                )
        declared = node is not None and node.type in ("function_declaration", "method_declaration")
        if declared and node is not None and node.child_by_field_name("body") is None:
            raise MacroRefused(
                "outside", f"{row.qualname} ({repository.where(key)}) is not written in Go"
            )


def _check_exported(repository: Repository, found: Subject, new: str, uses: Uses) -> None:
    if exported(found.name) == exported(new):
        return
    if not exported(found.name):
        return
    homes = {repository.packages.of(key.path) for key in found.keys}
    others = sorted(
        one
        for one in (*uses.sure, *map(_token, uses.unsure))
        if repository.packages.of(one.path) not in homes and is_go(one.path)
    )
    places = tuple(dict.fromkeys(place_of(repository.index, path, at) for path, at, _ in others))
    if len(homes) > 1 or places:
        raise MacroRefused(
            "collision",
            f"{new} would not be exported, and {found.name} is used in other packages"
            + (f": {places[0]}" if places else ""),
            places,
        )
    for key in found.keys:
        row = repository.packages.row(key)
        node = repository.trees.at(key.path, row.name_start, row.name_start + 1).parent
        if (
            node is not None
            and node.type == "field_declaration"
            and node.child_by_field_name("tag")
        ):
            raise MacroRefused(
                "collision",
                f"{row.qualname} ({repository.where(key)}) has a tag, which is for exported fields",
            )


def _examples(repository: Repository, found: Subject) -> Iterator[Token]:
    """The part of `ExampleName_suffix` that is the definition's name: `go vet` looks for it."""
    if found.kind == "field":
        return
    for key in found.keys:
        row = repository.packages.row(key)
        parts = row.qualname.split(".")
        if len(parts) > 2 or (len(parts) == 2 and found.kind != "method"):
            continue
        for path in repository.packages.every:
            if not path.endswith("_test.go") or dirname(path) != dirname(key.path):
                continue
            for other in repository.packages.facts(path).definitions:
                if other.kind != "function" or not other.name.startswith("Example"):
                    continue
                words = other.name.removeprefix("Example").split("_")
                if words[: len(parts)] != parts:
                    continue
                at = (
                    other.name_start
                    + len("Example")
                    + sum(len(w) + 1 for w in words[: len(parts) - 1])
                )
                yield Token(path, at, at + len(parts[-1].encode()))
