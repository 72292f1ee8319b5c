"""What a conversation hands to the effects that carry it on."""

from __future__ import annotations

from dataclasses import dataclass

from ..heaven.records import JsonObject
from .angels.protocol import ToolResult


@dataclass(frozen=True, slots=True)
class Exchange:
    """A turn that is behind: the blob of the reply, and what it was told then."""

    answer: str
    results: tuple[ToolResult, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an angel is shown: the task's pack, and the conversation since.

    `mode` and `returns` say what answers the program takes; `prompt` that it refers to a stored
    prompt.
    """

    mode: str
    returns: str
    prompt: bool
    pack: str
    past: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What an answer is held to. `shards` are those shown so far, in order, but for those at the
    places `hidden`, which the budget did not hold."""

    mode: str
    returns: str
    prompt: bool
    invariants: tuple[str, ...]
    shards: tuple[JsonObject, ...]
    hidden: frozenset[int] = frozenset()
