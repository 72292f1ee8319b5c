"""What a mission's angel is shown from the start: NEED lines for the places that it leases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ...heaven import Heaven
from ...heaven.errors import PathOutside
from ...heaven.paths import resolve_inside
from ...proto.leases import Scope

MAX_LINES: Final = 200
"""Lines of a leased file that are shown; the rest is there for the asking (page faults)."""
_MOST: Final = 5


def needs_for(heaven: Heaven, scopes: Sequence[Scope], most: int = _MOST) -> tuple[str, ...]:
    """At most `most` lines; none for directories, and none for what is not there yet."""
    found: list[str] = []
    for line in _needs(heaven, scopes):
        if line not in found:
            found.append(line)
        if len(found) == most:
            break
    return tuple(found)


def _needs(heaven: Heaven, scopes: Sequence[Scope]) -> Iterator[str]:
    for scope in scopes:
        value = scope.scope_value
        if " " in value:
            continue  # the languages have no way to write such a path down
        if scope.scope_type == "symbol":
            if len(heaven.find_symbols(value)) == 1:
                yield f"NEED symdef {value}"
        elif scope.scope_type == "file":
            count = _lines(heaven, value)
            if count:
                yield f"NEED slice {value} 1 {min(count, MAX_LINES)}"


def _lines(heaven: Heaven, path: str) -> int:
    try:
        data = resolve_inside(heaven.root, path).read_bytes()
    except (OSError, PathOutside):
        return 0
    return 0 if b"\0" in data else data.count(b"\n") + (not data.endswith(b"\n"))
