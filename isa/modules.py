"""Where the text of a used module comes from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from ..aa.source import Source

Loader: TypeAlias = Callable[[str], Source | None]
"""Takes `std.rename` or `./x.isa`, the latter relative to the program's file, and gives its text;
None where there is no such module. May raise SourceUnreadable."""

_STANDARD: Final = r"std(?:\.[a-z][a-z0-9_]*)+\Z"


def file_loader(directory: Path, standard: Path | None = None) -> Loader:
    """Modules in files: `./x.isa` below `directory`, `std.a.b` is `a/b.isa` below `standard`."""

    def load(name: str) -> Source | None:
        if is_standard(name):
            if standard is None:
                return None
            path = standard.joinpath(*name.split(".")[1:]).with_suffix(".isa")
        else:
            path = directory / name
        return Source.read(path) if path.is_file() else None

    return load


def is_standard(name: str) -> bool:
    return re.match(_STANDARD, name) is not None


def resolve(name: str, user: str) -> str | None:
    """The one name of a module that `user` calls `name`; None if it is no module's name.

    `user` is "" for the program itself. `./b.isa` used by `./lib/a.isa` is `./lib/b.isa`, so that a
    module that is used under two spellings is one module.
    """
    if is_standard(name):
        return name
    relative = name.startswith(("./", "../"))
    if not relative or not name.endswith(".isa") or "\\" in name or is_standard(user):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(user), name))
    return path if path.startswith("../") else f"./{path}"
