"""Which angel a run uses: `--angel`, then GENESIS_ANGEL, then `[angel] use` of genesis.toml.

And how long it may go on: `[angel] turns` and `rejects`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ..caller import caller
from ..errors import AngelUnavailable
from ..limits import Limits
from .protocol import Angel
from .recording import RecordingAngel, ReplayingAngel
from .scripted import ScriptedAngel

KINDS: Final = ("scripted:FILE", "record:FILE=ANGEL", "replay:FILE")
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
        raise AngelUnavailable("`use` under [angel] in genesis.toml is not a text")
    return use


def read_table(root: Path) -> Mapping[str, object]:
    """`[angel]` of genesis.toml; empty where there is none. Raises AngelUnavailable."""
    path = root / "genesis.toml"
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AngelUnavailable(f"cannot read {path.name}: {error}") from error
    angel = table.get("angel", {})
    if not isinstance(angel, dict):
        raise AngelUnavailable("`angel` in genesis.toml is not a table")
    return angel


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
                f"`{name}` under [angel] in genesis.toml is {value!r}, and must be a whole number "
                f"from {least} to {MOST}"
            )
        found[name] = value
    return Limits(**found)


def open_angel(specification: str, root: Path) -> Angel:
    """The angel that `specification` names. Raises AngelUnavailable for an unknown kind."""
    kind, _, rest = specification.partition(":")
    if kind == "scripted" and rest:
        return ScriptedAngel.read(root / rest)
    if kind == "replay" and rest:
        return ReplayingAngel.read(root / rest)
    if kind == "record" and rest:
        file, _, recorded = rest.partition("=")
        if not file or not recorded:
            raise AngelUnavailable(
                f"{specification!r} does not say what is recorded where: record:FILE=ANGEL"
            )
        return RecordingAngel(open_angel(recorded, root), root / file)
    raise AngelUnavailable(f"unknown angel {specification!r}; there are {', '.join(KINDS)}")
