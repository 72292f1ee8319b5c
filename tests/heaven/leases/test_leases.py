from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven import (
    BadEvent,
    BadScope,
    Heaven,
    LeaseGone,
    LeaseNotOwned,
    NotLeased,
    PathOutside,
    StaleToken,
)
from genesis_ssmp.heaven.leases.lockmodes import LockMode
from genesis_ssmp.proto.leases import AcquireResponse, Lease, Scope, ScopeType
from kit.heaven import HeavenHome

FAR = 10_000.0


def scope(text: str) -> Scope:
    kind, _, value = text.partition(":")
    return Scope(kind, value)  # type: ignore[arg-type]  # tests also send wrong types


class Home(HeavenHome):
    """Shorter words for what these tests do."""

    def take(
        self,
        owner: str,
        *scopes: str,
        partial: bool = False,
        mode: LockMode = "X",
        ttl: float = 60.0,
    ) -> AcquireResponse:
        return self.heaven.acquire(
            owner,
            f"mission of {owner}",
            [scope(text) for text in scopes],
            partial=partial,
            mode=mode,
            ttl_seconds=ttl,
        )

    def has(self, owner: str, *scopes: str, mode: LockMode = "X") -> tuple[Lease, ...]:
        response = self.take(owner, *scopes, mode=mode)
        assert response.denied == ()
        return response.acquired

    def kinds(self) -> list[str]:
        return [event.kind for event in self.heaven.events()]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_lease_says_what_who_and_until_when(home: Home) -> None:
    (lease,) = home.has("ada", "file:./src//a.py")
    assert lease == Lease(
        lease_id="L1",
        owner_id="ada",
        mission_id="mission of ada",
        scope_type="file",
        scope_value="src/a.py",
        issued_at="2026-01-01T12:00:00.000000Z",
        expires_at="2026-01-01T12:01:00.000000Z",
        fencing_token=1,
    )
    assert home.heaven.active_leases() == (lease,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("file:a.go", "file:./a.go"),
        ("file:src/a.py", "directory:src"),
        ("directory:.", "file:src/a.py"),
        ("directory:./", "directory:src/deep"),
        ("directory:src", "directory:src/deep/deeper/"),
        ("directory:src", "symbol:src/a.py::f"),
        ("directory:.", "symbol:NotYetWritten"),
        ("file:src/a.py", "symbol:src/a.py::f"),
        ("symbol:src/a.py::C", "symbol:src/a.py::C.m"),
        ("symbol:Pow", "symbol:Pow"),
        ("symbol:C", "symbol:C.m"),
        ("module:pkg.mod", "file:pkg/mod.py"),
        ("module:pkg", "file:pkg/mod.py"),
        ("module:pkg/mod.py", "file:pkg/mod.py"),
        ("module:lib.inner", "file:src/lib/inner.py"),
        ("module:absent.thing", "file:absent/thing.py"),
        ("module:absent.thing", "file:absent/thing/part.py"),
        ("module:web.page", "file:web/page.test.ts"),
    ],
)
def test_trap_overlapping_scopes_of_any_two_types_exclude_each_other(
    home: Home, one: str, other: str
) -> None:
    for name in ("pkg/mod.py", "src/lib/inner.py", "web/page.ts", "web/page.test.ts"):
        (home.root / name).parent.mkdir(parents=True, exist_ok=True)
        (home.root / name).write_text("")
    for first, second in [(one, other), (other, one)]:
        (lease,) = home.has("ada", first)
        refused = home.take("bob", second)
        assert refused.acquired == ()
        assert len(refused.denied) == 1
        home.heaven.release("ada", [lease.lease_id])
        home.heaven.release("bob", [lease.lease_id for lease in home.has("bob", second)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("file:src/a.py", "file:src/b.py"),
        ("file:src/a.py", "directory:src2"),
        ("directory:src/a", "directory:src/ab"),
        ("file:src/a.py", "file:src/a.pyi"),
        ("symbol:src/a.py::f", "symbol:src/a.py::g"),
        ("symbol:src/a.py::f", "symbol:src/b.py::f"),
        ("symbol:src/a.py::C.m", "symbol:src/a.py::C.n"),
        ("symbol:f", "symbol:ff"),
        ("symbol:NotYetWritten", "file:src/a.py"),
    ],
)
def test_scopes_apart_are_leased_side_by_side(home: Home, one: str, other: str) -> None:
    home.has("ada", one)
    home.has("bob", other)


