"""`anthropic:MODEL`: Anthropic's Messages API, through its own SDK.

The prompt goes out in the order that its cache keeps: tools and system (the same for every
mission), the mission's pack, then the conversation; each end is marked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from ...heaven.records import Json, JsonObject
from ..caller import caller
from ..errors import AngelUnavailable
from .advice import advise
from .endpoint import check_address, hide
from .protocol import (
    Advice,
    AngelError,
    AnswerRefused,
    ContextOverflow,
    Message,
    Question,
    Reply,
    Stop,
    ToolCall,
    Turn,
    Usage,
)
from .settings import Endpoint

if TYPE_CHECKING:
    from anthropic import Anthropic
    from anthropic.types import MessageParam, RawMessageStreamEvent, TextBlockParam, ToolParam

_HOME: Final = "https://api.anthropic.com"
_CACHED: Final[dict[str, Json]] = {"type": "ephemeral"}
_STOPS: Final[Mapping[str, Stop]] = {
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "refusal": "refusal",
}
_PLAIN: Final = frozenset({"text", "tool_use"})
_TOO_LONG: Final = ("prompt is too long", "context window", "context length", "maximum context")
STREAMS: Final = 3
"""How often an answer is begun that breaks off in its stream."""
_PASSING: Final = frozenset({"overloaded_error", "api_error", "rate_limit_error", "timeout_error"})


class MessagesAngel:
    """One model behind the Messages API."""

    def __init__(self, settings: Endpoint, pause: Callable[[float], None] = time.sleep) -> None:
        """`pause` waits between two tries after a stream broke; those of a whole request are the
        SDK's. Raises AngelUnavailable: no model, no key, an address that will not do, no SDK."""
        environ = caller().environ
        if not settings.model:
            raise AngelUnavailable(
                "anthropic needs a model: `--angel anthropic:MODEL`, or `model` under "
                "[angel.anthropic] in genesis.toml"
            )
        self._key = environ.get("ANTHROPIC_API_KEY", "")
        if not self._key:
            raise AngelUnavailable(
                "anthropic needs a key: set ANTHROPIC_API_KEY in the environment (it is sent to "
                "the provider, and written nowhere)"
            )
        self._url = settings.base_url or environ.get("ANTHROPIC_BASE_URL") or _HOME
        check_address(self._url, "anthropic", has_key=True)
        self._settings = settings
        self._pause = pause
        self._client: Anthropic | None = None

    @property
    def name(self) -> str:
        return f"anthropic:{self._settings.model}"

    def advise(self, question: Question) -> Advice | None:
        return advise(self, question)

    def reply(self, turn: Turn) -> Reply:
        for attempt in range(1, STREAMS):
            found = self._try(turn, last=False)
            if found is not None:
                return found
            self._pause(0.5 * 2.0**attempt)
        found = self._try(turn, last=True)
        assert found is not None, "the last try gives a reply or raises"
        return found

    def _try(self, turn: Turn, *, last: bool) -> Reply | None:
        """None where the stream broke and another try is left."""
        import anthropic
        import httpx2

        reading = _Reading()
        try:
            with self._open().messages.create(
                model=self._settings.model,
                max_tokens=min(turn.max_tokens, self._settings.max_tokens),
                system=_system(turn),
                tools=_tools(turn),
                messages=_messages(turn),
                stream=True,
            ) as stream:
                for event in stream:
                    reading.take(event)
        except anthropic.APIStatusError as error:
            # One that comes in the stream has the stream's own status, 200.
            if error.status_code == 200 and error.type in _PASSING and not last:
                return None
            raise self._explain(error, reading.usage()) from None
        except (anthropic.APIConnectionError, httpx2.HTTPError) as error:
            if not reading.started:
                raise self._unreachable(error) from None
            if last:
                raise self._broken_off() from None
            return None
        except (anthropic.APIResponseValidationError, json.JSONDecodeError) as error:
            raise AngelError(
                f"{self.name} sent what is no message: {self._hidden(error)}", reading.usage()
            ) from None
        if not reading.ended:
            if last:
                raise self._broken_off()
            return None
        return reading.reply()

    def _open(self) -> Anthropic:
        if self._client is None:
            from anthropic import Anthropic

            self._client = Anthropic(
                api_key=self._key,
                base_url=self._url,
                max_retries=self._settings.retries,
                timeout=self._settings.timeout_seconds,
            )
        return self._client

    def _explain(self, error: object, spent: Usage | None) -> AngelError | AngelUnavailable:
        import anthropic

        assert isinstance(error, anthropic.APIStatusError)
        said = self._hidden(error.api_message or error.message)
        status = error.status_code
        if status == 413 or any(one in said.lower() for one in _TOO_LONG):
            return ContextOverflow(f"the prompt is too long for {self.name}: {said}", spent)
        if status in (401, 403):
            return AngelUnavailable(
                f"{self.name} does not take the key in ANTHROPIC_API_KEY ({status}): {said}"
            )
        if status == 404:
            return AngelUnavailable(f"{self.name}: there is no such model for this key: {said}")
        if status == 402:
            return AngelUnavailable(f"{self.name}: the account cannot pay for it: {said}")
        if status in (408, 409, 429) or status >= 500 or error.type in _PASSING:
            return AngelUnavailable(
                f"{self.name} turned the request away {self._settings.retries + 1} times "
                f"({error.type or status}): {said}; try again later (`aa resume` goes on from here)"
            )
        if error.type == "invalid_request_error" and "content filter" in said.lower():
            return AnswerRefused(f"{self.name} would not answer: {said}", spent)
        return AngelError(f"{self.name} refused the request ({status}): {said}", spent)

    def _unreachable(self, error: Exception) -> AngelUnavailable:
        import anthropic

        late = isinstance(error, anthropic.APITimeoutError)
        what = "did not answer in time" if late else "could not be reached"
        cause = error.__cause__ or error
        return AngelUnavailable(
            f"{self.name} {what} at {self._url}, after {self._settings.retries + 1} tries: "
            f"{self._hidden(cause)} (`aa resume` goes on from here)"
        )

    def _broken_off(self) -> AngelUnavailable:
        return AngelUnavailable(
            f"{self.name} broke off in the middle of an answer, {STREAMS} times; try again later "
            "(`aa resume` goes on from here)"
        )

    def _hidden(self, said: object) -> str:
        return hide(str(said), (self._key,))


