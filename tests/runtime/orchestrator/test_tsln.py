from __future__ import annotations

import pytest
from genesis_ssmp.runtime.orchestrator.tsln import (
    METRICS,
    BadTsln,
    Column,
    Kind,
    Row,
    Table,
    decode,
    encode,
    time_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

BASE = "2026-01-01T00:00:00.000000Z"
VALUES: dict[Kind, st.SearchStrategy[str | int | float]] = {
    "t": st.integers(0, 10**12),
    "s": st.text("=|\\\n\r\t 0npé\u2028\x85\x00", max_size=8),
    "i": st.integers(-(10**15), 10**15),
    "f": st.floats(allow_nan=False),
}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6))
    columns = tuple(Column(f"c{n}", kind) for n, kind in enumerate(kinds))
    row = st.tuples(*(VALUES[kind] for kind in kinds))
    return Table(columns, BASE, tuple(draw(st.lists(row, max_size=8))))


@settings(deadline=None)
@given(tables())
def test_decoding_gives_back_what_was_encoded(table: Table) -> None:
    assert decode(encode(table)) == table


def rows(*numbers: int) -> tuple[Row, ...]:
    return tuple((n * 250, "active", n, *[0] * 10) for n in numbers)


def test_it_is_the_format_of_the_seed() -> None:
    assert encode(Table(METRICS, "2026-01-01T00:00:00Z", rows(0, 3, 3))).splitlines() == [
        "# TSLN/2.0",
        "# Schema: t:t status:s pf_count:i pf_resp_size:i retries:i rejects:i conflicts:i "
        "test_fail:i tokens_in:i tokens_out:i turns:i elapsed_ms:i phase_tx:i",
        "# Base: 2026-01-01T00:00:00Z",
        "# Encoding: d,r,d,d,d,d,d,d,d,d,d,d,d",
        "---",
        "0|active|0|0|0|0|0|0|0|0|0|0|0",
        "+750|=|+3|0|0|0|0|0|0|0|0|0|0",
        "0|=|0|0|0|0|0|0|0|0|0|0|0",
    ]


def test_a_row_knows_its_moment() -> None:
    table = Table(METRICS, BASE, rows(4))
    assert time_of(table, table.rows[0]) == "2026-01-01T00:00:01.000000Z"


@settings(deadline=None)
@given(tables(), st.data())
def test_a_text_that_is_cut_or_changed_is_refused_or_still_a_table(
    table: Table, data: st.DataObject
) -> None:
    text = encode(table)
    at = data.draw(st.integers(0, len(text) - 1))
    for broken in (text[:at], text[:at] + "\x00" + text[at + 1 :]):
        try:
            decode(broken)
        except BadTsln as bad:
            assert 1 <= bad.line <= text.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1"),
        ("# TSLN/2.0\n# Schema: t\n# Base: x\n# Encoding: d\n---\n", "not name:type"),
        ("# TSLN/2.0\n# Schema: a:i\n# Base: x\n# Encoding: z\n---\n", "encoding"),
        ("# TSLN/2.0\n# Schema: a:s\n# Base: x\n# Encoding: r\n---\n=\n", "not there before"),
        ("# TSLN/2.0\n# Schema: a:i\n# Base: x\n# Encoding: d\n---\n1|2\n", "2 values"),
        ("# TSLN/2.0\n# Schema: a:i\n# Base: x\n# Encoding: d\n---\nx\n", "no number"),
        ("# TSLN/2.0\n# Schema: a:s\n# Base: x\n# Encoding: r\n---\n\\q\n", "unknown escape"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(BadTsln, match=reason):
        decode(text)
