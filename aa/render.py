"""Diagnostics as text with carets, as JSON, and as GitHub annotations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from unicodedata import combining, east_asian_width

from .diagnostic import Diagnostic, Severity
from .source import Source
from .span import Span

LIMIT = 200
"""Findings of one file that are printed for people; JSON has them all."""

_WIDTH = 100
_TAB = 4
_COLORS: dict[Severity, str] = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
}
_BLUE = "\x1b[1;34m"
_BOLD = "\x1b[1m"
_RESET = "\x1b[0m"

# A program may not hold these, but what is printed about a refused file must not move the cursor.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def text(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], color: bool) -> str:
    """See `diagnostic.render_text`."""
    pages = _Pages(sources, color)
    kept, more = _limited(diagnostics)
    blocks = [pages.finding(diagnostic) for diagnostic in kept]
    blocks += [pages.note(_more(file, count)) for file, count in more.items()]
    return "\n".join(blocks)


def as_json(diagnostics: Iterable[Diagnostic]) -> str:
    """See `diagnostic.render_json`."""
    rows = [
        {
            "code": diagnostic.code,
            "severity": diagnostic.severity,
            "message": diagnostic.message,
            "file": diagnostic.file,
            "line": diagnostic.span.line,
            "column": diagnostic.span.column,
            "length": diagnostic.span.length,
            "hint": diagnostic.hint,
            "related": [
                {
                    "message": related.message,
                    "file": related.file or diagnostic.file,
                    "line": related.span.line,
                    "column": related.span.column,
                    "length": related.span.length,
                }
                for related in diagnostic.related
            ],
        }
        for diagnostic in diagnostics
    ]
    if not rows:
        return "[]\n"
    return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"


def github(diagnostics: Iterable[Diagnostic]) -> str:
    """See `diagnostic.render_github`."""
    kept, more = _limited(diagnostics)
    lines = [_command(diagnostic) for diagnostic in kept]
    lines += [
        f"::notice file={_property(file)}::{_data(_more(file, count))}\n"
        for file, count in more.items()
    ]
    return "".join(lines)


def _command(diagnostic: Diagnostic) -> str:
    severity = "notice" if diagnostic.severity == "note" else diagnostic.severity
    span = diagnostic.span
    properties = [f"file={_property(diagnostic.file)}"] if diagnostic.file else []
    if span.line > 0:
        properties.append(f"line={span.line}")
        properties.append(f"col={span.column}")
        if span.length > 0:
            # GitHub's endColumn is the last column of the marked text.
            properties.append(f"endColumn={span.column + span.length - 1}")
    message = diagnostic.message
    if diagnostic.hint is not None:
        message += f"\nhint: {diagnostic.hint}"
    for related in diagnostic.related:
        file = related.file or diagnostic.file
        message += f"\n{_place(file, related.span)}: {related.message}"
    properties.append(f"title={_property(diagnostic.code)}")
    return f"::{severity} {','.join(properties)}::{_data(message)}\n"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def _limited(diagnostics: Iterable[Diagnostic]) -> tuple[list[Diagnostic], dict[str, int]]:
    """The first LIMIT of each file in their order, and how many more each file has."""
    counts: dict[str, int] = {}
    kept: list[Diagnostic] = []
    for diagnostic in diagnostics:
        count = counts.get(diagnostic.file, 0) + 1
        counts[diagnostic.file] = count
        if count <= LIMIT:
            kept.append(diagnostic)
    return kept, {file: count - LIMIT for file, count in counts.items() if count > LIMIT}


def _more(file: str, count: int) -> str:
    findings = "finding is" if count == 1 else "findings are"
    return f"{count} more {findings} not shown" + (f" of {file}" if file else "")


def _place(file: str, span: Span) -> str:
    parts = [_printable(file)] if file else []
    if span.line > 0:
        parts += [str(span.line), str(span.column)]
    return ":".join(parts)


class _Pages:
    """Prints findings; splits each file into lines once."""

    def __init__(self, sources: Mapping[str, Source], color: bool) -> None:
        self._sources = sources
        self._color = color
        self._lines: dict[str, list[str]] = {}

    def finding(self, diagnostic: Diagnostic) -> str:
        places = [diagnostic.span, *(related.span for related in diagnostic.related)]
        gutter = max(len(str(place.line)) for place in places)
        severity = diagnostic.severity
        head = self._paint(f"{severity}[{diagnostic.code}]", _COLORS[severity])
        out = [head + self._paint(f": {_printable(diagnostic.message)}", _BOLD)]
        out += self._snippet(diagnostic.file, diagnostic.span, gutter, _COLORS[severity], "^", "")
        for related in diagnostic.related:
            file = related.file or diagnostic.file
            out += self._snippet(file, related.span, gutter, _BLUE, "-", related.message)
        if diagnostic.hint is not None:
            out.append(
                f"{' ' * gutter} {self._paint('= hint:', _BLUE)} {_printable(diagnostic.hint)}"
            )
        return "\n".join(out) + "\n"

    def note(self, message: str) -> str:
        return self._paint("note", _COLORS["note"]) + f": {_printable(message)}\n"

    def _snippet(
        self, file: str, span: Span, gutter: int, color: str, mark: str, message: str
    ) -> list[str]:
        pad = " " * gutter
        place = _place(file, span)
        arrow = self._paint("-->" if mark == "^" else ":::", _BLUE)
        out = [f"{pad}{arrow} {place}"] if place else []
        line = self._line(file, span.line)
        label = f" {_printable(message)}" if message else ""
        if line is None:
            return out + ([f"{pad} {self._paint('=', _BLUE)}{label}"] if label else [])
        shown, start, width = _window(line, span)
        bar = self._paint("|", _BLUE)
        number = self._paint(str(span.line).rjust(gutter), _BLUE)
        marks = self._paint(mark * width + label, color)
        body = f"{number} {bar} {shown}".rstrip()
        return [*out, f"{pad} {bar}", body, f"{pad} {bar} {' ' * start}{marks}"]

    def _line(self, file: str, number: int) -> str | None:
        source = self._sources.get(file)
        if source is None or number < 1:
            return None
        if file not in self._lines:
            self._lines[file] = source.lines()
        lines = self._lines[file]
        return lines[number - 1] if number <= len(lines) else None

    def _paint(self, words: str, color: str) -> str:
        return f"{color}{words}{_RESET}" if self._color else words


def _window(line: str, span: Span) -> tuple[str, int, int]:
    """What to show of a line, and where on the screen the span starts in that, and how wide it is.

    Columns on the screen: a tab goes to the next multiple of four, an East Asian wide character
    takes two, a combining one none. A long line is cut around the span.
    """
    first = min(max(span.column - 1, 0), len(line))
    last = min(first + span.length, len(line))
    left = 0
    right = len(line)
    if right > _WIDTH:
        left = max(0, min(first - _WIDTH // 3, right - _WIDTH))
        right = min(right, left + _WIDTH)
    cells: list[str] = []
    at = start = end = 0
    if left:
        cells.append("... ")
        at = 4
    for index in range(left, right):
        if index == first:
            start = at
        cell = _cell(line[index], at)
        cells.append(cell[0])
        at += cell[1]
        if index + 1 == last:
            end = at
    if first >= right:
        start = at
    if last > right:
        end = at
    shown = "".join(cells) + (" ..." if right < len(line) else "")
    return shown, start, max(1, end - start)


def _cell(character: str, at: int) -> tuple[str, int]:
    if character == "\t":
        width = _TAB - at % _TAB
        return " " * width, width
    if character < "\x7f" and character >= " ":
        return character, 1
    if _UNSAFE.match(character):
        return "\ufffd", 1
    if combining(character):
        return character, 0
    return character, 2 if east_asian_width(character) in "WF" else 1


def _printable(words: str) -> str:
    return _UNSAFE.sub("\ufffd", words)
