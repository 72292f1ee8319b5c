"""What every angel is: something that answers one turn and remembers nothing.

The conversation belongs to the runtime: each turn carries all of it (`system`, then `pack`, then
`messages`), so that any process can ask for the next turn, of any angel, after the one before died.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from ...heaven.records import JsonObject

Stop: TypeAlias = Literal["tool_use", "end", "max_tokens", "refusal"]
"""Why a reply ended: it waits for the results of its calls; it is done; it was cut off at
`max_tokens`; the model declined."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What an angel may call. `schema` is the JSON Schema of the arguments, an object's."""

    name: str
    description: str
    schema: JsonObject


@dataclass(frozen=True, slots=True)
class ToolCall:
    """`id` is the provider's, or made up, and unique in its conversation.

    Arguments that are not a JSON object (truncated, say) are {} here and stand in `broken` as they
    came: the runtime tells the angel.
    """

    id: str
    name: str
    arguments: JsonObject
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of the call `id`; `error` says that it was refused."""

    id: str
    text: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One side's part of a turn: an assistant's text and calls, a user's results and text.

    A user's message has a result for every call of the message before it, in the same order.
    `opaque` is an assistant's `Reply.opaque`, handed back as it came.
    """

    role: Literal["assistant", "user"]
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()
    opaque: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One request, whole. The prompt is `system`, `pack` as the first user message, `messages`.

    `call` counts the ANGEL instructions of this run from 0, `turn` all of its turns from 0;
    `messages` are those of this call so far, assistant and user in turn, so it has
    `len(messages) // 2` turns behind it. `system` and `tools` are the same bytes for every mission
    that wants the same kind of answer, `pack` for all turns of a call: what a provider's prompt
    cache can keep comes first. `budget` is how many tokens the run has left, `max_tokens` how many
    of them the reply may have.
    """

    mission_id: str
    call: int
    turn: int
    task: str
    returns: str
    system: str
    pack: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    max_tokens: int
    budget: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counts them.

    `tokens_in` are all that it read, from its cache or not: `cached_read` and `cached_written` are
    parts of it (0 where there is no cache).
    """

    tokens_in: int
    tokens_out: int
    cached_read: int = 0
    cached_written: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the angel said. `usage` is None where the provider does not tell: it is then estimated.

    `opaque` is what the provider wants to have back with the next turn and nobody else reads
    (signed reasoning, an item id); it is recorded, so it must hold no secret. `model` names what
    answered, where that is known better than by the angel's name.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    stop: Stop = "end"
    usage: Usage | None = None
    opaque: JsonObject | None = None
    model: str | None = None


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


class AngelError(Exception):
    """This turn has no reply, and asking the same again would not help; the run's own handlers
    deal with it. `spent` is what it cost all the same, where that is known."""

    def __init__(self, message: str, spent: Usage | None = None) -> None:
        super().__init__(message)
        self.spent = spent


class ContextOverflow(AngelError):
    """The prompt is longer than the model reads: the program's to mend (fewer NEEDs)."""


class AnswerRefused(AngelError):
    """The provider would not have the model answer this. One that the model itself declines is a
    Reply with stop "refusal"."""


class Angel(Protocol):
    """Both methods raise AngelUnavailable (of `runtime.errors`) when no answer can be had: no key,
    no connection after all retries, a program that is not there."""

    @property
    def name(self) -> str:
        """Who answers, for logs: the same for the same configuration, and no secret."""
        ...

    def reply(self, turn: Turn) -> Reply:
        """Raises AngelError besides."""
        ...

    def advise(self, question: Question) -> Advice | None:
        """The oracle's advice, or None where this angel has none to give. Raises AngelError
        besides."""
        ...
