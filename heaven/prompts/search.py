"""Search within a prompt: which sections hold the words, and on which lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from ..words import split_name
from .records import PromptSection

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
    matched = [_matched(one, wanted) for one in sections]
    held = Counter(word for found in matched for word in found)
    average = sum(one.section.size for one in sections) / max(1, len(sections))
    hits = []
    for one, found in zip(sections, matched, strict=True):
        if not found:
            continue
        length = one.section.size / average
        relevance = sum(
            log(1 + (len(sections) - held[word] + 0.5) / (held[word] + 0.5))
            * times
            * (_K1 + 1)
            / (times + _K1 * (1 - _B + _B * length))
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


def _matched(one: PromptSection, wanted: Sequence[str]) -> dict[str, int]:
    """How often each word is in the section; words that are not are left out."""
    text = one.content.decode("utf-8", errors="replace")
    if not _may_hold(f"{one.section.title} {text}", wanted):
        return {}
    terms, titles = _terms(text), _terms(one.section.title)
    found = {
        word: sum(1 for term in terms if term.startswith(word))
        + _TITLE_WEIGHT * sum(1 for term in titles if term.startswith(word))
        for word in wanted
    }
    return {word: times for word, times in found.items() if times}


def _may_hold(text: str, wanted: Sequence[str]) -> bool:
    """Whether any of the words is in the text at all; spares taking most of it apart."""
    lowered = text.lower()
    return any(word in lowered for word in wanted)


def _lines(content: bytes, wanted: Sequence[str]) -> tuple[int, ...]:
    weights: dict[int, int] = {}
    for number, line in enumerate(content.split(b"\n"), 1):
        text = line.decode("utf-8", errors="replace")
        if not _may_hold(text, wanted):
            continue
        terms = _terms(text)
        weight = sum(1 for word in wanted if any(term.startswith(word) for term in terms))
        if weight:
            weights[number] = weight
    best = sorted(weights, key=lambda number: (-weights[number], number))[:_MAX_SHOWN]
    return tuple(sorted(best)) or (1,)
