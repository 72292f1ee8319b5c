"""Full-text search: names and code in one order, the surest first.

A name that is the query, names with all of its words, names with all of them as beginnings,
definitions inside such, code with all the words. Only where there is none of these is the query
taken for a misspelling (what stands in the code is none), and then for any of its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from ..records import Hit, HitHow, Symbol
from ..words import split_name
from .code import CodeStore, Piece
from .names import NameTable, plain
from .tests_reach import is_test_file

if TYPE_CHECKING:
    from .state import IndexState

_WORD: Final = re.compile(r"\w+")
_MAX_WORDS: Final = 16
_ALIKE: Final = 65.0
"""How alike a name must be, of 100, to be what a misspelling meant; a word alone, more so."""
_ALIKE_WORD: Final = 75.0
_AROUND: Final = 1
_TEST_DIRECTORIES: Final = frozenset({"test", "tests", "testing", "__tests__", "testdata"})
_LOOKED_AT: Final = 3
"""So many times as many pieces are looked at as are wanted: some show what a name shows already."""


class Search:
    """Over an `IndexState`; each method is for use inside its `ask`. Any text is a query: nothing
    of it reaches FTS5 as syntax."""

    def __init__(self, state: IndexState) -> None:
        self._state = state
        self._code: CodeStore | None = None
        self._code_version = -1
        self._table: NameTable | None = None
        self._table_version = -1
        self._hashes: dict[str, str] = {}

    def hits(self, query: str, count: int) -> tuple[Hit, ...]:
        """The best `count` definitions and pieces of code."""
        words = words_of(query)
        if not words:
            return ()
        found = _hits(self._definitions(query, words, count), count)
        self._add_code(found, words, count, " AND ")
        if not found:
            found = _hits((("fuzzy", one) for one in self._alike(words, count)), count)
        if not found:
            some = self._names().any_of(words, count)
            found = _hits((("any", one) for one in self._state.store.by_qualnames(some)), count)
            self._add_code(found, words, count, " OR ")
        return tuple(found)

    def symbols(self, query: str, count: int) -> tuple[Symbol, ...]:
        """The best `count` definitions alone; for want of one with the words in its name, those
        with the words in their code."""
        words = words_of(query)
        found = _hits(self._definitions(query, words, count), count) if words else []
        if not found and words:
            found.extend(self.hits(query, count))
        symbols = {one.symbol.id: one.symbol for one in found if one.symbol is not None}
        return tuple(symbols.values())

    def near(self, name: str, count: int) -> list[str]:
        """Names that exist and look like `name`, the most alike first; case and underscores do not
        count."""
        from rapidfuzz import fuzz, process

        table = self._names()
        found = process.extract(
            plain(name), list(table.plain), scorer=fuzz.ratio, limit=count, score_cutoff=_ALIKE
        )
        found.sort(key=lambda one: (-one[1], one[0]))
        names = (table.name(number) for alike, _, _ in found for number in table.plain[alike])
        last = dict.fromkeys(one.rpartition(".")[2] for one in names)
        return [one for one in last if self._state.store.by_name(one)][:count]

    # Names

    def _definitions(
        self, query: str, words: Sequence[str], count: int
    ) -> Iterator[tuple[HitHow, Symbol]]:
        """Definitions that all the words lead to, best first; one may come twice."""
        store, whole = self._state.store, query.strip()
        if " " not in whole:
            for one in _tests_last(store.by_name(whole)):
                yield "exact", one
        ways: dict[HitHow, list[str]] = {}
        for how, name in self._names().find(words, count):
            ways.setdefault(how, []).append(name)
        for how, names in ways.items():
            for one in _tests_last(store.by_qualnames(names)):
                yield how, one

    def _alike(self, words: Sequence[str], count: int) -> Iterator[Symbol]:
        """What looks like the words together, or has words that look like each of them."""
        store = self._state.store
        parts = [part for word in words for part in split_name(word)]
        if len(words) > 1:
            meant = [word for word in map(self._meant, parts) if word is not None]
            if len(meant) == len(parts):
                names = [name for _, name in self._names().find(meant, count)]
                yield from _tests_last(store.by_qualnames(names))
        for name in self.near("".join(words), count):
            yield from _tests_last(store.by_name(name))

    def _meant(self, word: str) -> str | None:
        """The word of a name that is most like it."""
        from rapidfuzz import fuzz, process

        words = self._names().words
        found = process.extractOne(word, words, scorer=fuzz.ratio, score_cutoff=_ALIKE_WORD)
        return None if found is None else str(found[0])

    def _names(self) -> NameTable:
        state = self._state
        if self._table is None or self._table.added > len(self._table) // 2:
            self._table = NameTable(state.store.qualnames())
        elif self._table_version != state.version:
            rows, before = state.fresh.rows, self._hashes
            for path, row in rows.items():
                if before.get(path) != row.hash:
                    self._table.add(state.store.qualnames_in(path))
        if self._table_version != state.version:
            self._hashes = {path: row.hash for path, row in state.fresh.rows.items()}
            self._table_version = state.version
        return self._table

    # Code

    def _add_code(self, found: list[Hit], query: Sequence[str], count: int, between: str) -> None:
        words = list(dict.fromkeys(part for word in query for part in _tokens(word)))
        if not words or len(found) >= count:
            return
        code = self._fresh_code()
        shown = {(one.path, one.start_line) for one in found}
        wanted = [f'"{word}"' for word in words]
        pieces = code.search(between.join(wanted), _LOOKED_AT * count)
        if not pieces:
            pieces = code.search(between.join(f"{word}*" for word in wanted), _LOOKED_AT * count)
        pieces.sort(key=lambda one: _is_of_tests(one.path))
        for piece in pieces:
            if len(found) >= count:
                return
            hit = self._hit(piece, words)
            if hit is not None and shown.isdisjoint(
                (hit.path, line) for line in range(hit.start_line, hit.end_line + 1)
            ):
                found.append(hit)

    def _hit(self, piece: Piece, words: Sequence[str]) -> Hit | None:
        """The best line of a piece, the first that has most of the words, and those around it."""
        lines = self._state.lines(piece.path)
        best, most = piece.first, 0
        last = min(piece.last, lines.count)
        text = lines.text(piece.first, last).decode("utf-8", errors="replace").casefold()
        for number, line in enumerate(text.split("\n"), piece.first):
            having = sum(word in line for word in words)
            if having > most:
                best, most = number, having
        if not most:
            return None
        start, end = max(1, best - _AROUND), min(lines.count, best + _AROUND)
        return Hit(piece.path, start, end, "code", self._state.store.enclosing(piece.path, best))

    def _fresh_code(self) -> CodeStore:
        state = self._state
        if self._code is None:
            self._code = CodeStore(state.store.connection)
        if self._code_version != state.version:
            rows = state.fresh.rows.values()
            wanted = {row.path: row.hash for row in rows if row.status == "ok"}
            self._code.update(wanted, state.source)
            self._code_version = state.version
        return self._code


def words_of(query: str) -> list[str]:
    return _WORD.findall(query)[:_MAX_WORDS]


def _hits(found: Iterable[tuple[HitHow, Symbol]], count: int) -> list[Hit]:
    """The first `count`, each symbol once."""
    once: dict[int, tuple[HitHow, Symbol]] = {}
    for how, one in found:
        once.setdefault(one.id, (how, one))
        if len(once) >= count:
            break
    return [
        Hit(one.path, one.name_at.start_line, one.name_at.end_line, how, one)
        for how, one in islice(once.values(), count)
    ]


def _tests_last(found: Iterable[Symbol]) -> list[Symbol]:
    return sorted(found, key=lambda one: _is_of_tests(one.path))


def _is_of_tests(path: str) -> bool:
    return is_test_file(path) or not _TEST_DIRECTORIES.isdisjoint(path.split("/"))


def _tokens(word: str) -> list[str]:
    """The words that the code's table has for a word of a query."""
    if word.islower() or word.isupper():
        return [part for part in word.casefold().split("_") if part]
    return split_name(word) or [word.casefold()]
