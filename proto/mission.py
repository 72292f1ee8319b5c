"""What is to be done, under which leases and budget (`mission.schema.json`)."""

from __future__ import annotations

from dataclasses import dataclass

from .leases import Scope
from .strict import FORBID

TOKEN_BUDGET = 8000
"""Tokens that a mission may spend unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Mission:
    """`base_rev` is the revision that the mission starts from; `created_at` is RFC 3339.

    `scopes` is what the mission wants to write, `lease_ids` what was granted for it; `tasks` are
    instructions in words, in order. `token_budget` is in tokens.
    """

    __pydantic_config__ = FORBID

    mission_id: str
    base_rev: str
    goal: str
    scopes: tuple[Scope, ...]
    lease_ids: tuple[str, ...]
    tasks: tuple[str, ...]
    created_at: str
    token_budget: int = TOKEN_BUDGET
