"""One way in which a batch breaks an invariant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Breach:
    """`line` (1-based) is the offending line: in the file as it would be, or where `before` is set
    in the file as it is. None where the whole file is meant."""

    path: str
    line: int | None
    message: str
    next_step: str
    before: bool = False

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{where}{' (as it is now)' if self.before else ''}: {self.message}"
