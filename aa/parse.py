"""Source text to the syntax tree of Angel Assembly, and what AA and the ISA share in parsing.

Every logical line is parsed on its own: a line that the grammar refuses costs that line only, and
`mistakes` says what is wrong with it.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, cast

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from . import ast, tables
from .builder import Builder
from .diagnostic import Diagnostic, error
from .lines import FENCE, LogicalLine, logical_lines
from .node import dataclass
from .source import Source
from .span import Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from .mistakes import Dialect

DIRECTIVES = frozenset(("BASE_REV", "LEASE", "NEED", "DO", "ASSERT", "RETURN", "PARAM"))
"""The keywords that a line of Angel Assembly can begin with."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The directives that could be read, and every mistake of the file in source order."""

    program: ast.Program
    diagnostics: tuple[Diagnostic, ...]


class LineParser:
    """A language's tables with the builder that they call, good for one file at a time."""

    def __init__(
        self,
        language: ast.Language,
        directives: frozenset[str],
        builder: Builder,
        mistakes: Callable[[], Dialect],
    ) -> None:
        self._directives = directives
        self._builder = builder
        self._mistakes = mistakes
        self._lark: Lark = tables.load(language, builder)
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
        builder.start(source.name)
        parse = self._lark.parse
        nodes: list[object] = []
        comments = builder.comments
        diagnostics = builder.diagnostics
        for line in logical_lines(source.lines(), self._directives):
            kind = line.kind
            if kind == "directive":
                builder.line = line.number
                before = len(comments)
                try:
                    nodes.append(parse(line.text))
                except UnexpectedInput as refusal:
                    # Lark lexes the rest of a refused line a second time.
                    del comments[before:]
                    offset = _offset(refusal, line.text)
                    diagnostics += self._explain(line, source.name, offset)
            elif kind == "comment":
                text = line.text.strip(" \t")
                span = Span(line.number, line.text.index("#") + 1, len(text))
                comments.append(ast.Comment(text, False, span))
            elif kind == "unclosed":
                diagnostics.append(
                    error(
                        "AA0107",
                        "the text block is not closed",
                        Span(line.number, line.text.index(FENCE) + 1, len(FENCE)),
                        file=source.name,
                        hint='end it with """ on a line of its own',
                    )
                )
        return nodes, tuple(comments), tuple(diagnostics)

    def _explain(self, line: LogicalLine, file: str, offset: int) -> list[Diagnostic]:
        from .mistakes import explain_line

        return explain_line(self._mistakes(), line.text, line.number, file, offset)


def _offset(refusal: UnexpectedInput, text: str) -> int:
    if isinstance(refusal, UnexpectedCharacters):
        return cast(int, refusal.pos_in_stream)
    if isinstance(refusal, UnexpectedToken) and refusal.token.type != "$END":
        return cast(int, refusal.token.start_pos)
    return len(text.rstrip(" \t"))


@cache
def _parser() -> LineParser:
    return LineParser("aa", DIRECTIVES, Builder(), _mistakes)


def _mistakes() -> Dialect:
    from .mistakes import AA

    return AA


def parse(source: Source) -> Parsed:
    """Parse a whole file; never raises on bad input. Time is linear in the text."""
    nodes, comments, diagnostics = _parser().parse(source)
    return Parsed(ast.Program(cast(tuple[ast.Directive, ...], tuple(nodes)), comments), diagnostics)
