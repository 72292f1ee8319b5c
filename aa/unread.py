"""Which directives somebody tried to write in the lines that could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .ast import Language
from .diagnostic import Diagnostic, suggest
from .source import Source

_AA: Final = ("BASE_REV", "LEASE", "NEED", "DO", "ASSERT", "RETURN", "PARAM")
_ISA: Final = (
    *_AA,
    "ISA_VERSION",
    "VERSION",
    "PROMPT_REF",
    "MODE",
    "BUDGET",
    "INVARIANT",
    "OP",
    "RUN",
    "IF_FAIL",
    "LABEL",
    "HALT",
    "USE",
)
KEYWORDS: Final[dict[Language, tuple[str, ...]]] = {"aa": _AA, "isa": _ISA}
"""The first words of the directives of each language."""


def unread_keywords(
    source: Source, diagnostics: Iterable[Diagnostic], language: Language
) -> frozenset[str]:
    """The keyword, or the one nearly spelt, of each line that `diagnostics` report.

    A directive that is there with a mistake in it is not missing as well. "" stands for a line
    that nobody can make sense of.
    """
    lines: list[str] | None = None
    found: set[str] = set()
    asked: set[str] = set()
    last = -1
    for diagnostic in diagnostics:
        at = diagnostic.span.line - 1
        # A long line with a mistake in every word is looked at once.
        if diagnostic.severity != "error" or at == last:
            continue
        last = at
        if lines is None:
            lines = source.lines()
        words = lines[at].split(maxsplit=1) if 0 <= at < len(lines) else []
        if not words:
            found.add("")
        if not words or words[0] in asked:
            continue
        asked.add(words[0])
        word = words[0].upper()
        keyword = word if word in KEYWORDS[language] else suggest(word, KEYWORDS[language])
        found.add(keyword or "")
    return frozenset(found)
