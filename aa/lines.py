"""Physical lines to logical ones: a `\"\"\"` block makes several lines one directive."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from typing import Literal, TypeAlias

from .node import dataclass

FENCE = '"""'

LineKind: TypeAlias = Literal["blank", "comment", "directive", "unclosed"]

# Where a block can open: as the text of a directive, never in the middle of a rest-of-line text.
_OPENS = re.compile(r'[ \t]*(?:(?:ASSERT|RUN)[ \t]+[a-z]+|[A-Za-z_]+)[ \t]+"""')
_FIRST_WORD = re.compile(r"[ \t]*([^ \t]+)")


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """`text` holds line feeds where it covers several lines; `number` (from 1) is its first.

    "unclosed" is a line that opens a block which nothing closes.
    """

    kind: LineKind
    text: str
    number: int


def logical_lines(lines: Sequence[str], directives: Container[str]) -> Iterator[LogicalLine]:
    """Group `lines`, each without its end; `directives` are the language's keywords.

    A block without an end must not swallow the mistakes behind it. Where the next fence stands in a
    line that opens a block itself, that block is taken to start and this one to be unclosed; where
    there is no further fence, lines that do not start with a directive are taken to be its text.
    """
    count = len(lines)
    index = 0
    abandoned = False
    while index < count:
        line = lines[index]
        number = index + 1
        index += 1
        head = line.lstrip(" \t")
        if not head:
            yield LogicalLine("blank", "", number)
            continue
        if head[0] == "#":
            yield LogicalLine("comment", line, number)
            continue
        if FENCE in line and (opening := _OPENS.match(line)) is not None:
            if FENCE in line[opening.end() :]:
                yield LogicalLine("directive", line, number)
                continue
            end = index
            if abandoned:
                end = count
            while end < count and FENCE not in lines[end]:
                end += 1
            if end == count:
                abandoned = True
                yield LogicalLine("unclosed", line, number)
                continue
            if _reopens(lines[end], directives):
                yield LogicalLine("unclosed", line, number)
                index = end
                continue
            index = end + 1
            yield LogicalLine("directive", "\n".join(lines[number - 1 : index]), number)
            continue
        if abandoned:
            first = _FIRST_WORD.match(line)
            if first is None or first.group(1) not in directives:
                continue
        yield LogicalLine("directive", line, number)


def _reopens(line: str, directives: Container[str]) -> bool:
    opening = _OPENS.match(line)
    if opening is None:
        return False
    first = _FIRST_WORD.match(line)
    return first is not None and first.group(1) in directives
