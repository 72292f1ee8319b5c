"""The lease events: what a grant is, and how it is written into the log and read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ...proto.leases import Lease, Scope, ScopeType
from ..clock import from_text, to_text
from ..errors import BadEvent
from ..records import Event, Json, JsonObject
from .lockmodes import LockMode
from .scopes import Node

GRANTED: Final = "lease_granted"
RENEWED: Final = "lease_renewed"
RELEASED: Final = "lease_released"
EXPIRED: Final = "lease_expired"

_SCOPE_TYPES: Final[dict[str, ScopeType]] = {
    "directory": "directory",
    "file": "file",
    "module": "module",
    "symbol": "symbol",
}
_MODES: Final[dict[str, LockMode]] = {"S": "S", "X": "X"}


@dataclass(frozen=True, slots=True)
class Grant:
    """A live lease with what the wire does not carry: its mode, and the places it covers."""

    lease: Lease
    mode: LockMode
    nodes: tuple[Node, ...]
    expires: datetime


def granted_row(token: int, scope: Scope, nodes: Iterable[Node]) -> dict[str, Json]:
    """One lease of a `lease_granted` event."""
    places: list[Json] = [[node.path, node.symbol] for node in nodes]
    return {
        "token": token,
        "type": scope.scope_type,
        "value": scope.scope_value,
        "nodes": places,
    }


def granted_data(
    owner_id: str,
    mission_id: str,
    mode: LockMode,
    issued: datetime,
    expires: datetime,
    rows: list[Json],
) -> dict[str, Json]:
    """The data of a `lease_granted` event: what its leases share, and a row for each."""
    return {
        "owner": owner_id,
        "mission": mission_id,
        "mode": mode,
        "issued": to_text(issued),
        "expires": to_text(expires),
        "leases": rows,
    }


def grant_state(grant: Grant) -> Json:
    """A live lease for a snapshot: the data of the event that would grant it as it stands."""
    lease = grant.lease
    return {
        "owner": lease.owner_id,
        "mission": lease.mission_id,
        "mode": grant.mode,
        "issued": lease.issued_at,
        "expires": lease.expires_at,
        "leases": [
            granted_row(
                lease.fencing_token, Scope(lease.scope_type, lease.scope_value), grant.nodes
            )
        ],
    }


def read_granted(event: Event) -> Iterator[Grant]:
    """The grants of a `lease_granted` event. Raises BadEvent."""
    try:
        yield from read_grants(event.data)
    except ValueError:
        raise _malformed(event) from None


def read_grants(data: JsonObject) -> Iterator[Grant]:
    """The grants in what `granted_data` or `grant_state` returned. Raises ValueError."""
    match data:
        case {
            "owner": str(owner),
            "mission": str(mission),
            "mode": "S" | "X" as mode,
            "issued": str(issued),
            "expires": str(expires),
            "leases": list(rows),
        }:
            for row in rows:
                token, scope, nodes = _read_row(row)
                lease = Lease(
                    lease_id=f"L{token}",
                    owner_id=owner,
                    mission_id=mission,
                    scope_type=scope.scope_type,
                    scope_value=scope.scope_value,
                    issued_at=issued,
                    expires_at=expires,
                    fencing_token=token,
                )
                yield Grant(lease, _MODES[mode], nodes, from_text(expires))
        case _:
            raise ValueError("not a grant")


def read_renewed(event: Event) -> tuple[list[str], str]:
    """The lease ids of a `lease_renewed` event and their new expiry. Raises BadEvent."""
    expires = event.data.get("expires")
    if not isinstance(expires, str):
        raise _malformed(event)
    return read_ended(event), expires


def read_ended(event: Event) -> list[str]:
    """The lease ids of a `lease_released` or `lease_expired` event. Raises BadEvent."""
    rows = event.data.get("leases")
    if not isinstance(rows, list):
        raise _malformed(event)
    return [row for row in rows if isinstance(row, str)]


def _read_row(row: Json) -> tuple[int, Scope, tuple[Node, ...]]:
    match row:
        case {"token": int(token), "type": str(kind), "value": str(value), "nodes": list(places)}:
            if kind in _SCOPE_TYPES:
                nodes = tuple(_read_node(place) for place in places)
                return token, Scope(_SCOPE_TYPES[kind], value), nodes
    raise ValueError("not a lease")


def _read_node(place: Json) -> Node:
    match place:
        case [(str() | None) as path, (str() | None) as symbol]:
            return Node(path, symbol)
    raise ValueError("not a place")


def _malformed(event: Event) -> BadEvent:
    return BadEvent(f"event {event.seq} is no {event.kind} of this version")
