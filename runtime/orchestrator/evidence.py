"""What speaks for a file or a definition being part of a task: scores and the reasons of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from ...heaven.records import Symbol

Key: TypeAlias = tuple[str, int | None]
"""A path, and the place of a definition among the file's; None for what is outside of all."""


@dataclass(slots=True)
class Evidence:
    """`of` has the score of each place, `why` what each reason gave it."""

    of: dict[Key, float] = field(default_factory=dict)
    why: dict[Key, dict[str, float]] = field(default_factory=dict)

    def add(self, key: Key, score: float, reason: str) -> None:
        self.of[key] = self.of.get(key, 0.0) + score
        reasons = self.why.setdefault(key, {})
        reasons[reason] = reasons.get(reason, 0.0) + score

    def scale(self, factor: Callable[[str], float]) -> None:
        """Multiply every score by what `factor` says of its path."""
        for key in self.of:
            self.of[key] *= factor(key[0])

    def best(self, count: int) -> list[Key]:
        return sorted(self.of, key=lambda key: (-self.of[key], key[0], key[1] or -1))[:count]

    def reasons(self, key: Key) -> tuple[str, ...]:
        found = self.why.get(key, {})
        return tuple(sorted(found, key=lambda reason: (-found[reason], reason)))


def number_of(symbols: tuple[Symbol, ...], wanted: Symbol) -> int | None:
    """The place of a symbol among its file's."""
    return next((place for place, one in enumerate(symbols) if one.id == wanted.id), None)
