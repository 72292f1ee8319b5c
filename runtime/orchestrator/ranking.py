"""From a task in words to the files and symbols that it is most likely about.

The order is a function of the task, the files and the repository's history: the same three give the
same ranking on any machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...heaven import Heaven
from ...heaven.records import Symbol
from .evidence import Evidence
from .history import Commit, by_history, newest_commits
from .lexical import by_names, by_words
from .neighbours import by_calls
from .terms import Terms, read_terms

if TYPE_CHECKING:
    from ...heaven.index.symbols import SymbolIndex

FILES = 50
SYMBOLS = 200
"""How many of each are given unless said."""

_REASONS: Final = 5
_FROM_FILE: Final = 0.35
_FROM_SYMBOLS: Final = 0.5
_ASIDE: Final = 0.3
_ASIDE_PARTS: Final = frozenset(
    {"test", "tests", "testing", "doc", "docs", "example", "examples", "benchmark", "benchmarks",
     "bench", "__tests__", "testdata", "fixtures", "scripts", "tools", "vendor", "_vendor"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RankedFile:
    """`score` is positive and comparable within one ranking only. `reasons` say why it is here,
    the strongest first: short texts for people."""

    path: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RankedSymbol:
    """Like `RankedFile`, of a definition."""

    symbol: Symbol
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Files and symbols, best first, and the words of the task that they were ranked by."""

    terms: Terms
    files: tuple[RankedFile, ...]
    symbols: tuple[RankedSymbol, ...]


def rank(heaven: Heaven, task: str, *, files: int = FILES, symbols: int = SYMBOLS) -> Ranking:
    """The best `files` files and `symbols` symbols for a task; none where it has no word that
    stands anywhere in the code. Raises TreeUnreadable."""
    terms = read_terms(task)
    index = heaven.index
    commits = newest_commits(heaven)
    return index.ask(lambda: _rank(index, commits, terms, files, symbols))


def _rank(
    index: SymbolIndex,
    commits: Sequence[Commit],
    terms: Terms,
    count: int,
    symbol_count: int,
) -> Ranking:
    symbols, files = Evidence(), Evidence()
    by_words(index, terms, symbols, files)
    by_names(index, terms, symbols, files)
    by_history(commits, terms, set(index.paths()), files)
    tests = _wants_tests(terms)
    for evidence in (symbols, files):
        evidence.scale(lambda path: _prior(path, tests))
    by_calls(index, symbols, files)
    best_of: dict[str, float] = {}
    for (path, _), score in symbols.of.items():
        best_of[path] = max(best_of.get(path, 0.0), score)
    for path, score in best_of.items():
        files.of[(path, None)] = files.of.get((path, None), 0.0) + _FROM_SYMBOLS * score
    for path, number in symbols.of:
        symbols.of[(path, number)] += _FROM_FILE * files.of.get((path, None), 0.0)
    ranked: list[RankedSymbol] = []
    for key in symbols.best(symbol_count):
        path, number = key
        if number is not None:
            one = index.symbols_in(path)[number]
            ranked.append(RankedSymbol(one, symbols.of[key], symbols.reasons(key)[:_REASONS]))
    return Ranking(
        terms,
        tuple(
            RankedFile(key[0], files.of[key], files.reasons(key)[:_REASONS])
            for key in files.best(count)
        ),
        tuple(ranked),
    )


def _wants_tests(terms: Terms) -> bool:
    return not {"test", "tests"}.isdisjoint(terms.words)


def _prior(path: str, tests: bool) -> float:
    """How likely a change is in a file of this kind, before its content is looked at."""
    parts = path.lower().split("/")
    aside = not _ASIDE_PARTS.isdisjoint(parts[:-1])
    aside = aside or parts[-1].startswith("test_") or parts[-1] in ("conftest.py", "setup.py")
    return _ASIDE if aside and not tests else 1.0
