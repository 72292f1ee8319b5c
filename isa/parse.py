"""Source text to the syntax tree of the Genesis ISA."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

from ..aa.diagnostic import Diagnostic
from ..aa.node import dataclass
from ..aa.parse import DIRECTIVES as AA_DIRECTIVES
from ..aa.parse import LineParser
from ..aa.source import Source
from . import ast
from .builder import IsaBuilder

if TYPE_CHECKING:
    from ..aa.mistakes import Dialect

DIRECTIVES = AA_DIRECTIVES | {
    "ISA_VERSION",
    "VERSION",
    "PROMPT_REF",
    "MODE",
    "BUDGET",
    "INVARIANT",
    "OP",
    "RUN",
    "IF_FAIL",
    "LABEL",
    "HALT",
    "USE",
}
"""The keywords that a line of the Genesis ISA can begin with."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The directives that could be read, and every mistake of the file in source order."""

    program: ast.Program
    diagnostics: tuple[Diagnostic, ...]


@cache
def _parser() -> LineParser:
    return LineParser("isa", DIRECTIVES, IsaBuilder(), _mistakes)


def _mistakes() -> Dialect:
    from .mistakes import ISA

    return ISA


def parse(source: Source) -> Parsed:
    """Parse a whole file; never raises on bad input. Time is linear in the text."""
    nodes, comments, diagnostics = _parser().parse(source)
    return Parsed(ast.Program(cast(tuple[ast.Directive, ...], tuple(nodes)), comments), diagnostics)
