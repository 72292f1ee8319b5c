"""Tokens that an op changes, and places that it leaves and tells of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from ...heaven.index.source import Lines
from ...heaven.index.symbols import SymbolIndex
from ..refused import Site
from ..syntax import Trees, source_of

if TYPE_CHECKING:
    from tree_sitter import Node

_TEXTS: Final = frozenset({"string", "template_string", "comment", "jsx_text", "regex"})


class Spot(NamedTuple):
    """A place that may mean the definition. `exact`: bytes `start`..`end` are its name, and `text`
    is what would stand there after a rename ("" for the new name alone)."""

    path: str
    start: int
    end: int
    why: str
    exact: bool
    text: str = ""


def sites_of(index: SymbolIndex, spots: Iterable[Spot]) -> tuple[Site, ...]:
    """As they are told to people, by path and line."""
    found = set()
    for spot in spots:
        lines = Lines(source_of(index, spot.path))
        number = lines.line(spot.start)
        text = lines.text(number, number).decode("utf-8", errors="replace").strip()
        found.add(Site(spot.path, number, text, spot.why))
    return tuple(sorted(found, key=lambda site: (site.path, site.line, site.why)))


def word(name: str) -> re.Pattern[bytes]:
    """The name where no other letter touches it."""
    return re.compile(rf"(?<![\w$#]){re.escape(name)}(?![\w$])".encode())


def nodes_of(root: Node, source: bytes, name: str) -> Iterator[Node]:
    """The leaves of a tree that are the name."""
    size = len(name.encode())
    for found in re.finditer(rf"(?<![\w$]){re.escape(name)}(?![\w$])".encode(), source):
        node = root.named_descendant_for_byte_range(found.start(), found.end())
        if node is not None and node.end_byte - node.start_byte == size and not node.named_children:
            yield node


def texts_of(trees: Trees, path: str, name: str) -> Iterator[tuple[int, int]]:
    """Where the name is a word of a string or a comment of a file."""
    root = trees.root(path)
    for found in word(name).finditer(trees.source(path)):
        node = root.descendant_for_byte_range(*found.span())
        while node is not None and node.type not in _TEXTS:
            if node.type in ("template_substitution", "jsx_expression"):
                node = None
                break
            node = node.parent
        if node is not None:
            yield found.span()
