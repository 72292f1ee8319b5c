"""Which angel a run uses: `--angel`, then GENESIS_ANGEL, then `[angel] use` of genesis.toml.

And how long it may go on: `[angel] turns` and `rejects`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..caller import caller
from ..errors import AngelUnavailable
from ..limits import Limits
from .protocol import Angel
from .recording import RecordingAngel, ReplayingAngel
from .scripted import ScriptedAngel
from .settings import FILE, endpoint, program, read_table

KINDS: Final = (
    "anthropic:MODEL",
    "openai:MODEL",
    "command:PROGRAM ARGS",
    "scripted:FILE",
    "record:FILE=ANGEL",
    "replay:FILE",
)
"""What an angel may be."""

MOST: Final = 100
"""Turns or rejects that a configuration may allow."""

WAYS: Final = (
    "aa run PROGRAM --angel scripted:FILE",
    "the environment variable GENESIS_ANGEL=scripted:FILE",
    '`use = "scripted:FILE"` under [angel] in genesis.toml at the repository root',
)
"""How to configure an angel, for the message that says none is."""


def configured(option: str | None, root: Path) -> str | None:
    """The specification in force, or None. Raises AngelUnavailable for a broken genesis.toml."""
    if option:
        return option
    if chosen := caller().environ.get("GENESIS_ANGEL"):
        return chosen
    use = read_table(root).get("use")
    if use is not None and not isinstance(use, str):
        raise AngelUnavailable(f"`use` under [angel] in {FILE} is not a text")
    return use


def configured_limits(root: Path) -> Limits:
    """`turns` and `rejects` under [angel] in genesis.toml. Raises AngelUnavailable."""
    table = read_table(root)
    found: dict[str, int] = {}
    for name, least in (("turns", 1), ("rejects", 0)):
        value = table.get(name)
        if value is None:
            continue
        if type(value) is not int or not least <= value <= MOST:
            raise AngelUnavailable(
                f"`{name}` under [angel] in {FILE} is {value!r}, and must be a whole number "
                f"from {least} to {MOST}"
            )
        found[name] = value
    return Limits(**found)


def open_angel(specification: str, directory: Path, repository: Path | None = None) -> Angel:
    """The angel that `specification` names. Paths in it count from `directory`; its settings are
    those of genesis.toml of `repository` (None: of `directory`).

    Raises AngelUnavailable for an unknown kind, and where the angel cannot be used as it is set up.
    """
    kind, _, rest = specification.partition(":")
    home = repository or directory
    if kind == "scripted" and rest:
        return ScriptedAngel.read(directory / rest)
    if kind == "replay" and rest:
        return ReplayingAngel.read(directory / rest)
    if kind == "record" and rest:
        file, _, recorded = rest.partition("=")
        if not file or not recorded:
            raise AngelUnavailable(
                f"{specification!r} does not say what is recorded where: record:FILE=ANGEL"
            )
        return RecordingAngel(open_angel(recorded, directory, home), directory / file)
    # Each of these costs an import that the others do not need.
    if kind == "anthropic":
        from .messages_api import MessagesAngel

        return MessagesAngel(endpoint(home, kind, rest))
    if kind == "openai":
        from .chat_completions import ChatAngel

        return ChatAngel(endpoint(home, kind, rest))
    if kind == "command" and rest:
        from .command import CommandAngel

        return CommandAngel(rest, directory, program(home))
    raise AngelUnavailable(f"unknown angel {specification!r}; there are {', '.join(KINDS)}")
