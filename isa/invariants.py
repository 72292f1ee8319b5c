"""`INVARIANT @name arguments`: what the machine checks of every edit, and how each is called."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from ..aa.ast import Text, Word
from ..aa.diagnostic import did_you_mean
from ..aa.node import dataclass
from ..aa.span import Span
from ..aa.words import Words, shown

Shape: TypeAlias = Literal["none", "globs", "number"]


@dataclass(frozen=True, slots=True)
class Checked:
    """One checked invariant; `usage` is what is written after INVARIANT."""

    name: str
    shape: Shape
    usage: str
    doc: str


_ROWS: Final = (
    Checked("paths", "globs", "@paths GLOB...", "Only files that match are changed."),
    Checked(
        "public-api-unchanged",
        "none",
        "@public-api-unchanged",
        "No public name disappears and no public signature changes.",
    ),
    Checked("max-lines", "number", "@max-lines N", "At most N lines are added and removed."),
    Checked(
        "tests-not-weakened",
        "none",
        "@tests-not-weakened",
        "No test is removed, skipped or left with fewer checks.",
    ),
    Checked(
        "no-new-dependency",
        "none",
        "@no-new-dependency",
        "No dependency is added to the project.",
    ),
)

CHECKED: Final[dict[str, Checked]] = {row.name: row for row in _ROWS}

MAX_LINES: Final = 1_000_000


def check_invariant(text: Text, words: Words) -> str:
    """The invariant's text in one spelling; ISA0217 or ISA0218 where `@` begins a wrong one."""
    value = text.value
    if not value.lstrip().startswith("@"):
        return words.words(text, "the invariant")
    if words.open(text):
        return value
    name, *arguments = _words(text)
    checked = CHECKED.get(name.value[1:])
    if checked is None:
        hint = did_you_mean(name.value[1:], CHECKED)
        words.error(
            "ISA0217",
            f"{shown(name.value)} is no invariant that the machine checks",
            name.span,
            hint=hint.replace("mean ", "mean @") if hint else _listed(),
        )
        return value
    problem = _problem(checked, arguments)
    if problem:
        words.error("ISA0218", problem, text.span, hint=f"usage: INVARIANT {checked.usage}")
    elif checked.shape == "number":
        number = words.number(arguments[0], "the number of lines", 1, MAX_LINES)
        return f"{name.value} {number}"
    elif checked.shape == "globs":
        for glob in arguments:
            words.path(glob, directory=True)
    return " ".join(word.value for word in (name, *arguments))


def _problem(checked: Checked, arguments: list[Word]) -> str | None:
    if checked.shape == "none" and arguments:
        return f"@{checked.name} takes no argument"
    if checked.shape == "number" and len(arguments) != 1:
        return f"@{checked.name} takes one number"
    if checked.shape == "globs" and not arguments:
        return f"@{checked.name} takes at least one glob"
    return None


def _words(text: Text) -> list[Word]:
    """The words of a text, each with its own place where the text is the rest of its line."""
    span = text.span
    if text.form != "rest" or span.length != len(text.value):
        return [Word(value, span) for value in text.value.split()]
    return [
        Word(match.group(), Span(span.line, span.column + match.start(), len(match.group())))
        for match in re.finditer(r"\S+", text.value)
    ]


def _listed() -> str:
    return "one of " + ", ".join(row.usage for row in _ROWS)
