"""Full-text search: names and code in one order, the surest first.

A name that is the query, names with all of its words, names with all of them as beginnings,
definitions whose path or signature has them, names that look like it (only where none of these
exist), code with all the words. Then, for want of anything better, what has any of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from ..records import Hit, HitHow, Symbol
from ..words import split_name
from .code import CodeStore, Piece
from .tests_reach import is_test_file

if TYPE_CHECKING:
    from .state import IndexState
    from .store import Lines

_WORD: Final = re.compile(r"\w+")
_MAX_WORDS: Final = 16
_ENOUGH: Final = 60
_ALIKE: Final = 65.0
"""How alike a name must be, of 100, to be what a misspelling meant."""
_AROUND: Final = 1
_LOOKED_AT: Final = 3
"""So many times as many pieces are looked at as are wanted: some show what a name shows already."""


class Search:
    """Over an `IndexState`; each method is for use inside its `ask`. Any text is a query: nothing
    of it reaches FTS5 as syntax."""

    def __init__(self, state: IndexState, names: Callable[[], Sequence[str]]) -> None:
        """`names` gives every name that is defined, once."""
        self._state = state
        self._names = names
        self._code: CodeStore | None = None
        self._code_version = -1

    def hits(self, query: str, count: int) -> tuple[Hit, ...]:
        """The best `count` definitions and pieces of code."""
        found: list[Hit] = []
        headers: set[tuple[str, int]] = set()
        sure = True
        for how, symbol in self._symbols(query, count):
            if how == "any" and sure:
                sure = False
                self._add_code(found, headers, query, count, " AND ")
            if len(found) >= count:
                break
            line = symbol.name_at.start_line
            found.append(Hit(symbol.path, line, line, how, symbol))
            headers.add((symbol.path, line))
        if sure:
            self._add_code(found, headers, query, count, " AND ")
        if not found:
            self._add_code(found, headers, query, count, " OR ")
        return tuple(found)

    def symbols(self, query: str, count: int) -> tuple[Symbol, ...]:
        """The best `count` definitions alone."""
        return tuple(symbol for _, symbol in islice(self._symbols(query, count), count))

    # Names

    def _symbols(self, query: str, count: int) -> Iterator[tuple[HitHow, Symbol]]:
        """Definitions, each once, best first."""
        seen: set[int] = set()

        def fresh(how: HitHow, found: Sequence[Symbol]) -> Iterator[tuple[HitHow, Symbol]]:
            for one in found:
                if one.id not in seen:
                    seen.add(one.id)
                    yield how, one

        words = words_of(query)
        if not words:
            return
        store = self._state.store
        whole = query.strip()
        if " " not in whole:
            yield from fresh("exact", _in_order(store.by_name(whole), whole, ()))
        for how, expression in _expressions(words):
            found = self._matching(expression, count)
            yield from fresh(how, _in_order(found, whole, words) if how == "parts" else found)
        if not seen:
            for name in near_names(query, self._names(), count):
                yield from fresh("fuzzy", store.by_name(name))
        if len(words) > 1:
            yield from fresh("any", self._matching(_any_of(words), count))

    def _matching(self, expression: str, count: int) -> list[Symbol]:
        store = self._state.store
        return store.by_ids([n for n, _ in store.search(expression, max(count, _ENOUGH))])

    # Code

    def _add_code(
        self,
        found: list[Hit],
        headers: set[tuple[str, int]],
        query: str,
        count: int,
        between: str,
    ) -> None:
        words = [part for word in words_of(query) for part in _tokens(word)]
        if not words or len(found) >= count:
            return
        self._freshen_code()
        assert self._code is not None
        done: set[Piece] = set()
        for star in ("", "*"):
            wanted = [f'"{word}"{star if len(word) > 2 else ""}' for word in dict.fromkeys(words)]
            pieces = self._code.search(between.join(wanted), _LOOKED_AT * count)
            for piece in pieces:
                if len(found) >= count:
                    return
                if piece in done:
                    continue
                done.add(piece)
                hit = self._hit(piece, words)
                if hit is not None and headers.isdisjoint(
                    (hit.path, line) for line in range(hit.start_line, hit.end_line + 1)
                ):
                    found.append(hit)

    def _hit(self, piece: Piece, words: Sequence[str]) -> Hit | None:
        """The best lines of a piece: with most of the words, the first such ones."""
        lines = self._state.lines(piece.path)
        first, most = piece.first, 0
        for number in range(piece.first, min(piece.last, lines.count) + 1):
            text = lines.text(number, number).decode("utf-8", errors="replace").casefold()
            having = sum(word in text for word in words)
            if having > most:
                first, most = number, having
        if not most:
            return None
        return self._around(piece, first, lines)

    def _around(self, piece: Piece, line: int, lines: Lines) -> Hit:
        start, end = max(1, line - _AROUND), min(lines.count, line + _AROUND)
        return Hit(piece.path, start, end, "code", self._state.store.enclosing(piece.path, line))

    def _freshen_code(self) -> None:
        state = self._state
        if self._code is None:
            self._code = CodeStore(state.store.connection)
        elif self._code_version == state.version:
            return
        rows = state.fresh.rows.values()
        wanted = {row.path: row.hash for row in rows if row.status == "ok"}
        self._code.update(wanted, state.source)
        self._code_version = state.version


def words_of(query: str) -> list[str]:
    return _WORD.findall(query)[:_MAX_WORDS]


def near_names(query: str, names: Sequence[str], count: int) -> list[str]:
    """Names that look like the query, the most alike first; their spelling (case, underscores,
    blanks) does not count."""
    from rapidfuzz import fuzz, process

    wanted = _plain("".join(words_of(query)))
    found = process.extract(
        wanted, names, scorer=fuzz.ratio, processor=_plain, limit=count, score_cutoff=_ALIKE
    )
    return [name for name, _, _ in sorted(found, key=lambda one: (-one[1], one[0]))]


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


def _expressions(words: Sequence[str]) -> Iterator[tuple[HitHow, str]]:
    """What to ask of the names' table, the strictest first; all ask for all words."""
    ways: tuple[tuple[HitHow, str, str], ...] = (
        ("parts", "{name parts} : ", ""),
        ("prefix", "{name parts} : ", "*"),
        ("around", "", "*"),
    )
    for how, columns, star in ways:
        yield how, f"{columns}({' AND '.join(map(partial(_either, star=star), words))})"


def _any_of(words: Sequence[str]) -> str:
    return " OR ".join(map(partial(_either, star="*"), words))


def _either(word: str, star: str) -> str:
    """The word as a whole, or all of its parts."""
    parts = split_name(word)
    if not parts or parts == [word.lower()]:
        return f'"{word}"{star}'
    inner = " AND ".join(f'"{part}"{star}' for part in parts)
    return f'("{word}"{star} OR ({inner}))'


def _tokens(word: str) -> list[str]:
    """The words that the code's table has for a word of a query."""
    parts = [part for part in word.casefold().split("_") if part]
    if word.islower() or word.isupper():
        return parts
    return split_name(word) or parts


def _in_order(found: list[Symbol], whole: str, words: Sequence[str]) -> list[Symbol]:
    """The closest name first, tests after what they test, else as they came."""
    joined = _plain("".join(words))

    def order(one: Symbol) -> tuple[bool, bool, bool, int]:
        name = _plain(one.name)
        return (
            one.name != whole and one.qualname != whole,
            bool(words) and name != joined,
            is_test_file(one.path),
            len(name) if words else 0,
        )

    return sorted(found, key=order)
