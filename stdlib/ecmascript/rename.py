"""RENAME_SYMBOL: a definition and every token that is proved to mean it, as one batch of edits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ...heaven.index.bind import Key
from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..arguments import needed
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees
from ..targets import find, keys_of, listed, named, row_of
from .collisions import RESERVED, TYPES, check_collisions
from .functions import parameter_of
from .members import Members, rewritten
from .modules import KIN, Modules
from .scopes import Variable
from .spots import Spot, sites_of, texts_of, word
from .spread import Place, Spread

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME: Final = re.compile(r"#?[A-Za-z_$\u00aa-\uffff][\w$\u00aa-\uffff]*")


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Rename what `args["old"]` names (`name`, `Class.member`, `path::qualname`, or a function's
    parameter `func.param`) to `args["new"]`.

    `args["in"]` (a file or directory) and `args["kind"]` narrow the choice. Uses that are not
    proved are left and listed in `unsure`; with `args["unsure"]` "include" they are renamed too.
    With `args["text"]` "include" so are the words in strings and comments.

    Raises MacroRefused: the name is unknown or ambiguous, the new one is no name or is taken where
    it would be used, or the definition is a member that something outside the repository asks for.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    old, new = needed(args, "RENAME_SYMBOL", "old"), needed(args, "RENAME_SYMBOL", "new")
    trees = Trees(index)
    modules = Modules(index, trees)
    variables, symbols = _meant(index, trees, modules, args, old)
    bare = variables[0][1].name if variables else symbols[0].name
    wanted = _new_name(old, new, bare)
    spread = Spread(index, trees, modules, bare, variables)
    is_member = any(
        not variables or row_of(index, key).owner >= 0
        for symbol in symbols
        for key in keys_of(index, symbol)
    )
    exported = [] if variables else _exported_alone(modules, symbols)
    members: Members | None = None
    if exported:
        for path in exported:
            spread.give(path)
    elif is_member:
        members = Members(index, trees, modules, symbols)
        members.check_followable()
        _check_siblings(members, wanted)
    check_collisions(spread, wanted)
    patches = _patches(spread, members, bare, wanted)
    if not patches:
        raise MacroRefused("unknown", f"no token of {old} was found to rename")
    left = [*spread.unsure, *(members.unsure if members is not None else ())]
    left += _unread(index, trees, bare, patches)
    return _expansion(index, trees, modules, args, (bare, wanted), patches, left)


def _meant(
    index: SymbolIndex, trees: Trees, modules: Modules, args: Mapping[str, str], old: str
) -> tuple[list[tuple[str, Variable]], tuple[Symbol, ...]]:
    """The variables that are renamed, and the symbols they are; the latter alone for a member."""
    place, kind = args.get("in"), args.get("kind")
    head, dot, name = old.rpartition(".")
    if dot and "::" not in name and "/" not in name and kind in (None, "parameter"):
        functions = [
            one for one in named(index, head, place, kin=KIN)
            if one.kind in ("function", "method", "constant", "variable")
        ]  # fmt: skip
        if functions and not named(index, old, place, kin=KIN):
            own = find(index, "RENAME_SYMBOL", head, place, None, KIN)
            found = parameter_of(index, trees, modules, own, name)
            if not found:
                raise MacroRefused("unknown", f"{head} has no parameter {name}")
            for _, variable in found:
                _check_plain(variable)
            return found, ()
    symbols = find(index, "RENAME_SYMBOL", old, place, kind, KIN)
    if any(one.kind in ("test", "suite") for one in symbols):
        raise MacroRefused("unsupported", f"{old} is a test's title, not a name")
    for symbol in symbols:
        if not _NAME.fullmatch(symbol.name):
            raise MacroRefused("unsupported", f"{symbol.name} is not an identifier")
    found = []
    for symbol in symbols:
        for key in keys_of(index, symbol):
            start = row_of(index, key).name_start
            one = modules.file(symbol.path).scopes.at.get(start)
            if one is not None and all(one is not other for _, other in found):
                found.append((symbol.path, one))
    return found, symbols


def _check_plain(variable: Variable) -> None:
    if any(token.role == "property" for token in variable.bound):
        raise MacroRefused(
            "unsupported",
            f"{variable.name} is a parameter that is a field too: name the field, Class."
            f"{variable.name}",
        )


def _exported_alone(modules: Modules, symbols: tuple[Symbol, ...]) -> list[str]:
    """Files in which `exports.name = ...` is all that there is of the definition."""
    return [
        one.path
        for one in symbols
        if any(
            row.token is not None and row.token.start_byte == one.name_at.start_byte
            for row in modules.file(one.path).given
        )
    ]


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
    if not _NAME.fullmatch(name):
        raise MacroRefused("name", f"{name!r} is not an identifier")
    if name in RESERVED or name in TYPES:
        raise MacroRefused("name", f"{name!r} is a word of the language")
    if name == bare:
        raise MacroRefused("name", f"{bare} is the name that it has already")
    if name.startswith("#") != bare.startswith("#"):
        raise MacroRefused("name", f"{bare} and {name}: one is private by its #, the other is not")
    return name


def _check_siblings(members: Members, new: str) -> None:
    """The class, a base of it or a class derived from it has the name already."""
    index = members.index
    taken: list[str] = []
    rivals = index.find_symbols(new)
    for symbol in members.family:
        owner = symbol.qualname.rpartition(".")[0]
        for rival in rivals:
            same = rival.path == symbol.path and rival.qualname == f"{owner}.{new}"
            if same or (rival.qualname.endswith(f".{new}") and _related(index, symbol, rival)):
                taken.append(listed(rival))
    if taken:
        places = tuple(dict.fromkeys(taken))
        raise MacroRefused("collision", f"{new} is taken: {places[0]}", places)


def _related(index: SymbolIndex, one: Symbol, other: Symbol) -> bool:
    """Whether the classes of two members derive from one another."""
    mine, theirs = _owners(index, one), _owners(index, other)
    above = {base for key in mine for base in index.line(key)}
    below = {base for key in theirs for base in index.line(key)}
    return bool(above & theirs or below & mine)


def _owners(index: SymbolIndex, symbol: Symbol) -> set[Key]:
    rows = [(key, row_of(index, key)) for key in keys_of(index, symbol)]
    return {Key(key.path, row.owner) for key, row in rows if row.owner >= 0}


def _patches(spread: Spread, members: Members | None, old: str, new: str) -> dict[Place, str]:
    patches: dict[Place, str] = dict.fromkeys(spread.names, new)
    property_too = set(members.sure) if members is not None else set()
    for path, variable in spread.variables:
        gives = path in spread.given
        for token in variable.tokens:
            place = Place(path, token.start, token.end)
            text = rewritten(token.node, old, variable=True)
            if token.role == "import" or (token.role == "export" and gives):
                text = ""
            elif token.role == "export":
                text = f"{{}} as {old}"
            if token.role == "import" and not _taken(spread, path, token.start):
                text = f"{old}: {{}}"
            if place in property_too:
                text = ""
            patches[place] = text.format(new) if text else new
            above = token.node.parent
            if above is not None and above.type.startswith("jsx_") and new[:1].islower():
                raise MacroRefused("name", f"{old} is a JSX element: {new} would be one of HTML's")
    for place, node in members.sure.items() if members is not None else ():
        if place not in patches:
            text = rewritten(node, old, variable=False)
            patches[place] = text.format(new) if text else new
    return patches


def _taken(spread: Spread, path: str, start: int) -> bool:
    return any(one.path == path and one.start == start for one in spread.names) or any(
        row.token is not None and row.token.start_byte == start and row.form == "import"
        for row in spread.modules.file(path).taken
    )


def _unread(
    index: SymbolIndex, trees: Trees, name: str, patches: Mapping[Place, str]
) -> list[Spot]:
    """Where the index says that it may not have seen every use."""
    from ..syntax import kin_of, source_of

    found = []
    for path in index.doubtful(name):
        if kin_of(path) not in (KIN, None):
            continue
        for one in word(name).finditer(source_of(index, path)):
            if Place(path, *one.span()) not in patches:
                found.append(Spot(path, *one.span(), "the file was not read as a whole", True))
    return found


def _expansion(
    index: SymbolIndex, trees: Trees, modules: Modules, args: Mapping[str, str],
    names: tuple[str, str], patches: dict[Place, str], left: list[Spot],
) -> Expansion:  # fmt: skip
    old, new = names
    if args.get("unsure") == "include":
        for one in left:
            if one.exact:
                text = one.text.format(new) if one.text else new
                patches.setdefault(Place(one.path, one.start, one.end), text)
    if args.get("text") == "include":
        for path in modules.paths:
            if old.encode() in trees.source(path):
                for start, end in texts_of(trees, path, old):
                    patches.setdefault(Place(path, start, end), new)
    left = [one for one in left if Place(one.path, one.start, one.end) not in patches or
            not one.exact]  # fmt: skip
    edits = [Patch(*place, text) for place, text in sorted(patches.items())]
    return Expansion(edit_of(index, edits, new), len(edits), sites_of(index, left))
