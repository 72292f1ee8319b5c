"""How Heaven is (`heaven_status.schema.json`)."""

from __future__ import annotations

from dataclasses import dataclass

from .strict import FORBID


@dataclass(frozen=True, slots=True)
class HeavenStatus:
    """`state_rev` is the number of the last event in the log.

    `hotset_summary` maps what is asked for most (a symbol or path) to the number of times it was
    served, `file_clock_summary` a path to its clock. Both hold numbers as text, as clients of the
    first implementation decode them.
    """

    __pydantic_config__ = FORBID

    state_rev: int
    active_leases_count: int
    hotset_summary: dict[str, str]
    file_clock_summary: dict[str, str]
