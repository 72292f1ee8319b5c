"""TSLN: metrics over time as lines of differences, for logs that models read (GENESIS_LEAN=1).

    # TSLN/2.0
    # Schema: t:t status:s pf_count:i ...
    # Base: 2026-01-01T00:00:00Z
    # Encoding: d,r,d,...
    ---
    0|active|3
    +250|=|+1

The first row is as it is, time as milliseconds from the base. After it a column is written as the
Encoding line says: `d` the difference to the row before (`+1`, `-2`, `0`), `r` `=` where it is
repeated, else the value, `w` the value. In a text, backslash, `|`, line ends and a `=` or nothing
alone are escaped with a backslash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, TypeAlias

from ...heaven.clock import from_text, to_text

Kind: TypeAlias = Literal["t", "s", "i", "f"]
Coding: TypeAlias = Literal["d", "r", "w"]
Value: TypeAlias = str | int | float
Row: TypeAlias = tuple[Value, ...]

_HEAD: Final = "# TSLN/2.0"
_KINDS: Final[Mapping[str, Kind]] = {"t": "t", "s": "s", "i": "i", "f": "f"}
_CODINGS: Final[Mapping[str, Coding]] = {"d": "d", "r": "r", "w": "w"}
_ESCAPES: Final = (("\\", "\\\\"), ("|", "\\p"), ("\n", "\\n"), ("\r", "\\r"))
_SPELLED: Final = {"\\": "\\", "p": "|", "n": "\n", "r": "\r", "=": "=", "0": ""}


class BadTsln(ValueError):
    """The text is no TSLN of this version: written by something else, or cut."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Column:
    """A name without blanks or colons, and its type: t time (milliseconds from the base), s text,
    i whole number, f number."""

    name: str
    kind: Kind

    @property
    def coding(self) -> Coding:
        """Differences of numbers and times, repetitions of texts, fractions as they are."""
        return "d" if self.kind in ("t", "i") else "r" if self.kind == "s" else "w"


METRICS: Final = (
    Column("t", "t"),
    Column("status", "s"),
    *(
        Column(name, "i")
        for name in (
            *("pf_count", "pf_resp_size", "retries", "rejects", "conflicts", "test_fail"),
            *("tokens_in", "tokens_out", "turns", "elapsed_ms", "phase_tx"),
        )
    ),
)
"""The columns of a mission's metrics."""


@dataclass(frozen=True, slots=True)
class Table:
    """`base` is RFC 3339; each row has a value for each column."""

    columns: tuple[Column, ...]
    base: str
    rows: tuple[Row, ...]


def encode(table: Table) -> str:
    """The table as text; `decode` gives it back. Raises ValueError where a row does not fit."""
    columns = table.columns
    lines = [
        _HEAD,
        "# Schema: " + " ".join(f"{one.name}:{one.kind}" for one in columns),
        f"# Base: {table.base}",
        "# Encoding: " + ",".join(one.coding for one in columns),
        "---",
    ]
    last: Row | None = None
    for row in table.rows:
        if len(row) != len(columns):
            raise ValueError(f"a row of {len(row)} values for {len(columns)} columns")
        known = last if last is not None else (None,) * len(columns)
        lines.append(
            "|".join(
                _write(one, value, before)
                for one, value, before in zip(columns, row, known, strict=True)
            )
        )
        last = row
    return "\n".join(lines) + "\n"


def decode(text: str) -> Table:
    """Raises BadTsln."""
    lines = text.split("\n")
    heads = ("# Schema: ", "# Base: ", "# Encoding: ")
    if len(lines) < 5 or lines[0] != _HEAD:
        raise BadTsln(1, f"it does not begin with {_HEAD!r}")
    for number, head in enumerate(heads, 2):
        if not lines[number - 1].startswith(head):
            raise BadTsln(number, f"it does not begin with {head!r}")
    if lines[4] != "---" or lines[-1]:
        raise BadTsln(5 if lines[4] != "---" else len(lines), "it is cut off")
    columns = tuple(_columns(lines[1][len(heads[0]) :]))
    codings = lines[3][len(heads[2]) :].split(",") if columns else []
    if len(codings) != len(columns) or not all(one in _CODINGS for one in codings):
        raise BadTsln(4, "not one encoding (d, r, w) for each column")
    base = lines[2][len(heads[1]) :]
    rows: list[Row] = []
    for number, line in enumerate(lines[5:-1], 6):
        cells = line.split("|") if columns else []
        if len(cells) != len(columns):
            raise BadTsln(number, f"{len(cells)} values for {len(columns)} columns")
        before = rows[-1] if rows else (None,) * len(columns)
        rows.append(
            tuple(
                _read(number, column, _CODINGS[coding], cell, last)
                for column, coding, cell, last in zip(columns, codings, cells, before, strict=True)
            )
        )
    return Table(columns, base, tuple(rows))


def time_of(table: Table, row: Row) -> str:
    """The moment of a row of a table whose first column is a time, RFC 3339."""
    moment = from_text(table.base) + timedelta(milliseconds=float(row[0]))
    return to_text(moment)


def _write(column: Column, value: Value, before: Value | None) -> str:
    if column.kind == "s":
        return "=" if value == before else _escaped(str(value))
    if column.coding != "d" or before is None:
        return repr(value)
    difference = int(value) - int(before)
    return f"{difference:+d}" if difference else "0"


def _read(number: int, column: Column, coding: Coding, cell: str, before: Value | None) -> Value:
    if coding == "r" and cell == "=":
        if before is None:
            raise BadTsln(number, f"{column.name} repeats what was not there before")
        return before
    if column.kind == "s":
        return _unescaped(number, cell)
    try:
        value = float(cell) if column.kind == "f" else int(cell)
    except ValueError:
        raise BadTsln(number, f"{column.name}: {cell!r} is no number") from None
    return int(before) + int(value) if coding == "d" and before is not None else value


def _columns(text: str) -> Iterator[Column]:
    for word in text.split():
        name, _, kind = word.rpartition(":")
        if not name or kind not in _KINDS:
            raise BadTsln(2, f"{word!r} is not name:type")
        yield Column(name, _KINDS[kind])


def _escaped(text: str) -> str:
    if text in ("", "="):
        return "\\0" if not text else "\\="
    for plain, escaped in _ESCAPES:
        text = text.replace(plain, escaped)
    return text


def _unescaped(number: int, cell: str) -> str:
    head, *rest = cell.split("\\")
    out = [head]
    parts: Sequence[str] = rest
    at = 0
    while at < len(parts):
        part = parts[at]
        if not part:
            # An escaped backslash: what follows it stands for itself.
            out.append("\\" + (parts[at + 1] if at + 1 < len(parts) else ""))
            at += 2
            continue
        if part[0] not in _SPELLED:
            raise BadTsln(number, f"unknown escape \\{part[0]}")
        out.append(_SPELLED[part[0]] + part[1:])
        at += 1
    return "".join(out)
