"""fsck names every kind of damage, with its place, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven, LogDamaged, NoHeaven
from genesis_ssmp.heaven.canonical import encode
from genesis_ssmp.heaven.fsck import MAX_FINDINGS, Finding, Report, fsck
from genesis_ssmp.heaven.log.chain import GENESIS_HASH, finish_record, start_record
from genesis_ssmp.heaven.records import Event, Json
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.proto.pf import Args, Request
from kit.heaven import HeavenHome


@pytest.fixture
def home(tmp_path: Path) -> HeavenHome:
    """A closed Heaven with some of everything."""
    (tmp_path / "a.py").write_text("def f():\n    return 1\n")
    home = HeavenHome(tmp_path)
    for n in range(4):
        home.heaven.append("note", {"n": n, "blob": home.heaven.put_blob(b"%d" % n)})
        home.heaven.clock_inc([f"f{n}"])
        home.heaven.acquire(f"o{n}", "m", [Scope("file", f"f{n}")])
    home.heaven.fault(Request("PF_SYMDEF", Args(mission_id="m", symbol="f")))
    home.close()
    return home


def notes(event: Event) -> list[str]:
    return [str(event.data["blob"])] if event.kind == "note" else []


def check(home: HeavenHome) -> Report:
    files = {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()}
    report = fsck(home.root, references=notes)
    assert files == {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()}
    return report


def errors(report: Report) -> list[Finding]:
    assert not report.ok
    return [finding for finding in report.findings if finding.severity == "error"]


def starts(home: HeavenHome) -> list[int]:
    found = [0]
    for line in home.log.read_bytes().splitlines(keepends=True):
        found.append(found[-1] + len(line))
    return found


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_sound_heaven_is_sound(home: HeavenHome) -> None:
    report = check(home)
    assert report.findings == []
    assert report.ok
    assert report.events == 13
    assert report.snapshot_seq == 13
    assert report.log_bytes == home.log.stat().st_size
    assert report.referenced == 4 + 2  # callers and tests of f are both none
    assert report.blobs >= 7
    heaven = home.reopen()
    assert report.head == heaven.head
    heaven.close()


def test_a_tail_after_the_snapshot_is_compared_too(home: HeavenHome) -> None:
    kept = (home.root / ".heaven/snapshot.json").read_bytes()
    home.reopen().clock_inc(["later"])
    home.close()
    (home.root / ".heaven/snapshot.json").write_bytes(kept)
    report = check(home)
    assert (report.ok, report.snapshot_seq, report.events) == (True, 13, 14)


def test_every_damaged_record_is_named_and_heaven_refuses_where_fsck_goes_on(
    home: HeavenHome,
) -> None:
    places = starts(home)
    for record in (2, 7):
        flip(home.log, places[record] + 30)
    with pytest.raises(LogDamaged):
        home.reopen()
    found = [one for one in errors(check(home)) if one.part == "log"]
    assert [(one.offset, one.seq) for one in found] == [(places[2], 3), (places[7], 8)]
    report = check(home)
    assert report.events == 11


def test_a_missing_record_is_named(home: HeavenHome) -> None:
    lines = home.log.read_bytes().splitlines(keepends=True)
    home.log.write_bytes(b"".join(lines[:4] + lines[5:]))
    (found,) = [one for one in errors(check(home)) if one.part == "log"]
    assert found.offset == len(b"".join(lines[:4]))
    assert "does not follow" in found.message


def test_an_overwritten_newline_is_named(home: HeavenHome) -> None:
    places = starts(home)
    flip(home.log, places[5] - 1)
    flip(home.log, places[13] - 1)
    found = [one for one in errors(check(home)) if one.part == "log"]
    assert [one.offset for one in found] == [places[4], places[12]]


def test_a_torn_last_record_is_a_note(home: HeavenHome) -> None:
    (home.root / ".heaven/snapshot.json").unlink()
    (home.root / ".heaven/checkpoint").unlink()  # as if the record was never acknowledged
    places = starts(home)
    home.log.write_bytes(home.log.read_bytes()[:-10])
    report = check(home)
    assert report.ok
    assert [(one.severity, one.offset, one.seq) for one in report.findings] == [
        ("note", places[12], 13)
    ]


@pytest.mark.parametrize("into_the_record", [0, 10])
def test_trap_acknowledged_events_that_were_removed_are_named(
    home: HeavenHome, into_the_record: int
) -> None:
    (home.root / ".heaven/snapshot.json").unlink()
    places = starts(home)
    home.log.write_bytes(home.log.read_bytes()[: places[11] + into_the_record])
    (found,) = errors(check(home))
    assert (found.part, found.offset, found.seq) == ("log", places[11], 12)
    assert "ends after event 11, and events up to 13 were acknowledged" in found.message
    with pytest.raises(LogDamaged) as refusal:
        home.reopen()
    assert refusal.value.offset == found.offset


@pytest.mark.parametrize("at", [0, 30, -2])
def test_a_changed_checkpoint_is_named(home: HeavenHome, at: int) -> None:
    path = home.root / ".heaven/checkpoint"
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    found = check(home)
    assert [one.severity for one in found.findings] == ["note"]
    assert "the checkpoint beside it is not whole" in found.findings[0].message


def blob_file(home: HeavenHome, content: bytes) -> Path:
    name = sha256(content).hexdigest()
    return home.root / ".heaven/blobs/sha256" / name[:2] / name[2:]


def test_a_damaged_blob_is_named_with_the_event_that_counts_on_it(home: HeavenHome) -> None:
    blob_file(home, b"2").write_bytes(b"3")
    (found,) = errors(check(home))
    assert (found.part, found.blob_id, found.seq) == ("blobs", sha256(b"2").hexdigest(), 7)


def test_a_missing_blob_is_named_with_the_event_that_counts_on_it(home: HeavenHome) -> None:
    blob_file(home, b"1").unlink()
    (found,) = errors(check(home))
    assert (found.part, found.blob_id, found.seq) == ("blobs", sha256(b"1").hexdigest(), 4)
    assert "missing" in found.message


def test_a_file_that_is_no_blob_is_named(home: HeavenHome) -> None:
    stray = home.root / ".heaven/blobs/sha256/ab/stray"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"")
    (found,) = errors(check(home))
    assert found.blob_id == "abstray"


def edit_snapshot(home: HeavenHome, change: Callable[[dict[str, Json]], object]) -> None:
    path = home.root / ".heaven/snapshot.json"
    record = json.loads(path.read_bytes().splitlines()[0])
    change(record)
    body = encode(record)
    path.write_bytes(body + b"\n" + sha256(body).hexdigest().encode() + b"\n")


def test_a_torn_snapshot_is_named(home: HeavenHome) -> None:
    path = home.root / ".heaven/snapshot.json"
    path.write_bytes(path.read_bytes()[:-3])
    (found,) = errors(check(home))
    assert found.part == "snapshot"
    assert "checksum" in found.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(head="0" * 64), "another event"),
        (lambda r: r.update(size=10**9, start=10**8), "newer than the log"),
        (lambda r: r.update(segments=["0" * 64]), "segment 0"),
        (lambda r: r["states"]["clocks/1"].update(f0=2), "full replay in clocks/1"),
        (lambda r: r["states"]["leases/1"].update(last_token=3), "full replay in leases/1"),
        (lambda r: r["states"]["missions/1"].clear(), "full replay in missions/1"),
    ],
)
def test_a_snapshot_that_disagrees_with_the_log_is_named(
    home: HeavenHome, change: Callable[[dict[str, Json]], object], message: str
) -> None:
    edit_snapshot(home, change)
    found = errors(check(home))
    assert {one.part for one in found} == {"snapshot"}
    assert message in found[0].message


def write_log(home: HeavenHome, events: list[tuple[str, dict[str, Json]]]) -> None:
    """A log whose chain is right, whatever its events say."""
    (home.root / ".heaven/snapshot.json").unlink()
    (home.root / ".heaven/checkpoint").unlink()
    prev, lines = GENESIS_HASH, []
    for seq, (kind, data) in enumerate(events, 1):
        head, hasher = start_record(encode(data))
        line, prev = finish_record(head, hasher, kind, prev, seq, "2026-01-01T12:00:00.000000Z")
        lines.append(line)
    home.log.write_bytes(b"".join(lines))


def test_an_event_that_state_cannot_be_derived_from_is_named(home: HeavenHome) -> None:
    events: list[tuple[str, dict[str, Json]]] = [
        ("clock_inc", {"clocks": {"a": 1}}),
        ("lease_released", {"leases": ["L7"]}),
    ]
    write_log(home, events)
    (found,) = errors(check(home))
    assert (found.part, found.seq) == ("state", 2)


def test_overlapping_exclusive_grants_are_named(home: HeavenHome) -> None:
    def grant(owner: str, token: int, path: str) -> tuple[str, dict[str, Json]]:
        row: dict[str, Json] = {"token": token, "type": "file", "value": path}
        row["nodes"] = [[path, None]]
        moment = "2026-01-01T12:00:00.000000Z"
        return "lease_granted", {
            "owner": owner, "mission": "m", "mode": "X",
            "issued": moment, "expires": moment, "leases": [row],
        }  # fmt: skip

    write_log(home, [grant("a", 1, "d"), grant("b", 2, "d/x")])
    (found,) = errors(check(home))
    assert (found.part, found.seq) == ("state", 2)
    assert "while a had its place" in found.message


def test_it_works_beside_a_running_writer_on_what_there_is(home: HeavenHome) -> None:
    heaven = home.reopen()
    try:
        heaven.append("note", {"blob": heaven.put_blob(b"new")})
        heaven.append("note", {"blob": heaven.put_blob(b"not synced")}, sync=False)
        with home.log.open("ab") as file:
            file.write(b'{"data":{"half')  # the writer is in the middle of a record
        report = fsck(home.root, references=notes)
        assert report.ok
        assert report.findings == []
        assert (report.events, report.snapshot_seq) == (14, 13)
        assert report.writer is not None
    finally:
        home.log.write_bytes(home.log.read_bytes()[:-14])
        heaven.close()


def test_findings_are_bounded(home: HeavenHome) -> None:
    directory = home.root / ".heaven/blobs/sha256/ab"
    directory.mkdir(exist_ok=True)
    for n in range(MAX_FINDINGS + 5):
        (directory / f"stray{n}").write_bytes(b"")
    report = fsck(home.root)
    assert (len(report.findings), report.unlisted) == (MAX_FINDINGS, 5)


def test_progress_is_told(home: HeavenHome) -> None:
    seen: list[tuple[str, int, int]] = []
    fsck(home.root, progress=lambda part, done, total: seen.append((part, done, total)))
    size = home.log.stat().st_size
    assert ("log", size, size) in seen
    assert seen[-1][0] == "blobs"
    assert seen[-1][1] == seen[-1][2]


def test_without_a_heaven_there_is_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(NoHeaven):
        fsck(tmp_path)
    Heaven.open(tmp_path).close()
    assert fsck(tmp_path).ok


def test_a_lost_log_is_damage(home: HeavenHome) -> None:
    home.log.unlink()
    found = errors(check(home))
    assert (found[0].part, found[0].message[:13]) == ("log", "it is missing")
