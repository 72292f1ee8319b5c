"""From a task in words to the files and symbols that it is most likely about.

The order is a function of the task, the files and the repository's history: the same three give the
same ranking on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...heaven import Heaven
from ...heaven.records import Symbol
from .terms import Terms, read_terms

FILES = 50
SYMBOLS = 200
"""How many of each are given unless said."""


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

    def question() -> Ranking:
        of_symbols: dict[int, tuple[Symbol, float, list[str]]] = {}
        of_files: dict[str, tuple[float, list[str]]] = {}

        def offer(symbol: Symbol | None, path: str, score: float, reason: str) -> None:
            if symbol is not None:
                one, known, reasons = of_symbols.get(symbol.id, (symbol, 0.0, []))
                of_symbols[symbol.id] = (one, known + score, [*reasons, reason])
            total, why = of_files.get(path, (0.0, []))
            of_files[path] = (total + score, [*why, reason])

        for word in dict.fromkeys([*terms.names, *terms.words]):
            weight = 3.0 if word in terms.names else 1.0
            for place, hit in enumerate(index.hits(word, 20)):
                offer(hit.symbol, hit.path, weight / (place + 2), f"{hit.how} `{word}`")
        ranked = sorted(of_symbols.values(), key=lambda one: (-one[1], one[0].path, one[0].id))
        listed = sorted(of_files.items(), key=lambda one: (-one[1][0], one[0]))
        return Ranking(
            terms,
            tuple(
                RankedFile(path, score, tuple(dict.fromkeys(why)))
                for path, (score, why) in listed[:files]
            ),
            tuple(
                RankedSymbol(one, score, tuple(dict.fromkeys(why)))
                for one, score, why in ranked[:symbols]
            ),
        )

    return index.ask(question)
