"""Is the ISA program, or the module that a program uses, whole?"""

from __future__ import annotations

from typing import Final

from ..aa import ast as aa
from ..aa.diagnostic import Diagnostic, Related, error
from ..aa.span import Span
from ..aa.validate import empty, missing, once, repeated_scopes, too_many
from . import ast

SUPPORTED_VERSION: Final = "0"

_ONLY_IN_PROGRAMS: Final[dict[type[object], str]] = {
    aa.BaseRev: "BASE_REV",
    aa.Return: "RETURN",
    ast.Mode: "MODE",
    ast.Budget: "BUDGET",
    ast.Halt: "HALT",
}


def validate(
    program: ast.Program, *, unread: frozenset[str] = frozenset()
) -> tuple[Diagnostic, ...]:
    """What a whole ISA program lacks or says twice; `unread` as in `aa.validate`."""
    directives = program.directives
    if not directives:
        return () if unread else (empty("isa"),)
    found = list(too_many(directives))
    found += _version(program, unread)
    if "BASE_REV" not in unread and not any(isinstance(d, aa.BaseRev) for d in directives):
        found.append(missing("AA0202", "BASE_REV", "BASE_REV HEAD"))
    found += once([d for d in directives if isinstance(d, aa.BaseRev)], "AA0206", "BASE_REV")
    found += once([d for d in directives if isinstance(d, aa.Return)], "AA0206", "RETURN")
    found += once([d for d in directives if isinstance(d, ast.Mode)], "ISA0203", "MODE")
    found += once([d for d in directives if isinstance(d, ast.Budget)], "ISA0203", "BUDGET")
    found += repeated_scopes(d for d in directives if isinstance(d, aa.Lease))
    found += _labels(program)
    return tuple(found)


def validate_module(
    program: ast.Program, *, unread: frozenset[str] = frozenset()
) -> tuple[Diagnostic, ...]:
    """The same of a module: it is part of a program, so it may not speak for the whole of it."""
    directives = program.directives
    if not directives:
        return () if unread else (empty("isa"),)
    found = list(too_many(directives))
    found += _version(program, unread)
    for directive in directives:
        keyword = _ONLY_IN_PROGRAMS.get(type(directive))
        if keyword is not None:
            found.append(
                error(
                    "ISA0305",
                    f"{keyword} is not allowed in a module",
                    directive.span,
                    hint="it belongs to the program that uses the module",
                )
            )
    found += repeated_scopes(d for d in directives if isinstance(d, aa.Lease))
    found += _labels(program)
    return tuple(found)


def _version(program: ast.Program, unread: frozenset[str]) -> list[Diagnostic]:
    versions = [d for d in program.directives if isinstance(d, ast.Version)]
    if not versions:
        if unread & {"ISA_VERSION", "VERSION"}:
            return []
        return [missing("ISA0201", "ISA_VERSION", "ISA_VERSION 0")]
    found = list(once(versions, "ISA0203", "the version"))
    number = versions[0].number
    if number.value != SUPPORTED_VERSION:
        found.append(
            error(
                "ISA0202",
                f"version {number.value} of the ISA is unknown here",
                number.span,
                hint=f"this compiler knows version {SUPPORTED_VERSION}",
            )
        )
    return found


def _labels(program: ast.Program) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    first: dict[str, Span] = {}
    for directive in program.directives:
        if not isinstance(directive, ast.Label):
            continue
        name = directive.name
        if name.value in first:
            related = Related("first given here", first[name.value])
            found.append(
                error(
                    "ISA0216",
                    f"label {name.value} is given twice",
                    name.span,
                    related=(related,),
                )
            )
        elif name.value == "start":
            found.append(
                error(
                    "ISA0216",
                    "label start is given twice",
                    name.span,
                    hint="the beginning of every program is the section start",
                )
            )
        else:
            first[name.value] = name.span
    return found