def test_a_symbol_overlaps_the_files_that_define_it(home: Home) -> None:
    definitions = {"Eval": [("calc.go", "Eval"), ("old/calc.go", "T.Eval")]}
    home.heaven._leases._find_symbols = lambda name: definitions.get(name, [])
    home.has("ada", "symbol:Eval")
    for blocked in ("file:calc.go", "directory:old", "symbol:calc.go::Eval", "symbol:Eval"):
        assert home.take("bob", blocked).denied == (blocked,)
    home.has("bob", "file:new/calc.go")
    home.heaven.check_write("ada", ["calc.go", "old/calc.go"])
    home.has("bob", "symbol:calc.go::Other")
    home.reopen()  # where the index may know other things by now
    assert home.take("bob", "file:calc.go").denied == ("file:calc.go",)
    home.heaven.check_write("ada", ["old/calc.go"])


def test_a_symbol_after_its_path_is_that_very_definition(home: Home) -> None:
    """`calc.py::f` leaves the method `C.f` to others; `calc.py::g`, which only C has, is `C.g`."""
    code = "def f(): ...\nclass C:\n    def f(self): ...\n    def g(self): ...\n"
    (home.root / "calc.py").write_text(code)
    home.has("ada", "symbol:calc.py::f")
    home.has("bob", "symbol:calc.py::C.f", "symbol:calc.py::g")
    assert home.take("cy", "symbol:calc.py::C.g").denied == ("symbol:calc.py::C.g",)
    assert home.take("cy", "symbol:f").denied == ("symbol:f",)


def test_trap_all_or_nothing_is_the_default_and_nothing_stays_granted(home: Home) -> None:
    home.has("ada", "file:b")
    refused = home.take("bob", "file:a", "file:b", "file:c")
    assert refused == AcquireResponse((), ("file:b",))
    assert [lease.owner_id for lease in home.heaven.active_leases()] == ["ada"]
    home.has("eve", "file:a", "file:c")


def test_holders_names_who_is_in_the_way(home: Home) -> None:
    home.has("ada", "directory:src")
    home.has("bob", "file:b")
    wanted = [scope(text) for text in ("file:./src/a.py", "file:b", "file:c")]
    assert home.heaven.holders("eve", wanted) == {"file:src/a.py": "ada", "file:b": "bob"}
    assert home.heaven.holders("bob", wanted) == {"file:src/a.py": "ada"}
    home.clock.advance(61)
    assert home.heaven.holders("eve", wanted) == {}


def test_partial_takes_what_is_free_and_names_the_rest(home: Home) -> None:
    home.has("ada", "file:b", "directory:d")
    some = home.take("bob", "symbol:d/x.py::f", "file:c", "file:b", "file:a", partial=True)
    assert [lease.scope_value for lease in some.acquired] == ["a", "c"]
    assert some.denied == ("file:b", "symbol:d/x.py::f")


def test_trap_leases_are_taken_in_canonical_order_whatever_the_request_says(home: Home) -> None:
    leases = home.has("ada", "symbol:z", "module:m", "file:b", "file:a", "directory:d", "file:./a")
    assert [f"{lease.scope_type}:{lease.scope_value}" for lease in leases] == [
        "directory:d",
        "file:a",
        "file:b",
        "module:m",
        "symbol:z",
    ]
    assert [lease.fencing_token for lease in leases] == [1, 2, 3, 4, 5]


def test_the_same_owner_and_scope_get_the_same_lease_back(home: Home) -> None:
    (first,) = home.has("ada", "file:a")
    (same,) = home.has("ada", "file:./a")
    assert same == first
    home.clock.advance(30)
    (later,) = home.has("ada", "file:a")
    assert (later.lease_id, later.fencing_token) == (first.lease_id, first.fencing_token)
    assert later.expires_at == "2026-01-01T12:01:30.000000Z"
    assert len(home.heaven.active_leases()) == 1
    assert home.take("ada", "file:a", ttl=1.0).acquired == (later,)


def test_an_owner_is_not_in_its_own_way(home: Home) -> None:
    home.has("ada", "directory:src", "file:src/a.py", "symbol:src/a.py::f")
    home.has("ada", "directory:.")


def test_trap_readers_share_and_never_take_the_scope_for_themselves(home: Home) -> None:
    home.has("ada", "directory:src", mode="S")
    home.has("bob", "file:src/a.py", mode="S")
    assert home.take("eve", "file:src/a.py").denied
    assert home.take("eve", "directory:.").denied
    with pytest.raises(NotLeased):
        home.heaven.check_write("ada", ["src/a.py"])
    home.has("eve", "file:other.py")
    assert home.take("ada", "directory:.", mode="S").denied


