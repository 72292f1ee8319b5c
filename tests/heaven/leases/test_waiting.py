"""Who waits for a lease is served in order, for a bounded time, and never for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from genesis_ssmp.heaven import BadScope, Closed, Heaven
from genesis_ssmp.heaven.leases.lockmodes import LockMode, LockTable
from genesis_ssmp.heaven.leases.scopes import path_key
from genesis_ssmp.heaven.leases.waiting import MAX_WAITING, Line, Waiter
from genesis_ssmp.proto.leases import AcquireResponse, Lease, Scope
from kit.clock import FrozenClock


class Office:
    """A Heaven on a frozen clock, and threads that ask it for leases."""

    def __init__(self, root: Path) -> None:
        self.clock = FrozenClock()
        self.heaven = Heaven.open(root, clock=self.clock)
        self._pool = ThreadPoolExecutor(64)

    def now(self, owner: str, *paths: str, mode: LockMode = "X") -> Lease | None:
        return self._first(self._ask(owner, paths, mode, 0.0))

    def later(
        self, owner: str, *paths: str, mode: LockMode = "X", wait: float = 30.0
    ) -> Future[AcquireResponse]:
        """Ask from another thread; returns when that one is in the line."""
        before = len(self.heaven._leases._line)
        future = self._pool.submit(self._ask, owner, paths, mode, wait)
        while len(self.heaven._leases._line) == before and not future.done():
            time.sleep(0.0005)
        return future

    def let_go(self, owner: str) -> None:
        mine = [one.lease_id for one in self.heaven.active_leases() if one.owner_id == owner]
        self.heaven.release(owner, mine)

    def close(self) -> None:
        self.heaven.close()
        self._pool.shutdown()

    def _ask(
        self, owner: str, paths: tuple[str, ...], mode: LockMode, wait: float
    ) -> AcquireResponse:
        scopes = [Scope("file", path) for path in paths]
        return self.heaven.acquire(owner, "m", scopes, mode=mode, wait_seconds=wait)

    @staticmethod
    def _first(response: AcquireResponse) -> Lease | None:
        return response.acquired[0] if response.acquired else None


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    found = Office(tmp_path)
    yield found
    found.close()


def owners(heaven: Heaven) -> list[str]:
    return [str(event.data["owner"]) for event in heaven.events(kinds={"lease_granted"})]


def test_waiters_are_served_in_the_order_in_which_they_came(office: Office) -> None:
    office.now("holder", "a")
    waiting = [office.later(f"w{n}", "a") for n in range(20)]
    office.let_go("holder")
    for n, future in enumerate(waiting):
        assert future.result(30).acquired
        office.let_go(f"w{n}")
    assert owners(office.heaven) == ["holder", *(f"w{n}" for n in range(20))]


def test_a_stream_of_readers_does_not_starve_a_writer(office: Office) -> None:
    office.now("r0", "a", mode="S")
    writer = office.later("writer", "a")
    # Each reader comes before the one before has gone, so there is always a reader.
    reader = office.later("r1", "a", mode="S")
    assert office.now("r2", "a", mode="S") is None, "who does not wait goes ahead of nobody either"
    office.let_go("r0")
    assert writer.result(30).acquired
    assert not reader.done()
    office.let_go("writer")
    assert reader.result(30).acquired
    assert owners(office.heaven) == ["r0", "writer", "r1"]


def test_the_owner_in_the_way_is_named_also_when_it_only_waits(office: Office) -> None:
    office.now("r0", "a", mode="S")
    office.later("writer", "a")
    assert office.heaven.holders("r1", [Scope("file", "a")], "S") == {"file:a": "writer"}
    office.heaven.close()


def test_waiters_for_other_places_do_not_stand_in_the_way(office: Office) -> None:
    office.now("holder", "dir/a")
    waiting = office.later("w", "dir/a")
    assert office.now("other", "dir/b")
    office.let_go("holder")
    assert waiting.result(30).acquired


def test_readers_who_wait_are_let_in_together(office: Office) -> None:
    office.now("holder", "a")
    readers = [office.later(f"r{n}", "a", mode="S") for n in range(4)]
    office.let_go("holder")
    for reader in readers:
        assert reader.result(30).acquired


def test_a_wait_ends_when_its_time_is_up_and_leaves_the_line(office: Office) -> None:
    office.now("holder", "a")
    refused = office.later("w", "a", wait=0.05).result(30)
    assert refused == AcquireResponse((), ("file:a",))
    assert len(office.heaven._leases._line) == 0


def test_an_expiry_lets_the_next_one_in(office: Office) -> None:
    office.heaven.acquire("holder", "m", [Scope("file", "a")], ttl_seconds=60)
    waiting = office.later("w", "a")
    office.clock.advance(61)
    assert waiting.result(30).acquired
    assert [event.kind for event in office.heaven.tail(2)] == ["lease_expired", "lease_granted"]


def test_a_request_takes_all_or_waits_for_all(office: Office) -> None:
    """Partial grants without order: two missions wait for each other for ever."""
    office.now("holder", "b")
    both = office.later("w", "a", "b")
    assert office.now("quick", "a") is None, "a is promised to who waits longer"
    assert {lease.owner_id for lease in office.heaven.active_leases()} == {"holder"}
    office.let_go("holder")
    assert len(both.result(30).acquired) == 2


def test_two_who_want_each_others_lease_do_not_wait_for_ever(office: Office) -> None:
    office.now("one", "a")
    office.now("two", "b")
    waiting = office.later("one", "b")
    assert office.later("two", "a").result(5).denied == ("file:a",)
    office.let_go("two")
    assert waiting.result(30).acquired


def test_a_circle_of_three_is_refused_too(office: Office) -> None:
    for owner, path in (("one", "a"), ("two", "b"), ("three", "c")):
        office.now(owner, path)
    first, second = office.later("one", "b"), office.later("two", "c")
    assert office.later("three", "a").result(5).denied == ("file:a",)
    office.let_go("three")
    assert second.result(30).acquired
    office.let_go("two")
    assert first.result(30).acquired


def test_who_is_waited_for_need_not_stand_behind_who_waits_for_it(office: Office) -> None:
    office.now("holder", "a")
    waiting = office.later("w", "a", "b")
    assert office.now("holder", "b"), "w cannot go on before the holder in any case"
    office.let_go("holder")
    assert waiting.result(30).acquired


def test_what_one_has_is_given_again_whoever_waits(office: Office) -> None:
    lease = office.now("holder", "a")
    office.later("w", "a")
    again = office.now("holder", "a")
    assert lease is not None
    assert again is not None
    assert again.lease_id == lease.lease_id
    office.let_go("holder")


def test_nobody_waits_inside_a_write(office: Office) -> None:
    office.now("holder", "a")
    office.now("writer", "b")
    with office.heaven.writing("writer", ["b"]):
        refused = office.heaven.acquire("writer", "m", [Scope("file", "a")], wait_seconds=30)
    assert refused.denied == ("file:a",)


def test_closing_ends_the_waits(office: Office) -> None:
    office.now("holder", "a")
    waiting = office.later("w", "a")
    office.heaven.close()
    with pytest.raises(Closed):
        waiting.result(30)


@pytest.mark.parametrize("seconds", [-1.0, 601.0, float("nan")])
def test_a_wait_is_bounded(office: Office, seconds: float) -> None:
    with pytest.raises(BadScope):
        office.heaven.acquire("w", "m", [Scope("file", "a")], wait_seconds=seconds)
    with pytest.raises(BadScope):
        office.heaven.acquire("w", "m", [Scope("file", "a")], wait_seconds=1, partial=True)


def test_the_line_is_bounded() -> None:
    line = Line(LockTable())
    for n in range(MAX_WAITING):
        assert line.join(Waiter(f"o{n}", (path_key("a"),), "X"))
    assert not line.join(Waiter("one more", (path_key("a"),), "X"))


def test_many_threads_over_a_few_places_all_get_through(office: Office) -> None:
    """Every request is for several places, in any order; nobody is forgotten."""

    def work(number: int) -> int:
        done = 0
        for round_number in range(6):
            paths = [f"p{(number + step * (round_number + 1)) % 5}" for step in range(3)]
            mode: LockMode = "S" if (number + round_number) % 3 else "X"
            scopes = [Scope("file", path) for path in paths]
            held = office.heaven.acquire(f"o{number}", "m", scopes, mode=mode, wait_seconds=60)
            assert held.acquired
            office.heaven.release(f"o{number}", [lease.lease_id for lease in held.acquired])
            done += 1
        return done

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(work, range(16))) == 96
    assert office.heaven.active_leases() == ()
