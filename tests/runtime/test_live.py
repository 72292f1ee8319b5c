"""The effects of a live run: whose leases its writes are made under."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.proto import wire
from genesis_ssmp.proto.edit_ir import EditIR, EditOp
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.runtime.edits import prove, with_proof
from genesis_ssmp.runtime.live import LEASE_SECONDS, LiveEffects
from kit.heaven import HeavenHome

TEXT = b"one\ntwo\n"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[HeavenHome]:
    (tmp_path / "a.txt").write_bytes(TEXT)
    with HeavenHome(tmp_path) as home:
        yield home


def effects_of(home: HeavenHome) -> LiveEffects:
    """A run that leased the whole repository."""
    effects = LiveEffects(home.heaven, home.root, "r1", angel=None, check_timeout=1.0)
    effects.pin("HEAD", None)
    effects.acquire([("directory", ".")], None)
    return effects


def emit(effects: LiveEffects, home: HeavenHome, content: str) -> object:
    """The refusal of an edit to the first line; None if it landed."""
    now = (home.root / "a.txt").read_bytes()
    op = EditOp("replace_line", "a.txt", lines=(1,), content=content)
    edit = EditIR((with_proof(op, prove(now, 1, 1)),))
    return effects.emit({"edit_ir": wire.dump(edit)}, (), (), None).get("refused")


def test_a_write_under_the_runs_leases_lands_and_is_undone(home: HeavenHome) -> None:
    effects = effects_of(home)
    assert emit(effects, home, "ONE") is None
    assert (home.root / "a.txt").read_bytes() == b"ONE\ntwo\n"
    assert "refused" not in effects.roll_back(0, None)
    assert (home.root / "a.txt").read_bytes() == TEXT


@pytest.mark.parametrize("taken_again", [False, True])
def test_trap_a_paused_run_that_wakes_after_expiry_has_a_stale_token(
    home: HeavenHome, taken_again: bool
) -> None:
    """Also where the same owner has the place again under another lease: what the run read, it
    read under the old one."""
    effects = effects_of(home)
    assert emit(effects, home, "ONE") is None
    home.clock.advance(LEASE_SECONDS + 1)
    if taken_again:
        effects_of(home)
    refused = emit(effects, home, "late")
    assert isinstance(refused, dict)
    assert refused["code"] == "lease"
    assert "token 1 of r1 is stale" in str(refused["message"])
    assert (home.root / "a.txt").read_bytes() == b"ONE\ntwo\n"


def test_a_run_that_slept_past_its_leases_undoes_under_fresh_ones_and_goes_on(
    home: HeavenHome,
) -> None:
    effects = effects_of(home)
    assert emit(effects, home, "ONE") is None
    home.clock.advance(LEASE_SECONDS + 1)
    assert emit(effects, home, "late") is not None
    assert "refused" not in effects.roll_back(0, None)
    assert (home.root / "a.txt").read_bytes() == TEXT
    (lease,) = home.heaven.active_leases()
    assert (lease.owner_id, lease.fencing_token) == ("r1", 2)
    assert emit(effects, home, "AGAIN") is None


def test_a_run_whose_place_was_taken_while_it_slept_says_by_whom_and_changes_nothing(
    home: HeavenHome,
) -> None:
    effects = effects_of(home)
    assert emit(effects, home, "ONE") is None
    home.clock.advance(LEASE_SECONDS + 1)
    taken = home.heaven.acquire("bob", "m", [Scope("file", "a.txt")])
    refused = effects.roll_back(0, None).get("refused")
    assert isinstance(refused, dict)
    assert refused["code"] == "lease"
    assert "directory:. by bob" in str(refused["message"])
    assert (home.root / "a.txt").read_bytes() == b"ONE\ntwo\n"
    home.heaven.release("bob", [lease.lease_id for lease in taken.acquired])
    assert "refused" not in effects.roll_back(0, None)
    assert (home.root / "a.txt").read_bytes() == TEXT


def test_a_run_that_slept_does_not_undo_over_what_others_wrote_meanwhile(home: HeavenHome) -> None:
    effects = effects_of(home)
    assert emit(effects, home, "ONE") is None
    home.clock.advance(LEASE_SECONDS + 1)
    (home.root / "a.txt").write_bytes(b"theirs\n")
    refused = effects.roll_back(0, None).get("refused")
    assert isinstance(refused, dict)
    assert refused["code"] == "changed"
    assert (home.root / "a.txt").read_bytes() == b"theirs\n"
    assert home.heaven.active_leases() == ()
