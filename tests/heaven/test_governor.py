"""The governor's counts are exact, and by mission."""

from __future__ import annotations

import pytest
from genesis_ssmp.heaven.governor import BudgetSpent, Governor, Remaining


def test_the_last_call_is_admitted_and_the_next_is_not() -> None:
    governor = Governor(max_calls=2)
    governor.admit("m")
    assert governor.admit("m").calls == 0
    with pytest.raises(BudgetSpent):
        governor.admit("m")
    assert governor.drawn("m").calls == 2
    assert governor.admit("other").calls == 1


def test_bytes_are_charged_to_the_last_one() -> None:
    governor = Governor(max_bytes=10)
    assert governor.charge("m", 9) == Remaining(20, 1)
    with pytest.raises(BudgetSpent):
        governor.charge("m", 2)
    assert governor.charge("m", 1).bytes == 0
    with pytest.raises(BudgetSpent):
        governor.admit("m")


def test_a_forgotten_mission_starts_afresh() -> None:
    governor = Governor(max_calls=1)
    governor.admit("m")
    governor.forget("m")
    governor.admit("m")
