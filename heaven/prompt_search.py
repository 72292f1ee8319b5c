"""Search within a prompt: which sections hold the words, and on which lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from .prompt_records import PromptSection
from .words import split_name

_WORD: Final = re.compile(r"\w+")
_MAX_WORDS: Final = 16
_MAX_SHOWN: Final = 8
# The usual BM25 constants: how fast repetition stops counting, how much length is held against it.
_K1: Final = 1.2
_B: Final = 0.75
_TITLE_WEIGHT: Final = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that holds words of the query. `lines` are those with the most of them, as 1-based
    numbers within the section, in order; where only the title matches, its first line."""

    found: PromptSection
    relevance: float
    lines: tuple[int, ...]


def rank(sections: Sequence[PromptSection], query: str) -> tuple[Hit, ...]:
    """Best first: by BM25 over words and their parts, titles counting threefold; ties by the
    section's own score, then by place. A word also matches what begins with it."""
    wanted = _wanted(query)
    if not wanted:
        return ()
    counts = [_counts(one) for one in sections]
    lengths = [sum(each.values()) for each in counts]
    average = sum(lengths) / len(lengths) if lengths else 0.0
    matched: list[dict[str, int]] = []
    for each in counts:
        found: dict[str, int] = {}
        for word in wanted:
            times = sum(n for term, n in each.items() if term.startswith(word))
            if times:
                found[word] = times
        matched.append(found)
    held = Counter(word for found in matched for word in found)
    hits = []
    for one, found, length in zip(sections, matched, lengths, strict=True):
        if not found:
            continue
        relevance = sum(
            log(1 + (len(sections) - held[word] + 0.5) / (held[word] + 0.5))
            * times
            * (_K1 + 1)
            / (times + _K1 * (1 - _B + _B * length / average))
            for word, times in found.items()
        )
        hits.append(Hit(one, round(relevance, 6), _lines(one.content, wanted)))
    hits.sort(key=lambda hit: (-hit.relevance, -hit.found.section.score, hit.found.section.index))
    return tuple(hits)


def _wanted(query: str) -> list[str]:
    """The words of a query, in lower case; a name is its parts."""
    found: dict[str, None] = {}
    for word in _WORD.findall(query)[:_MAX_WORDS]:
        for part in split_name(word) or [word.lower()]:
            found[part] = None
    return list(found)


def _terms(text: str) -> list[str]:
    return [part for word in _WORD.findall(text) for part in split_name(word) or [word.lower()]]


def _counts(one: PromptSection) -> Counter[str]:
    counts = Counter(_terms(one.content.decode("utf-8", errors="replace")))
    for term in _terms(one.section.title):
        counts[term] += _TITLE_WEIGHT
    return counts


def _lines(content: bytes, wanted: Sequence[str]) -> tuple[int, ...]:
    weights: dict[int, int] = {}
    for number, line in enumerate(content.split(b"\n"), 1):
        terms = _terms(line.decode("utf-8", errors="replace"))
        weight = sum(1 for word in wanted if any(term.startswith(word) for term in terms))
        if weight:
            weights[number] = weight
    best = sorted(weights, key=lambda number: (-weights[number], number))[:_MAX_SHOWN]
    return tuple(sorted(best)) or (1,)
