"""Source text for shards: whole lines of files as they were indexed or read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ...proto.pf import Depth, Excerpt
from ..index.source import Lines
from ..records import Hit, Reference, Symbol

if TYPE_CHECKING:
    from ..index.symbols import SymbolIndex

_AROUND: Final = 1
_WHOLE_SIGNATURE: Final = 3_000
_DOC_QUOTES: Final = (b'"""', b"'''", b'"', b"'")


@dataclass(frozen=True, slots=True)
class Cut:
    """Excerpts that fit a budget; `lines_left_out` is 0 if all of them are there."""

    excerpts: tuple[Excerpt, ...]
    bytes: int
    lines_left_out: int


def excerpt(
    path: str,
    lines: Lines,
    first: int,
    last: int,
    *,
    symbol: str | None = None,
    kind: str | None = None,
    confidence: float | None = None,
) -> Excerpt:
    """Lines `first`..`last` of a file; bytes that are not UTF-8 show as U+FFFD."""
    text = lines.text(first, last).decode("utf-8", errors="replace") if last >= first else ""
    return Excerpt(path, lines.digest, first, last, text, symbol, kind, confidence)


def of_symbol(index: SymbolIndex, symbol: Symbol, depth: Depth) -> tuple[Excerpt, ...]:
    """A definition: all of it, its header's lines, or a summary (header, the docstring's first
    paragraph, and the headers of what it contains)."""
    lines = index.lines(symbol.path)

    def part(first: int, last: int, of: Symbol) -> Excerpt:
        return excerpt(symbol.path, lines, first, last, symbol=of.qualname, kind=of.kind)

    if depth == "full":
        return (part(symbol.extent.start_line, symbol.extent.end_line, symbol),)
    found = [part(*header_lines(index, symbol), symbol)]
    if depth == "summary":
        doc = _docstring(lines, symbol, found[0].end_line)
        if doc is not None:
            first, last = doc
            if first == found[0].end_line + 1:
                found[0] = part(found[0].start_line, last, symbol)
            else:
                found.append(part(first, last, symbol))
        inner = [
            one
            for one in index.symbols_in(symbol.path)
            if one.qualname.startswith(symbol.qualname + ".")
            and one.qualname.count(".") == symbol.qualname.count(".") + 1
            and symbol.extent.start_byte <= one.extent.start_byte < symbol.extent.end_byte
        ]
        found.extend(part(*header_lines(index, one), one) for one in inner)
    return tuple(found)


def header_lines(index: SymbolIndex, symbol: Symbol) -> tuple[int, int]:
    """The lines of the header: from its keyword to the end of its signature."""
    lines = index.lines(symbol.path)
    text, start, end = symbol.signature.encode(), symbol.extent.start_byte, symbol.extent.end_byte
    if len(text) < _WHOLE_SIGNATURE:
        at = lines.source.find(text, start, end)
        while at >= 0 and text:
            if at <= symbol.name_at.start_byte < at + len(text):
                return lines.line(at), lines.line(at + len(text) - 1)
            at = lines.source.find(text, at + 1, end)
    # Cut, or not UTF-8: the file's facts know, but take longer to load.
    facts = index.facts_of(symbol.path)
    for row in facts.definitions if facts is not None else ():
        if row.name_start == symbol.name_at.start_byte:
            return lines.line(row.header_start), lines.line(max(row.header_end - 1, 0))
    return symbol.name_at.start_line, symbol.name_at.end_line


def _docstring(lines: Lines, symbol: Symbol, header_end: int) -> tuple[int, int] | None:
    """The lines of the docstring's first paragraph, if the body starts with one."""
    number = header_end + 1
    while number <= symbol.extent.end_line and not lines.text(number, number).strip():
        number += 1
    if number > symbol.extent.end_line:
        return None
    start = lines.text(number, number).strip().lstrip(b"rRbBuU")
    quotes = next((mark for mark in _DOC_QUOTES if start.startswith(mark)), None)
    if quotes is None or symbol.kind not in ("function", "method", "class"):
        return None
    last = number
    rest = start[len(quotes) :]
    while quotes not in rest and last < symbol.extent.end_line:
        following = lines.text(last + 1, last + 1).strip()
        if not following:
            break
        last += 1
        rest = following
    return number, last


def of_references(index: SymbolIndex, references: Sequence[Reference]) -> tuple[Excerpt, ...]:
    """Each use with a line around it. Uses in one scope whose lines touch share an excerpt; it has
    the lowest confidence among them."""
    merged: list[tuple[Reference, int, int]] = []
    place: dict[tuple[str, str], list[int]] = {}
    for one in references:
        lines = index.lines(one.path)
        first = max(1, one.at.start_line - _AROUND)
        last = min(lines.count, one.at.end_line + _AROUND)
        for number in place.get((one.path, one.scope), []):
            known, start, end = merged[number]
            if first <= end + 1 and last >= start - 1:
                weakest = known if known.confidence <= one.confidence else one
                merged[number] = (weakest, min(first, start), max(last, end))
                break
        else:
            place.setdefault((one.path, one.scope), []).append(len(merged))
            merged.append((one, first, last))
    return tuple(
        excerpt(
            one.path,
            index.lines(one.path),
            first,
            last,
            symbol=one.scope or None,
            kind=one.ref_kind,
            confidence=one.confidence,
        )
        for one, first, last in merged
    )


def of_hits(index: SymbolIndex, hits: Sequence[Hit]) -> tuple[Excerpt, ...]:
    """The header of each definition, and the lines of code, in their order."""
    found: list[Excerpt] = []
    for hit in hits:
        symbol = hit.symbol
        if hit.how != "code" and symbol is not None:
            found.extend(of_symbol(index, symbol, "signature"))
            continue
        around = symbol.qualname if symbol is not None else None
        lines = index.lines(hit.path)
        found.append(
            excerpt(hit.path, lines, hit.start_line, hit.end_line, symbol=around, kind="code")
        )
    return tuple(found)


def fit(excerpts: Sequence[Excerpt], budget: int) -> Cut:
    """As many whole lines, from the first on, as `budget` bytes hold."""
    kept: list[Excerpt] = []
    used = 0
    left_out = 0
    for one in excerpts:
        cost = len(one.text.encode())
        if not left_out and used + cost <= budget:
            kept.append(one)
            used += cost
            continue
        count = one.end_line - one.start_line + 1
        if left_out:
            left_out += count
            continue
        taken = 0
        text = []
        for line in one.text.split("\n"):
            whole = line + "\n"
            if taken == count - 1 or used + len(whole.encode()) > budget:
                break
            text.append(whole)
            used += len(whole.encode())
            taken += 1
        if taken:
            end = one.start_line + taken - 1
            kept.append(replace(one, text="".join(text), end_line=end))
        left_out += count - taken
    return Cut(tuple(kept), used, left_out)
