"""Which angel a run uses: `--angel`, then GENESIS_ANGEL, then `[angel] use` of genesis.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from ..caller import caller
from ..errors import AngelUnavailable
from .protocol import Angel
from .scripted import ScriptedAngel

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
    path = root / "genesis.toml"
    if not path.is_file():
        return None
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AngelUnavailable(f"cannot read {path.name}: {error}") from error
    angel = table.get("angel", {})
    use = angel.get("use") if isinstance(angel, dict) else None
    if use is not None and not isinstance(use, str):
        raise AngelUnavailable(f"`use` under [angel] in {path.name} is not a text")
    return use


def open_angel(specification: str, root: Path) -> Angel:
    """The angel that `specification` names. Raises AngelUnavailable for an unknown kind."""
    kind, _, rest = specification.partition(":")
    if kind == "scripted" and rest:
        return ScriptedAngel.read(root / rest)
    raise AngelUnavailable(
        f"unknown angel {specification!r}; this version has scripted:FILE "
        "(a file of answers written by hand)"
    )
