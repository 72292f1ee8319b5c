"""Calls of an angel as they were recorded when they were one request and one whole answer.

Such a run is replayed from its record as it is. Nothing asks so any more.
"""

from __future__ import annotations

from typing import NoReturn

from ..aa.opcodes import Syscall
from ..heaven.records import Json
from .door import Entry
from .errors import RunOutdated


def answered_whole(recorded: Entry) -> bool:
    """Whether it is an ANGEL of that time: its operands name the prompt, and no turn."""
    return recorded.op == Syscall.ANGEL.value and "pack" in recorded.operands


def whole_request(
    recorded: Entry, call: int, task: str, returns: str, budget: int
) -> dict[str, Json]:
    """The operands that the program gives today. The prompt's hash is taken over: what went into it
    are the answers before it, and how it is laid out is not the program's."""
    return {
        "call": call,
        "task": task,
        "returns": returns,
        "budget": budget,
        "pack": recorded.operands["pack"],
    }


def outdated() -> NoReturn:
    """In place of asking where the run died in such a call. Raises RunOutdated."""
    raise RunOutdated
