"""What every angel is: something that answers one prompt and remembers nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ...heaven.records import JsonObject


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `call` counts the angel calls of this run from 0; `budget` is tokens left."""

    mission_id: str
    call: int
    task: str
    returns: str
    budget: int
    pack: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`response` has the shape of `angel_response.schema.json`, not yet validated.

    Token counts are the provider's where it tells, else None and estimated by the runtime.
    """

    response: JsonObject
    tokens_in: int | None = None
    tokens_out: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What ESCALATE asks the oracle. `call` counts the questions of this run from 0."""

    mission_id: str
    call: int
    section: str
    failure: str
    detail: str


@dataclass(frozen=True, slots=True)
class Advice:
    text: str


class Angel(Protocol):
    """Both methods raise AngelUnavailable when no answer can be had."""

    @property
    def name(self) -> str: ...

    def answer(self, ask: Ask) -> Answer: ...

    def advise(self, question: Question) -> Advice | None:
        """The oracle's advice, or None where this angel has none to give."""
        ...
