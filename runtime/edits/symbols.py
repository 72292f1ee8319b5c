"""Where a definition is, in the bytes that are about to be edited."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from ...heaven.records import Symbol
from ...proto.edit_ir import EditOp
from .before import Before
from .lines import show
from .refusal import EditRefused

_WORD = re.compile(rb"[\w$]", re.ASCII)
# What may follow a definition on its last line: a separator, a comment.
_TAIL = re.compile(rb"\s*[;,]?\s*(?:(?:#|//|/\*).*)?", re.DOTALL)
# What may stand before it: blanks and modifiers (`export default`).
_LEAD = re.compile(rb"[\s\w]*")


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
    index: int, op: EditOp, before: Before, symbols: SymbolFinder, *, side: str
) -> Definition:
    """The one definition of `op.symbol` in the file, checked against the file's bytes.

    `side` ("before" or "after") is where lines are to be inserted: the definition must not share
    that line with other code. Raises EditRefused: symbol_unknown, symbol_ambiguous, stale_index,
    shared_line.
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


def _place(index: int, op: EditOp, before: Before, symbol: Symbol, side: str) -> Definition:
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
    fits = _LEAD.fullmatch(lead) if side == "before" else _TAIL.fullmatch(tail)
    if not fits:
        raise EditRefused(
            "shared_line",
            f"the definition of {symbol.qualname!r} shares a line with other code",
            op_index=index,
            path=before.path,
            line=data.count(b"\n", 0, start_byte if side == "before" else end_byte) + 1,
            actual=show(lead if side == "before" else tail),
            next_step="replace the whole line with replace_span",
        )
    return Definition(symbol, extent.start_line - 1, data.count(b"\n", 0, end_byte) + 1)


def _last_part(name: str) -> str:
    return re.split(r"::|\.", name)[-1]


def _describe(symbol: Symbol) -> str:
    return f"{symbol.path}::{symbol.qualname} ({symbol.kind}, line {symbol.name_at.start_line})"


def _line_of(before: Before, number: int) -> str | None:
    lines = before.text.lines
    return show(lines[number - 1]) if 0 < number <= len(lines) else None