def test_an_owner_may_go_from_reading_to_writing_when_it_reads_alone(home: Home) -> None:
    (shared,) = home.has("ada", "file:a", mode="S")
    home.has("bob", "file:a", mode="S")
    assert home.take("ada", "file:a").denied
    home.heaven.release("bob", [lease.lease_id for lease in home.has("bob", "file:a", mode="S")])
    (exclusive,) = home.has("ada", "file:a")
    assert exclusive.fencing_token > shared.fencing_token
    assert home.has("ada", "file:a", mode="S") == (exclusive,)
    home.heaven.check_write("ada", ["a"])


def test_trap_expiry_is_looked_at_and_is_an_event(home: Home) -> None:
    home.has("ada", "file:a")
    home.clock.advance(59.999999)
    assert home.take("bob", "file:a").denied
    home.clock.advance(0.000001)
    assert home.heaven.active_leases() == ()
    (lease,) = home.has("bob", "file:a")
    assert lease.fencing_token == 2
    assert home.kinds() == ["lease_granted", "lease_expired", "lease_granted"]


def test_trap_replay_never_looks_at_the_clock(home: Home) -> None:
    home.has("ada", "file:a")
    home.clock.advance(FAR)
    home.reopen()
    # Nobody has asked for anything since: the log knows of no expiry.
    assert list(home.heaven._leases.live.grants) == ["L1"]
    assert home.kinds() == ["lease_granted"]
    assert home.heaven.active_leases() == ()
    home.has("bob", "file:a")
    home.clock.advance(-FAR - 1)
    home.reopen()
    assert [lease.owner_id for lease in home.heaven.active_leases()] == ["bob"]
    assert home.kinds() == ["lease_granted", "lease_expired", "lease_granted"]


def test_leases_survive_a_restart_and_their_owner_gets_them_back(home: Home) -> None:
    (kept,) = home.has("run-1", "file:a")
    (gone,) = home.has("run-1", "file:b")
    home.heaven.release("run-1", [gone.lease_id])
    home.reopen()
    assert home.heaven.active_leases() == (kept,)
    assert home.take("run-2", "file:a").denied
    assert home.has("run-1", "file:a") == (kept,)
    (new,) = home.has("run-2", "file:b")
    assert new.fencing_token == 3


def test_trap_only_the_owner_releases_and_renews(home: Home) -> None:
    (a,) = home.has("ada", "file:a")
    (b,) = home.has("bob", "file:b")
    for attempt in (home.heaven.release, home.heaven.renew):
        with pytest.raises(LeaseNotOwned) as refusal:
            attempt("bob", [b.lease_id, a.lease_id])
        assert (refusal.value.lease_id, refusal.value.holder) == (a.lease_id, "ada")
    assert home.heaven.active_leases() == (a, b)
    assert home.heaven.release("ada", [a.lease_id, a.lease_id]) == (a.lease_id,)
    assert home.heaven.release("ada", [a.lease_id, "L99"]) == ()


def test_renewal_moves_the_expiry_and_keeps_the_token(home: Home) -> None:
    (lease,) = home.has("ada", "file:a")
    home.clock.advance(50)
    (renewed,) = home.heaven.renew("ada", [lease.lease_id], ttl_seconds=60)
    assert renewed.expires_at == "2026-01-01T12:01:50.000000Z"
    assert renewed.fencing_token == lease.fencing_token
    home.clock.advance(59)
    home.heaven.check_write("ada", ["a"], [lease.fencing_token])
    assert home.heaven.renew("ada", [lease.lease_id], ttl_seconds=0.5) == (renewed,)
    home.clock.advance(1)
    with pytest.raises(LeaseGone):
        home.heaven.renew("ada", [lease.lease_id])


def test_trap_a_paused_holder_that_wakes_after_expiry_may_not_write(home: Home) -> None:
    (old,) = home.has("ada", "file:a")
    home.heaven.check_write("ada", ["a"], [old.fencing_token])
    home.clock.advance(61)
    with pytest.raises(StaleToken) as alone:
        home.heaven.check_write("ada", ["a"], [old.fencing_token])
    assert alone.value.current is None
    (new,) = home.has("bob", "file:a")
    with pytest.raises(StaleToken) as taken:
        home.heaven.check_write("ada", ["a"], [old.fencing_token])
    assert (taken.value.token, taken.value.current) == (old.fencing_token, new.fencing_token)
    with pytest.raises(NotLeased) as named:
        home.heaven.check_write("ada", ["a"])
    assert named.value.holder == "bob"
    home.heaven.check_write("bob", ["a"], [new.fencing_token])


