"""`command:PROGRAM ARGS`: any program that answers on its standard output, such as a coding agent's
headless mode. It is started for each turn, and told all there is to know on its standard input.

What it is given, by `input` under [angel.command] in genesis.toml:

    turn         one line of JSON, {"type": "turn", ...} with the fields of `Turn`
    stream-json  one line of JSON, a user message as coding agents read it, with the prompt in words
    text         the prompt in words

What it gives back: lines of JSON, of which the last with one of these types is the reply; with
`text`, all of its output, where there is no such line.

    {"type": "reply", "text": "...", "calls": [{"id", "name", "arguments"}], "stop": "tool_use",
     "usage": {"tokens_in": 1, "tokens_out": 1, "cached_read": 0, "cached_written": 0}}
    {"type": "error", "message": "...", "kind": "unavailable" | "overflow" | "refused"}
    {"type": "result", "result": "...", "is_error": false, "usage": {"input_tokens": 1, ...}}

Other lines are left alone. In words, a tool is called by a fenced JSON object with `name` and
`arguments`.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Final, get_args

from ...heaven.records import Json
from ..caller import caller
from ..checks.process import end_group
from ..errors import AngelUnavailable
from .advice import advise
from .in_words import calls_in, prompt_in_words
from .protocol import (
    Advice,
    AngelError,
    AnswerRefused,
    ContextOverflow,
    Question,
    Reply,
    Stop,
    ToolCall,
    Turn,
    Usage,
)
from .settings import Program

MAX_OUTPUT: Final = 32 * 1024 * 1024
"""Bytes of output after which a program is stopped."""
_STDERR_SHOWN: Final = 2_000
_POLL_SECONDS: Final = 0.02
_REPLIES: Final = ("reply", "error", "result")


class CommandAngel:
    """One program; nothing of it is left behind when its turn is over."""

    def __init__(self, command: str, directory: Path, settings: Program) -> None:
        """`command` is split as a shell would, and given to no shell; the program runs in
        `directory`. Raises AngelUnavailable where it is none."""
        try:
            self._argv = shlex.split(command)
        except ValueError as error:
            raise AngelUnavailable(f"command: {command!r} cannot be split: {error}") from error
        if not self._argv:
            raise AngelUnavailable("command: it names no program: `--angel 'command:PROGRAM ARGS'`")
        self._directory = directory
        self._settings = settings

    @property
    def name(self) -> str:
        # Its arguments may hold what nobody else is to see.
        return f"command:{Path(self._argv[0]).name}"

    def advise(self, question: Question) -> Advice | None:
        return advise(self, question)

    def reply(self, turn: Turn) -> Reply:
        with (
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as said,
            tempfile.TemporaryFile() as complained,
        ):
            given.write(self._prompt(turn))
            given.seek(0)
            code = self._run(given, said, complained)
            said.seek(0)
            output = said.read().decode("utf-8", "replace")
            complained.seek(0)
            complaint = complained.read().decode("utf-8", "replace").strip()[-_STDERR_SHOWN:]
        line = _last_reply(output)
        if line is not None:
            return self._of_line(turn, line)
        if code != 0:
            raise AngelUnavailable(
                f"{self.name} ended with exit code {code} and no reply"
                + (f": {complaint}" if complaint else "")
            )
        if self._settings.input == "text":
            return _of_text(turn, output.strip(), None)
        raise AngelUnavailable(
            f"{self.name} ended without a line of type reply, error or result on its standard "
            "output" + (f": {complaint}" if complaint else "")
        )

    def _prompt(self, turn: Turn) -> bytes:
        if self._settings.input == "text":
            return prompt_in_words(turn).encode()
        line: object = {"type": "turn", "version": 1, **asdict(turn)}
        if self._settings.input == "stream-json":
            content = [{"type": "text", "text": prompt_in_words(turn)}]
            line = {"type": "user", "message": {"role": "user", "content": content}}
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"

    def _run(self, given: IO[bytes], said: IO[bytes], complained: IO[bytes]) -> int:
        deadline = time.monotonic() + self._settings.timeout_seconds
        asker = caller()
        try:
            child = subprocess.Popen(
                self._argv,
                cwd=self._directory,
                env=dict(asker.environ),
                stdin=given,
                stdout=said,
                stderr=complained,
                start_new_session=True,
            )
        except OSError as error:
            raise AngelUnavailable(f"{self.name} cannot be started: {error.strerror}") from error
        try:
            while True:
                asker.check_wanted()
                try:
                    return child.wait(_POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    pass
                if time.monotonic() >= deadline:
                    raise AngelUnavailable(
                        f"{self.name} gave no reply in {self._settings.timeout_seconds:g} s and "
                        "was stopped (`timeout_seconds` under [angel.command] in genesis.toml)"
                    )
                if _size(said) + _size(complained) > MAX_OUTPUT:
                    raise AngelUnavailable(
                        f"{self.name} wrote more than {MAX_OUTPUT:,} bytes and was stopped"
                    )
        finally:
            end_group(child)

    def _of_line(self, turn: Turn, line: Mapping[str, object]) -> Reply:
        if line["type"] == "result":
            text = line.get("result")
            if line.get("is_error") or not isinstance(text, str):
                raise AngelError(
                    f"{self.name} says that it failed: {text if isinstance(text, str) else line}"
                )
            return _of_text(turn, text, _provider_usage(line.get("usage")))
        if line["type"] == "error":
            message = f"{self.name}: {line.get('message', 'an error without a message')}"
            kinds = {"overflow": ContextOverflow, "refused": AnswerRefused}
            kind = kinds.get(str(line.get("kind")))
            raise AngelUnavailable(message) if kind is None else kind(message)
        try:
            return _reply(line)
        except ValueError as error:
            raise AngelError(f"{self.name} gave a reply that is none: {error}") from error


def _last_reply(output: str) -> dict[str, object] | None:
    for line in reversed(output.splitlines()):
        if not line.lstrip().startswith("{"):
            continue
        try:
            found: object = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(found, dict) and found.get("type") in _REPLIES:
            return found
    return None


def _of_text(turn: Turn, text: str, usage: Usage | None) -> Reply:
    calls = tuple(calls_in(turn, text))
    return Reply(text=text, calls=calls, stop="tool_use" if calls else "end", usage=usage)


def _reply(line: Mapping[str, object]) -> Reply:
    """Raises ValueError, which says what is wrong."""
    unknown = set(line) - {"type", "text", "calls", "stop", "usage", "model"}
    if unknown:
        raise ValueError(f"unknown field {min(unknown)!r}")
    text, stop = line.get("text", ""), line.get("stop")
    if not isinstance(text, str):
        raise ValueError("`text` is not a text")
    calls = tuple(_calls(line.get("calls", [])))
    known: tuple[Stop, ...] = get_args(Stop)
    default: Stop = "tool_use" if calls else "end"
    chosen = default if stop is None else next((one for one in known if one == stop), None)
    if chosen is None:
        raise ValueError(f"`stop` is one of {', '.join(known)}, not {stop!r}")
    model = line.get("model")
    return Reply(
        text=text,
        calls=calls,
        stop=chosen,
        usage=_usage(line.get("usage")),
        model=model if isinstance(model, str) else None,
    )


def _calls(listed: object) -> Iterator[ToolCall]:
    if not isinstance(listed, list):
        raise ValueError("`calls` is not a list")
    for number, one in enumerate(listed):
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            raise ValueError(f"calls[{number}] has no `name`")
        arguments: Json = one.get("arguments", {})
        given = one.get("id", f"call_{number}")
        if isinstance(arguments, dict):
            yield ToolCall(str(given), one["name"], arguments)
        else:
            yield ToolCall(str(given), one["name"], {}, json.dumps(arguments))


def _usage(given: object) -> Usage | None:
    if given is None:
        return None
    names = ("tokens_in", "tokens_out", "cached_read", "cached_written")
    if not isinstance(given, dict) or not set(given) <= set(names):
        raise ValueError(f"`usage` has {', '.join(names)}")
    counts = [given.get(name, 0) for name in names]
    if not all(type(one) is int and one >= 0 for one in counts):
        raise ValueError("`usage` counts tokens")
    return Usage(*counts)


def _provider_usage(given: object) -> Usage | None:
    """The usage of a `result` line, in the names of the Messages API."""
    if not isinstance(given, dict):
        return None

    def count(name: str) -> int:
        value = given.get(name)
        return value if type(value) is int else 0

    read, written = count("cache_read_input_tokens"), count("cache_creation_input_tokens")
    return Usage(count("input_tokens") + read + written, count("output_tokens"), read, written)


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size
