"""The `std.*` modules: ISA files that come with the package."""

from __future__ import annotations

from pathlib import Path

from ..aa.source import Source

_HERE = Path(__file__).parent
_PREFIX = "std."


def names() -> tuple[str, ...]:
    """The modules there are (`std.rename`), sorted."""
    return tuple(sorted(_PREFIX + path.stem for path in _HERE.glob("*.isa")))


def load(name: str) -> Source | None:
    """The source of the module `name`; None where there is no such module.

    Only names of `names()` are opened, so no name reaches outside of the package.
    """
    if name not in names():
        return None
    # The module's name, not its place on this machine, goes into diagnostics and line tables.
    return Source.of_bytes(name, (_HERE / f"{name.removeprefix(_PREFIX)}.isa").read_bytes())
