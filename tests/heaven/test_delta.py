"""The delta tracker is keyed by each shard of each mission."""

from __future__ import annotations

from genesis_ssmp.heaven.delta import DeltaTracker


def test_trap_shards_of_one_reply_do_not_share_a_key() -> None:
    """Trap: delta keys shared by three shards of one reply."""
    tracker = DeltaTracker()
    tracker.delivered("m", "symdef f", "1", whole=True)
    tracker.delivered("m", "callers f", "2", whole=True)
    assert tracker.unchanged("m", "symdef f", "1")
    assert not tracker.unchanged("m", "callers f", "1")
    assert not tracker.unchanged("n", "symdef f", "1")


def test_what_was_cut_was_not_sent() -> None:
    tracker = DeltaTracker()
    tracker.delivered("m", "k", "1", whole=True)
    tracker.delivered("m", "k", "1", whole=False)
    assert not tracker.unchanged("m", "k", "1")


def test_a_key_keeps_its_handle_until_the_mission_is_forgotten() -> None:
    tracker = DeltaTracker()
    assert [tracker.handle("m", key) for key in ("a", "b", "a")] == ["s1", "s2", "s1"]
    assert tracker.handle("n", "b") == "s1"
    tracker.forget("m")
    assert tracker.handle("m", "b") == "s1"
