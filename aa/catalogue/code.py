"""One entry of the diagnostics catalogue."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ..node import dataclass

Severity: TypeAlias = Literal["error", "warning", "note"]
ExampleLanguage: TypeAlias = Literal["aa", "isa", "aasm"]


@dataclass(frozen=True, slots=True)
class Code:
    """What `aac explain` says about one code.

    `title` is a short noun phrase without a full stop, `cause` a paragraph or two saying why it is
    reported and what to do. `failing` is a whole program (for `aasm`: assembly text) that yields
    this code and `fixed` one that yields no error; a test compiles both. Both may hold bytes that
    are not UTF-8, written as the lone surrogates of Python's `surrogateescape`. `failing` and
    `fixed` are "" where no text can show the code (a file that is not there).
    """

    code: str
    severity: Severity
    title: str
    cause: str
    failing: str
    fixed: str
    language: ExampleLanguage
