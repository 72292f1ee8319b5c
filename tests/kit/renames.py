"""A small Python project to change by macro ops, with a real Heaven and the real edit engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.edits import stage
from genesis_ssmp.stdlib import MACROS, Expansion, MacroRefused


@dataclass(frozen=True, slots=True)
class Renamed:
    """What a macro op came to: the whole tree after it, and what it was not sure of."""

    files: Mapping[str, str]
    expansion: Expansion

    @property
    def unsure(self) -> list[tuple[str, int]]:
        return [(site.path, site.line) for site in self.expansion.unsure]


def write_project(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dedent(text).removeprefix("\n").encode())
    return root


def carry_out(root: Path, files: Mapping[str, str], macro: str, **args: str) -> Renamed:
    """Write `files` (dedented), expand the macro op and stage the edits. Nothing is landed.
    Arguments that are Python's keywords have a `_` behind them."""
    write_project(root, files)
    with Heaven.open(root) as heaven:
        expansion = MACROS[macro]({key.rstrip("_"): args[key] for key in args}, heaven)
        staged = stage(expansion.edit, root, symbols=heaven, blobs=heaven)
    after = {name: (root / name).read_bytes().decode() for name in files}
    for change in staged.files:
        after[change.path] = (change.after or b"").decode()
    return Renamed(after, expansion)


def refusal(root: Path, files: Mapping[str, str], macro: str, **args: str) -> MacroRefused:
    """The refusal of a macro op that must be refused."""
    with pytest.raises(MacroRefused) as caught:
        carry_out(root, files, macro, **args)
    return caught.value


def rename(root: Path, files: Mapping[str, str], old: str, new: str, **more: str) -> Renamed:
    """Write `files` (dedented), rename, and stage the edits. Nothing is landed."""
    return carry_out(root, files, "RENAME_SYMBOL", old=old, new=new, **more)