def test_a_token_from_before_the_owners_own_expiry_is_stale(home: Home) -> None:
    (old,) = home.has("ada", "file:a")
    home.clock.advance(61)
    (new,) = home.has("ada", "file:a")
    with pytest.raises(StaleToken):
        home.heaven.check_write("ada", ["a"], [old.fencing_token])
    home.heaven.check_write("ada", ["a"], [old.fencing_token, new.fencing_token])


def test_every_path_of_a_write_must_be_covered(home: Home) -> None:
    home.has("ada", "directory:src", "file:README", "symbol:lib/x.py::f")
    home.heaven.check_write("ada", ["src/a.py", "src/deep/b.py", "./README", "lib/x.py"])
    for path in ("lib/y.py", "README.md", "srcs/a.py", "."):
        with pytest.raises(NotLeased) as refusal:
            home.heaven.check_write("ada", ["README", path])
        assert (refusal.value.path, refusal.value.holder) == (path, None)
    with pytest.raises(PathOutside):
        home.heaven.check_write("ada", ["src/../../x"])
    with pytest.raises(NotLeased):
        home.heaven.check_write("bob", ["README"])


def test_the_check_and_the_write_are_one_step(home: Home) -> None:
    (lease,) = home.has("ada", "file:a")
    with home.heaven.writing("ada", ["a"], [lease.fencing_token]):
        home.heaven.clock_inc(["a"], sync=False)
        home.heaven.append("edit_landed", {"path": "a"})
    with pytest.raises(NotLeased), home.heaven.writing("bob", ["a"]):
        pytest.fail("entered")


@pytest.mark.parametrize(
    "text",
    ["glob:src/*", "file:", "file: ", "file:.", "symbol:a.py::", "symbol:::f", "file:a\nb", ":x"],
)
def test_trap_malformed_scopes_are_refused(home: Home, text: str) -> None:
    with pytest.raises(BadScope):
        home.take("ada", text)
    assert home.kinds() == []


@pytest.mark.parametrize("text", ["file:src/*.py", "directory:src/a*", "module:pkg.*", "file:?.py"])
def test_trap_a_pattern_is_no_scope(home: Home, text: str) -> None:
    """As a plain file name it would be said not to overlap the files that its author means."""
    with pytest.raises(BadScope, match="looks like a pattern"):
        home.take("ada", text)


@pytest.mark.parametrize("text", ["file:../x", "directory:/", "symbol:.git/config::x", "file:a\\b"])
def test_a_scope_outside_the_repository_is_refused(home: Home, text: str) -> None:
    with pytest.raises(PathOutside):
        home.take("ada", text)


@pytest.mark.parametrize("ttl", [0.0, -1.0, float("nan"), float("inf"), 1e12])
def test_a_lease_that_never_lives_or_never_ends_is_refused(home: Home, ttl: float) -> None:
    with pytest.raises(BadScope):
        home.take("ada", "file:a", ttl=ttl)


@pytest.mark.parametrize(
    "kind", ["lease_granted", "lease_renewed", "lease_released", "lease_expired"]
)
def test_trap_a_lease_is_not_forged_by_appending_its_event(home: Home, kind: str) -> None:
    with pytest.raises(BadEvent):
        home.heaven.append(kind, {"leases": ["L1"]})


def test_nothing_to_do_writes_nothing(home: Home) -> None:
    assert home.take("ada") == AcquireResponse((), ())
    assert home.heaven.release("ada", []) == ()
    assert home.kinds() == []


def test_a_reader_sees_leases_as_they_are_now_and_writes_no_expiry(home: Home) -> None:
    home.has("ada", "file:a")
    with Heaven.open(home.root, clock=home.clock, read_only=True) as reader:
        assert len(reader.active_leases()) == 1
        home.has("bob", "file:b")
        assert [lease.owner_id for lease in reader.active_leases()] == ["ada", "bob"]
        home.clock.advance(61)
        assert reader.active_leases() == ()
    assert home.kinds() == ["lease_granted", "lease_granted"]


def test_trap_two_missions_that_want_the_same_two_scopes_cannot_deadlock(home: Home) -> None:
    """Neither keeps what it has while it waits: one gets both, the other nothing."""
    wants: dict[str, list[str]] = {"ada": ["file:a", "file:b"], "bob": ["file:b", "file:a"]}
    outcome = {owner: home.take(owner, *scopes) for owner, scopes in wants.items()}
    assert len(outcome["ada"].acquired) == 2
    assert outcome["bob"] == AcquireResponse((), ("file:a", "file:b"))


def test_every_scope_type_is_known(home: Home) -> None:
    kinds: list[ScopeType] = ["directory", "file", "module", "symbol"]
    assert len(home.has("ada", *(f"{kind}:x{n}" for n, kind in enumerate(kinds)))) == 4
