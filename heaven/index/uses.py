"""The uses of a file while it is read: columns, since what a use is becomes known bit by bit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import repeat

from ..records import RefKind
from .facts import Use


@dataclass(slots=True)
class Uses:
    """Each use is a number. `imported` has (import, depth) of those that belong to an import. Uses
    are added in the order of the file."""

    names: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    scopes: list[int] = field(default_factory=list)
    kinds: list[RefKind] = field(default_factory=list)
    on: list[int] = field(default_factory=list)
    imported: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, name: str, start: int, end: int, scope: int, kind: RefKind, on: int) -> None:
        self.names.append(name)
        self.starts.append(start)
        self.ends.append(end)
        self.scopes.append(scope)
        self.kinds.append(kind)
        self.on.append(on)

    def mark_types(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Uses inside one of the `ranges` are of kind type."""
        starts = self.starts
        for start, end in ranges:
            number = bisect_left(starts, start)
            while number < len(starts) and starts[number] < end:
                self.mark_base(number)
                number += 1

    def mark_base(self, number: int) -> None:
        """A class's base is a use of kind type; -1 is none."""
        if number >= 0 and self.kinds[number] in ("plain", "attribute"):
            self.kinds[number] = "type"

    def rows(self) -> tuple[Use, ...]:
        imports = [-1] * len(self.names)
        depths = [0] * len(self.names)
        for number, (one, depth) in self.imported.items():
            imports[number], depths[number] = one, depth
        columns = zip(
            self.names,
            self.starts,
            self.ends,
            self.scopes,
            self.kinds,
            self.on,
            imports,
            depths,
            strict=True,
        )
        return tuple(map(tuple.__new__, repeat(Use), columns))
