"""Numbers have one spelling each."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.leb128 import (
    LONGEST,
    U32_MAX,
    BadNumber,
    NumberCut,
    append,
    read,
    unzigzag,
    zigzag,
)
from hypothesis import given
from hypothesis import strategies as st


def spelled(value: int) -> bytes:
    out = bytearray()
    append(out, value)
    return bytes(out)


@given(st.integers(0, U32_MAX), st.binary(max_size=4))
def test_a_number_is_read_back_and_no_byte_more(value: int, behind: bytes) -> None:
    data = spelled(value)
    assert len(data) <= LONGEST
    assert read(data + behind, 0, len(data) + len(behind)) == (value, len(data))


@given(st.binary(max_size=8))
def test_any_bytes_are_a_number_in_its_shortest_form_or_refused(data: bytes) -> None:
    try:
        value, end = read(data, 0, len(data))
    except (BadNumber, NumberCut):
        return
    assert spelled(value) == data[:end]


@pytest.mark.parametrize("data", [b"\x80\x00", b"\xff\x80\x00", b"\x80\x80\x80\x80\x80\x01"])
def test_a_longer_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(BadNumber):
        read(data, 0, len(data))


def test_more_than_32_bits_are_refused() -> None:
    assert read(b"\xff\xff\xff\xff\x0f", 0, 5) == (U32_MAX, 5)
    with pytest.raises(BadNumber):
        read(b"\xff\xff\xff\xff\x1f", 0, 5)


def test_nothing_behind_the_end_is_read() -> None:
    with pytest.raises(NumberCut):
        read(b"\x80\x01", 0, 1)
    with pytest.raises(NumberCut):
        read(b"\x01", 1, 1)


@given(st.integers(-(2**31), 2**31))
def test_zigzag_folds_differences(value: int) -> None:
    assert zigzag(value) >= 0
    assert unzigzag(zigzag(value)) == value
