"""The names of all definitions by the words in them, in memory: a search takes microseconds.

Short names come first, and a search ends when it has enough: of twenty thousand names with `test`
in them nobody wants more than the closest.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Final

from ..records import HitHow
from ..words import split_name

_LOOKED_AT: Final = 3_000


class NameTable:
    """Qualified names. Those that are added later come after those that it was made of."""

    def __init__(self, qualnames: Iterable[str]) -> None:
        self._known: set[str] = set()
        self._names: list[str] = []
        # Words of the name itself, and of the whole qualified name.
        self._own: list[tuple[str, ...]] = []
        self._all: list[tuple[str, ...]] = []
        self._places: dict[str, list[int]] = {}
        self._words: list[str] = []
        self._plain: dict[str, list[int]] = {}
        self.added = 0
        for one in sorted(qualnames, key=lambda name: (name.count("."), len(name), name)):
            self._take(one)
        self._words = sorted(self._places)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, qualnames: Iterable[str]) -> None:
        """Names that came; one that is there already may be among them. None ever leaves: who
        finds one asks what it names now."""
        for one in qualnames:
            if one not in self._known:
                before = len(self._places)
                self._take(one)
                self.added += 1
                if len(self._places) > before:
                    for word in self._all[-1]:
                        at = bisect_left(self._words, word)
                        if at == len(self._words) or self._words[at] != word:
                            insort(self._words, word)

    @property
    def words(self) -> Sequence[str]:
        """Every word that is in a name."""
        return self._words

    @property
    def plain(self) -> dict[str, list[int]]:
        """Numbers of the qualified names by their last part, without case and underscores."""
        return self._plain

    def name(self, number: int) -> str:
        return self._names[number]

    def find(self, words: Sequence[str], enough: int) -> Iterator[tuple[HitHow, str]]:
        """About `enough` qualified names that all the words lead to, each once, closest first."""
        wanted = tuple(dict.fromkeys(chain.from_iterable(map(split_name, words))))
        if not wanted:
            return
        seen: set[int] = set()
        around: list[int] = []
        for number in self._plain.get(plain("".join(words)), ())[:enough]:
            seen.add(number)
            yield "exact", self._names[number]
        # The rarest word's names are looked through.
        rarest = min(wanted, key=lambda word: len(self._places.get(word, ())))
        for number in islice(self._places.get(rarest, ()), _LOOKED_AT):
            if number in seen or any(word not in self._all[number] for word in wanted):
                continue
            if all(word in self._own[number] for word in wanted):
                seen.add(number)
                yield "parts", self._names[number]
                if len(seen) >= enough:
                    return
            else:
                around.append(number)
        ranges = [self._beginning(word) for word in wanted]
        if not all(ranges):
            return
        fewest = min(ranges, key=lambda found: sum(len(self._places[word]) for word in found))
        places = sorted(set(chain.from_iterable(self._places[word] for word in fewest)))
        for number in islice(places, _LOOKED_AT):
            if number in seen:
                continue
            if _begins(wanted, self._own[number]):
                seen.add(number)
                yield "prefix", self._names[number]
                if len(seen) >= enough:
                    return
            elif _begins(wanted, self._all[number]):
                around.append(number)
        for number in dict.fromkeys(around):
            if number not in seen:
                seen.add(number)
                yield "around", self._names[number]
                if len(seen) >= enough:
                    return

    def any_of(self, words: Sequence[str], enough: int) -> list[str]:
        """Names with one of the words in them; the rarest word's first."""
        wanted = dict.fromkeys(chain.from_iterable(map(split_name, words)))
        found: dict[int, None] = {}
        for places in sorted((self._places.get(word, []) for word in wanted), key=len):
            found.update(dict.fromkeys(places[:enough]))
        return [self._names[number] for number in islice(found, enough)]

    def _take(self, qualname: str) -> None:
        number = len(self._names)
        self._known.add(qualname)
        self._names.append(qualname)
        parts = [_words_of(part) for part in qualname.split(".")]
        self._own.append(parts[-1])
        self._all.append(tuple(dict.fromkeys(chain.from_iterable(parts))))
        for word in self._all[-1]:
            self._places.setdefault(word, []).append(number)
        self._plain.setdefault(plain(qualname.rpartition(".")[2]), []).append(number)

    def _beginning(self, start: str) -> Sequence[str]:
        """The words that begin so."""
        first = bisect_left(self._words, start)
        return self._words[first : bisect_left(self._words, start + "\U0010ffff")]


def plain(name: str) -> str:
    """A name's spelling without what people mistake: case and underscores."""
    return name.replace("_", "").casefold()


@lru_cache(maxsize=100_000)
def _words_of(name: str) -> tuple[str, ...]:
    return tuple(split_name(name))


def _begins(wanted: Sequence[str], words: Sequence[str]) -> bool:
    return all(any(word.startswith(start) for word in words) for start in wanted)
