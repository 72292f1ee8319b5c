"""`openai:MODEL`: any endpoint that speaks OpenAI's Chat Completions, local ones too, through
OpenAI's SDK (the extra `genesis-ssmp[openai]`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
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
    from openai import OpenAI
    from openai.types.chat import ChatCompletionChunk

_HOME: Final = "https://api.openai.com/v1"
_NO_KEY: Final = "none"  # the SDK insists on one, and a local server on none
STREAMS: Final = 3
"""How often an answer is begun that breaks off in its stream."""
_STOPS: Final[Mapping[str, Stop]] = {
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "length": "max_tokens",
    "content_filter": "refusal",
}
_TOO_LONG: Final = (
    "context length",
    "context_length",
    "context window",
    "context size",
    "too long",
)


class ChatAngel:
    """One model behind a Chat Completions endpoint."""

    def __init__(self, settings: Endpoint, pause: Callable[[float], None] = time.sleep) -> None:
        """`pause` waits between two tries after a stream broke; those of a whole request are the
        SDK's. Raises AngelUnavailable: no model, no key where one is needed, no SDK."""
        environ = caller().environ
        if not settings.model:
            raise AngelUnavailable(
                "openai needs a model: `--angel openai:MODEL`, or `model` under [angel.openai] in "
                "genesis.toml"
            )
        if find_spec("openai") is None:
            raise AngelUnavailable(
                "openai: its SDK is not installed: pip install 'genesis-ssmp[openai]'"
            )
        self._url = settings.base_url or environ.get("OPENAI_BASE_URL") or _HOME
        self._key = environ.get("OPENAI_API_KEY", "")
        if not self._key and self._url == _HOME:
            raise AngelUnavailable(
                "openai needs a key: set OPENAI_API_KEY in the environment, or the address of "
                "another endpoint (OPENAI_BASE_URL, or `base_url` under [angel.openai])"
            )
        check_address(self._url, "openai", has_key=bool(self._key))
        self._settings = settings
        self._pause = pause
        self._client: OpenAI | None = None

    @property
    def name(self) -> str:
        return f"openai:{self._settings.model}"

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
        import httpx2
        import openai

        reading = _Reading()
        try:
            for chunk in self._ask(turn):
                reading.take(chunk)
        except openai.APIStatusError as error:
            raise self._explain(error, error.status_code) from None
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            if not reading.started:
                raise self._unreachable(error) from None
            if last:
                raise self._broken_off() from None
            return None
        except openai.APIError as error:
            # It came in the stream.
            if last or _is_too_long(error):
                raise self._explain(error, 0) from None
            return None
        except json.JSONDecodeError as error:
            raise AngelError(
                f"{self.name} sent what is no message: {self._hidden(error)}"
            ) from None
        if reading.stop is None:
            if last:
                raise self._broken_off()
            return None
        return reading.reply()

    def _ask(self, turn: Turn) -> Iterator[ChatCompletionChunk]:
        limit = min(turn.max_tokens, self._settings.max_tokens)
        request: dict[str, Json] = {
            "model": self._settings.model,
            "messages": [dict(one) for one in _messages(turn)],
            "stream": True,
            "stream_options": {"include_usage": True},
            # OpenAI's own models know the one by now, other servers the other.
            "max_completion_tokens" if self._url == _HOME else "max_tokens": limit,
        }
        if turn.tools:
            request["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": one.name,
                        "description": one.description,
                        "parameters": dict(one.schema),
                    },
                }
                for one in turn.tools
            ]
        create = cast("Callable[..., object]", self._open().chat.completions.create)
        return cast("Iterator[ChatCompletionChunk]", create(**request))

    def _open(self) -> OpenAI:
        if self._client is None:
            from openai import OpenAI

            self._client = OpenAI(
                api_key=self._key or _NO_KEY,
                base_url=self._url,
                max_retries=self._settings.retries,
                timeout=self._settings.timeout_seconds,
            )
        return self._client

    def _explain(self, error: object, status: int) -> AngelError | AngelUnavailable:
        import openai

        assert isinstance(error, openai.APIError)
        said = self._hidden(error.message)
        if status == 413 or _is_too_long(error):
            return ContextOverflow(f"the prompt is too long for {self.name}: {said}")
        if status in (401, 403):
            return AngelUnavailable(
                f"{self.name} does not take the key in OPENAI_API_KEY ({status}): {said}"
            )
        if status == 404:
            return AngelUnavailable(f"{self.name}: there is no such model or endpoint: {said}")
        if error.code == "content_filter":
            return AnswerRefused(f"{self.name} would not answer: {said}")
        if status in (0, 408, 409, 429) or status >= 500:
            return AngelUnavailable(
                f"{self.name} turned the request away {self._settings.retries + 1} times "
                f"({error.code or status}): {said}; try again later (`aa resume` goes on from here)"
            )
        return AngelError(f"{self.name} refused the request ({status}): {said}")

    def _unreachable(self, error: Exception) -> AngelUnavailable:
        import openai

        late = isinstance(error, openai.APITimeoutError)
        what = "did not answer in time" if late else "could not be reached"
        return AngelUnavailable(
            f"{self.name} {what} at {self._url}, after {self._settings.retries + 1} tries: "
            f"{self._hidden(error.__cause__ or error)} (`aa resume` goes on from here)"
        )

    def _broken_off(self) -> AngelUnavailable:
        return AngelUnavailable(
            f"{self.name} broke off in the middle of an answer, {STREAMS} times; try again later "
            "(`aa resume` goes on from here)"
        )

    def _hidden(self, said: object) -> str:
        return hide(str(said), (self._key,))


