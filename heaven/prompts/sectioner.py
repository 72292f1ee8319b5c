"""The sectioner: a prompt to the sections that agents fetch one by one.

Five layers, each a pure function of the one before:

1. lines: which are headings, which stand in fences (`markdown.read_lines`);
2. split: a section begins at each heading of level 1 to 3;
3. classify: by the heading's words, else the headings above it, else the text;
4. chunk: over MAX_SECTION_BYTES a section is split at paragraphs, never inside a fence;
5. address: place, blob id and score of each.

Sections follow each other without a gap: their bytes, one after the other, are the prompt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Final

from .markdown import BLANK, FENCE, FENCED, HEADING, TEXT, Heading, Lines, read_lines
from .section_types import SCORES, SectionType, type_of_lines, type_of_title

MAX_SECTION_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a prompt: bytes `start_byte`..`end_byte` (end exclusive), lines `start_line`..
    `end_line` (1-based, inclusive).

    `index` counts from 0 over the prompt. `level` and `title` are those of its heading, 0 and empty
    before the first one; `part` of `parts` (from 1) where a long section was split.
    """

    index: int
    title: str
    level: int
    type: SectionType
    score: float
    blob_id: str
    start_byte: int
    end_byte: int
    start_line: int
    end_line: int
    part: int = 1
    parts: int = 1

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end_byte - self.start_byte


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Lines `first`..`last` (from 0, end exclusive) under one heading."""

    heading: Heading | None
    first: int
    last: int


def section(content: bytes, *, most_headings: int | None = None) -> tuple[Section, ...]:
    """The sections of a prompt, in order; none of an empty one.

    Any bytes will do, text or not. The same bytes always give the same sections. Raises
    PromptTooLarge where there are more than `most_headings`.
    """
    lines = read_lines(content, most_headings=most_headings)
    stretches = _split(lines)
    types = _classify(lines, stretches)
    found: list[Section] = []
    for stretch, kind in zip(stretches, types, strict=True):
        cuts = _chunk(lines, stretch)
        for part, (first, last) in enumerate(pairwise(cuts), 1):
            start, end = lines.starts[first], lines.starts[last]
            found.append(
                Section(
                    index=len(found),
                    title=stretch.heading.title if stretch.heading else "",
                    level=stretch.heading.level if stretch.heading else 0,
                    type=kind,
                    score=SCORES[kind],
                    blob_id=sha256(content[start:end]).hexdigest(),
                    start_byte=start,
                    end_byte=end,
                    start_line=first + 1,
                    end_line=last,
                    part=part,
                    parts=len(cuts) - 1,
                )
            )
    return tuple(found)


def _split(lines: Lines) -> list[_Stretch]:
    """Layer 2: one stretch a heading, and one for what stands before the first."""
    headings = lines.headings
    if not headings:
        return [_Stretch(None, 0, lines.count)] if lines.count else []
    found = [_Stretch(None, 0, headings[0].line)] if headings[0].line else []
    for number, heading in enumerate(headings):
        last = headings[number + 1].line if number + 1 < len(headings) else lines.count
        found.append(_Stretch(heading, heading.line, last))
    return found


def _classify(lines: Lines, stretches: list[_Stretch]) -> list[SectionType]:
    """Layer 3. A section whose own title says nothing is what the section around it is.

    The one heading under which all others stand says what the prompt is, not what its parts are: it
    hands nothing down.
    """
    headings = lines.headings
    whole = headings[0] if headings else None
    if whole is not None and any(one.level <= whole.level for one in headings[1:]):
        whole = None
    above: list[tuple[int, SectionType | None]] = []
    types: list[SectionType] = []
    for stretch in stretches:
        kind: SectionType | None = None
        if stretch.heading is not None:
            while above and above[-1][0] >= stretch.heading.level:
                above.pop()
            kind = type_of_title(stretch.heading.title)
            if kind is None and above:
                kind = above[-1][1]
            above.append((stretch.heading.level, None if stretch.heading is whole else kind))
        if kind is None:
            text = range(stretch.first, stretch.last)
            kind = type_of_lines([lines.text(n) for n in text if lines.kinds[n] == TEXT])
        types.append(kind)
    return types


def _chunk(lines: Lines, stretch: _Stretch) -> list[int]:
    """Layer 4: the lines at which the pieces begin, and the one at which the last ends.

    A piece takes as many paragraphs as fit. A paragraph that alone is too long is split at line
    ends. What is still too long is one fence or one line; the heading stays with what follows it.
    """
    starts = lines.starts
    cuts = [stretch.first]
    if starts[stretch.last] - starts[stretch.first] > MAX_SECTION_BYTES:
        for paragraph, last in _paragraphs(lines, stretch):
            if starts[last] - starts[cuts[-1]] <= MAX_SECTION_BYTES:
                continue
            if cuts[-1] < paragraph[0]:
                cuts.append(paragraph[0])
            if starts[last] - starts[paragraph[0]] <= MAX_SECTION_BYTES:
                continue
            for atom, end in zip(paragraph, [*paragraph[1:], last], strict=True):
                if starts[end] - starts[cuts[-1]] > MAX_SECTION_BYTES and cuts[-1] < atom:
                    cuts.append(atom)
    return [*cuts, stretch.last]


def _paragraphs(lines: Lines, stretch: _Stretch) -> Iterator[tuple[list[int], int]]:
    """Paragraphs, each as the first lines of its atoms and the line after its end.

    An atom is a fence or a line, with the blank lines after it; headings, and blank lines at the
    start, are part of the atom that they lead to.
    """
    kinds = lines.kinds
    atoms = [stretch.first]
    leading = True
    for number in range(stretch.first, stretch.last):
        kind = kinds[number]
        if kind in (BLANK, FENCED, HEADING):
            continue
        if leading:
            leading = False
            continue
        if kind == FENCE or kinds[number - 1] in (BLANK, FENCE, FENCED):
            yield atoms, number
            atoms = []
        atoms.append(number)
    yield atoms, stretch.last
