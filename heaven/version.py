"""Which version this is, for the two ends of a socket to compare."""

from __future__ import annotations

from functools import cache
from typing import Final

PROTOCOL: Final = 1
"""Counts up when a client of the one before would be misunderstood."""


@cache
def package_version() -> str:
    """The version of the installed package; "0" where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("genesis-ssmp")
    except PackageNotFoundError:
        return "0"
