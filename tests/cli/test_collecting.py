"""`aa gc`, alone and beside a server that others store in meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.errors import BlobMissing
from genesis_ssmp.heaven.fsck import fsck
from genesis_ssmp.runtime.collect import run_of
from genesis_ssmp.runtime.hosted import Runs
from genesis_ssmp.runtime.references import blobs_of
from genesis_ssmp.runtime.replay import replay
from genesis_ssmp.runtime.runs import find, pruned_runs
from kit.commands import Aa
from kit.repository import make_repository
from kit.server import client_of, serving

RENAMES = ("OP RENAME_SYMBOL Add plus", "OP RENAME_SYMBOL plus sum_up")


@pytest.fixture
def root(tmp_path: Path, aa: Aa, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two runs, and a content that nobody named."""
    root = make_repository(tmp_path / "repository").root
    monkeypatch.chdir(root)
    for number, text in enumerate(RENAMES):
        (tmp_path / f"{number}.isa").write_text(f"ISA_VERSION 0\nBASE_REV HEAD\n{text}\n")
        assert aa("run", f"../{number}.isa", "-q").code == 0
    with Heaven.open(root) as heaven:
        heaven.put_blob(b"nobody's")
    return root


def test_a_server_drops_what_was_stored_before_it_came_and_nothing_that_is_in_use(
    aa: Aa, root: Path
) -> None:
    with (
        Heaven.open(root) as heaven,
        serving(heaven, host_runs=Runs()) as server,
        client_of(server) as client,
    ):
        waiting = client.put_blob(b"stored, and not yet named")
        looked = json.loads(aa("gc", "--json").out)
        (nobodys,) = looked["blobs"]
        assert heaven.get_blob(nobodys) == b"nobody's"
        assert not looked["deleted"]
        dropped = json.loads(aa("gc", "--keep", "1", "--delete", "--json").out)
        assert (dropped["runs"], dropped["deleted"]) == (["r1"], True)
        assert nobodys in dropped["blobs"]
        assert waiting not in dropped["blobs"]
        with pytest.raises(BlobMissing):
            heaven.get_blob(nobodys)
        assert client.get_blob(waiting) == b"stored, and not yet named"
        assert replay(heaven, find(heaven, "r2")).same
        gone = pruned_runs(heaven)
    found = fsck(root, references=blobs_of, given_up=lambda event: run_of(event) in gone)
    assert found.ok, found.findings


def test_what_is_stored_again_meanwhile_stays(root: Path) -> None:
    with Heaven.open(root) as heaven:
        (blob_id,) = [one for one in heaven.blobs.ids() if heaven.get_blob(one) == b"nobody's"]
        assert heaven.blobs.idle(blob_id)
        heaven.put_blob(b"nobody's")
        assert not heaven.blobs.idle(blob_id)
        assert not heaven.blobs.remove_idle(blob_id)
        assert heaven.get_blob(blob_id) == b"nobody's"


def test_alone_it_says_what_could_go_and_drops_it_when_told(aa: Aa, root: Path) -> None:
    said = aa("gc")
    assert "1 contents can go, 8 bytes" in said.err and "`aa gc --delete` drops them" in said.err
    assert "1 contents dropped, 8 bytes" in aa("gc", "--delete").err
    assert "0 contents can go" in aa("gc").err
