"""Imports of a file that only a definition used which leaves it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...aa.macros import PYTHON
from ...heaven.index.facts import FileFacts
from ...heaven.index.symbols import SymbolIndex
from ..lists import Listing
from ..patches import Patch
from ..syntax import Trees
from .imports import after_line
from .texts import comments, strings

if TYPE_CHECKING:
    from tree_sitter import Node


def unused_imports(
    index: SymbolIndex, trees: Trees, path: str, start: int, end: int
) -> list[Patch]:
    """Take out the imports that nothing uses once bytes `start`..`end` are gone. For use within
    the index's `ask`.

    Those stay that may be there for others: of an `__init__.py`, under a condition, `as` their own
    name, with a `# noqa`, taken from this module elsewhere, or named in a string.
    """
    if path.rpartition("/")[2].startswith("__init__."):
        return []
    facts = index.facts_of(path) or FileFacts()
    idle = {
        one.at: one.name
        for one in facts.bindings
        if one.scope == 0 and one.how == "import" and _is_idle(index, path, one.name, start, end)
    }
    patches: list[Patch] = []
    for node in trees.root(path).named_children:
        if node.type in ("import_statement", "import_from_statement"):
            patches += _without(trees, path, node, idle)
    return patches


def _is_idle(index: SymbolIndex, path: str, name: str, start: int, end: int) -> bool:
    facts = index.facts_of(path) or FileFacts()
    if len(facts.visible(0, name).bindings) != 1:
        return False
    uses = [facts.uses[number] for number in facts.names.get(name, ())]
    bare = [one for one in uses if one.on == -1 and one.imported < 0]
    inside = [one for one in bare if start <= one.start < end]
    if not inside or len(inside) < len(bare):
        return False
    word = re.compile(rb"(?<!\w)" + re.escape(name.encode()) + rb"(?!\w)")
    source = index.lines(path).source
    if any(
        word.search(source, first, last)
        for first, last in _read_by_programs(source)
        if not start <= first < end
    ):
        return False
    return not _taken_elsewhere(index, path, name)


def _read_by_programs(source: bytes) -> Iterator[tuple[int, int]]:
    """Strings, but no docstrings, and comments that type checkers read."""
    for text in strings(source):
        yield from text.parts
    for start, end in comments(source):
        if re.match(rb"#\s*type:", source[start:end]):
            yield start, end


def _taken_elsewhere(index: SymbolIndex, path: str, name: str) -> bool:
    """Whether another file imports it from this module, or has it as an attribute of something
    that may be this module."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    quoted = re.compile(rf"(?<!\w){re.escape(stem)}[.:]{re.escape(name)}(?!\w)".encode())
    attribute = re.compile(rf"\.\s*{re.escape(name)}(?!\w)".encode())
    for other in index.paths():
        source = index.lines(other).source
        if other == path or name.encode() not in source:
            continue
        if quoted.search(source):
            return True
        if not other.endswith(PYTHON):
            continue
        if _takes(index, other, path, name):
            return True
        # Whatever it calls the module.
        if path in index.imported_files(other) and attribute.search(source):
            return True
    return False


def _takes(index: SymbolIndex, other: str, path: str, name: str) -> bool:
    facts = index.facts_of(other) or FileFacts()
    return any(
        row.name in (name, "*") and path in index.import_sources(other, row)
        for row in facts.imports
    )


def _without(trees: Trees, path: str, node: Node, idle: dict[int, str]) -> list[Patch]:
    source = trees.source(path)
    names = tuple(node.children_by_field_name("name"))
    start = source.rfind(b"\n", 0, node.start_byte) + 1
    stop = after_line(source, node.end_byte - 1)
    gone = [i for i, one in enumerate(names) if _is_among(one, idle)]
    if not gone or b"noqa" in source[start:stop] or source[start : node.start_byte].strip():
        return []
    if len(gone) == len(names):
        behind = source[node.end_byte : stop].strip()
        return [Patch(path, start, stop, "")] if behind[:1] in (b"", b"#") else []
    listing = Listing(path, source, node, names)
    return [patch for run in _runs(gone) for patch in listing.remove(run)]


def _is_among(node: Node, idle: dict[int, str]) -> bool:
    alias = node.child_by_field_name("alias")
    if alias is not None:
        name = node.child_by_field_name("name")
        if name is not None and name.text == alias.text:
            return False
    return any(node.start_byte <= at < node.end_byte for at in idle)


def _runs(numbers: list[int]) -> list[list[int]]:
    """Adjacent numbers together."""
    found: list[list[int]] = []
    for one in numbers:
        if found and one == found[-1][-1] + 1:
            found[-1].append(one)
        else:
            found.append([one])
    return found
