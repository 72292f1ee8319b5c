"""What genesis.toml says of swarms: `[swarm]`, `[thrash]`, `[oracle]`, `[prices]`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from .errors import BadSettings
from .thrash import Limits

FILE: Final = "genesis.toml"
Table: TypeAlias = Mapping[str, object]

_SWARM: Final = frozenset({"angels", "lease_seconds", "again"})
_THRASH: Final = frozenset({"faults", "turns", "rejects", "conflicts", "test_failures"})


@dataclass(frozen=True, slots=True)
class Settings:
    """`oracle` is an angel's specification; `prices` (dollars a million tokens: input, output,
    cached) by a part of an angel's name. What a table leaves out has its default."""

    angels: int = 4
    lease_seconds: float = 60.0
    again: int = 1
    limits: Limits = field(default_factory=Limits)
    oracle: str | None = None
    prices: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


def read_settings(root: Path) -> Settings:
    """The settings of the repository at `root`. Raises BadSettings."""
    path = root / FILE
    if not path.is_file():
        return Settings()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(FILE, str(error)) from None
    swarm = _table(tables, "swarm", _SWARM)
    thrash = _table(tables, "thrash", _THRASH)
    oracle = _table(tables, "oracle", frozenset({"use"})).get("use")
    if oracle is not None and not isinstance(oracle, str):
        raise BadSettings(f"[oracle] of {FILE}", "`use` is not a text")
    seconds = swarm.get("lease_seconds", 60.0)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds < 1:
        raise BadSettings(f"[swarm] of {FILE}", "`lease_seconds` is not a number from 1 up")
    return Settings(
        angels=_number(swarm, "swarm", "angels", 4, 1),
        lease_seconds=float(seconds),
        again=_number(swarm, "swarm", "again", 1, 0),
        limits=Limits(
            faults=_number(thrash, "thrash", "faults", Limits().faults, 0),
            turns=_number(thrash, "thrash", "turns", Limits().turns, 1),
            rejects=_number(thrash, "thrash", "rejects", Limits().rejects, 0),
            conflicts=_number(thrash, "thrash", "conflicts", Limits().conflicts, 0),
            test_failures=_number(thrash, "thrash", "test_failures", Limits().test_failures, 0),
        ),
        oracle=oracle,
        prices=read_prices(tables.get("prices", {}), f"[prices] of {FILE}"),
    )


def read_prices(table: object, place: str) -> dict[str, tuple[float, float, float]]:
    """`"name" = [input, output, cached]`. Raises BadSettings."""
    if not isinstance(table, Mapping):
        raise BadSettings(place, "it is not a table")
    found: dict[str, tuple[float, float, float]] = {}
    for name, row in table.items():
        numbers = [
            float(one)
            for one in (row if isinstance(row, list) else [])
            if isinstance(one, (int, float)) and not isinstance(one, bool) and one >= 0
        ]
        if len(numbers) != 3 or len(row) != 3:
            raise BadSettings(place, f"{name!r} is not [input, output, cached], dollars a million")
        found[str(name)] = (numbers[0], numbers[1], numbers[2])
    return found


def _table(tables: Table, name: str, known: frozenset[str]) -> Table:
    table = tables.get(name, {})
    if not isinstance(table, Mapping):
        raise BadSettings(FILE, f"[{name}] is not a table")
    unknown = sorted(set(table) - known)
    if unknown:
        raise BadSettings(
            f"[{name}] of {FILE}",
            f"unknown setting {unknown[0]!r}; known: {', '.join(sorted(known))}",
        )
    return table


def _number(table: Table, name: str, key: str, default: int, least: int) -> int:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise BadSettings(f"[{name}] of {FILE}", f"`{key}` is not a whole number from {least} up")
    return value
