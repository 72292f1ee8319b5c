"""Every diagnostic code, merged from one file per family when first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from .code import Code

if TYPE_CHECKING:
    CODES: dict[str, Code]

__all__ = ["CODES", "FAMILIES", "Code"]

FAMILIES = ("parse", "meaning", "bytecode", "link")
"""Modules of this package, each exporting its entries as a tuple `CODES`."""


@cache
def _merged() -> dict[str, Code]:
    merged: dict[str, Code] = {}
    for family in FAMILIES:
        for code in import_module(f".{family}", __name__).CODES:
            if code.code in merged:
                raise ValueError(f"{code.code} is in the catalogue twice, again in {family}.py")
            merged[code.code] = code
    return dict(sorted(merged.items()))


def __getattr__(name: str) -> dict[str, Code]:
    if name == "CODES":
        return _merged()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