@dataclass(slots=True)
class _Reading:
    """A message being read from its stream. `calls` are by their index: id, name, arguments."""

    started: bool = False
    text: str = ""
    refused: str = ""
    calls: dict[int, list[str]] = field(default_factory=dict)
    stop: str | None = None
    usage: Usage | None = None
    model: str | None = None

    def take(self, chunk: ChatCompletionChunk) -> None:
        self.started = True
        self.model = chunk.model or self.model
        if chunk.usage is not None:
            details = chunk.usage.prompt_tokens_details
            cached = (details.cached_tokens if details is not None else 0) or 0
            self.usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens, cached)
        for choice in chunk.choices[:1]:
            self.text += choice.delta.content or ""
            self.refused += choice.delta.refusal or ""
            for part in choice.delta.tool_calls or ():
                known = self.calls.setdefault(part.index, ["", "", ""])
                known[0] = part.id or known[0]
                if part.function is not None:
                    known[1] += part.function.name or ""
                    known[2] += part.function.arguments or ""
            self.stop = choice.finish_reason or self.stop

    def reply(self) -> Reply:
        calls = tuple(
            _call(found[0] or f"call_{index}", found[1], found[2])
            for index, found in sorted(self.calls.items())
        )
        stop = _STOPS.get(self.stop or "", "end")
        if calls and stop == "end":
            # Some servers say "stop" whatever the message holds.
            stop = "tool_use"
        if self.refused:
            stop = "refusal"
        text = self.text or self.refused
        return Reply(text=text, calls=calls, stop=stop, usage=self.usage, model=self.model)


def _call(call_id: str, name: str, raw: str) -> ToolCall:
    try:
        given: object = json.loads(raw or "{}")
    except json.JSONDecodeError:
        return ToolCall(call_id, name, {}, raw)
    return (
        ToolCall(call_id, name, given)
        if isinstance(given, dict)
        else ToolCall(call_id, name, {}, raw)
    )


def _is_too_long(error: object) -> bool:
    import openai

    if not isinstance(error, openai.APIError):
        return False
    if error.code == "context_length_exceeded":
        return True
    return any(one in error.message.lower() for one in _TOO_LONG)


def _messages(turn: Turn) -> Iterator[JsonObject]:
    if turn.system:
        yield {"role": "system", "content": turn.system}
    yield {"role": "user", "content": turn.pack}
    for message in turn.messages:
        yield from _of_assistant(message) if message.role == "assistant" else _of_user(message)


def _of_assistant(message: Message) -> Iterator[JsonObject]:
    said: dict[str, Json] = {"role": "assistant", "content": message.text or None}
    if message.calls:
        said["tool_calls"] = [
            {
                "id": one.id,
                "type": "function",
                "function": {
                    "name": one.name,
                    "arguments": json.dumps(dict(one.arguments), ensure_ascii=False),
                },
            }
            for one in message.calls
        ]
    elif not message.text:
        said["content"] = "(nothing)"
    yield said


def _of_user(message: Message) -> Iterator[JsonObject]:
    for result in message.results:
        text = f"Error: {result.text}" if result.error else result.text
        yield {"role": "tool", "tool_call_id": result.id, "content": text or "(nothing)"}
    if message.text or not message.results:
        yield {"role": "user", "content": message.text or "(nothing)"}
