"""The canonical layout of an ISA program: see `aa.fmt`."""

from __future__ import annotations

from ..aa.fmt import (
    Contents,
    FormatChangedProgram,
    FormatRefused,
    Formatted,
    format_with,
    unified_diff,
)
from ..aa.source import Source
from . import ast, unparse
from .parse import DIRECTIVES, parse

__all__ = [
    "FormatChangedProgram",
    "FormatRefused",
    "Formatted",
    "format",
    "formatted",
    "unified_diff",
]


def format(source: Source) -> str:
    """An ISA program in canonical layout.

    Raises FormatRefused where it has a syntax error, and FormatChangedProgram where the formatter
    has a bug.
    """
    return formatted(source).or_refuse()


def formatted(source: Source) -> Formatted:
    """As `format`, but with a syntax error: the text as it is, and the diagnostics."""
    return format_with(source, _read, unparse.unparse_directive, DIRECTIVES)


def _read(source: Source) -> Contents[ast.Directive]:
    parsed = parse(source)
    program = parsed.program
    return Contents(program.directives, program.comments, parsed.diagnostics)
