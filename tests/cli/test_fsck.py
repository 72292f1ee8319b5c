"""`aa fsck` prints what is wrong and where; its exit code says whether anything is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from genesis_ssmp.cli.aa import cli
from genesis_ssmp.cli.output import Problem
from genesis_ssmp.heaven import Heaven
from kit.commands import Aa
from kit.mission import program


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with Heaven.open(tmp_path) as heaven:
        heaven.append("note", {"n": 1})
        heaven.append("note", {"n": 2})
        heaven.put_blob(b"kept")
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["fsck", *arguments])
    return result.exit_code, result.stdout


def test_a_sound_repository_exits_with_0(root: Path) -> None:
    code, said = run("--repo", str(root))
    assert code == 0
    assert said.splitlines()[0].startswith("log         2 events,")
    assert said.splitlines()[-1] == "sound"


def test_damage_exits_with_1_and_names_the_byte_and_the_event(root: Path) -> None:
    log = root / ".heaven/log.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0] + lines[1].replace(b'"n":2', b'"n":3'))
    code, said = run("--repo", str(root))
    assert code == 1
    place = f"error: log (byte {len(lines[0])}, event 2): the record does not match its hash"
    assert place in said.splitlines()
    assert said.splitlines()[-1] == "not sound"
    code, said = run("--repo", str(root), "--json")
    found = json.loads(said)
    assert (code, found["ok"], found["exit_code"], found["sound"]) == (1, False, 1, False)
    assert {"offset": len(lines[0]), "seq": 2, "part": "log", "severity": "error"}.items() <= (
        found["findings"][1].items()
    )


def test_where_nothing_was_run_that_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["fsck", "--repo", str(tmp_path)], standalone_mode=False)
    assert isinstance(result.exception, Problem)
    assert result.exception.code == 4


def test_single_files_are_checked_without_a_repository(
    aa: Aa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = program("ISA_VERSION 0\nBASE_REV HEAD\n").code
    (tmp_path / "p.aab").write_bytes(whole)
    assert aa("fsck", "p.aab").code == 0
    (tmp_path / "q.aab").write_bytes(whole[:-40] + b"\xff" + whole[-39:])
    (tmp_path / "r.bundle").write_bytes(b"PK, more or less")
    said = aa("fsck", "p.aab", "q.aab", "r.bundle", "--json")
    result = json.loads(said.out)
    assert (said.code, result["sound"]) == (1, False)
    assert [one["sound"] for one in result["files"]] == [True, False, False]
    assert "AA0603" in result["files"][1]["findings"][0]["message"]
    assert "Traceback" not in said.err
    assert aa("fsck", "p.txt").code == 2
    assert aa("fsck", "none.aab").code == 4
