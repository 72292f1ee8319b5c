"""What tokens cost, by a table with a date; the user's own rows go before it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .meter import Counts
from .settings import read_prices

_TABLE = Path(__file__).parent / "prices.toml"
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """`rows`: dollars a million tokens (input, output, cached input) by a part of an angel's
    name. `date` is that of the table."""

    date: str
    rows: Mapping[str, tuple[float, float, float]]

    def cost(self, angel: str | None, counts: Counts) -> float | None:
        """Dollars, None where no row fits the angel's name. Without an angel nothing is spent."""
        if angel is None:
            return 0.0
        fitting = [name for name in self.rows if name in angel]
        if not fitting:
            return None
        into, out, cached = self.rows[max(fitting, key=len)]
        fresh = counts.tokens_in - counts.tokens_cached
        spent = fresh * into + counts.tokens_out * out + counts.tokens_cached * cached
        return round(spent / _MILLION, 6)


def load_prices(own: Mapping[str, tuple[float, float, float]]) -> Prices:
    """The table that comes with the package, under the rows of genesis.toml."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    rows = read_prices(table["prices"], _TABLE.name)
    return Prices(str(table["date"]), {**rows, **own})
