"""Search words to full-text expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..words import split_name

_WORD: Final = re.compile(r"\w+")
_MAX_WORDS: Final = 16


def match_expression(query: str) -> Iterator[str]:
    """FTS5 expressions for a query, strictest first: all words, then any of them.

    Words match whole names, their parts (`camelCase`, `snake_case`) and beginnings of both. Nothing
    of the query reaches FTS5 as syntax.
    """
    words = _WORD.findall(query)[:_MAX_WORDS]
    if not words:
        return
    terms = []
    for word in words:
        forms = [f'"{word}"*']
        parts = split_name(word)
        if parts and parts != [word.lower()]:
            forms.append("(" + " AND ".join(f'"{part}"*' for part in parts) + ")")
        terms.append("(" + " OR ".join(forms) + ")")
    yield " AND ".join(terms)
    if len(terms) > 1:
        yield " OR ".join(terms)
