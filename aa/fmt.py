"""The canonical layout of a program: one blank between words, one blank line at most.

Comments stay where they are, texts keep their form, a block is kept letter by letter, both version
spellings stay. Line ends are those of the file's first line. The result is parsed again before it
is returned, and must say what the original says.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, fields, is_dataclass
from typing import Generic, Protocol, TypeVar

from . import ast, unparse
from .diagnostic import Diagnostic, has_errors
from .lines import FENCE, LogicalLine, logical_lines
from .parse import DIRECTIVES, parse
from .source import Source
from .span import Span


@dataclass(frozen=True, slots=True)
class Formatted:
    """`text` is the source's own text where `diagnostics` hold an error."""

    text: str
    diagnostics: tuple[Diagnostic, ...]

    def or_refuse(self) -> str:
        """The text; raises FormatRefused where there is an error."""
        if has_errors(self.diagnostics):
            raise FormatRefused(self.diagnostics)
        return self.text


class FormatRefused(Exception):
    """A program with syntax errors has no layout; `diagnostics` say which. Print them, exit 2."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics


class FormatChangedProgram(RuntimeError):
    """The formatter would have changed what the program says: a bug in Genesis, please report it.

    The file was left as it is. `name` is the source's name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: formatting would change what the program says; left as it is")
        self.name = name


class Directive(Protocol):
    """What a directive of either language has."""

    @property
    def span(self) -> Span: ...


D = TypeVar("D", bound=Directive)


@dataclass(frozen=True, slots=True)
class Contents(Generic[D]):
    """A parsed file of either language."""

    directives: tuple[D, ...]
    comments: tuple[ast.Comment, ...]
    diagnostics: tuple[Diagnostic, ...]

    def says(self) -> object:
        """Directives and comments, to compare by content."""
        return unparse.content((self.directives, self.comments))


def format(source: Source) -> str:
    """An AA program in canonical layout.

    Raises FormatRefused where it has a syntax error, and FormatChangedProgram where the formatter
    has a bug.
    """
    return formatted(source).or_refuse()


def formatted(source: Source) -> Formatted:
    """As `format`, but with a syntax error: the text as it is, and the diagnostics."""
    return format_with(source, _read, unparse.unparse_directive, DIRECTIVES)


def unified_diff(source: Source, formatted: str) -> str:
    """What formatting would change, as a unified diff; "" for nothing."""
    from difflib import unified_diff as diff

    before = source.text.splitlines(keepends=True)
    after = formatted.splitlines(keepends=True)
    lines: list[str] = []
    for line in diff(before, after, source.name, f"{source.name} (formatted)"):
        lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


def format_with(
    source: Source,
    read: Callable[[Source], Contents[D]],
    write: Callable[[D], str],
    directives: Container[str],
) -> Formatted:
    """`format` for the language that `read` parses and `write` unparses."""
    contents = read(source)
    if has_errors(contents.diagnostics):
        return Formatted(source.text, contents.diagnostics)
    by_line = {directive.span.line: directive for directive in contents.directives}
    behind = {comment.span.line: comment.text for comment in contents.comments if comment.trailing}
    out: list[str] = []
    for line in logical_lines(source.lines(), directives):
        if line.kind == "blank":
            if out and out[-1]:
                out.append("")
        elif line.kind == "comment":
            out.append(line.text.strip(" \t"))
        else:
            written = _directive(line, by_line[line.number], write)
            comment = behind.get(line.number + line.text.count("\n"))
            out.append(written if comment is None else f"{written} {comment}")
    while out and not out[-1]:
        out.pop()
    text = "".join(line + "\n" for line in out)
    if source.newline == "\r\n":
        text = text.replace("\n", "\r\n")
    again = read(Source(source.name, text))
    if has_errors(again.diagnostics) or again.says() != contents.says():
        raise FormatChangedProgram(source.name)
    return Formatted(text, contents.diagnostics)


def _directive(line: LogicalLine, directive: D, write: Callable[[D], str]) -> str:
    assert is_dataclass(directive)
    for field in fields(directive):
        text = getattr(directive, field.name)
        if isinstance(text, ast.Text) and text.form == "block":
            opening = text.span.column - 1
            end = line.text.index(FENCE, opening + 3) + 3
            head = " ".join(line.text[:opening].split())
            return f"{head} {line.text[opening:end]}"
    return write(directive)


def _read(source: Source) -> Contents[ast.Directive]:
    parsed = parse(source)
    program = parsed.program
    return Contents(program.directives, program.comments, parsed.diagnostics)
