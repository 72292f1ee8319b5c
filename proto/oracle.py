"""What a thrashing plan asks a stronger model, and its answer (`oracle.schema.json`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .leases import Scope
from .mission import Mission
from .strict import FORBID

Progress: TypeAlias = Literal["active", "completed", "thrashing"]


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a mission has cost so far. `started_at` is RFC 3339, `elapsed_ms` milliseconds.

    `pf_response_size_total` is in bytes; `thrash_reason` is there when `status` is "thrashing".
    """

    __pydantic_config__ = FORBID

    pf_count: int
    pf_response_size_total: int
    retries: int
    rejects: int
    conflicts: int
    test_failures: int
    tokens_in: int
    tokens_out: int
    started_at: str
    elapsed_ms: int
    turns: int
    status: Progress
    phase_transitions: int
    thrash_reason: str | None = None


@dataclass(frozen=True, slots=True)
class OracleRequest:
    """Blob ids are SHA-256 hex; `symbol_shortlist` holds the names that the trouble is about."""

    __pydantic_config__ = FORBID

    spec_blob_id: str
    symbol_shortlist: tuple[str, ...]
    metrics_summary: Metrics
    decision_ledger_blob_id: str | None = None
    failing_test_blob_id: str | None = None


@dataclass(frozen=True, slots=True)
class PlanNode:
    """A mission and the ids of the missions that must be done before it."""

    __pydantic_config__ = FORBID

    mission: Mission
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A directed acyclic graph of missions. `created_at` is RFC 3339."""

    __pydantic_config__ = FORBID

    plan_id: str
    task_desc: str
    repo_path: str
    nodes: tuple[PlanNode, ...]
    created_at: str


@dataclass(frozen=True, slots=True)
class PlannedLease:
    """The scopes that a mission of the plan is to lease before it starts."""

    __pydantic_config__ = FORBID

    mission_id: str
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class OracleResponse:
    """`risk_hotspots` are paths or symbols; `recommended_tests` are selectors for RUN test."""

    __pydantic_config__ = FORBID

    updated_dag: Plan
    leases_plan: tuple[PlannedLease, ...]
    risk_hotspots: tuple[str, ...]
    recommended_tests: tuple[str, ...]
