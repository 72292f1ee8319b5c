"""How a provider is set up: `[angel.NAME]` of genesis.toml. Keys never stand there."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ..errors import AngelUnavailable

FILE: Final = "genesis.toml"
_SECRETS: Final = ("api_key", "key", "token", "secret", "auth_token")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind HTTP. `timeout_seconds` is how long nothing may come before a request is
    given up; `retries` how often one is made again that was turned away or cut off; `max_tokens`
    the most that one reply may have. `base_url` None: the provider's own, or its variable's."""

    model: str = ""
    base_url: str | None = None
    timeout_seconds: float = 600.0
    retries: int = 4
    max_tokens: int = 16_000


@dataclass(frozen=True, slots=True)
class Program:
    """A program that answers on its standard output. `input` says what it is given on its standard
    input: `turn` (our JSON line), `stream-json` (a user message as coding agents read it), or
    `text` (the prompt as it is)."""

    input: str = "turn"
    timeout_seconds: float = 1_800.0


def read_table(root: Path) -> Mapping[str, object]:
    """`[angel]` of genesis.toml; empty where there is none. Raises AngelUnavailable."""
    path = root / FILE
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AngelUnavailable(f"cannot read {FILE}: {error}") from error
    angel = table.get("angel", {})
    if not isinstance(angel, dict):
        raise AngelUnavailable(f"`angel` in {FILE} is not a table")
    return angel


def endpoint(root: Path, name: str, model: str) -> Endpoint:
    """The settings of `[angel.NAME]`; `model`, where it is given, goes before the table's.

    Raises AngelUnavailable: an unknown field, a value of the wrong kind, a key in the file.
    """
    found = Endpoint()
    for key, value in _table(root, name).items():
        if key == "model" and isinstance(value, str):
            found = replace(found, model=value)
        elif key == "base_url" and isinstance(value, str):
            found = replace(found, base_url=value)
        elif key == "timeout_seconds" and _positive(value):
            found = replace(found, timeout_seconds=float(str(value)))
        elif key == "retries" and type(value) is int and value >= 0:
            found = replace(found, retries=value)
        elif key == "max_tokens" and type(value) is int and value > 0:
            found = replace(found, max_tokens=value)
        else:
            raise _refuse(name, key, value, "model, base_url, timeout_seconds, retries, max_tokens")
    return replace(found, model=model) if model else found


def program(root: Path) -> Program:
    """The settings of `[angel.command]`. Raises AngelUnavailable."""
    found = Program()
    for key, value in _table(root, "command").items():
        if key == "input" and isinstance(value, str) and value in ("turn", "stream-json", "text"):
            found = replace(found, input=value)
        elif key == "timeout_seconds" and _positive(value):
            found = replace(found, timeout_seconds=float(str(value)))
        else:
            raise _refuse("command", key, value, "input (turn, stream-json, text), timeout_seconds")
    return found


def _table(root: Path, name: str) -> Mapping[str, object]:
    table = read_table(root).get(name, {})
    if not isinstance(table, dict):
        raise AngelUnavailable(f"[angel.{name}] in {FILE} is not a table")
    return table


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _refuse(name: str, key: str, value: object, known: str) -> AngelUnavailable:
    if key.lower() in _SECRETS:
        # Not even the value's kind: a message may end in a log.
        return AngelUnavailable(
            f"{key} under [angel.{name}] in {FILE}: a key does not belong in a file of the "
            "repository; take it out, and put it in the environment"
        )
    if key in known:
        return AngelUnavailable(
            f"{key} = {value!r} under [angel.{name}] in {FILE}: it cannot have that value"
        )
    return AngelUnavailable(f"unknown {key!r} under [angel.{name}] in {FILE}; there are {known}")
