"""`INVARIANT @name arguments`: what the machine checks of every edit, and how each is called."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from ..aa.ast import Text, Word
from ..aa.diagnostic import did_you_mean
from ..aa.node import dataclass
from ..aa.span import Span
from ..aa.words import Words

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
    name, *arguments = value.split()
    checked = CHECKED.get(name[1:])
    offset = _offset(text)
    if checked is None:
        hint = did_you_mean(name[1:], CHECKED)
        words.error(
            "ISA0217",
            f"`{name}` is no invariant that the machine checks",
            Span(text.span.line, text.span.column + offset, len(name))
            if offset >= 0
            else text.span,
            hint=hint.replace("mean ", "mean @") if hint else _listed(),
        )
        return value
    problem = _problem(checked, arguments)
    if problem:
        words.error("ISA0218", problem, text.span, hint=f"usage: INVARIANT {checked.usage}")
    elif checked.shape == "number":
        number = Word(arguments[0], text.span)
        return f"{name} {words.number(number, 'the number of lines', 1, MAX_LINES)}"
    elif checked.shape == "globs":
        for glob in arguments:
            words.path(Word(glob, text.span), directory=True)
    return " ".join((name, *arguments))


def _problem(checked: Checked, arguments: list[str]) -> str | None:
    if checked.shape == "none" and arguments:
        return f"@{checked.name} takes no argument"
    if checked.shape == "number" and len(arguments) != 1:
        return f"@{checked.name} takes one number"
    if checked.shape == "globs" and not arguments:
        return f"@{checked.name} takes at least one glob"
    return None


def _offset(text: Text) -> int:
    """Where the value begins within its span; -1 where that is not on the span's line."""
    return {"rest": 0, "quoted": 1, "block": -1}[text.form]


def _listed() -> str:
    return "one of " + ", ".join(row.usage for row in _ROWS)
