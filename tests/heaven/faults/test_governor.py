"""The governor's counts are exact, and by mission."""

from __future__ import annotations

import pytest
from genesis_ssmp.heaven.faults.governor import BudgetSpent, Governor, Remaining


def test_the_last_call_is_admitted_and_the_next_is_not() -> None:
    governor = Governor(max_calls=2)
    governor.count("m", 1, 0)
    governor.admit("m")
    governor.count("m", 1, 0)
    with pytest.raises(BudgetSpent, match="all 2 page faults"):
        governor.admit("m")
    assert governor.drawn("m").calls == 2
    governor.admit("other")


def test_a_mission_without_a_byte_left_is_refused() -> None:
    governor = Governor(max_bytes=10)
    governor.count("m", 1, 9)
    assert governor.remaining("m") == Remaining(19, 1)
    governor.admit("m")
    governor.count("m", 1, 1)
    with pytest.raises(BudgetSpent, match="all 10 bytes"):
        governor.admit("m")


def test_a_forgotten_mission_starts_afresh() -> None:
    governor = Governor(max_calls=1)
    governor.count("m", 1, 0)
    governor.forget("m")
    governor.admit("m")
