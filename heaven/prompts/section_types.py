"""What a section of a prompt is for: its type, what that weighs, and which roles always get it."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias, get_args

SectionType: TypeAlias = Literal[
    "constraints",
    "acceptance",
    "api",
    "security",
    "style",
    "spec",
    "examples",
    "glossary",
    "other",
]
Role: TypeAlias = Literal["planner", "builder", "reviewer"]

# Highest first: a title that says two things counts as the weightier one.
SCORES: Final[dict[SectionType, float]] = {
    "constraints": 3.0,
    "acceptance": 2.5,
    "api": 2.0,
    "security": 2.0,
    "style": 1.5,
    "spec": 1.0,
    "examples": 1.0,
    "glossary": 0.5,
    "other": 0.0,
}

PINNED: Final[dict[Role, tuple[SectionType, ...]]] = {
    "planner": ("constraints", "acceptance", "spec"),
    "builder": ("api", "constraints", "examples"),
    "reviewer": ("acceptance", "security", "constraints"),
}

TYPES: Final[tuple[SectionType, ...]] = get_args(SectionType)
ROLES: Final[tuple[Role, ...]] = get_args(Role)

# Words of titles, in the singular; a plural in -s counts too. "Requirements" are constraints: a
# builder is not pinned the spec, and to leave out what is required costs more than to repeat it.
_TITLES: Final[dict[SectionType, tuple[str, ...]]] = {
    "constraints": (
        "constraint",
        "restriction",
        "requirement",
        "invariant",
        "rule",
        "limit",
        "limitation",
        "guardrail",
        "must",
        "must not",
        "do not",
        "don t",
        "never",
        "forbidden",
        "prohibited",
        "non goal",
        "out of scope",
    ),
    "acceptance": (
        "acceptance",
        "criterion",
        "criteria",
        "definition of done",
        "done when",
        "success",
        "verification",
        "test",
        "testing",
    ),
    "api": (
        "api",
        "interface",
        "endpoint",
        "signature",
        "schema",
        "contract",
        "protocol",
    ),
    "security": (
        "security",
        "auth",
        "authentication",
        "authorization",
        "authorisation",
        "permission",
        "privacy",
        "threat",
        "vulnerability",
        "vulnerabilities",
        "secret",
        "credential",
        "encryption",
    ),
    "style": (
        "style",
        "formatting",
        "convention",
        "naming",
        "lint",
        "linting",
        "guideline",
        "tone",
    ),
    "spec": (
        "spec",
        "specification",
        "design",
        "architecture",
        "behavior",
        "behaviour",
        "feature",
        "functionality",
        "task",
        "goal",
        "objective",
        "problem",
        "scope",
        "overview",
        "user story",
        "user stories",
    ),
    "examples": (
        "example",
        "sample",
        "usage",
        "snippet",
        "demo",
        "walkthrough",
    ),
    "glossary": (
        "glossary",
        "term",
        "terminology",
        "definition",
        "vocabulary",
        "abbreviation",
        "acronym",
    ),
}


def _title_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    plural = "|".join(re.escape(word) + ("s?" if word[-1] not in "s" else "") for word in words)
    return re.compile(rf"(?<!\S)(?:{plural})(?!\S)")


_PATTERNS: Final = tuple(
    (kind, _title_pattern(_TITLES[kind])) for kind in SCORES if kind in _TITLES
)
_WORDS: Final = re.compile(r"[^\W_]+")
_ORDERS: Final = re.compile(
    r"\b(?:must|shall|never|do not|don't|may not|cannot|can't|forbidden)\b", re.IGNORECASE
)
_CHECKS: Final = re.compile(r"[ \t]*(?:[-*+][ \t]+\[[ xX]\]|(?:given|when|then)\b)", re.IGNORECASE)


def type_of_title(title: str) -> SectionType | None:
    """The type that a heading's words name, the weightiest if several; None if they name none."""
    words = " ".join(_WORDS.findall(title.lower()))
    for kind, pattern in _PATTERNS:
        if pattern.search(words):
            return kind
    return None


def type_of_lines(lines: list[str]) -> SectionType:
    """The type of text under no telling heading: `constraints` where at least half of its lines
    command or forbid, `acceptance` where at least half are boxes to tick or given/when/then."""
    if lines and 2 * sum(1 for line in lines if _ORDERS.search(line)) >= len(lines):
        return "constraints"
    if lines and 2 * sum(1 for line in lines if _CHECKS.match(line)) >= len(lines):
        return "acceptance"
    return "other"


def roles_of(kind: SectionType) -> tuple[Role, ...]:
    """The roles to which sections of this type are pinned."""
    return tuple(role for role in ROLES if kind in PINNED[role])
