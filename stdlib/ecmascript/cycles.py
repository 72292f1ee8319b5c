"""Which files load which when they run."""

from __future__ import annotations

from ..refused import MacroRefused
from .modules import Modules


def loads(modules: Modules, path: str) -> set[str]:
    """The files that a file loads: what it takes for its types alone is not loaded."""
    found: set[str] = set()
    file = modules.file(path)
    for row in file.taken:
        if row.source is None or row.type_only:
            continue
        variable = row.variable
        if row.form == "import" and variable is not None and path.endswith(("ts", "tsx")):
            starts = {token.start for token in variable.tokens if not token.bound}
            uses = [one for one in file.scopes.references if one.token.start in starts]
            if uses and all(one.meaning == "type" for one in uses):
                continue
        found.add(row.source)
    return found


def reaches(modules: Modules, start: str, goal: str, without: frozenset[str] = frozenset()) -> bool:
    """Whether loading `start` loads `goal`."""
    seen = set(without)
    pending = [start]
    while pending:
        path = pending.pop()
        if path == goal:
            return True
        if path not in seen and path in modules.paths:
            seen.add(path)
            pending.extend(loads(modules, path))
    return False


def check_cycle(modules: Modules, importer: str, imported: str) -> None:
    """Raises MacroRefused where a new import would make two files load each other."""
    if importer != imported and reaches(modules, imported, importer):
        raise MacroRefused(
            "unsupported",
            f"{importer} would import {imported}, which imports it",
            (importer, imported),
        )
