"""Page faults that are not answered, and the checks of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from ...proto.pf import Args
from ..errors import HeavenError

Reason: TypeAlias = Literal["budget", "unknown", "bad_request"]

MOST_HITS: Final = 1_000


class FaultRefused(HeavenError):
    """A page fault that is not answered. `candidates` are names that do exist.

    `budget`: the mission drew all it may. `unknown`: there is no such symbol, file or prompt; ask
    for one of `candidates`. `bad_request`: the request itself is wrong; the message names what.
    """

    def __init__(self, reason: Reason, message: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.candidates = tuple(candidates)


def needed(value: str | None, field: str) -> str:
    """The text of an argument that must be there. Raises FaultRefused."""
    if value is None or not value.strip():
        raise FaultRefused("bad_request", f"the request needs a {field}")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise FaultRefused("bad_request", f"the {field} is not UTF-8")
    return value


def count_of(args: Args, default: int) -> int:
    """How many results are wanted. Raises FaultRefused."""
    count = default if args.top_k is None else args.top_k
    if not 1 <= count <= MOST_HITS:
        raise FaultRefused("bad_request", f"top_k is {count}; it must be 1 to {MOST_HITS}")
    return count
