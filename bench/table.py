"""One row a measurement, and the table of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

HEADINGS = ("what", "figure", "bar", "floor", "ratio", "")


@dataclass(frozen=True, slots=True)
class Row:
    """`figure` is in `unit`. The bar is the largest figure where `at_most`; else with a floor the
    largest ratio of figure to floor, and without one the least figure. `bar` None is a figure that
    is only shown. `absent` says why there is no figure.
    """

    what: str
    figure: float
    unit: Literal["ms", "us", "MB", "lines/s", "instructions/s", "per s"]
    bar: float | None
    floor: float | None = None
    floor_is: str = ""
    at_most: bool = False
    absent: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.floor is None else self.figure / self.floor

    @property
    def met(self) -> bool:
        if self.bar is None or self.absent:
            return True
        if self.at_most:
            return self.figure <= self.bar
        return self.figure >= self.bar if self.ratio is None else self.ratio <= self.bar

    def cells(self) -> tuple[str, ...]:
        """The row as texts, in the order of the headings."""
        if self.absent:
            return (self.what, self.absent, "-", "-", "-", "not measured")
        if self.bar is None:
            bar = "-"
        else:
            limit = f"<= {self.bar:,g}" if self.at_most else f">= {self.bar:,.0f}"
            ratio = self.floor is not None and not self.at_most
            bar = f"<= {self.bar:g} x" if ratio else limit
        return (
            self.what,
            f"{_number(self.figure)} {self.unit}",
            bar,
            f"{_number(self.floor)} {self.unit} ({self.floor_is})" if self.floor else "-",
            f"{self.ratio:.2f}" if self.ratio is not None else "-",
            "" if self.bar is None else "ok" if self.met else "MISSED",
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def render(rows: Sequence[Row]) -> str:
    """The table, columns aligned, ending in a newline."""
    table = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]
    lines.insert(1, "  ".join("-" * width for width in widths).rstrip())
    return "\n".join(lines) + "\n"


def middle(seconds: Sequence[float], scale: float) -> float:
    """The median, in units of which there are `scale` in a second."""
    return median(seconds) * scale
