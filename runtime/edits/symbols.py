"""Where a definition is, in the bytes that are about to be edited."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from ...heaven.records import Position, Symbol
from ...proto.edit_ir import EditOp
from .before import Version
from .lines import show
from .refusal import EditRefused

_WORD = re.compile(rb"[\w$]", re.ASCII)
# What may follow a definition on its last line: a separator, a comment.
_TAIL = re.compile(rb"\s*[;,]?\s*(?:(?:#|//|/\*).*)?", re.DOTALL)
# What may stand before it: blanks and modifiers (`export default`).
_LEAD = re.compile(rb"[\s\w]*")

Side: TypeAlias = Literal["before", "after", "both"]
"""Where an operation puts lines: beside the definition, or in its place."""


class SymbolFinder(Protocol):
    def find_symbols(
        self, name: str, *, path: str | None = None, kind: str | None = None
    ) -> tuple[Symbol, ...]:
        """The definitions of exactly this name (bare, qualified, or `path::qualified`, which
        means a nested bare name only where the file has no such qualified one)."""
        ...


@dataclass(frozen=True, slots=True)
class Definition:
    """Whole lines `start`..`end` (0-based, end exclusive) of a definition, decorators and all."""

    symbol: Symbol
    start: int
    end: int


def find_definition(
    index: int, op: EditOp, before: Version, symbols: SymbolFinder, *, side: Side
) -> Definition:
    """The one definition of `op.symbol` in the file, checked against the file's bytes.

    On its `side` the definition must not share its line with other code; where it is replaced,
    modifiers and comments on its lines must be in the new text as well. Raises EditRefused:
    symbol_unknown, symbol_ambiguous, stale_index, shared_line.
    """
    name = op.symbol or ""
    found = symbols.find_symbols(name, path=before.path)
    if not found:
        elsewhere = symbols.find_symbols(name) or symbols.find_symbols(_last_part(name))
        raise EditRefused(
            "symbol_unknown",
            f"{before.path} defines no {name!r}",
            op_index=index,
            path=before.path,
            candidates=tuple(map(_describe, elsewhere)),
            next_step="name a definition of this file, or the file that has it",
        )
    if len(found) > 1:
        apart = len({symbol.qualname for symbol in found}) > 1
        raise EditRefused(
            "symbol_ambiguous",
            f"{before.path} defines {name!r} {len(found)} times",
            op_index=index,
            path=before.path,
            candidates=tuple(map(_describe, found)),
            next_step="give one of the candidates as path::name, or use insert_lines"
            if apart
            else "use insert_lines: their names do not tell them apart",
        )
    symbol = found[0]
    return _place(index, op, before, symbol, side)


class VersionSymbols:
    """The definitions of one version of a file, which the index need not have."""

    def __init__(self, version: Version) -> None:
        self._version = version

    def find_symbols(
        self, name: str, *, path: str | None = None, kind: str | None = None
    ) -> tuple[Symbol, ...]:
        """As `SymbolFinder`; nothing where the language has no grammar."""
        where, separator, name = name.rpartition("::")
        if separator and where != self._version.path:
            return ()
        found = [one for one in self._symbols() if name in (one.name, one.qualname)]
        exact = [one for one in found if one.qualname == name] if separator else []
        return tuple(one for one in exact or found if kind is None or one.kind == kind)

    def _symbols(self) -> list[Symbol]:
        from ...heaven.index.extract import extract
        from ...heaven.index.languages import language_of

        version = self._version
        language = language_of(version.path)
        if language is None:
            return []
        data = version.data

        def position(start: int, end: int) -> Position:
            line = data.count(b"\n", 0, start) + 1
            return Position(start, end, line, line + data.count(b"\n", start, end))

        return [
            Symbol(
                id=number,
                name=row.name,
                qualname=row.qualname,
                kind=row.kind,
                path=version.path,
                overload=row.overload,
                extent=position(row.start, row.end),
                name_at=position(row.name_start, row.name_start + len(row.name.encode())),
                signature="",
            )
            for number, row in enumerate(extract(data, language).definitions)
        ]


def _place(index: int, op: EditOp, before: Version, symbol: Symbol, side: Side) -> Definition:
    data, extent, token = before.data, symbol.extent, symbol.name_at
    if not (
        0 <= extent.start_byte <= token.start_byte < token.end_byte <= extent.end_byte <= len(data)
        and data[token.start_byte : token.end_byte] == symbol.name.encode()
        and not _WORD.match(data, token.end_byte)
        and data.count(b"\n", 0, extent.start_byte) + 1 == extent.start_line
    ):
        raise EditRefused(
            "stale_index",
            f"the index has {symbol.qualname!r} at line {token.start_line}, the file does not",
            op_index=index,
            path=before.path,
            line=token.start_line,
            expected=symbol.name,
            actual=_line_of(before, token.start_line),
            next_step="build the index again; the file changed while it was being edited",
        )
    start_byte = extent.start_byte
    end_byte = extent.start_byte + len(data[extent.start_byte : extent.end_byte].rstrip())
    line_start = data.rfind(b"\n", 0, start_byte) + 1
    line_start = max(line_start, len(before.text.bom))
    line_end = data.find(b"\n", end_byte)
    line_end = len(data) if line_end < 0 else line_end
    lead, tail = data[line_start:start_byte], data[end_byte:line_end]
    lead_fits = bool(_LEAD.fullmatch(lead))
    tail_fits = bool(_TAIL.fullmatch(tail))
    if side == "both":
        new = (op.content or "").strip().encode("utf-8", "surrogatepass")
        lead_fits = lead_fits and new.startswith(lead.strip())
        tail_fits = tail_fits and new.endswith(tail.strip())
    if not (lead_fits or side == "after") or not (tail_fits or side == "before"):
        at_start = side != "after" and not lead_fits
        raise EditRefused(
            "shared_line",
            f"the definition of {symbol.qualname!r} shares a line with other code",
            op_index=index,
            path=before.path,
            line=data.count(b"\n", 0, start_byte if at_start else end_byte) + 1,
            actual=show(lead if at_start else tail),
            next_step="replace the whole line with replace_span"
            if side != "both"
            else "repeat in the new text what shares the line, or use replace_span",
        )
    return Definition(symbol, extent.start_line - 1, data.count(b"\n", 0, end_byte) + 1)


def _last_part(name: str) -> str:
    return re.split(r"::|\.", name)[-1]


def _describe(symbol: Symbol) -> str:
    return f"{symbol.path}::{symbol.qualname} ({symbol.kind}, line {symbol.name_at.start_line})"


def _line_of(before: Version, number: int) -> str | None:
    lines = before.text.lines
    return show(lines[number - 1]) if 0 < number <= len(lines) else None
