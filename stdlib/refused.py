"""What a macro op says when it will not do as it was told, and what it left alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..proto.edit_ir import EditIR

Reason: TypeAlias = Literal[
    "arguments",
    "name",
    "unknown",
    "ambiguous",
    "collision",
    "outside",
    "unsupported",
    "unsure",
    "syntax",
    "nothing",
]


class MacroRefused(Exception):
    """The macro op changes nothing. The program's fault, but for `syntax` and `outside`.

    `reason` sorts the cause; the message says what to change; `candidates` are what the name could
    have meant (`path:line qualname`) or what is in the way (`path:line why`).
    """

    def __init__(self, reason: Reason, message: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.candidates = candidates


@dataclass(frozen=True, slots=True)
class Site:
    """A place that may mean the symbol and was left alone. `line` is 1-based; `text` its line."""

    path: str
    line: int
    text: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.why}"


@dataclass(frozen=True, slots=True)
class Expansion:
    """A macro op as ordinary edits. `sure` counts the places that they change."""

    edit: EditIR
    sure: int
    unsure: tuple[Site, ...]
