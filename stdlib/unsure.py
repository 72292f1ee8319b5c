"""Places that may mean a renamed definition and are left alone: attributes of something unknown,
names in strings and in the project's configuration, names that are put together at run time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..heaven.index.bind import Key
from ..heaven.index.facts import FileFacts
from ..heaven.index.naming import Naming
from ..heaven.index.source import Lines
from ..heaven.index.symbols import SymbolIndex
from .refused import Site
from .syntax import PYTHON, strings

_ENTRY_POINT_FILES: Final = ("pyproject.toml", "setup.cfg")
# "visit_" + name, "visit_%s" % name, f"visit_{name}"
_BUILT: Final = re.compile(rb"""["']([A-Za-z_]\w*_)(?:\{|%[sr]|["']\s*[+%])""")
_BY_NAME: Final = frozenset(
    {"getattr", "setattr", "hasattr", "delattr", "attrgetter", "methodcaller", "patch", "object"}
)


def unsure_sites(index: SymbolIndex, naming: Naming) -> tuple[Site, ...]:
    """All of them, by path and line. For use within the index's `ask`."""
    found = [
        *_unknown(index, naming),
        *_missed(index, naming),
        *_texts(index, naming),
        *_read_at_run_time(index, naming),
        *_built_names(index, naming),
        *_entry_points(index, naming),
    ]
    return tuple(sorted(found, key=lambda site: (site.path, site.line, site.why)))


def _site(index: SymbolIndex, path: str, start: int, why: str) -> Site:
    return _at(index.lines(path), path, start, why)


def _at(lines: Lines, path: str, start: int, why: str) -> Site:
    number = lines.line(start)
    text = lines.text(number, number).decode("utf-8", errors="replace").strip()
    return Site(path, number, text, why)


def _source(index: SymbolIndex, path: str) -> bytes:
    """The text of a file, also of one that the index has left out; empty where there is none."""
    if index.facts_of(path) is not None:
        return index.lines(path).source
    try:
        return (index.root / path).read_bytes()
    except OSError:
        return b""


def _word(name: str) -> re.Pattern[bytes]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)".encode())


def _unknown(index: SymbolIndex, naming: Naming) -> Iterator[Site]:
    for token in naming.unsure:
        before = index.lines(token.path).source[: token.start].rstrip()[-1:]
        why = "what is before the dot is not known"
        if before != b".":
            why = "what this is taken from is not known"
        yield _site(index, token.path, token.start, why)


def _missed(index: SymbolIndex, naming: Naming) -> Iterator[Site]:
    """Where the index says that it may not have seen every use."""
    known = {(token.path, token.start) for token in (*naming.sure, *naming.unsure)}
    for path in index.doubtful(naming.name):
        facts = index.facts_of(path) or FileFacts()
        seen = {facts.uses[number].start for number in facts.names.get(naming.name, ())}
        source = _source(index, path)
        for found in _word(naming.name).finditer(source):
            if (path, found.start()) not in known and found.start() not in seen:
                yield _at(Lines(source), path, found.start(), "the file was not read as a whole")


def _texts(index: SymbolIndex, naming: Naming) -> Iterator[Site]:
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
                yield _site(index, path, text.parts[0][0], "a name in a string")
            for start, end in text.parts:
                for found in used.finditer(source, start, end):
                    if (path, found.start(1)) not in tokens:
                        yield _site(index, path, found.start(), "a use in a string")


def _asks_for_it(
    source: bytes, parts: tuple[tuple[int, int], ...], argument_of: str, name: str
) -> bool:
    """Whether a string is the name itself, given to getattr or one of its kind."""
    if len(parts) != 1 or argument_of.rpartition(".")[2] not in _BY_NAME:
        return False
    return source[slice(*parts[0])] == name.encode()


def _read_at_run_time(index: SymbolIndex, naming: Naming) -> Iterator[Site]:
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
                    yield _site(index, one.path, use.start, "reads its class's name")


def _class_around(facts: FileFacts, path: str, scope: int) -> Key | None:
    while scope >= 0:
        row = facts.scopes[scope]
        if row.kind == "class":
            return Key(path, row.definition)
        scope = row.parent
    return None


def _built_names(index: SymbolIndex, naming: Naming) -> Iterator[Site]:
    """Where a name that begins like this one is put together for getattr."""
    for path in sorted({*index.files_with("getattr"), *index.files_with("globals")}):
        for found in _BUILT.finditer(index.lines(path).source):
            head = found[1].decode()
            if naming.name.startswith(head) and naming.name != head:
                yield _site(index, path, found.start(1), "a name is built here")


def _entry_points(index: SymbolIndex, naming: Naming) -> Iterator[Site]:
    """`package.module:name` in the project's own configuration."""
    pattern = re.compile(rf"[:.]{re.escape(naming.name)}\b")
    for name in _ENTRY_POINT_FILES:
        try:
            text = (index.root / name).read_text("utf-8", errors="replace")
        except OSError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                yield Site(name, number, line.strip(), "a name in the project's configuration")
