"""Scoped access grants (`leases.schema.json`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .strict import FORBID

ScopeType: TypeAlias = Literal["symbol", "module", "file", "directory"]


@dataclass(frozen=True, slots=True)
class Scope:
    __pydantic_config__ = FORBID

    scope_type: ScopeType
    scope_value: str


@dataclass(frozen=True, slots=True)
class Lease:
    """`issued_at` and `expires_at` are RFC 3339; `fencing_token` grows with every grant."""

    __pydantic_config__ = FORBID

    lease_id: str
    owner_id: str
    mission_id: str
    scope_type: ScopeType
    scope_value: str
    issued_at: str
    expires_at: str
    fencing_token: int


@dataclass(frozen=True, slots=True)
class AcquireRequest:
    """`partial` true takes what is free; false (our default) takes all scopes or none. `mode` X
    keeps everybody else out, S only writers. `wait_seconds` is how long to wait for what is not
    free (0 unless said), with `partial` not at all."""

    __pydantic_config__ = FORBID

    owner_id: str
    mission_id: str
    scopes: tuple[Scope, ...]
    ttl_seconds: float | None = None
    partial: bool = False
    mode: Literal["S", "X"] = "X"
    wait_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AcquireResponse:
    """`denied` holds `type:value` of each scope that somebody else has."""

    __pydantic_config__ = FORBID

    acquired: tuple[Lease, ...]
    denied: tuple[str, ...]
