"""Source text to the syntax tree of Angel Assembly, and what AA and the ISA share in parsing.

Every logical line is parsed on its own: a line that the grammar refuses costs that line only, and
`mistakes` says what is wrong with it.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import cast

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from . import ast, tables
from .builder import Builder
from .diagnostic import Diagnostic
from .lines import logical_lines
from .mistakes import AA, Dialect, explain_line, unclosed_block
from .node import dataclass
from .source import Source
from .span import Span


@dataclass(frozen=True, slots=True)
class Parsed:
    """The directives that could be read, and every mistake of the file in source order."""

    program: ast.Program
    diagnostics: tuple[Diagnostic, ...]


class LineParser:
    """A language's tables with the builder that they call, good for one file at a time."""

    def __init__(self, dialect: Dialect, builder: Builder) -> None:
        self._dialect = dialect
        self._builder = builder
        self._lark: Lark = tables.load(dialect.name, builder)
        self._lock = Lock()

    def parse(
        self, source: Source
    ) -> tuple[list[object], tuple[ast.Comment, ...], tuple[Diagnostic, ...]]:
        """Nodes, comments and diagnostics, each in source order."""
        if problems := source.problems():
            return [], (), problems
        with self._lock:
            return self._parse(source)

    def _parse(
        self, source: Source
    ) -> tuple[list[object], tuple[ast.Comment, ...], tuple[Diagnostic, ...]]:
        builder = self._builder
        dialect = self._dialect
        builder.start(source.name)
        parse = self._lark.parse
        nodes: list[object] = []
        comments = builder.comments
        diagnostics = builder.diagnostics
        for line in logical_lines(source.lines(), dialect.directives):
            kind = line.kind
            if kind == "directive":
                builder.line = line.number
                before = len(comments)
                try:
                    nodes.append(parse(line.text))
                except UnexpectedInput as refusal:
                    # Lark lexes the rest of a refused line a second time.
                    del comments[before:]
                    diagnostics += explain_line(
                        dialect, line.text, line.number, source.name, _offset(refusal, line.text)
                    )
            elif kind == "comment":
                text = line.text.strip(" \t")
                span = Span(line.number, line.text.index("#") + 1, len(text))
                comments.append(ast.Comment(text, False, span))
            elif kind == "unclosed":
                diagnostics.append(unclosed_block(line.text, line.number, source.name))
        return nodes, tuple(comments), tuple(diagnostics)


def _offset(refusal: UnexpectedInput, text: str) -> int:
    if isinstance(refusal, UnexpectedCharacters):
        return cast(int, refusal.pos_in_stream)
    if isinstance(refusal, UnexpectedToken) and refusal.token.type != "$END":
        return cast(int, refusal.token.start_pos)
    return len(text.rstrip(" \t"))


@cache
def _parser() -> LineParser:
    return LineParser(AA, Builder())


def parse(source: Source) -> Parsed:
    """Parse a whole file; never raises on bad input. Time is linear in the text."""
    nodes, comments, diagnostics = _parser().parse(source)
    return Parsed(ast.Program(cast(tuple[ast.Directive, ...], tuple(nodes)), comments), diagnostics)
