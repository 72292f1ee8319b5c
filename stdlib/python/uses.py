"""Where a function is called, where it is only named, and where it may be: for the macro ops that
change calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...aa.macros import PYTHON
from ...heaven.index.facts import FileFacts
from ...heaven.index.naming import Naming
from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..lists import Listing
from ..refused import Site
from ..syntax import Trees

if TYPE_CHECKING:
    from tree_sitter import Node

_SPLATS: Final = ("list_splat", "dictionary_splat")


@dataclass(frozen=True, slots=True)
class Call:
    """A call; `callee` is the token of the function's name in it, `arguments` what is passed.

    `unbound` tells that the first argument is `self`: `Class.method(obj)`; None where the text does
    not show it. `sure` is False where the callee may be something else.
    """

    path: str
    node: Node
    callee: Node
    arguments: Listing
    unbound: bool | None
    sure: bool

    @property
    def lone_generator(self) -> bool:
        """`f(x for x in y)`, where the brackets are both the call's and the generator's."""
        return self.arguments.node.type == "generator_expression"

    @property
    def positionals(self) -> tuple[Node, ...]:
        """The arguments up to the first keyword, a splat among them."""
        if self.lone_generator:
            return (self.arguments.node,)
        return tuple(
            one
            for one in self.arguments.items
            if one.type not in ("keyword_argument", "dictionary_splat")
        )

    def keyword(self, trees: Trees, name: str) -> Node | None:
        """The argument `name=...`."""
        for one in () if self.lone_generator else self.arguments.items:
            key = one.child_by_field_name("name") if one.type == "keyword_argument" else None
            if key is not None and trees.text(self.path, key) == name:
                return one
        return None

    def splat(self, kind: str) -> bool:
        """Whether it passes on `*args` (list_splat) or `**kwargs` (dictionary_splat)."""
        return not self.lone_generator and any(one.type == kind for one in self.arguments.items)


@dataclass(frozen=True, slots=True)
class Place:
    """A token, and why it is no proven call."""

    path: str
    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True)
class Uses:
    """`calls` are proven or, with `sure` False, possible. `reads` name the function and do not call
    it; imports and `__all__` are none. `unknown` may be uses."""

    calls: tuple[Call, ...]
    reads: tuple[Place, ...]
    unknown: tuple[Place, ...]


def uses_of(index: SymbolIndex, trees: Trees, symbols: Sequence[Symbol], naming: Naming) -> Uses:
    """Every use of what `naming` found, under any name. For use within the index's `ask`."""
    sure: dict[tuple[str, int], int] = {}
    unsure: dict[tuple[str, int], int] = {}
    homes = {(key.path, _name_start(index, key.path, key.number)) for key in naming.keys}
    for token in naming.sure:
        if (token.path, token.start) not in homes:
            sure[token.path, token.start] = token.end
    for token in naming.unsure:
        unsure[token.path, token.start] = token.end
    # Other names for it come from imports that rename it.
    family = [one for symbol in symbols for one in index.family(symbol)] or list(symbols)
    ids = {one.id for one in family} | {one.id for one in symbols}
    for symbol in {one.id: one for one in family}.values():
        for found in index.references(symbol):
            place = (found.path, found.at.start_byte)
            text = index.lines(found.path).source[found.at.start_byte : found.at.end_byte]
            if text == naming.name.encode() or place in sure:
                continue
            proven = found.confidence == 1.0 or ids.issuperset(found.candidates)
            (sure if proven else unsure)[place] = found.at.end_byte
    calls: list[Call] = []
    reads: list[Place] = []
    unknown: list[Place] = []
    for (path, start), end in sorted({**unsure, **sure}.items()):
        if not path.endswith(PYTHON):
            continue
        proven = (path, start) in sure
        node = trees.at(path, start, end)
        if node.type != "identifier" or _is_mention(node):
            if not proven and node.type != "identifier":
                unknown.append(Place(path, start, end, "a name in a string"))
            continue
        call = _call(index, trees, path, node, naming, proven)
        if call is not None:
            calls.append(call)
        elif proven:
            reads.append(Place(path, start, end, "is passed on by its name"))
        else:
            unknown.append(Place(path, start, end, "may be it"))
    return Uses(tuple(calls), tuple(reads), tuple(unknown))


def sites(index: SymbolIndex, places: Sequence[Place]) -> tuple[Site, ...]:
    """By path and line."""
    found = []
    for one in places:
        lines = index.lines(one.path)
        number = lines.line(one.start)
        text = lines.text(number, number).decode(errors="replace").strip()
        found.append(Site(one.path, number, text, one.why))
    return tuple(sorted(found, key=lambda site: (site.path, site.line, site.why)))


def _name_start(index: SymbolIndex, path: str, number: int) -> int:
    facts = index.facts_of(path)
    return facts.definitions[number].name_start if facts is not None else -1


def _is_mention(node: Node) -> bool:
    """Whether the token is part of an import, of a `del` or of `global`."""
    above = node.parent
    while above is not None and above.type in ("dotted_name", "aliased_import"):
        above = above.parent
    return above is not None and above.type in (
        "import_statement", "import_from_statement", "global_statement", "nonlocal_statement",
    )  # fmt: skip


def _call(
    index: SymbolIndex, trees: Trees, path: str, node: Node, naming: Naming, sure: bool
) -> Call | None:
    above = node.parent
    callee: Node = node
    if above is not None and above.type == "attribute":
        if above.child_by_field_name("attribute") != node:
            return None
        callee = above
    outer = callee.parent
    whole = callee
    while outer is not None and outer.type == "parenthesized_expression":
        whole, outer = outer, outer.parent
    if outer is None or outer.type != "call" or outer.child_by_field_name("function") != whole:
        return None
    arguments = outer.child_by_field_name("arguments")
    if arguments is None:
        return None
    items: tuple[Node, ...] = ()
    if arguments.type == "argument_list":
        items = tuple(one for one in arguments.named_children if one.type != "comment")
    listing = Listing(path, trees.source(path), arguments, items)
    unbound = False if callee is node else _on_class(index, trees, path, callee, naming)
    return Call(path, outer, node, listing, unbound, sure)


def _on_class(
    index: SymbolIndex, trees: Trees, path: str, callee: Node, naming: Naming
) -> bool | None:
    """Whether what stands before the dot is a class."""
    on = callee.child_by_field_name("object")
    if on is None or not naming.classes:
        return False
    text = trees.text(path, on)
    if text == "cls" or text.startswith("type(") or text.endswith("__class__"):
        return None
    head = on.child_by_field_name("attribute") if on.type == "attribute" else on
    if head is None or head.type != "identifier":
        return False
    name = trees.text(path, head)
    facts = index.facts_of(path) or FileFacts()
    names = {name, *(row.name for row in facts.imports if row.bound == name and row.name)}
    for known in (one for each in sorted(names) for one in index.find_symbols(each, kind="class")):
        for found in index.references(known):
            if found.path == path and found.at.start_byte == head.start_byte:
                return True if found.confidence == 1.0 else None
    return False
