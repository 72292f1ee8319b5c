"""Whether a write is its owner's to make, with the leases that are live.

A lease of a file or of what is above it covers the whole file, and nobody else has a lease in it.
A lease of a symbol covers the file only as long as nobody else has a lease on another symbol there;
from then on it covers the symbol's own lines, as they are in the file now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..errors import NotLeased, StaleToken
from ..paths import normalise
from .grants import Grant
from .live import LiveLeases

Lines: TypeAlias = tuple[int, int]
"""First and last line, 1-based. A last line before the first: a place to insert, before `first`."""
TouchedLines: TypeAlias = Mapping[str, Sequence[Lines]]
"""By path, which lines a write replaces, in the file as it is before."""
LineFinder: TypeAlias = Callable[[str, str], Sequence[Lines]]
"""Where a definition (path, qualified name) is now; nothing if it is not there yet."""
Extents: TypeAlias = dict[tuple[str, str], Sequence[Lines]]

_ANYWHERE: Lines = (0, 1 << 62)


@dataclass(frozen=True, slots=True)
class Write:
    """What `owner` means to write: `paths`, of which those in `lines` only there."""

    owner: str
    paths: tuple[str, ...]
    tokens: Collection[int] | None
    lines: TouchedLines

    def check(self, live: LiveLeases, extents: Extents) -> set[tuple[str, str]]:
        """The symbols (path, name) whose lines decide and are not in `extents`; none if the write
        is allowed. Raises NotLeased, StaleToken, PathOutside."""
        touched = {normalise(path): spans for path, spans in self.lines.items()}
        unknown: set[tuple[str, str]] = set()
        for path in map(normalise, self.paths):
            mine = [one for one in live.covering(path) if one.lease.owner_id == self.owner]
            if self.tokens is None:
                if not mine:
                    raise NotLeased(self.owner, path, live.holder(path))
            else:
                mine = [one for one in mine if one.lease.fencing_token in self.tokens]
                if not mine:
                    self._refuse_token(live, path, self.tokens)
            if all(_only_symbols(grant, path) for grant in mine):
                unknown |= self._check_lines(live, path, touched.get(path), mine, extents)
        return unknown

    def _check_lines(
        self,
        live: LiveLeases,
        path: str,
        spans: Sequence[Lines] | None,
        mine: Iterable[Grant],
        extents: Extents,
    ) -> set[tuple[str, str]]:
        others = [one for one in live.of_symbols(path) if one.lease.owner_id != self.owner]
        if not others or (spans is not None and not spans):
            return set()
        own_names = _symbols(mine, path)
        unknown = {(path, name) for name in own_names | _symbols(others, path)} - extents.keys()
        if unknown:
            return unknown
        own = [extents[path, name] for name in own_names]
        to_come = not all(own)
        for span in [_ANYWHERE] if spans is None else spans:
            for other in others:
                for name in _symbols([other], path):
                    if any(_overlap(span, theirs) for theirs in extents[path, name]):
                        raise NotLeased(self.owner, path, other.lease.owner_id, span)
            inside = any(_inside(span, lines) for places in own for lines in places)
            # A symbol that is not there yet has no lines: it may come wherever nobody else is.
            if not inside and not (to_come and span[1] < span[0]):
                raise NotLeased(self.owner, path, others[0].lease.owner_id, span)
        return set()

    def _refuse_token(self, live: LiveLeases, path: str, tokens: Collection[int]) -> None:
        known = {grant.lease.fencing_token for grant in live.grants.values()}
        stale = [token for token in tokens if token not in known]
        if stale:
            current = [grant.lease.fencing_token for grant in live.covering(path)]
            raise StaleToken(self.owner, path, max(stale), max(current, default=None))
        raise NotLeased(self.owner, path, live.holder(path))


def _only_symbols(grant: Grant, path: str) -> bool:
    """Whether the grant covers the path for the sake of symbols in it."""
    return not any(
        node.symbol is None
        and node.path is not None
        and (node.path in (".", path) or path.startswith(f"{node.path}/"))
        for node in grant.nodes
    )


def _symbols(grants: Iterable[Grant], path: str) -> set[str]:
    return {
        node.symbol
        for grant in grants
        for node in grant.nodes
        if node.path == path and node.symbol is not None
    }


def _overlap(span: Lines, lines: Lines) -> bool:
    """Whether the span touches the lines; for an insertion, whether it would come between them."""
    if span[1] < span[0]:
        return lines[0] < span[0] <= lines[1]
    return span[0] <= lines[1] and lines[0] <= span[1]


def _inside(span: Lines, lines: Lines) -> bool:
    if span[1] < span[0]:
        return lines[0] <= span[0] <= lines[1] + 1
    return lines[0] <= span[0] and span[1] <= lines[1]
