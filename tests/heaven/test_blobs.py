from __future__ import annotations

import errno
import os
from hashlib import sha256
from pathlib import Path

import pytest
from genesis_ssmp.heaven import blobs as blobs_module
from genesis_ssmp.heaven import durable
from genesis_ssmp.heaven.blobs import BlobStore
from genesis_ssmp.heaven.errors import BadBlobId, BlobDamaged, BlobMissing, ReadOnly
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    (tmp_path / "tmp").mkdir()
    return BlobStore(tmp_path / "blobs", tmp_path / "tmp")


def reopened(tmp_path: Path, *, read_only: bool = False) -> BlobStore:
    return BlobStore(tmp_path / "blobs", tmp_path / "tmp", read_only=read_only)


def file_of(tmp_path: Path, blob_id: str) -> Path:
    return tmp_path / "blobs" / "sha256" / blob_id[:2] / blob_id[2:]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.binary(max_size=200), max_size=6))
def test_what_is_put_comes_back_under_its_sha256(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]
) -> None:
    home = tmp_path_factory.mktemp("blobs")
    (home / "tmp").mkdir()
    store = BlobStore(home / "blobs", home / "tmp")
    ids = store.put_many(contents)
    assert ids == [sha256(content).hexdigest() for content in contents]
    assert [store.get(blob_id) for blob_id in ids] == contents
    assert list((home / "tmp").iterdir()) == []


def test_layout_and_names(tmp_path: Path, store: BlobStore) -> None:
    blob_id = store.put(b"abc")
    assert file_of(tmp_path, blob_id).read_bytes() == b"abc"
    assert store.has(blob_id)
    assert not store.has("0" * 64)


def test_a_missing_blob_is_named(store: BlobStore) -> None:
    with pytest.raises(BlobMissing) as missing:
        store.get("0" * 64)
    assert missing.value.blob_id == "0" * 64


@pytest.mark.parametrize(
    "blob_id", ["", "abc", "../../../etc/passwd", "..%2f..", "A" * 64, "0" * 65, "0" * 63 + "/"]
)
def test_trap_an_id_is_checked_before_it_touches_the_file_system(
    store: BlobStore, blob_id: str
) -> None:
    with pytest.raises(BadBlobId):
        store.get(blob_id)
    with pytest.raises(BadBlobId):
        store.has(blob_id)


@pytest.mark.parametrize("torn", [b"", b"ab", b"abX", b"abcd"])
@pytest.mark.parametrize("restart", [True, False])
def test_trap_a_torn_blob_is_not_deduplicated_for_ever(
    tmp_path: Path, store: BlobStore, torn: bytes, restart: bool
) -> None:
    blob_id = store.put(b"abc")
    file_of(tmp_path, blob_id).write_bytes(torn)
    if restart:
        store = reopened(tmp_path)
    with pytest.raises(BlobDamaged) as damage:
        store.get(blob_id)
    assert damage.value.path == file_of(tmp_path, blob_id)
    store.put(b"abc")
    assert store.get(blob_id) == b"abc"


def test_a_full_disk_is_told_and_leaves_nothing_half_written(
    tmp_path: Path, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_write = Path.write_bytes

    def write(self: Path, data: bytes) -> int:
        real_write(self, data[:2])
        if data == b"second":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))
        return real_write(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", write)
        with pytest.raises(OSError, match="No space left"):
            store.put_many([b"first", b"second", b"third"])
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []
    (first, _) = store.put_many([b"first", b"second"])
    assert store.get(first) == b"first"


def test_every_byte_is_synced_before_its_name_and_every_name_before_put_returns(
    tmp_path: Path, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def sync_file(path: Path) -> None:
        steps.append("file")
        durable.sync_file(path)

    def sync_directory(path: Path) -> None:
        steps.append("directory")
        durable.sync_directory(path)

    monkeypatch.setattr(blobs_module, "sync_file", sync_file)
    monkeypatch.setattr(blobs_module, "sync_directory", sync_directory)
    real_replace = Path.replace

    def replace(self: Path, target: Path) -> Path:
        steps.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    contents = [str(n).encode() for n in range(20)]
    store.put_many([*contents, *contents])
    directories = len({sha256(content).hexdigest()[:2] for content in contents})
    # First the new directories' own names, which one sync of their parent makes durable.
    assert steps == ["directory"] + ["file"] * 20 + ["rename"] * 20 + ["directory"] * directories
    steps.clear()
    store.put_many(contents)
    assert steps == []


def test_a_crash_before_the_rename_leaves_no_blob(
    tmp_path: Path, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: Path, target: Path) -> Path:
        raise OSError("power gone")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(OSError, match="power gone"):
        store.put(b"abc")
    monkeypatch.undo()
    assert not reopened(tmp_path).has(sha256(b"abc").hexdigest())


def test_a_reader_reads_and_does_not_write(tmp_path: Path, store: BlobStore) -> None:
    blob_id = store.put(b"abc")
    reader = reopened(tmp_path, read_only=True)
    assert reader.get(blob_id) == b"abc"
    with pytest.raises(ReadOnly):
        reader.put(b"abc")
