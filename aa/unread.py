"""Which directives somebody tried to write in the lines that could not be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .diagnostic import Diagnostic, suggest
from .source import Source


def unread_keywords(
    source: Source, diagnostics: Iterable[Diagnostic], directives: Collection[str]
) -> frozenset[str]:
    """Those of `directives`, a language's keywords, that begin the lines which `diagnostics`
    report, or that those lines nearly spell.

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
        keyword = word if word in directives else suggest(word, sorted(directives))
        found.add(keyword or "")
    return frozenset(found)
