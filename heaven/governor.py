"""The page-fault governor: how much context a mission may draw, counted exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .errors import HeavenError

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

    def admit(self, mission: str) -> Remaining:
        """Count one fault, and say what is left after it. Raises BudgetSpent, counting nothing."""
        account = self._accounts.setdefault(mission, Account())
        if account.calls >= self.max_calls:
            raise BudgetSpent(f"all {self.max_calls} page faults of the mission are used up")
        if account.bytes >= self.max_bytes:
            raise BudgetSpent(f"all {self.max_bytes} bytes of the mission are used up")
        account.calls += 1
        return self.remaining(mission)

    def charge(self, mission: str, size: int) -> Remaining:
        """Count `size` bytes delivered. Raises BudgetSpent, counting nothing, if they are more
        than what is left: fit the reply first."""
        account = self._accounts.setdefault(mission, Account())
        if size > self.max_bytes - account.bytes:
            raise BudgetSpent(
                f"{size} bytes are more than the {self.max_bytes - account.bytes} left"
            )
        account.bytes += size
        return self.remaining(mission)

    def remaining(self, mission: str) -> Remaining:
        account = self._accounts.get(mission, Account())
        return Remaining(self.max_calls - account.calls, self.max_bytes - account.bytes)

    def drawn(self, mission: str) -> Account:
        """A copy of the mission's account."""
        account = self._accounts.get(mission, Account())
        return Account(account.calls, account.bytes)

    def forget(self, mission: str) -> None:
        self._accounts.pop(mission, None)
