from __future__ import annotations

from genesis_ssmp.heaven.status import COUNTED, TOLD, Hotset, describe
from genesis_ssmp.proto.pf import Args


def test_the_hotset_tells_what_was_served_most() -> None:
    hotset = Hotset()
    for symbol in ["b", "a", "b", "c", "a"]:
        hotset.served(Args(symbol=symbol))
    hotset.served(Args(path="x.py"))
    hotset.served(Args(query="words"))
    assert list(hotset.top().items()) == [("a", 2), ("b", 2), ("c", 1), ("x.py", 1)]


def test_the_hotset_is_bounded_and_keeps_what_is_hot() -> None:
    hotset = Hotset()
    for _ in range(3):
        hotset.served(Args(symbol="hot"))
    for n in range(5 * COUNTED):
        hotset.served(Args(symbol=f"cold {n}"))
    assert len(hotset._counts) <= COUNTED
    assert len(hotset.top()) == TOLD
    assert hotset.top()["hot"] == 3


def test_numbers_are_text_where_the_wire_wants_text() -> None:
    status = describe(7, 2, {"f": 3}, {"b": 1, "a": 2})
    assert (status.state_rev, status.active_leases_count) == (7, 2)
    assert status.hotset_summary == {"f": "3"}
    assert list(status.file_clock_summary.items()) == [("a", "2"), ("b", "1")]
