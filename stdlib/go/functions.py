"""What stands against another signature for a Go function."""

from __future__ import annotations

from collections.abc import Sequence

from ..occurrences import Spot
from ..refused import MacroRefused, Site
from .names import called_by_go
from .signatures import FunctionSource
from .subject import Repository, Subject, check_outside, outside_users


def check_changeable(
    repository: Repository, found: Subject, functions: Sequence[FunctionSource], what: str
) -> list[Spot]:
    """What may stand against it. Raises MacroRefused where something outside of the repository has
    to call it as it is; `what` is done to it ("the parameter")."""
    for one in functions:
        row = repository.packages.row(one.key)
        package = repository.packages.of(one.key.path)
        if found.kind == "function" and called_by_go(row.name, one.key.path, package.name):
            raise MacroRefused(
                "unsupported", f"go calls {row.name} ({repository.where(one.key)}) by itself"
            )
    check_outside(repository, found, what)
    return list(outside_users(repository, found))


def refuse_unproven(what: str, found: Sequence[Site]) -> None:
    """Raises MacroRefused with the sites as candidates, where there are any."""
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise MacroRefused(
            "unsure",
            f"{what}: {found[0]}{more}; with `unsure include` it is done all the same",
            tuple(map(str, found)),
        )
