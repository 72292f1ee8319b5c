"""Two owners in one file: a lease on a symbol covers that symbol's lines, as they are now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven import NotLeased
from genesis_ssmp.proto.edit_ir import EditIR, EditOp
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.runtime.edits import land, prove, stage, with_proof
from kit.heaven import HeavenHome

CODE = b"""import os


def first():
    return 1


def second():
    return 2


class Third:
    def method(self):
        return 3
"""
FIRST, SECOND, THIRD = (4, 5), (8, 9), (12, 14)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[HeavenHome]:
    (tmp_path / "calc.py").write_bytes(CODE)
    with HeavenHome(tmp_path) as home:
        yield home


def lease(home: HeavenHome, owner: str, *symbols: str) -> list[int]:
    scopes = [Scope("symbol", f"calc.py::{symbol}") for symbol in symbols]
    got = home.heaven.acquire(owner, "m", scopes)
    assert got.denied == ()
    return [one.fencing_token for one in got.acquired]


def may(home: HeavenHome, owner: str, *lines: tuple[int, int]) -> bool:
    try:
        home.heaven.check_write(owner, ["calc.py"], lines={"./calc.py": lines})
    except NotLeased:
        return False
    return True


def test_alone_in_a_file_a_symbol_lease_lets_its_owner_write_all_of_it(home: HeavenHome) -> None:
    lease(home, "ada", "first")
    assert may(home, "ada", (1, 1), FIRST, SECOND)
    home.heaven.check_write("ada", ["calc.py"])


def test_trap_a_symbol_that_another_owner_leased_is_not_written(home: HeavenHome) -> None:
    tokens = lease(home, "ada", "first")
    lease(home, "bob", "second")
    assert may(home, "ada", FIRST)
    assert may(home, "bob", SECOND)
    for lines in (SECOND, (8, 8), (9, 9), (5, 8), (4, 20), (9, 8)):
        assert not may(home, "ada", lines), lines
        assert not may(home, "ada", FIRST, lines), lines
    with pytest.raises(NotLeased) as refusal:
        home.heaven.check_write("ada", ["calc.py"], tokens, lines={"calc.py": [FIRST, (9, 9)]})
    assert (refusal.value.holder, refusal.value.lines) == ("bob", (9, 9))
    assert "line 9 is outside of them, while bob holds a lease there" in str(refusal.value)


def test_what_belongs_to_no_symbol_waits_until_the_others_are_gone(home: HeavenHome) -> None:
    lease(home, "ada", "first")
    tokens = lease(home, "bob", "second")
    assert not may(home, "ada", (1, 1))
    with pytest.raises(NotLeased, match="all of it is outside"):
        home.heaven.check_write("ada", ["calc.py"])
    home.heaven.release("bob", [f"L{token}" for token in tokens])
    assert may(home, "ada", (1, 1))


def test_insertions_belong_to_the_symbol_that_they_touch(home: HeavenHome) -> None:
    lease(home, "ada", "Third")
    lease(home, "bob", "second")
    for before in (12, 13, 14, 15):
        assert may(home, "ada", (before, before - 1)), before
    for before in (1, 7, 9, 11, 16):
        assert not may(home, "ada", (before, before - 1)), before


def test_a_symbol_that_is_not_there_yet_may_come_where_nobody_is(home: HeavenHome) -> None:
    lease(home, "ada", "fourth")
    lease(home, "bob", "second")
    assert may(home, "ada", (15, 14))
    assert may(home, "ada", (7, 6))
    assert not may(home, "ada", (9, 8))
    assert not may(home, "ada", (1, 1))


def test_the_lines_are_those_that_the_file_has_now(home: HeavenHome) -> None:
    lease(home, "ada", "first")
    lease(home, "bob", "second")
    (home.root / "calc.py").write_bytes(b"# one more line\n" + CODE)
    assert may(home, "ada", (5, 6))
    assert not may(home, "ada", (4, 4))
    assert may(home, "bob", (9, 10))


def test_readers_of_a_symbol_are_protected_too(home: HeavenHome) -> None:
    lease(home, "ada", "first")
    home.heaven.acquire("bob", "m", [Scope("symbol", "calc.py::second")], mode="S")
    assert may(home, "ada", FIRST)
    assert not may(home, "ada", SECOND)
    assert not may(home, "bob", SECOND)


def test_a_file_lease_covers_its_symbols(home: HeavenHome) -> None:
    home.heaven.acquire("ada", "m", [Scope("file", "calc.py"), Scope("symbol", "calc.py::first")])
    assert may(home, "ada", (1, 1), SECOND)


def replace(home: HeavenHome, owner: str, line: int, content: str, tokens: list[int]) -> None:
    now = (home.root / "calc.py").read_bytes()
    op = EditOp("replace_line", "calc.py", lines=(line,), content=content)
    edit = EditIR((with_proof(op, prove(now, line, line)),))
    staged = stage(edit, home.root, symbols=home.heaven, blobs=home.heaven)
    land(staged, home.heaven, run=owner, owner_id=owner, tokens=tokens)


def test_two_owners_land_edits_of_their_own_symbols_of_one_file(home: HeavenHome) -> None:
    ada, bob = lease(home, "ada", "first"), lease(home, "bob", "second")
    replace(home, "ada", 5, "    return 10", ada)
    replace(home, "bob", 9, "    return 20", bob)
    before = (home.root / "calc.py").read_bytes()
    with pytest.raises(NotLeased):
        replace(home, "ada", 9, "    return 30", ada)
    assert (home.root / "calc.py").read_bytes() == before
    assert b"return 10" in before
    assert b"return 20" in before
    checked = home.heaven.validate_manifest("ada", symbols=["calc.py::first"], files=["calc.py"])
    assert checked.allowed
