from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import genesis_ssmp.heaven as face
import pytest
from genesis_ssmp.heaven import (
    Closed,
    Heaven,
    LogDamaged,
    NoHeaven,
    NoRepository,
    ReadOnly,
    UnknownFormat,
)
from genesis_ssmp.heaven.leases.grants import GRANTED, read_granted
from genesis_ssmp.proto.heaven_status import HeavenStatus
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.proto.pf import Args, Request
from kit.clock import FrozenClock
from kit.heaven import HeavenHome


def test_the_public_face_is_this_list() -> None:
    """What `genesis_ssmp.heaven` exports is its API: change it on purpose, here and there."""
    assert sorted(face.__all__) == [
        "BadBlobId",
        "BadEvent",
        "BadScope",
        "BlobDamaged",
        "BlobMissing",
        "Clock",
        "Closed",
        "Entry",
        "Event",
        "EventTooLarge",
        "Heaven",
        "HeavenError",
        "HeavenInUse",
        "Json",
        "JsonObject",
        "LeaseGone",
        "LeaseNotOwned",
        "LogDamaged",
        "LogFailed",
        "Manifest",
        "NoHeaven",
        "NoRepository",
        "NotCanonical",
        "NotLeased",
        "PathOutside",
        "Position",
        "Prompt",
        "PromptDamaged",
        "PromptEntry",
        "PromptMissing",
        "PromptSection",
        "PromptTooLarge",
        "ReadOnly",
        "RefKind",
        "Reference",
        "Section",
        "SectionMissing",
        "StaleToken",
        "StoredPrompt",
        "Symbol",
        "SystemClock",
        "TreeUnreadable",
        "UnknownFormat",
    ]
    for name in face.__all__:
        assert hasattr(face, name)


def test_every_error_is_a_heaven_error_with_a_docstring_that_says_what_to_do() -> None:
    errors = [
        value
        for value in vars(face).values()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    assert len(errors) == 26
    for error in errors:
        assert issubclass(error, face.HeavenError)
        assert error.__doc__


def test_opening_heaven_costs_no_index_and_no_validator() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, genesis_ssmp.heaven;"
            "print(*{'sqlite3', 'tree_sitter', 'pydantic', 'jsonschema', 'pathspec'}"
            " & set(sys.modules))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == ""


def test_a_new_heaven_keeps_itself_out_of_git_and_states_its_format(tmp_path: Path) -> None:
    Heaven.open(tmp_path).close()
    state = tmp_path / ".heaven"
    assert (state / ".gitignore").read_text() == "*\n"
    assert (state / "format").read_text() == "1\n"
    subprocess.run(["git", "init"], cwd=tmp_path, check=True, capture_output=True)
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert status.stdout == ""


@pytest.mark.parametrize("found", ["2\n", "", "\xff", None])
@pytest.mark.parametrize("read_only", [True, False])
def test_another_versions_state_is_left_alone(
    tmp_path: Path, found: str | None, read_only: bool
) -> None:
    Heaven.open(tmp_path).close()
    format_file = tmp_path / ".heaven" / "format"
    if found is None:
        format_file.unlink()
    else:
        format_file.write_text(found, encoding="latin-1")
    with pytest.raises(UnknownFormat) as refusal:
        Heaven.open(tmp_path, read_only=read_only)
    assert refusal.value.supported == "1"


@pytest.mark.parametrize("step", ["directory", "gitignore", "new format"])
def test_a_creation_cut_short_is_finished_by_the_next(tmp_path: Path, step: str) -> None:
    state = tmp_path / ".heaven"
    state.mkdir()
    if step != "directory":
        (state / ".gitignore").write_text("")
    if step == "new format":
        (state / "format.new").write_text("")
    with Heaven.open(tmp_path) as heaven:
        assert heaven.append("x", {}).seq == 1
    Heaven.open(tmp_path).close()


def test_trap_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        blob = home.heaven.put_blob(b"kept")
        home.heaven.append("note", {"blob": blob}, sync=False)
        home.heaven.clock_inc(["a.py"], sync=False)
        lease = home.heaven.acquire("run", "m", [Scope("file", "a.py")]).acquired[0]
        before = (home.heaven.head, home.heaven.last_seq, home.heaven.status())
        heaven = home.reopen()
        assert (heaven.head, heaven.last_seq, heaven.status()) == before
        assert heaven.get_blob(blob) == b"kept"
        assert heaven.clocks(["a.py"]) == {"a.py": 1}
        assert heaven.active_leases() == (lease,)
        assert heaven.append("note", {}).prev == before[0]


def test_status_is_the_wire_record(tmp_path: Path) -> None:
    from genesis_ssmp.proto import wire

    (tmp_path / "a.py").write_text("def f():\n    return 1\n")
    with HeavenHome(tmp_path) as home:
        home.heaven.clock_inc(["b.py", "a.py"])
        home.heaven.acquire("run", "m", [Scope("file", "a.py")])
        ask = Request("PF_SYMDEF", Args(mission_id="m", symbol="f"))
        home.heaven.fault(ask)
        home.heaven.fault(ask)
        status = home.heaven.status()
    assert status == HeavenStatus(4, 1, {"f": "2"}, {"a.py": "1", "b.py": "1"})
    assert wire.parse(HeavenStatus, asdict(status)) == status


def test_a_reader_reads_all_and_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NoHeaven):
        Heaven.open(tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []
    with HeavenHome(tmp_path) as home:
        home.heaven.append("note", {"n": 1})
        with Heaven.open(tmp_path, read_only=True) as reader:
            home.heaven.append("note", {"n": 2})
            blob = home.heaven.put_blob(b"x")
            home.heaven.clock_inc(["a"])
            assert [event.data["n"] for event in reader.events(kinds={"note"})] == [1, 2]
            assert reader.tail(1)[0].kind == "clock_inc"
            assert reader.clocks(["a"]) == {"a": 1}
            assert reader.get_blob(blob) == b"x"
            assert reader.head == home.heaven.head
            scope = Scope("file", "a")
            for change in (
                lambda: reader.append("x", {}),
                lambda: reader.put_blob(b"y"),
                lambda: reader.clock_inc(["a"]),
                lambda: reader.acquire("o", "m", [scope]),
            ):
                with pytest.raises(ReadOnly):
                    change()
        assert home.heaven.last_seq == 3


def test_leftover_temporary_files_are_cleared(tmp_path: Path) -> None:
    Heaven.open(tmp_path).close()
    leftover = tmp_path / ".heaven" / "tmp" / "blob-1-0"
    leftover.write_bytes(b"half")
    Heaven.open(tmp_path).close()
    assert not leftover.exists()


def test_a_place_that_is_no_directory_is_refused_and_not_created(tmp_path: Path) -> None:
    with pytest.raises(NoRepository):
        Heaven.open(tmp_path / "absent")
    (tmp_path / "file").write_text("")
    with pytest.raises(NoRepository):
        Heaven.open(tmp_path / "file")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / ".heaven").symlink_to("../elsewhere")
    with pytest.raises(NoRepository):
        Heaven.open(tmp_path / "repo")
    assert not (tmp_path / "absent").exists()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_damaged_log_refuses_to_open_says_where_and_lets_go_of_the_lock(tmp_path: Path) -> None:
    home = HeavenHome(tmp_path)
    home.heaven.append("x", {"n": 1})
    offset = home.log.stat().st_size
    home.heaven.append("x", {"n": 2})
    home.close()
    data = bytearray(home.log.read_bytes())
    data[offset + 10] ^= 1
    home.log.write_bytes(data)
    for _ in range(2):
        with pytest.raises(LogDamaged) as damage:
            Heaven.open(tmp_path)
        assert (damage.value.offset, damage.value.path) == (offset, home.log)


