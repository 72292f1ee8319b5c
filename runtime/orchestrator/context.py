"""From a ranking to the source that an angel is shown: as much of what matters as a budget holds.

The surest definitions are shown whole; of the next ones, of many files, the line that names them,
so that the angel knows what there is to ask for. Lines are shown once, with their numbers, under
the path of their file, in the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...heaven import Heaven
from ...heaven.records import Symbol
from ..tokens import count_line, count_tokens
from .ranking import Ranking

if TYPE_CHECKING:
    from ...heaven.index.symbols import SymbolIndex

_WHOLE: Final = 0.4
"""The part of the budget that whole definitions may take before any is only named."""
_BROAD: Final = 0.25
"""The part of the budget for the best line of each ranked file, before any file has a second."""
_LARGEST: Final = 0.15
"""The part of the budget that one definition may take."""
_UNNAMED: Final = 0.25
_CROWD: Final = 0.985
_MISSES: Final = 40
_INNER: Final = frozenset({"field", "variable", "constant"})


@dataclass(frozen=True, slots=True)
class Shown:
    """Lines of a file that the context has: 1-based, ascending."""

    path: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """`whole` are the definitions that are shown from end to end, `named` the others of which the
    line with the name is shown. `tokens` is the count of `text`."""

    text: str
    tokens: int
    shown: tuple[Shown, ...]
    whole: tuple[Symbol, ...]
    named: tuple[Symbol, ...]


def compose(heaven: Heaven, ranking: Ranking, budget: int) -> Context:
    """The context for a ranking, of at most `budget` tokens; the same ranking and files give the
    same text. Raises TreeUnreadable."""
    index = heaven.index
    return index.ask(lambda: _Composer(index, budget).compose(ranking))


class _Composer:
    def __init__(self, index: SymbolIndex, budget: int) -> None:
        self._index = index
        self._budget = budget
        self._left = budget
        self._lines: dict[str, dict[int, str]] = {}

    def compose(self, ranking: Ranking) -> Context:
        whole: dict[int, Symbol] = {}
        named: dict[int, Symbol] = {}
        candidates = list(_candidates(self._index, ranking))
        of_whole = int(self._budget * _WHOLE)
        self._bodies(candidates, self._budget - of_whole, whole)
        self._broadly(ranking, candidates, named)
        misses = 0
        for one, _ in candidates:
            if one.id not in whole and one.id not in named:
                if self._take(one.path, [one.name_at.start_line]):
                    named[one.id] = one
                else:
                    misses += 1
                    if misses == _MISSES:
                        break
        self._bodies(candidates, 0, whole)
        while True:
            text = self._render()
            tokens = count_tokens(text) if text else 0
            if tokens <= self._budget or not self._lines:
                break
            # Lines joined are no more tokens than apart, but for a rare few: give the last way.
            last = next(reversed(self._lines))
            self._lines[last].popitem()
            if not self._lines[last]:
                del self._lines[last]
        shown = tuple(Shown(path, tuple(sorted(lines))) for path, lines in self._lines.items())
        return Context(
            text,
            tokens,
            shown,
            tuple(one for one in whole.values() if self._has(one, whole=True)),
            tuple(
                one for one in named.values() if one.id not in whole and self._has(one, whole=False)
            ),
        )

    def _broadly(
        self,
        ranking: Ranking,
        candidates: Sequence[tuple[Symbol, float]],
        named: dict[int, Symbol],
    ) -> None:
        """Show a line of each file that nothing is shown of: the one that names its best
        definition, or its first."""
        best: dict[str, Symbol] = {}
        for one, _ in candidates:
            best.setdefault(one.path, one)
        keep = max(self._left - int(self._budget * _BROAD), 0)
        for file in ranking.files:
            if file.path in self._lines:
                continue
            definition = best.get(file.path)
            line = self._first(file.path) if definition is None else definition.name_at.start_line
            if not self._take(file.path, [line], keep):
                return
            if definition is not None:
                named[definition.id] = definition

    def _first(self, path: str) -> int:
        """The first line of a file that defines a variable, or the first with anything in it."""
        inner = next(iter(self._index.symbols_in(path)), None)
        if inner is not None:
            return inner.name_at.start_line
        source = self._index.lines(path)
        numbers = range(1, source.count + 1)
        return next((number for number in numbers if source.text(number, number).strip()), 1)

    def _bodies(
        self, candidates: Iterable[tuple[Symbol, float]], keep: int, whole: dict[int, Symbol]
    ) -> None:
        """Show definitions from end to end while more than `keep` tokens are left."""
        misses = 0
        for one, _ in candidates:
            if one.id in whole or one.kind == "class":
                continue
            lines = range(one.extent.start_line, one.extent.end_line + 1)
            if self._take(one.path, lines, keep, int(self._budget * _LARGEST)):
                whole[one.id] = one
            else:
                misses += 1
                if misses == _MISSES:
                    return

    def _take(self, path: str, wanted: Iterable[int], keep: int = 0, most: int = 0) -> bool:
        """Show some lines of a file, if they fit."""
        known = self._lines.get(path)
        cost = 0 if known is not None else count_line(f"\n## {path}\n")
        source = self._index.lines(path)
        added: dict[int, str] = {}
        for number in wanted:
            if known is not None and number in known:
                continue
            text = source.text(number, number).decode("utf-8", errors="replace").rstrip("\r\n")
            line = f"{number}| {text}\n"
            added[number] = line
            cost += count_line(line)
            if cost > self._left - keep or (most and cost > most):
                return False
        self._left -= cost
        self._lines.setdefault(path, {}).update(added)
        return True

    def _has(self, one: Symbol, *, whole: bool) -> bool:
        lines = self._lines.get(one.path, {})
        if whole:
            return all(n in lines for n in range(one.extent.start_line, one.extent.end_line + 1))
        return one.name_at.start_line in lines

    def _render(self) -> str:
        parts: list[str] = []
        for path, lines in self._lines.items():
            parts.append(f"\n## {path}\n")
            parts.extend(lines[number] for number in sorted(lines))
        return "".join(parts)


def _candidates(index: SymbolIndex, ranking: Ranking) -> Iterator[tuple[Symbol, float]]:
    """Definitions of the ranked files, best first. One that nothing speaks for but its file counts
    little; the more of a file come before, the less the next one counts."""
    scores = {one.symbol.id: one.score for one in ranking.symbols}
    found: list[tuple[float, str, int, Symbol]] = []
    for file in ranking.files:
        of_file: list[tuple[float, int, Symbol]] = []
        covered = 0
        for place, one in enumerate(index.symbols_in(file.path)):
            if one.kind in _INNER or one.extent.start_line <= covered:
                continue
            if one.kind != "class":
                covered = one.extent.end_line
            of_file.append((scores.get(one.id, _UNNAMED * file.score), place, one))
        of_file.sort(key=lambda row: (-row[0], row[1]))
        for crowd, (score, place, one) in enumerate(of_file):
            found.append((score * _CROWD**crowd, file.path, place, one))
    found.sort(key=lambda row: (-row[0], row[1], row[2]))
    for score, _, _, one in found:
        yield one, score
