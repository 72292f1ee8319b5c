"""The conditions of ASSERT."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from ..aa.lowered import Comparison, RunKind
from ..aa.node import dataclass
from ..aa.span import Span


@dataclass(frozen=True, slots=True)
class Passed:
    """The last RUN of this kind passed."""

    kind: RunKind


@dataclass(frozen=True, slots=True)
class ExitCode:
    """`number` is as written; `at` is its offset and length in the condition."""

    comparison: Comparison
    number: str
    at: tuple[int, int]


Condition: TypeAlias = Passed | ExitCode

FORMS: Final = (
    "tests [SELECTOR]",
    "all tests pass",
    "lint passes",
    "typecheck passes",
    "exit_code == N",
    "exit_code != N",
)
"""What may follow ASSERT, for the hint and the docs."""

PASSING: Final = ("pass", "passes", "passed")
_CHECKS: Final[tuple[tuple[str, RunKind], ...]] = (
    ("all tests", "test"),
    ("tests", "test"),
    ("lint", "lint"),
    ("typecheck", "typecheck"),
)
_PASSED: Final[dict[str, RunKind]] = {
    **{f"{checks} {word}": kind for checks, kind in _CHECKS for word in PASSING},
    "tests_pass": "test",
    "all_tests_pass": "test",
}

_EXIT: Final = r"exit_code\s*(==|!=)\s*(\S+)\Z"


def parse_condition(text: str) -> Condition | None:
    """The condition that `text` spells, in any case and with any blanks; None if it is none."""
    match = re.match(_EXIT, text)
    if match:
        comparison: Comparison = "==" if match.group(1) == "==" else "!="
        return ExitCode(comparison, match.group(2), (match.start(2), len(match.group(2))))
    kind = _PASSED.get(" ".join(text.lower().split()))
    return None if kind is None else Passed(kind)


def closest(text: str) -> str | None:
    """The condition that `text` was probably meant to be."""
    from ..aa.diagnostic import suggest

    return suggest(text.lower(), ("exit_code == 0", "exit_code != 0", *_PASSED))


def number_span(span: Span, condition: ExitCode) -> Span:
    """The place of the number in a condition that is the rest of its line."""
    offset, length = condition.at
    return Span(span.line, span.column + offset, length)
