"""A program's text, checked to be text."""

from __future__ import annotations

import re
from pathlib import Path

from .diagnostic import Diagnostic, error
from .node import dataclass
from .span import Span

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_LINES = 1_000_000
MAX_LINE_BYTES = 1024 * 1024
MAX_PROBLEMS = 1000
"""Text problems that are reported of one file; a binary file would have one a byte."""

# Besides C0 controls: line separators that editors break lines at and Genesis does not, the
# direction-changing characters with which a reviewed text can look like another one (Trojan
# Source), and surrogates, which no UTF-8 file can hold.
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class SourceUnreadable(Exception):
    """A file that is no program text, or cannot be read; the fault is in the file or its path.

    `diagnostics` say what and where; print them and end with exit code 2.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class Source:
    """A named program text. `name` is what diagnostics call it, usually its path."""

    name: str
    text: str

    @staticmethod
    def read(path: Path | str) -> Source:
        """The file's text, without a BOM. Raises SourceUnreadable."""
        name = str(path)
        try:
            with Path(path).open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or str(problem)
            raise SourceUnreadable(
                (error("AA0100", f"cannot read the file: {reason}", Span(1, 1, 0), file=name),)
            ) from None
        return Source.of_bytes(name, data)

    @staticmethod
    def of_bytes(name: str, data: bytes) -> Source:
        """UTF-8 bytes as a source, without a BOM. Raises SourceUnreadable."""
        start = Span(1, 1, 0)
        if len(data) > MAX_FILE_BYTES:
            message = f"the file is larger than {MAX_FILE_BYTES // 2**20} MiB"
            raise SourceUnreadable((error("AA0105", message, start, file=name),))
        if (nul := data.find(b"\0")) >= 0:
            message = f"the file is binary: byte {nul} is NUL"
            raise SourceUnreadable((error("AA0102", message, _byte_span(data, nul), file=name),))
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            # Counted in what the codec was given, which is behind the BOM if there is one.
            at = problem.start + len(data) - len(problem.object)
            message = f"the file is not UTF-8: byte {at} is 0x{data[at]:02x}"
            raise SourceUnreadable(
                (
                    error(
                        "AA0101",
                        message,
                        _byte_span(data, at),
                        file=name,
                        hint="save the file as UTF-8",
                    ),
                )
            ) from None
        source = Source(name, text)
        if problems := source.problems():
            raise SourceUnreadable(problems)
        return source

    @property
    def newline(self) -> str:
        """The line ending of the first line: a formatter keeps it."""
        end = self.text.find("\n")
        return "\r\n" if end > 0 and self.text[end - 1] == "\r" else "\n"

    def lines(self) -> list[str]:
        """The lines without their ends; the last is "" where the text ends in a newline."""
        text = self.text
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        return text.split("\n")

    def problems(self) -> tuple[Diagnostic, ...]:
        """Why this is no program text, at most MAX_PROBLEMS of them; () where it is one."""
        text = self.text
        count = text.count("\n")
        if count > MAX_LINES:
            message = f"the file has {count} lines; the limit is {MAX_LINES}"
            return (error("AA0105", message, Span(1, 1, 0), file=self.name),)
        lines: list[str] | None = None
        found: list[Diagnostic] = []
        if _BAD.search(text) or "\r" in text:
            lines = self.lines()
            self._bad_characters(lines, found)
        if len(text) > MAX_LINE_BYTES // 4:
            lines = lines or self.lines()
            for number, line in enumerate(lines, 1):
                if (
                    len(line) > MAX_LINE_BYTES // 4
                    and len(line.encode("utf-8", "surrogatepass")) > MAX_LINE_BYTES
                ):
                    message = f"the line is longer than {MAX_LINE_BYTES // 2**20} MiB"
                    found.append(error("AA0104", message, Span(number, 1, 0), file=self.name))
        found.sort(key=lambda diagnostic: (diagnostic.span.line, diagnostic.span.column))
        return tuple(found[:MAX_PROBLEMS])

    def _bad_characters(self, lines: list[str], found: list[Diagnostic]) -> None:
        for number, line in enumerate(lines, 1):
            if "\r" in line:
                span = Span(number, line.index("\r") + 1, 1)
                found.append(
                    error(
                        "AA0103",
                        "a carriage return stands alone, without a line feed",
                        span,
                        file=self.name,
                        hint="end lines with LF or CRLF",
                    )
                )
            match = _BAD.search(line)
            if match is not None:
                character = match.group()
                span = Span(number, match.start() + 1, 1)
                if character == "\0":
                    found.append(error("AA0102", "the file is binary: NUL", span, file=self.name))
                else:
                    message = f"U+{ord(character):04X} is not allowed in a program"
                    found.append(error("AA0106", message, span, file=self.name))
            if len(found) > MAX_PROBLEMS:
                return


def _byte_span(data: bytes, at: int) -> Span:
    """The place of byte `at`; columns count code points, as everywhere."""
    line_start = data.rfind(b"\n", 0, at) + 1
    before = data[line_start:at].decode("utf-8-sig", "replace")
    return Span(data.count(b"\n", 0, at) + 1, len(before) + 1, 1)
