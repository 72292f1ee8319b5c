from __future__ import annotations

from genesis_ssmp.heaven.leases.lockmodes import LockMode, LockTable
from genesis_ssmp.heaven.leases.scopes import Key
from hypothesis import given, settings
from hypothesis import strategies as st

keys = st.lists(st.sampled_from("ab"), max_size=3).map(tuple)
locks = st.tuples(st.sampled_from(["ada", "bob", "eve"]), keys, st.sampled_from(["S", "X"]))


def in_the_way(owner: str, key: Key, mode: LockMode, held: tuple[str, Key, LockMode]) -> bool:
    who, where, how = held
    shorter = min(len(key), len(where))
    return who != owner and key[:shorter] == where[:shorter] and "X" in (mode, how)


@settings(deadline=None, max_examples=300)
@given(st.lists(locks, max_size=6), locks)
def test_a_lock_is_blocked_exactly_by_others_locks_above_at_or_below_it(
    held: list[tuple[str, Key, LockMode]], wanted: tuple[str, Key, LockMode]
) -> None:
    table = LockTable()
    for lock in held:
        table.add(*lock)
    blockers = {lock[0] for lock in held if in_the_way(*wanted, lock)}
    blocker = table.blocker(*wanted)
    assert (blocker in blockers) if blockers else blocker is None


@settings(deadline=None, max_examples=100)
@given(st.lists(locks, max_size=8))
def test_what_is_added_and_removed_leaves_nothing(
    held: list[tuple[str, Key, LockMode]],
) -> None:
    table = LockTable()
    for lock in held:
        table.add(*lock)
    for lock in sorted(held):
        table.remove(*lock)
    assert (table._totals, table._by_owner) == ({}, {})
