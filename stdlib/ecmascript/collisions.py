"""What would go wrong if a name were spelled differently: clashes, capture, shadowing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..refused import MacroRefused
from ..targets import place_of
from .modules import Modules
from .scopes import FileScopes, Scope, Variable
from .spread import Spread

RESERVED: Final = frozenset(
    [
        "arguments",
        "async",
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "eval",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "undefined",
        "var",
        "void",
        "while",
        "with",
        "yield",
    ]
) - {"async"}
TYPES: Final = frozenset(
    [
        "any",
        "unknown",
        "never",
        "void",
        "object",
        "string",
        "number",
        "boolean",
        "symbol",
        "bigint",
        "undefined",
        "null",
    ]
)


def check_collisions(spread: Spread, new: str) -> None:
    """Raises MacroRefused where `new` already means something that the renaming would disturb."""
    found: list[str] = []
    for path, variable in spread.variables:
        found += in_scopes(spread, path, variable, new)
    for path in spread.given:
        found += _given(spread.modules, path, new)
    if found:
        places = tuple(dict.fromkeys(found))
        more = f" (and {len(places) - 1} more)" if places[1:] else ""
        raise MacroRefused("collision", f"{new} is taken: {places[0]}{more}", places)


def in_scopes(spread: Spread, path: str, variable: Variable, new: str) -> Iterator[str]:
    """Where a renamed variable would clash with, hide or be hidden by another of its file."""
    scopes = spread.modules.file(path).scopes
    taken = variable.scope.names.get(new)
    if taken is not None:
        at = place_of(spread.index, path, taken.tokens[0].start)
        yield f"{at} {new} is defined in the same scope"
        return
    where = {one.token.start: one.scope for one in scopes.references}
    for token in variable.tokens:
        for scope in _between(where.get(token.start, variable.scope), variable.scope):
            if new in scope.names:
                at = place_of(spread.index, path, token.start)
                yield f"{at} {new} of a scope around hides the renamed name"
                break
    yield from hidden(spread, path, scopes, variable.scope, new)


def hidden(spread: Spread, path: str, scopes: FileScopes, scope: Scope, new: str) -> Iterator[str]:
    """Uses of `new` that mean something farther out and would find it in `scope`."""
    for one in scopes.references:
        if one.name != new or (one.variable is not None and one.variable.scope is scope):
            continue
        for around in one.scope.outward():
            if one.variable is not None and around is one.variable.scope:
                break
            if around is scope:
                at = place_of(spread.index, path, one.token.start)
                yield f"{at} {new} is used here and means something else"
                break


def _between(inner: Scope, outer: Scope) -> Iterator[Scope]:
    for scope in inner.outward():
        if scope is outer:
            return
        yield scope


def _given(modules: Modules, path: str, new: str) -> Iterator[str]:
    file = modules.file(path)
    for row in file.given:
        if row.name == new:
            yield f"{path}:{row.statement.start_point.row + 1} {new} is exported"
    for one in file.taken:
        line = f"{path}:{one.statement.start_point.row + 1}"
        if one.form == "reexport" and one.given == new:
            yield f"{line} {new} is exported"
        if one.form == "star" and one.source is not None and gives(modules, one.source, new, set()):
            yield f"{line} {new} is exported through export *"


def gives(modules: Modules, path: str, name: str, seen: set[str]) -> bool:
    """Whether a file gives a name away, also through `export *`."""
    if path in seen:
        return False
    seen.add(path)
    file = modules.file(path)
    if any(row.name == name for row in file.given):
        return True
    return any(
        (row.form == "reexport" and row.given == name)
        or (
            row.form == "star" and row.source is not None and gives(modules, row.source, name, seen)
        )
        for row in file.taken
    )
