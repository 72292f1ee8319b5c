"""Where definitions are named: the tokens that the index proves, those that it does not, and words
in strings and comments. For the languages that `index.naming`, which is Python's, does not read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..heaven.index.bind import Key
from ..heaven.index.facts import FileFacts
from ..heaven.index.source import Lines
from ..heaven.index.symbols import SymbolIndex
from ..heaven.records import Symbol
from .refused import Site
from .syntax import parse, source_of
from .targets import keys_of, row_of

if TYPE_CHECKING:
    from tree_sitter import Node


class Token(NamedTuple):
    """Bytes `start`..`end` of a file."""

    path: str
    start: int
    end: int


class Spot(NamedTuple):
    """A place that may mean a definition. `exact`: bytes `start`..`end` are its name."""

    path: str
    start: int
    end: int
    why: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Occurrences:
    """`sure` are the tokens of the name that mean one of the definitions `keys`, those in the
    definitions themselves among them; `aliased` mean one too, by another name. `unsure` may mean
    one. Each in the order of paths and places."""

    name: str
    keys: frozenset[Key]
    sure: tuple[Token, ...]
    aliased: tuple[Token, ...]
    unsure: tuple[Token, ...]


def occurrences(index: SymbolIndex, symbols: Sequence[Symbol]) -> Occurrences:
    """Every token that stands for any of the symbols, which have one name; their redefinitions
    under the same qualname included. What shares calls with them is the caller's to add
    (`index.family`). For use within the index's `ask`."""
    name = symbols[0].name
    homes = {(one.path, one.qualname): one for one in symbols}
    keys = {key for one in homes.values() for key in keys_of(index, one)}
    ids = {
        found.id
        for path, qualname in homes
        for found in index.symbols_in(path)
        if found.qualname == qualname
    }
    width = len(name.encode())
    sure = {Token(key.path, at, at + width) for key in keys for at in [_name_start(index, key)]}
    aliased: set[Token] = set()
    unsure: set[Token] = set()
    for one in homes.values():
        for found in index.references(one):
            token = Token(found.path, found.at.start_byte, found.at.end_byte)
            proven = found.confidence == 1.0 or ids.issuperset(found.candidates)
            if not proven:
                unsure.add(token)
            elif index.lines(token.path).source[token.start : token.end] == name.encode():
                sure.add(token)
            else:
                aliased.add(token)
    unsure -= sure | aliased
    return Occurrences(
        name, frozenset(keys), tuple(sorted(sure)), tuple(sorted(aliased)), tuple(sorted(unsure))
    )


def missed(index: SymbolIndex, found: Occurrences, takes: Callable[[str], bool]) -> Iterator[Spot]:
    """The name in files of which the index says that it may not have seen every use; `takes` tells
    of a path whether its language can name the definitions."""
    known = {(token.path, token.start) for token in (*found.sure, *found.unsure)}
    for path in index.doubtful(found.name):
        if not takes(path):
            continue
        facts = index.facts_of(path) or FileFacts()
        seen = {facts.uses[number].start for number in facts.names.get(found.name, ())}
        for one in word(found.name).finditer(source_of(index, path)):
            if (path, one.start()) not in known and one.start() not in seen:
                yield Spot(path, *one.span(), "the file was not read as a whole", True)


def word(name: str) -> re.Pattern[bytes]:
    """The name as a whole word."""
    return re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])".encode())


def words_in(
    index: SymbolIndex, name: str, takes: Callable[[str], bool], kinds: frozenset[str]
) -> Iterator[tuple[Token, Node]]:
    """Where the name is a word in a node of one of the `kinds` (comments, the contents of strings),
    and that node; in the files that `takes` lets through. For use within the index's `ask`."""
    pattern = word(name)
    for path in index.paths():
        source = index.lines(path).source if takes(path) else b""
        if not pattern.search(source):
            continue
        stack = [parse(source, path)]
        while stack:
            node = stack.pop()
            if node.type not in kinds:
                stack.extend(reversed(node.children))
                continue
            for found in pattern.finditer(source, node.start_byte, node.end_byte):
                yield Token(path, *found.span()), node


def site_of(index: SymbolIndex, spot: Spot) -> Site:
    """The spot as it is told to people."""
    lines = Lines(source_of(index, spot.path))
    number = lines.line(spot.start)
    text = lines.text(number, number).decode("utf-8", errors="replace").strip()
    return Site(spot.path, number, text, spot.why)


def _name_start(index: SymbolIndex, key: Key) -> int:
    return row_of(index, key).name_start
