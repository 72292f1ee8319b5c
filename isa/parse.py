"""Source text to the syntax tree of the Genesis ISA."""

from __future__ import annotations

from functools import cache
from typing import cast

from ..aa.diagnostic import Diagnostic
from ..aa.node import dataclass
from ..aa.parse import LineParser
from ..aa.source import Source
from . import ast
from .builder import IsaBuilder
from .mistakes import ISA


@dataclass(frozen=True, slots=True)
class Parsed:
    """The directives that could be read, and every mistake of the file in source order."""

    program: ast.Program
    diagnostics: tuple[Diagnostic, ...]


@cache
def _parser() -> LineParser:
    return LineParser(ISA, IsaBuilder())


def parse(source: Source) -> Parsed:
    """Parse a whole file; never raises on bad input. Time is linear in the text."""
    nodes, comments, diagnostics = _parser().parse(source)
    return Parsed(ast.Program(cast(tuple[ast.Directive, ...], tuple(nodes)), comments), diagnostics)