def test_trap_counters_do_not_restart_when_the_log_is_lost(tmp_path: Path) -> None:
    """A fencing token or a clock that is given out twice protects nothing."""
    with HeavenHome(tmp_path) as home:
        home.heaven.put_blob(b"kept")
        home.heaven.acquire("run", "m", [Scope("file", "a.py")])
    home.log.unlink()
    with pytest.raises(LogDamaged, match="missing"):
        Heaven.open(tmp_path)
    assert not home.log.exists()


def test_a_closed_heaven_says_so(tmp_path: Path) -> None:
    heaven = Heaven.open(tmp_path)
    heaven.close()
    heaven.close()
    for attempt in (
        lambda: heaven.append("x", {}),
        lambda: heaven.events(),
        lambda: heaven.clock_inc(["a"]),
        lambda: heaven.acquire("o", "m", [Scope("file", "a")]),
    ):
        with pytest.raises(Closed):
            attempt()


CHILD = r"""
import os
import sys
from pathlib import Path
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.proto.leases import Scope
heaven = Heaven.open(Path(sys.argv[1]))
n = 0
while True:
    n += 1
    heaven.append("staged", {"n": n}, sync=False)
    heaven.clock_inc(["a.py"], sync=False)
    blob = heaven.put_blob(b"content %d" % n)
    (lease,) = heaven.acquire("run", "m", [Scope("file", f"{n}.py")]).acquired
    os.write(1, b"%d %s %s\n" % (n, lease.lease_id.encode(), blob.encode()))
"""


def test_kill_9_keeps_every_acknowledged_lease_clock_and_blob(tmp_path: Path) -> None:
    before = 0
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(15)]
        child.kill()
        lines += [line for line in child.stdout if line.endswith("\n")]
        child.wait()
        acknowledged = [line.split() for line in lines]
        with Heaven.open(tmp_path) as heaven:
            leases = {lease.lease_id for lease in heaven.active_leases()}
            clock = heaven.clocks(["a.py"])["a.py"]
            assert leases >= {lease_id for _, lease_id, _ in acknowledged}
            assert clock >= before + len(acknowledged)
            for n, _, blob in acknowledged:
                assert heaven.get_blob(blob) == b"content %s" % n.encode()
        before = clock


def test_threads_contending_for_one_file_hold_it_one_at_a_time(tmp_path: Path) -> None:
    """Four threads, one file, a counter read and written without any other protection."""
    counter = tmp_path / "counter"
    counter.write_text("0")
    rounds = 8
    with Heaven.open(tmp_path) as heaven:

        def work(owner: str) -> None:
            done = 0
            while done < rounds:
                grant = heaven.acquire(owner, "m", [Scope("file", "counter")])
                if grant.acquired:
                    with heaven.writing(owner, ["counter"], [grant.acquired[0].fencing_token]):
                        value = int(counter.read_text())
                    counter.write_text(str(value + 1))
                    heaven.release(owner, [grant.acquired[0].lease_id])
                    done += 1

        threads = [threading.Thread(target=work, args=(f"owner-{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert int(counter.read_text()) == 4 * rounds
        assert heaven.active_leases() == ()
    with Heaven.open(tmp_path, clock=FrozenClock()) as heaven:
        assert heaven.active_leases() == ()
        tokens = [
            grant.lease.fencing_token
            for event in heaven.events(kinds={GRANTED})
            for grant in read_granted(event)
        ]
        assert tokens == list(range(1, 4 * rounds + 1))
