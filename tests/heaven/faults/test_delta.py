"""The delta tracker is keyed by each shard of each mission."""

from __future__ import annotations

from genesis_ssmp.heaven.faults.delta import DeltaTracker


def test_trap_shards_of_one_reply_do_not_share_a_key() -> None:
    """Trap: delta keys shared by three shards of one reply."""
    tracker = DeltaTracker()
    tracker.take("m", "symdef f", "1")
    tracker.take("m", "callers f", "2")
    assert dict(tracker.shown("m")) == {"symdef f": ("s1", "1"), "callers f": ("s2", "2")}
    assert dict(tracker.shown("n")) == {}


def test_what_was_cut_was_not_sent() -> None:
    tracker = DeltaTracker()
    tracker.take("m", "k", "1")
    tracker.take("m", "k", None)
    assert tracker.shown("m")["k"] == ("s1", None)


def test_a_key_keeps_its_handle_until_the_mission_is_forgotten() -> None:
    tracker = DeltaTracker()
    for key in ("a", "b", "a"):
        tracker.take("m", key, "1")
    assert [tracker.shown("m")[key][0] for key in ("a", "b")] == ["s1", "s2"]
    tracker.take("n", "b", "1")
    assert tracker.shown("n")["b"][0] == "s1"
    tracker.forget("m")
    tracker.take("m", "b", "1")
    assert tracker.shown("m")["b"][0] == "s1"
