"""The lease table against a model small enough to be believed: a list, and pairwise overlap."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from genesis_ssmp.heaven import Heaven, HeavenError, LeaseGone, LeaseNotOwned, NotLeased, StaleToken
from genesis_ssmp.heaven.clock import to_text
from genesis_ssmp.heaven.leases.lockmodes import LockMode
from genesis_ssmp.heaven.log import checkpoint as checkpoint_module
from genesis_ssmp.heaven.log import eventlog as eventlog_module
from genesis_ssmp.proto.leases import Scope
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from kit.heaven import HeavenHome

OWNERS = ["ada", "bob", "eve"]
PATHS = ["a.py", "src/a.py", "src/b.py", "src/deep/a.py"]
# Bare names are defined in several places; `ghost` nowhere.
DEFINITIONS = {
    "run": [("a.py", "run"), ("src/a.py", "Job.run")],
    "Job": [("src/a.py", "Job")],
    "src/a.py::run": [("src/a.py", "Job.run")],
}
# The lines of those that are in their files, and of one that no bare name stands for.
LINES = {
    ("a.py", "run"): (2, 4),
    ("src/a.py", "Job"): (1, 9),
    ("src/a.py", "Job.run"): (3, 6),
    ("src/a.py", "other"): (12, 14),
}
# spelling -> what it covers: ("tree", path) or ("symbol", path, name) or ("name", name)
SCOPES: dict[tuple[str, str], list[tuple[str, ...]]] = {
    ("directory", "."): [("tree", "")],
    ("directory", "./src/"): [("tree", "src")],
    ("directory", "src/deep"): [("tree", "src/deep")],
    ("file", "a.py"): [("tree", "a.py")],
    ("file", "./src//a.py"): [("tree", "src/a.py")],
    ("file", "src/b.py"): [("tree", "src/b.py")],
    ("module", "src.b"): [("tree", "src/b.py")],
    ("module", "src"): [("tree", "src")],
    ("symbol", "src/a.py::Job"): [("symbol", "src/a.py", "Job")],
    ("symbol", "src/a.py::run"): [
        ("symbol", "src/a.py", "run"),
        ("symbol", "src/a.py", "Job.run"),
    ],
    ("symbol", "src/a.py::other"): [("symbol", "src/a.py", "other")],
    ("symbol", "run"): [
        ("symbol", "a.py", "run"),
        ("symbol", "src/a.py", "Job.run"),
        ("name", "run"),
    ],
    ("symbol", "Job"): [("symbol", "src/a.py", "Job"), ("name", "Job")],
    ("symbol", "ghost"): [("name", "ghost")],
}
NORMAL = {spelling: (spelling[0], _value) for spelling, _value in (
    ((kind, value), os.path.normpath(value) if kind in ("file", "directory") else value)
    for kind, value in SCOPES
)}  # fmt: skip
BY_NORMAL = {NORMAL[spelling]: covers for spelling, covers in SCOPES.items()}


def inside(inner: str, outer: str, separator: str) -> bool:
    return outer == "" or inner == outer or inner.startswith(outer + separator)


def overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    match one, other:
        case ("tree", a), ("tree", b):
            return inside(a, b, "/") or inside(b, a, "/")
        case (("tree", t), ("symbol", p, _)) | (("symbol", p, _), ("tree", t)):
            return inside(p, t, "/")
        case (("tree", t), ("name", _)) | (("name", _), ("tree", t)):
            return t == ""
        case ("symbol", p, a), ("symbol", q, b):
            return p == q and (inside(a, b, ".") or inside(b, a, "."))
        case ("name", a), ("name", b):
            return inside(a, b, ".") or inside(b, a, ".")
    return False


@dataclass
class Held:
    token: int
    owner: str
    scope: tuple[str, str]
    mode: LockMode
    expires: str

    def conflicts(self, scope: tuple[str, str], mode: LockMode) -> bool:
        if self.mode == mode == "S":
            return False
        return any(
            overlap(mine, theirs) for mine in BY_NORMAL[self.scope] for theirs in BY_NORMAL[scope]
        )

    def lets_write(self, path: str) -> bool:
        return self.mode == "X" and any(
            (covered[0] == "tree" and inside(path, covered[1], "/"))
            or (covered[0] == "symbol" and covered[1] == path)
            for covered in BY_NORMAL[self.scope]
        )


def symbols_in(path: str, leases: list[Held]) -> set[str]:
    return {
        covered[2]
        for held in leases
        for covered in BY_NORMAL[held.scope]
        if covered[0] == "symbol" and covered[1] == path
    }


def lines_of(path: str, name: str) -> set[int]:
    first, last = LINES.get((path, name), (1, 0))
    return set(range(first, last + 1))


class LeasesAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        # Durability is tested elsewhere; here it would only cost time.
        self.no_syncs = [
            patch.object(module, "sync_data", lambda fd: None)
            for module in (eventlog_module, checkpoint_module)
        ]
        for no_sync in self.no_syncs:
            no_sync.start()
        self.root = Path(tempfile.mkdtemp())
        for path in PATHS:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text("")
        self.home = HeavenHome(self.root)
        self.know_symbols(self.home.heaven)
        self.held: list[Held] = []
        self.last_token = 0

    @staticmethod
    def know_symbols(heaven: Heaven) -> None:
        heaven._leases._find_symbols = lambda name: DEFINITIONS.get(name, [])
        heaven._leases._find_lines = lambda path, name: [
            lines for place, lines in LINES.items() if place == (path, name)
        ]

    def now(self, plus: float = 0.0) -> str:
        return to_text(self.home.clock.now() + timedelta(seconds=plus))

    def live(self) -> list[Held]:
        self.held = [held for held in self.held if held.expires > self.now()]
        return self.held

    @rule(
        owner=st.sampled_from(OWNERS),
        spellings=st.lists(st.sampled_from(sorted(SCOPES)), max_size=3),
        partial=st.booleans(),
        mode=st.sampled_from(["X", "X", "S"]),
        ttl=st.sampled_from([5.0, 20.0, 60.0]),
    )
    def acquire(
        self,
        owner: str,
        spellings: list[tuple[str, str]],
        partial: bool,
        mode: LockMode,
        ttl: float,
    ) -> None:
        order = ["directory", "file", "module", "symbol"]
        wanted = sorted({NORMAL[s] for s in spellings}, key=lambda s: (order.index(s[0]), s[1]))
        live = self.live()
        mine: list[Held | tuple[str, str]] = []
        denied: list[str] = []
        for scope in wanted:
            same = [h for h in live if h.owner == owner and h.scope == scope]
            good = [h for h in same if h.mode == "X"] or [h for h in same if mode == "S"]
            if good:
                mine.append(good[0])
            elif any(h.owner != owner and h.conflicts(scope, mode) for h in live):
                denied.append(f"{scope[0]}:{scope[1]}")
            else:
                mine.append(scope)
        expected: list[Held] = []
        if partial or not denied:
            for item in mine:
                if isinstance(item, Held):
                    item.expires = max(item.expires, self.now(ttl))
                else:
                    self.last_token += 1
                    item = Held(self.last_token, owner, item, mode, self.now(ttl))
                    self.held.append(item)
                expected.append(item)
        got = self.home.heaven.acquire(
            owner,
            "mission",
            [Scope(kind, value) for kind, value in spellings],  # type: ignore[arg-type]
            ttl_seconds=ttl,
            partial=partial,
            mode=mode,
        )
        assert [lease.fencing_token for lease in got.acquired] == [h.token for h in expected]
        assert list(got.denied) == denied

    @rule(owner=st.sampled_from(OWNERS), data=st.data(), renew=st.booleans())
    def release_or_renew(self, owner: str, data: st.DataObject, renew: bool) -> None:
        if not self.last_token:
            return
        token = data.draw(st.integers(1, self.last_token))
        held = {h.token: h for h in self.live()}.get(token)
        lease_ids = [f"L{token}"]
        if held is not None and held.owner != owner:
            with pytest.raises(LeaseNotOwned):
                (self.home.heaven.renew if renew else self.home.heaven.release)(owner, lease_ids)
        elif renew and held is None:
            with pytest.raises(LeaseGone):
                self.home.heaven.renew(owner, lease_ids)
        elif renew and held is not None:
            held.expires = max(held.expires, self.now(30.0))
            self.home.heaven.renew(owner, lease_ids, ttl_seconds=30.0)
        else:
            expected = tuple(lease_ids) if held is not None else ()
            self.held = [h for h in self.held if h is not held]
            assert self.home.heaven.release(owner, lease_ids) == expected

    @rule(seconds=st.sampled_from([0.5, 4.0, 5.0, 19.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.home.clock.advance(seconds)

    @rule()
    def restart(self) -> None:
        self.know_symbols(self.home.reopen())

    @rule(
        owner=st.sampled_from(OWNERS),
        path=st.sampled_from([*PATHS, "new.py"]),
        span=st.none() | st.tuples(st.integers(1, 16), st.integers(0, 4)),
        data=st.data(),
    )
    def write(
        self, owner: str, path: str, span: tuple[int, int] | None, data: st.DataObject
    ) -> None:
        live = self.live()
        tokens = data.draw(
            st.none() | st.lists(st.integers(1, self.last_token + 1), min_size=1, max_size=3)
        )
        allowed = [h.token for h in live if h.owner == owner and h.lets_write(path)]
        error: type[HeavenError]
        if tokens is None:
            ok, error = bool(allowed), NotLeased
        else:
            allowed = [token for token in allowed if token in tokens]
            ok = bool(allowed)
            stale = not set(tokens) <= {h.token for h in live}
            error = StaleToken if stale else NotLeased
        if ok and not self.may_touch(owner, path, span, set(allowed)):
            ok, error = False, NotLeased
        lines = None if span is None else {path: [(span[0], span[0] + span[1] - 1)]}
        if ok:
            self.home.heaven.check_write(owner, [path], tokens, lines=lines)
        else:
            with pytest.raises(error):
                self.home.heaven.check_write(owner, [path], tokens, lines=lines)

    def may_touch(
        self, owner: str, path: str, span: tuple[int, int] | None, tokens: set[int]
    ) -> bool:
        """Line by line: `span` is a first line and how many; none are replaced by an insertion,
        which lies between the line before and the first."""
        live = self.live()
        mine = [h for h in live if h.token in tokens]
        if any(
            covered[0] == "tree"
            for h in mine
            for covered in BY_NORMAL[h.scope]
            if covered[0] == "tree" and inside(path, covered[1], "/")
        ):
            return True
        others = symbols_in(path, [h for h in live if h.owner != owner])
        if not others:
            return True
        if span is None:
            return False
        own = symbols_in(path, mine)
        first, count = span
        if count:
            touched = set(range(first, first + count))
            if any(touched & lines_of(path, name) for name in others):
                return False
            return any(touched <= lines_of(path, name) for name in own)
        if any({first - 1, first} <= lines_of(path, name) for name in others):
            return False
        to_come = any(not lines_of(path, name) for name in own)
        return to_come or any({first - 1, first} & lines_of(path, name) for name in own)

    @invariant()
    def the_same_leases_are_live(self) -> None:
        assert [
            (lease.fencing_token, lease.owner_id, (lease.scope_type, lease.scope_value))
            for lease in self.home.heaven.active_leases()
        ] == [(h.token, h.owner, h.scope) for h in sorted(self.live(), key=lambda h: h.token)]
        assert [lease.expires_at for lease in self.home.heaven.active_leases()] == [
            h.expires for h in sorted(self.held, key=lambda h: h.token)
        ]

    @invariant()
    def no_two_owners_hold_overlapping_scopes(self) -> None:
        for one in self.live():
            for other in self.held:
                if one.owner != other.owner:
                    assert not one.conflicts(other.scope, other.mode)

    @invariant()
    def nothing_is_left_behind_when_all_leases_end(self) -> None:
        live = self.home.heaven._leases.live
        if not live.grants:
            assert (live.locks._totals, live._writers, live._by_scope) == ({}, {}, {})
            assert live._of_symbols == {}

    def teardown(self) -> None:
        self.home.close()
        for no_sync in self.no_syncs:
            no_sync.stop()
        shutil.rmtree(self.root)


LeasesAgainstModel.TestCase.settings = settings(
    deadline=None,
    max_examples=1_000 if os.environ.get("GENESIS_SOAK") == "1" else 60,
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLeasesAgainstModel = LeasesAgainstModel.TestCase
