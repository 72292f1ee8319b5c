"""Landing through Heaven: leases, journal, order of steps, modes, directories, failures, undo."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven import EventTooLarge, LogFailed, NotLeased, StaleToken
from genesis_ssmp.heaven.log import eventlog
from genesis_ssmp.proto.edit_ir import EditOp
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.runtime.edits import (
    EditRefused,
    LandFailed,
    Recovery,
    from_event,
    land,
    prove,
    recover,
    undo,
)
from kit.edits import tree
from kit.landing import AFTER, FILES, House, contents


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.home.close()


def test_landed_files_have_their_new_content_and_old_mode(house: House) -> None:
    landed = house.land(house.four())
    assert contents(house.root) == AFTER
    assert (house.root / "bin/run.sh").stat().st_mode & 0o7777 == 0o750
    assert [file.mode for file in landed.files] == [0o100644, 0o100755, 0o100644, 0o100644]
    assert house.heaven.get_blob(landed.files[0].before or "") == FILES["a.txt"]
    assert house.heaven.get_blob(landed.files[0].after or "") == AFTER["a.txt"]


def test_journal_holds_the_whole_edit_and_is_closed(house: House) -> None:
    landed = house.land(house.four())
    assert house.kinds() == ["edit_staged", "clock_inc", "edit_landed"]
    (staged,) = house.heaven.events(kinds=["edit_staged"])
    assert from_event(staged).edit == landed
    assert landed.edit_id == f"E{staged.seq}"
    assert landed.clocks == house.heaven.clocks(landed.paths)
    assert set(landed.clocks.values()) == {1}
    assert recover(house.heaven).finished == ()


def test_files_that_do_not_change_are_not_rewritten(house: House) -> None:
    times = {path: (house.root / path).stat().st_mtime_ns for path in FILES}
    inode = (house.root / "a.txt").stat().st_ino
    same = house.stage(house.line("a.txt", 2, "two"))
    assert house.land(same).files == ()
    house.land(house.stage(house.line("a.txt", 1, "one"), house.line("bin/run.sh", 2, "x")))
    assert (house.root / "a.txt").stat().st_ino == inode
    assert (house.root / "a.txt").stat().st_mtime_ns == times["a.txt"]
    assert [path for path, clock in house.heaven.clocks(FILES).items() if clock] == ["bin/run.sh"]


def test_trap_file_changed_between_staging_and_landing_is_not_overwritten(house: House) -> None:
    """A formatter, or anybody, ran in between."""
    staged = house.four()
    (house.root / "bin/run.sh").write_bytes(b"#!/bin/sh\necho other\n")
    before = tree(house.root)
    with pytest.raises(EditRefused) as caught:
        house.land(staged)
    assert (caught.value.code, caught.value.path) == ("changed", "bin/run.sh")
    assert (caught.value.line, caught.value.actual) == (2, "echo other")
    assert tree(house.root) == before
    assert house.kinds() == []


@pytest.mark.parametrize("path", ["new/deep/n.txt", "d/gone.txt", "a.txt"])
def test_file_that_appeared_vanished_or_became_a_link_meanwhile(house: House, path: str) -> None:
    staged = house.four()
    where = house.root / path
    if where.exists():
        where.unlink()
        if path == "a.txt":
            where.symlink_to("d/stays.txt")
    else:
        where.parent.mkdir(parents=True)
        where.write_bytes(b"theirs")
    before = tree(house.root)
    with pytest.raises(EditRefused):
        house.land(staged)
    assert tree(house.root) == before


def test_trap_paused_holder_wakes_after_its_lease_expired(house: House) -> None:
    (lease,) = house.heaven.active_leases()
    staged = house.four()
    before = tree(house.root)
    house.home.clock.advance(10_000)
    for _ in range(2):
        with pytest.raises(StaleToken):
            land(staged, house.heaven, run="r", owner_id="me", tokens=[lease.fencing_token])
        with pytest.raises(NotLeased):
            house.land(staged)
        house.heaven.acquire("other", "m2", [Scope("file", "a.txt")])
    assert tree(house.root) == before
    assert "edit_staged" not in house.kinds()


def test_trap_stale_fencing_token_does_not_write(house: House) -> None:
    (old,) = house.heaven.active_leases()
    house.heaven.release("me", [old.lease_id])
    (new,) = house.heaven.acquire("me", "m", [Scope("directory", ".")]).acquired
    staged = house.stage(house.line("a.txt", 1, "x"))
    with pytest.raises(StaleToken):
        land(staged, house.heaven, run="r", owner_id="me", tokens=[old.fencing_token])
    land(staged, house.heaven, run="r", owner_id="me", tokens=[new.fencing_token])


def test_owner_without_a_lease_does_not_write(house: House) -> None:
    staged = house.stage(house.line("a.txt", 1, "x"))
    with pytest.raises(NotLeased):
        land(staged, house.heaven, run="r", owner_id="stranger")
    assert contents(house.root) == FILES


def test_order_of_steps_survives_power_loss_at_any_of_them(house: House) -> None:
    """Journal first; no name changes before all new contents are synced; directories after."""
    steps: list[tuple[str, str]] = []
    staged = house.four()
    land(
        staged,
        house.heaven,
        run="r",
        owner_id="me",
        step=lambda name, subject: steps.append((name, subject)),
    )
    names = [name for name, _ in steps]
    assert names[0] == "put blobs" and steps[1] == ("append", "edit_staged")
    first_change = min(names.index("rename"), names.index("unlink"))
    assert max(n for n, name in enumerate(names) if name in ("sync", "chmod")) < first_change
    last_change = max(n for n, name in enumerate(names) if name in ("rename", "unlink"))
    assert last_change < names.index("sync directory")
    assert names[-3:] == ["append", "append", "done"]
    synced = {subject for name, subject in steps if name == "sync directory"}
    assert synced == {".", "bin", "d", "new", "new/deep"}


def test_disk_error_at_any_step_leaves_the_tree_as_it_was(tmp_path: Path) -> None:
    failed_at = 0
    while True:
        root = tmp_path / str(failed_at)
        root.mkdir()
        house = House(root)
        before = tree(root)
        left = failed_at

        def step(name: str, subject: str) -> None:
            nonlocal left
            left -= 1
            if left == -1 and name not in ("append", "done"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), subject)

        try:
            land(house.four(), house.heaven, run="r", owner_id="me", step=step)
        except LandFailed as failure:
            assert failure.restored and "No space left" in str(failure)
            assert tree(root) == before
            assert house.kinds()[-1:] == (["edit_abandoned"] if failed_at else [])
            assert recover(house.heaven).finished == ()
        else:
            assert contents(root) == AFTER
        house.home.close()
        if left >= 0:
            break
        failed_at += 1
    assert failed_at > 20


def test_interrupt_in_the_middle_takes_the_edit_back(house: House) -> None:
    before = tree(house.root)

    def step(name: str, subject: str) -> None:
        if (name, subject) == ("rename", "bin/run.sh"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        land(house.four(), house.heaven, run="r", owner_id="me", step=step)
    assert tree(house.root) == before
    assert house.kinds()[-1] == "edit_abandoned"


def test_edit_too_large_for_the_log_is_refused_before_anything_is_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventlog, "MAX_RECORD_BYTES", 1000)
    with pytest.raises(EventTooLarge):
        house.land(house.four())
    assert contents(house.root) == FILES
    assert recover(house.heaven) == Recovery()


def test_journal_that_cannot_be_written_stops_the_edit_before_any_file_changes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(eventlog, "write_all", fail)
    with pytest.raises(LogFailed, match="No space left"):
        house.land(house.four())
    assert contents(house.root) == FILES


# Undo


def test_undo_restores_bytes_modes_and_directories(house: House) -> None:
    before = tree(house.root)
    landed = house.land(house.four())
    undone = undo(landed, house.heaven, run="r", owner_id="me")
    assert tree(house.root) == before
    assert undone.paths == landed.paths
    assert [(f.before, f.after) for f in undone.files] == [
        (f.after, f.before) for f in landed.files
    ]
    again = undo(undone, house.heaven, run="r", owner_id="me")
    assert contents(house.root) == AFTER
    assert [file.mode for file in again.files] == [file.mode for file in landed.files]


def test_undo_restores_the_mode_of_a_deleted_file(house: House) -> None:
    (house.root / "bin/run.sh").chmod(0o711)
    before = tree(house.root)
    base = prove(FILES["bin/run.sh"], 1, 1).base_blob
    landed = house.land(house.stage(EditOp("delete_file", "bin/run.sh", base_blob=base)))
    assert not (house.root / "bin/run.sh").exists()
    undo(landed, house.heaven, run="r", owner_id="me")
    assert tree(house.root) == before


def test_undo_is_refused_where_later_work_would_be_lost(house: House) -> None:
    landed = house.land(house.four())
    (house.root / "a.txt").write_bytes(b"later\n")
    before = tree(house.root)
    with pytest.raises(EditRefused) as caught:
        undo(landed, house.heaven, run="r", owner_id="me")
    assert (caught.value.code, caught.value.path) == ("changed", "a.txt")
    assert tree(house.root) == before


def test_undo_leaves_a_directory_that_others_use_by_now(house: House) -> None:
    landed = house.land(house.four())
    (house.root / "new/other.txt").write_bytes(b"other")
    undo(landed, house.heaven, run="r", owner_id="me")
    assert (house.root / "new/other.txt").exists()
    assert not (house.root / "new/deep").exists()


def test_undo_from_the_log_alone(house: House) -> None:
    """A resumed process has the event, not the object."""
    house.land(house.four())
    heaven = house.home.reopen()
    (staged,) = heaven.events(kinds=["edit_staged"])
    undo(from_event(staged).edit, heaven, run="r", owner_id="me")
    assert contents(house.root) == FILES
