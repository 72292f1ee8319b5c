"""Is the program whole? What must be there is there, and what may be said once is said once.

The words themselves are judged when they are lowered, after parameters have their values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from . import ast
from .diagnostic import Diagnostic, Related, error, warning
from .span import Span

MAX_DIRECTIVES: Final = 100_000
"""Directives that a program may have, counting those of the modules it uses each time."""

TOP: Final = Span(1, 1, 0)
"""Where a missing directive is reported: nothing else shows the place."""


if TYPE_CHECKING:
    from typing import Protocol

    class Spanned(Protocol):
        """Any node."""

        @property
        def span(self) -> Span: ...


def validate(
    program: ast.Program, *, unread: frozenset[str] = frozenset()
) -> tuple[Diagnostic, ...]:
    """What a whole AA program lacks or says twice.

    `unread` are the keywords of lines that could not be read: a directive that somebody tried to
    write is not reported as missing on top.
    """
    directives = program.directives
    if not directives:
        return () if unread else (empty("aa"),)
    found = list(too_many(directives))
    kinds = {type(directive) for directive in directives}
    if ast.BaseRev not in kinds and "BASE_REV" not in unread:
        found.append(missing("AA0202", "BASE_REV", "BASE_REV HEAD"))
    if ast.Lease not in kinds and "LEASE" not in unread:
        found.append(missing("AA0203", "LEASE", "LEASE directory:src"))
    if ast.Do not in kinds and "DO" not in unread:
        found.append(missing("AA0204", "DO", "DO Add a test for parse_date"))
    if ast.Return not in kinds and "RETURN" not in unread:
        found.append(missing("AA0205", "RETURN", "RETURN edit_ir"))
    found += once([d for d in directives if isinstance(d, ast.BaseRev)], "AA0206", "BASE_REV")
    found += once([d for d in directives if isinstance(d, ast.Return)], "AA0206", "RETURN")
    found += repeated_scopes(d for d in directives if isinstance(d, ast.Lease))
    return tuple(found)


def empty(language: ast.Language) -> Diagnostic:
    needed = "ISA_VERSION and BASE_REV" if language == "isa" else "BASE_REV, LEASE, DO and RETURN"
    return error("AA0201", "the program is empty", TOP, hint=f"it needs at least {needed}")


def missing(code: str, keyword: str, example: str) -> Diagnostic:
    return error(code, f"{keyword} is missing", TOP, hint=f"add a line such as `{example}`")


def too_many(directives: Sequence[Spanned]) -> Iterable[Diagnostic]:
    if len(directives) > MAX_DIRECTIVES:
        yield error(
            "AA0207",
            f"the program has {len(directives)} directives; the limit is {MAX_DIRECTIVES}",
            directives[MAX_DIRECTIVES].span,
        )


def once(directives: Sequence[Spanned], code: str, keyword: str) -> Iterable[Diagnostic]:
    """An error for every directive after the first, pointing to the first."""
    for directive in directives[1:]:
        first = Related("first given here", directives[0].span)
        yield error(
            code,
            f"{keyword} is given twice",
            directive.span,
            hint="keep one of the two",
            related=(first,),
        )


def repeated_scopes(leases: Iterable[ast.Lease]) -> Iterable[Diagnostic]:
    seen: dict[tuple[str, str], Span] = {}
    for lease in leases:
        for scope in lease.scopes:
            key = (scope.type.value, scope.value.value)
            if key in seen:
                first = Related("first asked for here", seen[key])
                message = f"{key[0]}:{key[1]} is leased twice"
                yield warning("AA0208", message, scope.span, related=(first,))
            else:
                seen[key] = scope.span
