"""Verification proof (`receipts.schema.json`)."""

from __future__ import annotations

from dataclasses import dataclass

from .strict import FORBID


@dataclass(frozen=True, slots=True)
class Receipt:
    """Hashes are SHA-256 hex: of the lock and tool-version files, the command, its whole output.

    `timestamp` is RFC 3339.
    """

    __pydantic_config__ = FORBID

    mission_id: str
    env_hash: str
    command_hash: str
    stdout_hash: str
    exit_code: int
    timestamp: str
