"""Whether what somebody means to write is theirs to write: leases and clocks, checked at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..proto.leases import Lease, Scope
from .errors import NotLeased
from .leases.scopes import Key, SymbolFinder, nodes_of, normalise_scope

CheckWrite = Callable[[str, Iterable[str]], None]


@dataclass(frozen=True, slots=True)
class Drift:
    """A clock that does not stand where it was expected."""

    expected: int
    actual: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`missing_leases` holds `type:value` of what no lease of the owner covers; `clock_drift` the
    paths that changed since. `reason` says it in words, where it is not allowed."""

    allowed: bool
    reason: str | None = None
    missing_leases: tuple[str, ...] = ()
    clock_drift: Mapping[str, Drift] | None = None


def judge(
    owner_id: str,
    symbols: Sequence[str],
    files: Sequence[str],
    *,
    root: Path,
    find_symbols: SymbolFinder,
    leases: Iterable[Lease],
    check_write: CheckWrite,
    clocks: Mapping[str, int],
    expected: Mapping[str, int],
) -> Verdict:
    """Each file must be covered by a live exclusive lease of the owner, each symbol too, and each
    clock of `expected` (normalised paths, as in `clocks`) stand where it was seen.

    Raises BadScope, PathOutside, and what `check_write` and `find_symbols` raise.
    """
    missing = [f"file:{path}" for path in files if not _writable(check_write, owner_id, path)]
    held = [
        node.key
        for lease in leases
        if lease.owner_id == owner_id
        for node in nodes_of(Scope(lease.scope_type, lease.scope_value), root, find_symbols)
    ]
    for symbol in symbols:
        scope = normalise_scope(Scope("symbol", symbol))
        nodes = nodes_of(scope, root, find_symbols)
        # The bare name, which has no place, counts only for a symbol that is nowhere yet.
        placed = [node for node in nodes if node.path is not None] or nodes
        if not all(_covered(node.key, held) for node in placed):
            missing.append(f"symbol:{scope.scope_value}")
    drift = {
        path: Drift(count, clocks[path])
        for path, count in expected.items()
        if clocks[path] != count
    }
    reasons = []
    if missing:
        reasons.append(f"{owner_id} holds no lease on {', '.join(missing)}")
    if drift:
        reasons.append(f"changed since it was read: {', '.join(drift)}")
    return Verdict(not reasons, "; ".join(reasons) or None, tuple(missing), drift or None)


def _writable(check_write: CheckWrite, owner_id: str, path: str) -> bool:
    try:
        check_write(owner_id, [path])
    except NotLeased:
        return False
    return True


def _covered(key: Key, held: Iterable[Key]) -> bool:
    return any(key[: len(other)] == other for other in held)
