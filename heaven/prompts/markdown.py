"""The lines of a Markdown text: which are headings, and which stand in fences.

As CommonMark has it, as far as a line tells: a fence is three or more backticks or tildes, ends at
a line of at least as many, and otherwise with the list item or quotation that it stands in, or with
the text. Works on bytes, so that no encoding and no line ending is changed by looking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ..errors import PromptTooLarge

TEXT: Final = 0
BLANK: Final = 1
HEADING: Final = 2
FENCE: Final = 3
"""The line that opens a fence."""
FENCED: Final = 4
"""Any later line of it, the closing one included."""

_BOM: Final = b"\xef\xbb\xbf"
_MAX_TITLE: Final = 200
_HEADING: Final = re.compile(rb" {0,3}(#{1,3})(?:[ \t\r].*|)", re.DOTALL)
_TRAILING_HASHES: Final = re.compile(r"(?:^|[ \t])#+[ \t]*$")
_OPENING: Final = re.compile(
    rb"([ \t]*)((?:(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])[ \t]*)*)(`{3,}(?!.*`)|~{3,})"
)
_QUOTED: Final = re.compile(rb"[ \t]*>")


@dataclass(frozen=True, slots=True)
class Heading:
    """`line` counts from 0; `level` is 1 to 3; `title` has no marks and no line breaks."""

    line: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Line n is `content[starts[n]:starts[n + 1]]`, its newline included; `kinds[n]` is what it is.

    `starts` has one entry more than there are lines: the length of the content. Only a newline ends
    a line, as in the rest of Heaven.
    """

    content: bytes
    starts: list[int]
    kinds: bytearray
    headings: tuple[Heading, ...]

    @property
    def count(self) -> int:
        return len(self.kinds)

    def text(self, number: int) -> str:
        """A line without its end, bytes that are not UTF-8 as U+FFFD."""
        line = self.content[self.starts[number] : self.starts[number + 1]]
        return line.rstrip(b"\r\n").decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class _Fence:
    mark: bytes
    floor: int
    quoted: bool

    def ended_before(self, line: bytes) -> bool:
        """Whether what the fence stands in has ended by this line."""
        if self.quoted:
            return _QUOTED.match(line) is None
        return self.floor > 0 and not _is_blank(line) and _indent(line) < self.floor

    def closed_by(self, line: bytes) -> bool:
        body = line.lstrip(b" \t>") if self.quoted else line.lstrip(b" \t")
        body = body.rstrip()
        if len(body) < len(self.mark) or body.strip(self.mark[:1]):
            return False
        return self.quoted or self.floor > 0 or _indent(line) <= 3


def read_lines(content: bytes, *, most_headings: int | None = None) -> Lines:
    """What each line is. Takes any bytes; time is linear in their number.

    Raises PromptTooLarge as soon as there are more than `most_headings`.
    """
    starts = [0]
    kinds = bytearray()
    headings: list[Heading] = []
    fence: _Fence | None = None
    at = 0
    size = len(content)
    while at < size:
        end = content.find(b"\n", at) + 1 or size
        line = content[at:end]
        if at == 0:
            line = line.removeprefix(_BOM)
        if fence is not None and fence.ended_before(line):
            fence = None
        if fence is not None:
            kinds.append(FENCED)
            if fence.closed_by(line):
                fence = None
        elif _is_blank(line):
            kinds.append(BLANK)
        elif (opening := _opened(line)) is not None:
            kinds.append(FENCE)
            fence = opening
        elif (found := _HEADING.fullmatch(line.rstrip(b"\n"))) is not None:
            if len(headings) == most_headings:
                raise PromptTooLarge("headings", len(headings) + 1, len(headings))
            kinds.append(HEADING)
            marks = found.group(1)
            headings.append(Heading(len(kinds) - 1, len(marks), _title(line, marks)))
        else:
            kinds.append(TEXT)
        starts.append(end)
        at = end
    return Lines(content, starts, kinds, tuple(headings))


def _opened(line: bytes) -> _Fence | None:
    found = _OPENING.match(line)
    if found is None:
        return None
    blanks, containers, mark = found.groups()
    if b">" in containers:
        return _Fence(mark, 0, True)
    if containers:
        return _Fence(mark, 1, False)
    # Indented by four or more it can only stand in a list item, whose text is at most three less.
    return _Fence(mark, max(0, _indent(blanks) - 3), False)


def _title(line: bytes, marks: bytes) -> str:
    text = line.strip()[len(marks) :].decode("utf-8", errors="replace")
    return " ".join(_TRAILING_HASHES.sub("", text.rstrip()).split())[:_MAX_TITLE]


def _is_blank(line: bytes) -> bool:
    return not line.strip(b" \t\r\n")


def _indent(line: bytes) -> int:
    """Columns of white space before the text; a tab goes to the next multiple of four."""
    columns = 0
    for byte in line:
        if byte == 0x20:
            columns += 1
        elif byte == 0x09:
            columns += 4 - columns % 4
        else:
            break
    return columns
