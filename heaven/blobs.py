"""Content-addressed storage: a blob's name is the SHA-256 of its bytes.

A blob is written under a temporary name, synced, renamed into place, and its directory synced, so
a name never stands for half a content. Reading checks the content against the name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from threading import Lock

from .durable import make_directory, sync_directory, sync_file
from .errors import BadBlobId, BlobDamaged, BlobMissing, ReadOnly

_ID = re.compile(r"[0-9a-f]{64}")
# How many ids are remembered as durable; beyond it the memory starts afresh.
_REMEMBERED = 65_536


class BlobStore:
    """Blobs under `root`/sha256/ab/cdef...; temporary files in `scratch`, on the same file system.

    Thread-safe. Several processes may read; putting is for the one that holds Heaven's lock.
    """

    def __init__(self, root: Path, scratch: Path, *, read_only: bool = False) -> None:
        self._root = root / "sha256"
        self._scratch = scratch
        self._read_only = read_only
        self._numbers = count()
        self._lock = Lock()
        self._durable: set[str] = set()
        # Cut short to spare memory: a mistake keeps a blob.
        self._asked_for: set[int] = set()

    def put(self, data: bytes) -> str:
        """Store `data` durably; its id. Raises ReadOnly, OSError."""
        return self.put_many([data])[0]

    def put_many(self, contents: Iterable[bytes]) -> list[str]:
        """Store each content durably; their ids in the same order. All syncs of files come after
        all writes, and each directory is synced once. Raises ReadOnly, OSError."""
        if self._read_only:
            raise ReadOnly
        ids: list[str] = []
        fresh: dict[str, bytes] = {}
        for data in contents:
            blob_id = sha256(data).hexdigest()
            ids.append(blob_id)
            with self._lock:
                # Before the file is looked for: from here on `remove_idle` leaves it.
                self._asked_for.add(_short(blob_id))
            if not (blob_id in self._durable and _holds(self._file(blob_id), data)):
                fresh[blob_id] = data
        if fresh:
            self._store(fresh)
        return ids

    def get(self, blob_id: str) -> bytes:
        """The bytes of a blob. Raises BadBlobId, BlobMissing, BlobDamaged."""
        path = self._file(blob_id)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise BlobMissing(blob_id) from None
        if sha256(data).hexdigest() != blob_id:
            raise BlobDamaged(blob_id, path)
        return data

    def has(self, blob_id: str) -> bool:
        """Whether a blob of this name is stored (its content is checked by `get`).
        Raises BadBlobId."""
        return self._file(blob_id).is_file()

    def ids(self) -> Iterator[str]:
        """The id of every stored blob, in order; contents are not looked at."""
        for directory in sorted(self._root.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(directory.iterdir()):
                if _ID.fullmatch(directory.name + path.name):
                    yield directory.name + path.name

    def size(self, blob_id: str) -> int:
        """Bytes of a blob on disk. Raises BadBlobId, BlobMissing."""
        try:
            return self._file(blob_id).stat().st_size
        except FileNotFoundError:
            raise BlobMissing(blob_id) from None

    def remove(self, blob_id: str) -> None:
        """Forget a blob; nothing where there is none. Raises ReadOnly, BadBlobId, OSError."""
        if self._read_only:
            raise ReadOnly
        with self._lock:
            self._durable.discard(blob_id)
        self._file(blob_id).unlink(missing_ok=True)

    def idle(self, blob_id: str) -> bool:
        """Whether nobody has stored it, or what it is already, since this store was opened."""
        with self._lock:
            return _short(blob_id) not in self._asked_for

    def remove_idle(self, blob_id: str) -> bool:
        """As `remove`, but only if it is idle, beside others that store: what one of them counts on
        stays. Whether it was removed. Raises ReadOnly, BadBlobId, OSError."""
        if self._read_only:
            raise ReadOnly
        path = self._file(blob_id)
        with self._lock:
            if _short(blob_id) in self._asked_for:
                return False
            self._durable.discard(blob_id)
            path.unlink(missing_ok=True)
        return True

    def _file(self, blob_id: str) -> Path:
        if not _ID.fullmatch(blob_id):
            raise BadBlobId(blob_id)
        return self._root / blob_id[:2] / blob_id[2:]

    def _store(self, fresh: dict[str, bytes]) -> None:
        moves: list[tuple[Path, Path]] = []
        directories = {self._file(blob_id).parent for blob_id in fresh}
        missing = [directory for directory in directories if not directory.is_dir()]
        if missing:
            make_directory(self._root)
            for directory in missing:
                directory.mkdir(exist_ok=True)
            sync_directory(self._root)
        try:
            for blob_id, data in fresh.items():
                target = self._file(blob_id)
                if not _holds(target, data):
                    temporary = self._scratch / f"blob-{os.getpid()}-{next(self._numbers)}"
                    moves.append((temporary, target))
                    temporary.write_bytes(data)
            for temporary, _ in moves:
                sync_file(temporary)
            for temporary, target in moves:
                temporary.replace(target)
        except BaseException:
            # On a full disk every byte counts.
            for temporary, _ in moves:
                temporary.unlink(missing_ok=True)
            raise
        for directory in directories:
            sync_directory(directory)
        with self._lock:
            if len(self._durable) + len(fresh) > _REMEMBERED:
                self._durable.clear()
            self._durable.update(fresh)


def _short(blob_id: str) -> int:
    return int(blob_id[:15], 16)


def _holds(path: Path, data: bytes) -> bool:
    """Whether the file is there, whole. A torn one (an older crash, a full disk) is not."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False
