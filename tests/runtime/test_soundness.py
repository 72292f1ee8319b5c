"""Any changed byte of a bundle or of bytecode is named, and a sound file is sound."""

from __future__ import annotations

import hashlib
import random
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from genesis_ssmp.aa.decode import decode
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.bundle import Bundle, BundleDamaged, write_bundle
from genesis_ssmp.runtime.soundness import Flaw, check_file
from kit.angel import edit_answer, scripted
from kit.evidence import Evidence
from kit.mission import Mission, program

PROGRAM = (
    "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP change it\n"
    "LABEL next\nOP RENAME_SYMBOL Eval evaluate\n"
)
CHECKED = PROGRAM + "RUN test\nIF_FAIL RETRY 1\n"
SWAP = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"},
    {"op": "add_file", "path": "big.txt", "content": "line\n" * 3000},
)
CHANGES = (0x01, 0x80, 0xFF)


@pytest.fixture
def bundle(mission: Mission, tmp_path: Path) -> Path:
    assert mission.ended(PROGRAM, angel=scripted(SWAP)).exit_code == 0
    path = tmp_path / "r1.bundle"
    write_bundle(mission.heaven, runs.find(mission.heaven, "last"), path)
    return path


def test_every_changed_byte_of_bytecode_is_named(tmp_path: Path, evidence: Evidence) -> None:
    whole = program(CHECKED).code
    path = tmp_path / "p.aab"
    path.write_bytes(whole)
    assert check_file(path) == ()
    for at in range(len(whole)):
        for change in CHANGES:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
            (flaw,) = check_file(path)
            assert flaw.message.startswith("AA06"), (at, flaw)
            assert flaw.offset is not None
        path.write_bytes(whole[:at])
        assert check_file(path), f"cut at {at}"
    evidence.note("bytecode changed", bytes=len(whole), changes=len(CHANGES) * len(whole))


def test_what_is_wrong_in_changed_bytecode_is_told_where_the_reader_stops(tmp_path: Path) -> None:
    whole = program(CHECKED).code
    path = tmp_path / "p.aab"
    seen: set[str] = set()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        (flaw,) = check_file(path)
        if "; AA06" in flaw.message:
            seen.add(flaw.message.split("; ")[1][:6])
    assert len(seen) >= 4, seen


def test_every_changed_byte_of_a_bundle_is_named(bundle: Path, evidence: Evidence) -> None:
    whole = bundle.read_bytes()
    assert check_file(bundle) == ()
    chance = random.Random(7)
    places = sorted({*range(40), *range(len(whole) - 120, len(whole))})
    places += sorted(chance.sample(range(len(whole)), 500))
    named = 0
    for at in places:
        bundle.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        flaws = check_file(bundle)
        assert flaws, at
        named += flaws[0].part != "archive"
        with pytest.raises(BundleDamaged):
            Bundle(bundle)
    assert named > len(places) // 3
    evidence.note("bundle changed", bytes=len(whole), changes=len(places), member_named=named)


def forged(bundle: Path, name: str, old: bytes, new: bytes) -> tuple[Flaw, ...]:
    """The flaws of the bundle once a member was changed, and every sum made anew."""
    with zipfile.ZipFile(BytesIO(bundle.read_bytes())) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    assert old in members[name]
    members[name] = members[name].replace(old, new)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, data in members.items():
            archive.writestr(zipfile.ZipInfo(one), data)
        archive.comment = b"0" * 64
    whole = packed.getvalue()[:-64]
    bundle.write_bytes(whole + hashlib.sha256(whole).hexdigest().encode())
    return check_file(bundle)


def test_an_event_that_was_forged_with_all_sums_is_named(bundle: Path) -> None:
    (flaw,) = forged(bundle, "events.jsonl", b'"op":"FAULT_SYMDEF"', b'"op":"FAULT_CALLERS"')
    assert (flaw.part, flaw.message) == ("events.jsonl", "the record does not match its hash")
    assert flaw.seq is not None


def test_a_content_that_was_forged_with_all_sums_is_named(bundle: Path) -> None:
    opened = Bundle(bundle)
    run = runs.find(opened, "r1")
    decode(opened.get_blob(run.module))
    assert run.source is not None
    (flaw,) = forged(bundle, f"blobs/{run.source}", b"change it", b"change me")
    assert flaw.part == f"blobs/{run.source}"
