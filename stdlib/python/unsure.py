"""Places that may mean a renamed definition and are left alone: attributes of something unknown,
names in strings and in the project's configuration, names that are put together at run time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ...aa.macros import PYTHON
from ...heaven.index.bind import Key
from ...heaven.index.facts import FileFacts
from ...heaven.index.naming import Naming
from ...heaven.index.source import Lines
from ...heaven.index.symbols import SymbolIndex
from ..refused import Site
from ..syntax import source_of
from .texts import all_strings, comments, strings

_ENTRY_POINT_FILES: Final = ("pyproject.toml", "setup.cfg")
# "visit_" + name, "visit_%s" % name, f"visit_{name}"
_BUILT: Final = re.compile(rb"""["']([A-Za-z_]\w*_|_)(?:\{|%[sr]|["']\s*[+%])""")
_BY_NAME: Final = frozenset(
    {"getattr", "setattr", "hasattr", "delattr", "attrgetter", "methodcaller", "patch", "object"}
)


class Spot(NamedTuple):
    """A place that may mean the definition. `exact`: bytes `start`..`end` are its name."""

    path: str
    start: int
    end: int
    why: str
    exact: bool


def unsure_spots(index: SymbolIndex, naming: Naming) -> tuple[Spot, ...]:
    """All of them, in order. For use within the index's `ask`."""
    found = [
        *_unknown(index, naming),
        *_missed(index, naming),
        *_texts(index, naming),
        *_read_at_run_time(index, naming),
        *_built_names(index, naming),
        *_entry_points(index, naming),
    ]
    return tuple(sorted(found))


def site_of(index: SymbolIndex, spot: Spot) -> Site:
    """The spot as it is told to people."""
    lines = Lines(source_of(index, spot.path))
    number = lines.line(spot.start)
    text = lines.text(number, number).decode("utf-8", errors="replace").strip()
    return Site(spot.path, number, text, spot.why)


def text_spots(index: SymbolIndex, name: str) -> set[tuple[str, int, int]]:
    """Where the name is a word of a string, a docstring or a comment: path, start, end."""
    word = _word(name)
    found: set[tuple[str, int, int]] = set()
    for path in index.paths():
        source = index.lines(path).source if path.endswith(PYTHON) else b""
        if word.search(source):
            for start, end in (*all_strings(source), *comments(source)):
                found |= {(path, *one.span()) for one in word.finditer(source, start, end)}
    return found


def _word(name: str) -> re.Pattern[bytes]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)".encode())


def _unknown(index: SymbolIndex, naming: Naming) -> Iterator[Spot]:
    for token in naming.unsure:
        before = index.lines(token.path).source[: token.start].rstrip()[-1:]
        why = "what is before the dot is not known"
        if before != b".":
            why = "what this is taken from is not known"
        yield Spot(token.path, token.start, token.end, why, True)


def _missed(index: SymbolIndex, naming: Naming) -> Iterator[Spot]:
    """Where the index says that it may not have seen every use."""
    known = {(token.path, token.start) for token in (*naming.sure, *naming.unsure)}
    for path in index.doubtful(naming.name):
        facts = index.facts_of(path) or FileFacts()
        seen = {facts.uses[number].start for number in facts.names.get(naming.name, ())}
        source = source_of(index, path)
        for found in _word(naming.name).finditer(source):
            if (path, found.start()) not in known and found.start() not in seen:
                yield Spot(path, *found.span(), "the file was not read as a whole", True)


def _texts(index: SymbolIndex, naming: Naming) -> Iterator[Spot]:
    """`loop.name` in a template, `pkg.name` to be patched, a program in quotes, getattr."""
    word = _word(naming.name)
    used = re.compile(rf"\w[.:]({re.escape(naming.name)})(?!\w)".encode())
    tokens = {(token.path, token.start) for token in (*naming.sure, *naming.unsure)}
    for path in index.paths():
        source = index.lines(path).source if path.endswith(PYTHON) else b""
        if not word.search(source):
            continue
        for text in strings(source):
            if _asks_for_it(source, text.parts, text.argument_of, naming.name):
                yield Spot(path, *text.parts[0], "a name in a string", True)
            for start, end in text.parts:
                for found in used.finditer(source, start, end):
                    if (path, found.start(1)) not in tokens:
                        yield Spot(path, *found.span(1), "a use in a string", True)


def _asks_for_it(
    source: bytes, parts: tuple[tuple[int, int], ...], argument_of: str, name: str
) -> bool:
    """Whether a string is the name itself, given to getattr or one of its kind."""
    if len(parts) != 1 or argument_of.rpartition(".")[2] not in _BY_NAME:
        return False
    return source[slice(*parts[0])] == name.encode()


def _read_at_run_time(index: SymbolIndex, naming: Naming) -> Iterator[Spot]:
    """Where a renamed class, or a base of it, reads the name of its own class."""
    for key in sorted(naming.keys):
        facts = index.facts_of(key.path)
        if facts is None or facts.definitions[key.number].kind != "class":
            continue
        for one in naming.line(key).classes:
            home = index.facts_of(one.path) or FileFacts()
            for number in home.names.get("__name__", ()):
                use = home.uses[number]
                if use.on != -1 and _class_around(home, one.path, use.scope) == one:
                    yield Spot(one.path, use.start, use.end, "reads its class's name", False)


def _class_around(facts: FileFacts, path: str, scope: int) -> Key | None:
    while scope >= 0:
        row = facts.scopes[scope]
        if row.kind == "class":
            return Key(path, row.definition)
        scope = row.parent
    return None


def _built_names(index: SymbolIndex, naming: Naming) -> Iterator[Spot]:
    """Where a name that begins like this one is put together for getattr."""
    homes = {key.path for key in naming.keys}
    for path in sorted({*index.files_with("getattr"), *index.files_with("globals")}):
        for found in _BUILT.finditer(index.lines(path).source):
            head = found[1].decode()
            # `"_" + name` may be any private name: it is looked for where this one is defined.
            if head == "_" and path not in homes:
                continue
            if naming.name.startswith(head) and naming.name != head:
                yield Spot(path, *found.span(1), "a name is built here", False)


def _entry_points(index: SymbolIndex, naming: Naming) -> Iterator[Spot]:
    """`package.module:name` in the project's own configuration."""
    pattern = re.compile(rf"[:.]({re.escape(naming.name)})(?!\w)".encode())
    for name in _ENTRY_POINT_FILES:
        try:
            text = (index.root / name).read_bytes()
        except OSError:
            continue
        for found in pattern.finditer(text):
            yield Spot(name, *found.span(1), "a name in the project's configuration", True)
