from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from genesis_ssmp.heaven.clock import SystemClock, from_text, to_text
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.clock import FrozenClock


def test_moments_are_written_in_utc_and_one_width() -> None:
    moment = datetime(2026, 1, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-2)))
    assert to_text(moment) == "2026-02-01T01:59:59.000000Z"


@settings(deadline=None, max_examples=100)
@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_text_order_is_time_order_and_nothing_is_lost(one: datetime, other: datetime) -> None:
    assert from_text(to_text(one)) == one
    assert (to_text(one) < to_text(other)) == (one < other)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01T00:00:00"])
def test_a_time_without_a_zone_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|isoformat"):
        from_text(text)


def test_the_frozen_clock_stands_until_it_is_moved() -> None:
    clock = FrozenClock()
    assert clock.now() == clock.now()
    before = clock.now()
    clock.advance(1.5)
    assert (clock.now() - before).total_seconds() == 1.5
    assert SystemClock().now().tzinfo is not None
