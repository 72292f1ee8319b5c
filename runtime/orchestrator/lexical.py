"""Evidence from words: where a task's names and words stand, and what is called by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...heaven.words import split_name, words_in
from .evidence import Evidence, number_of
from .terms import Terms

if TYPE_CHECKING:
    from ...heaven.index.symbols import SymbolIndex

WEIGHTS: Final = (3.0, 2.0, 1.5, 1.0)
"""What a word counts in a definition's name, in its path, in its head, in its body."""

_WORD: Final = 1.0
_NAME: Final = 1.6
_PAIR: Final = 0.6
_DEFINED: Final = 14.0
_PATH: Final = 20.0
_PLACE: Final = 30.0
_LOOKED_AT: Final = 4_000
_NORM: Final = 3.0
_PROBES: Final = 60


@dataclass(frozen=True, slots=True)
class Probe:
    """Words looked for one after the other, and what finding them counts."""

    phrase: str
    weight: float
    shown: str


def probes(terms: Terms) -> Iterator[Probe]:
    """Each phrase once: names as they were written, then single words, then pairs of them."""
    seen: set[tuple[str, ...]] = set()
    wanted = [
        *((part, _NAME) for name in terms.names for part in (name.rpartition(".")[2], name)),
        *((word, _WORD) for word in terms.words),
        *((" ".join(pair), _PAIR) for pair in terms.pairs),
    ]
    for text, weight in wanted:
        words = tuple(words_in(text))
        if words and words not in seen:
            seen.add(words)
            yield Probe(" ".join(words), weight, text)


def by_words(index: SymbolIndex, terms: Terms, symbols: Evidence, files: Evidence) -> None:
    """Add what the words say. For use inside `SymbolIndex.ask`.

    A file is as good as its best passages for each word, so that one that has all the words, in
    several places, stands before one that has one of them everywhere.
    """
    for place, probe in enumerate(probes(terms)):
        if place == _PROBES:
            return
        totals: dict[str, float] = {}
        for passage in index.passages(probe.phrase, _LOOKED_AT, WEIGHTS):
            score = probe.weight * passage.score
            reason = f"`{probe.shown}`"
            if passage.number is not None:
                symbols.add((passage.path, passage.number), score, reason)
            totals[passage.path] = totals.get(passage.path, 0.0) + score**_NORM
        for path, total in totals.items():
            files.add((path, None), total ** (1 / _NORM), f"`{probe.shown}`")


def by_names(index: SymbolIndex, terms: Terms, symbols: Evidence, files: Evidence) -> None:
    """Add the definitions and modules that the task names. For use inside `SymbolIndex.ask`."""
    paths = index.paths()
    for name in terms.names:
        found = index.find_symbols(name)
        for one in found:
            number = number_of(index.symbols_in(one.path), one)
            score = _DEFINED / len(found)
            symbols.add((one.path, number), score, f"defines `{name}`")
            files.add((one.path, None), score, f"defines `{name}`")
        if "." in name and not found:
            tail = name.replace(".", "/")
            for path in paths:
                stem = path.rpartition(".")[0].removesuffix("/__init__")
                if stem == tail or stem.endswith("/" + tail):
                    files.add((path, None), _DEFINED, f"is `{name}`")
    for wanted in terms.paths:
        plain = wanted.removeprefix("./").strip("/")
        named = [path for path in paths if ("/" + path).endswith("/" + plain)]
        # A path of another machine: as much of its end as is known here.
        while not named and "/" in plain:
            plain = plain.partition("/")[2]
            named = [path for path in paths if ("/" + path).endswith("/" + plain)]
        for path in named:
            files.add((path, None), _PATH / len(named), f"named `{wanted}`")
            for line in (line for where, line in terms.places if where == wanted):
                around = [
                    place
                    for place, one in enumerate(index.symbols_in(path))
                    if one.extent.start_line <= line <= one.extent.end_line
                ]
                if around:
                    reason = f"line {line} is named"
                    symbols.add((path, around[-1]), _PLACE / len(named), reason)
    for path in paths:
        stem = path.rpartition("/")[2].rpartition(".")[0]
        parts = split_name(stem)
        if parts and set(parts) <= set(terms.words):
            files.add((path, None), 3.0 * len(parts), f"is called `{stem}`")
