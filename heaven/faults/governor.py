"""The page-fault governor: how much context a mission may draw, counted exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..errors import HeavenError

MAX_CALLS: Final = 20
MAX_BYTES: Final = 65_536


class BudgetSpent(HeavenError):
    """The mission has no page fault, or no byte of source text, left. The mission's fault: work
    with what it was shown, or ask its orchestrator for a new mission."""


@dataclass(slots=True)
class Account:
    """What one mission drew: faults asked (refused ones too), bytes of source text delivered."""

    calls: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Remaining:
    calls: int
    bytes: int


class Governor:
    """Accounts by mission. Limits count faults, and UTF-8 bytes of the excerpts' text."""

    def __init__(self, *, max_calls: int = MAX_CALLS, max_bytes: int = MAX_BYTES) -> None:
        self.max_calls = max_calls
        self.max_bytes = max_bytes
        self._accounts: dict[str, Account] = {}

    def admit(self, mission: str) -> None:
        """Return if the mission may draw one more page fault. Raises BudgetSpent. Counts nothing:
        `count` does, when it is known what the fault drew."""
        account = self._accounts.get(mission, Account())
        if account.calls >= self.max_calls:
            raise BudgetSpent(f"all {self.max_calls} page faults of the mission are used up")
        if account.bytes >= self.max_bytes:
            raise BudgetSpent(f"all {self.max_bytes} bytes of the mission are used up")

    def admits(self, mission: str) -> bool:
        """Whether `admit` would return."""
        account = self._accounts.get(mission)
        return account is None or (
            account.calls < self.max_calls and account.bytes < self.max_bytes
        )

    def count(self, mission: str, calls: int, size: int) -> None:
        """Add what a fault drew."""
        account = self._accounts.setdefault(mission, Account())
        account.calls += calls
        account.bytes += size

    def remaining(self, mission: str) -> Remaining:
        account = self._accounts.get(mission, Account())
        return Remaining(self.max_calls - account.calls, self.max_bytes - account.bytes)

    def drawn(self, mission: str) -> Account:
        """A copy of the mission's account."""
        account = self._accounts.get(mission, Account())
        return Account(account.calls, account.bytes)

    def forget(self, mission: str) -> None:
        self._accounts.pop(mission, None)