@dataclass(slots=True)
class _Block:
    """A content block as it comes in; `raw` is the JSON text of a call's arguments."""

    content: dict[str, Json]
    raw: str = ""


@dataclass(slots=True)
class _Reading:
    """A message being read from its stream."""

    blocks: list[_Block] = field(default_factory=list)
    started: bool = False
    ended: bool = False
    stop: str | None = None
    model: str | None = None
    tokens: dict[str, int] = field(default_factory=dict)

    def take(self, event: RawMessageStreamEvent) -> None:
        if event.type == "message_start":
            self.started = True
            self.model = event.message.model
            self._count(event.message.usage.to_dict())
        elif event.type == "content_block_start":
            self.blocks.append(_Block(cast("dict[str, Json]", event.content_block.to_dict())))
        elif event.type == "content_block_delta":
            self._add(self.blocks[-1], cast("JsonObject", event.delta.to_dict()))
        elif event.type == "message_delta":
            self.stop = event.delta.stop_reason
            self._count(event.usage.to_dict())
        elif event.type == "message_stop":
            self.ended = True

    def _add(self, block: _Block, delta: JsonObject) -> None:
        kind = delta.get("type")
        if kind == "input_json_delta":
            block.raw += str(delta.get("partial_json") or "")
        elif kind == "text_delta":
            block.content["text"] = str(block.content.get("text") or "") + str(delta["text"])
        elif kind == "thinking_delta":
            block.content["thinking"] = str(block.content.get("thinking") or "") + str(
                delta["thinking"]
            )
        elif kind == "signature_delta":
            block.content["signature"] = delta["signature"]

    def _count(self, usage: Mapping[str, object]) -> None:
        # A message_delta's counts are totals so far, and leaves out what did not change.
        for key, value in usage.items():
            if type(value) is int:
                self.tokens[key] = value

    def usage(self) -> Usage | None:
        if not self.started:
            return None
        read = self.tokens.get("cache_read_input_tokens", 0)
        written = self.tokens.get("cache_creation_input_tokens", 0)
        # The provider's input_tokens leave out what its cache had or took.
        whole = self.tokens.get("input_tokens", 0) + read + written
        return Usage(whole, self.tokens.get("output_tokens", 0), read, written)

    def reply(self) -> Reply:
        calls: list[ToolCall] = []
        texts: list[str] = []
        for block in self.blocks:
            if block.content.get("type") == "text":
                texts.append(str(block.content.get("text") or ""))
            elif block.content.get("type") == "tool_use":
                calls.append(self._call(block))
        opaque: JsonObject | None = None
        if any(block.content.get("type") not in _PLAIN for block in self.blocks):
            opaque = {"content": [dict(block.content) for block in self.blocks]}
        stop = _STOPS.get(self.stop or "", "end")
        return Reply(
            text="\n".join(one for one in texts if one),
            calls=tuple(calls),
            stop=stop,
            usage=self.usage(),
            opaque=opaque,
            model=self.model,
        )

    def _call(self, block: _Block) -> ToolCall:
        call_id, name = str(block.content.get("id")), str(block.content.get("name"))
        broken: str | None = None
        given: object = block.content.get("input") or {}
        if block.raw:
            try:
                given = json.loads(block.raw)
            except json.JSONDecodeError:
                broken = block.raw
        if not isinstance(given, dict) or broken is not None:
            # What is handed back to the provider must be an object.
            block.content["input"] = {}
            return ToolCall(call_id, name, {}, broken if broken is not None else block.raw)
        block.content["input"] = given
        return ToolCall(call_id, name, given)


def _system(turn: Turn) -> list[TextBlockParam]:
    if not turn.system:
        return []
    return [{"type": "text", "text": turn.system, "cache_control": {"type": "ephemeral"}}]


def _tools(turn: Turn) -> list[ToolParam]:
    return [
        {"name": one.name, "description": one.description, "input_schema": dict(one.schema)}
        for one in turn.tools
    ]


def _messages(turn: Turn) -> list[MessageParam]:
    pack: dict[str, Json] = {"type": "text", "text": turn.pack, "cache_control": _CACHED}
    found: list[dict[str, Json]] = [{"role": "user", "content": [pack]}]
    found += [{"role": one.role, "content": list(_blocks(one))} for one in turn.messages]
    # What comes after the pack is read again with the next turn.
    last = found[-1]["content"]
    if turn.messages and isinstance(last, list) and isinstance(last[-1], dict):
        last[-1] = {**last[-1], "cache_control": _CACHED}
    return cast("list[MessageParam]", found)


def _blocks(message: Message) -> Iterable[Json]:
    if message.opaque is not None:
        content = message.opaque.get("content")
        yield from content if isinstance(content, list) else ()
        return
    for result in message.results:
        yield {
            "type": "tool_result",
            "tool_use_id": result.id,
            # A result without text is none for the API.
            "content": result.text or "(nothing)",
            "is_error": result.error,
        }
    if message.text:
        yield {"type": "text", "text": message.text}
    for call in message.calls:
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.arguments)}
    if not (message.results or message.text or message.calls):
        yield {"type": "text", "text": "(nothing)"}
