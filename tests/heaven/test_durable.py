from __future__ import annotations

import os
from pathlib import Path

import pytest
from genesis_ssmp.heaven import durable


def test_a_write_that_the_system_cuts_short_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    calls: list[int] = []

    def short(fd: int, data: bytes) -> int:
        calls.append(len(data))
        return real(fd, bytes(data[:3]))

    fd = os.open(tmp_path / "f", os.O_CREAT | os.O_WRONLY)
    monkeypatch.setattr(os, "write", short)
    durable.write_all(fd, b"0123456789")
    monkeypatch.undo()
    os.close(fd)
    assert (tmp_path / "f").read_bytes() == b"0123456789"
    assert calls == [10, 7, 4, 1]


def test_every_new_directory_is_made_durable_in_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(durable, "sync_directory", synced.append)
    durable.make_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert synced == [tmp_path, tmp_path / "a"]
    durable.make_directory(tmp_path / "a" / "b")
    assert len(synced) == 2


def test_write_file_replaces_what_was_there(tmp_path: Path) -> None:
    durable.write_file(tmp_path / "f", b"long content")
    durable.write_file(tmp_path / "f", b"short")
    assert (tmp_path / "f").read_bytes() == b"short"
