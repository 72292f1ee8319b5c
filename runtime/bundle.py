"""A run in one file: bytecode, events and blobs, enough to replay it anywhere.

A bundle is a zip file: `bundle.json` (what it is), `events.jsonl` (the run's events, one canonical
JSON object a line), `blobs/SHA256` (contents by their hash). The archive's comment is the SHA-256
of every byte before it, so that a changed byte anywhere is noticed. The same run gives the same
bytes.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

from ..heaven.canonical import decode_object, encode
from ..heaven.errors import BlobDamaged, BlobMissing
from ..heaven.records import Event, Json
from .record import Record
from .references import base_blobs, blobs_in, blobs_of
from .runs import Run

FORMAT: Final = 1
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_COMMENT: Final = 64
_MAX_BYTES: Final = 4 * 1024**3
BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError),
    *(NotImplementedError, RuntimeError, OverflowError),
)
"""What zipfile raises on an archive that no writer of ours wrote."""


class BundleDamaged(Exception):
    """The file is no bundle of this version, or not as it was written; get it again."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def write_bundle(record: Record, run: Run, path: Path) -> int:
    """Write the run to `path`; the number of blobs in it. Raises BlobMissing, BlobDamaged, OSError.

    The file is written whole and then renamed: there is never half a bundle.
    """
    events, blobs = gather(record, run)
    about: dict[str, Json] = {
        "format": FORMAT,
        "run": run.name,
        "program": run.program,
        "head": run.head,
        "tree": run.tree,
    }
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        _put(archive, "bundle.json", encode(about))
        _put(archive, "events.jsonl", b"".join(_line(event) for event in events))
        for blob_id in sorted(blobs):
            _put(archive, f"blobs/{blob_id}", blobs[blob_id])
        archive.comment = b"0" * _COMMENT
    whole = packed.getvalue()[:-_COMMENT]
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(whole + hashlib.sha256(whole).hexdigest().encode())
    temporary.replace(path)
    return len(blobs)


def gather(record: Record, run: Run) -> tuple[list[Event], dict[str, bytes]]:
    """The run's events, and every content that they name, by its id. Raises BlobMissing,
    BlobDamaged."""
    events = [event for event in record.events(after=run.seq - 1) if _of(event, run.name)]
    blobs: dict[str, bytes] = {}
    for event in events:
        for blob_id in blobs_of(event):
            _take(record, blob_id, blobs)
        if event.kind != "syscall_result":
            continue
        value = event.data.get("value")
        if value is None:
            value = dict(decode_object(blobs[str(event.data.get("result"))]))
            for blob_id in blobs_in(event.kind, value):
                _take(record, blob_id, blobs)
        for blob_id in base_blobs(value):
            # Named by the edit's author, who may have named what never was.
            with suppress(BlobMissing):
                _take(record, blob_id, blobs)
    return events, blobs


def _of(event: Event, run: str) -> bool:
    return event.data.get("run") == run


def _take(record: Record, blob_id: str, blobs: dict[str, bytes]) -> None:
    if blob_id not in blobs:
        blobs[blob_id] = record.get_blob(blob_id)


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)


def _line(event: Event) -> bytes:
    fields: dict[str, Json] = {
        "seq": event.seq,
        "time": event.time,
        "kind": event.kind,
        "data": dict(event.data),
        "prev": event.prev,
        "hash": event.hash,
    }
    return encode(fields) + b"\n"


class Bundle:
    """A bundle opened for reading: a `Record` of one run. `lines` are its events as they stand in
    it."""

    def __init__(self, path: Path) -> None:
        """Raises BundleDamaged, OSError."""
        self.path = path
        if path.stat().st_size > _MAX_BYTES:
            raise BundleDamaged(path, f"it is larger than {_MAX_BYTES:,} bytes")
        data = path.read_bytes()
        if not data.startswith(b"PK") or len(data) < _COMMENT:
            raise BundleDamaged(path, "it is not a bundle")
        if hashlib.sha256(data[:-_COMMENT]).hexdigest().encode() != data[-_COMMENT:]:
            raise BundleDamaged(path, f"it is not as it was written{_which(data)}")
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
            about = json.loads(self._archive.read("bundle.json"))
            self.lines = self._archive.read("events.jsonl").splitlines()
        except (*BROKEN, KeyError) as error:
            raise BundleDamaged(path, f"it is not a bundle: {error}") from error
        if not isinstance(about, dict) or about.get("format") != FORMAT:
            raise BundleDamaged(path, "it was written by another version")
        self.run = str(about.get("run"))
        self._events = [self._event(line) for line in self.lines]

    @property
    def blob_ids(self) -> frozenset[str]:
        """The contents that are in it."""
        names = self._archive.namelist()
        return frozenset(name.removeprefix("blobs/") for name in names if name.startswith("blobs/"))

    def _event(self, line: bytes) -> Event:
        try:
            fields = json.loads(line)
            return Event(
                fields["seq"],
                fields["time"],
                fields["kind"],
                fields["data"],
                fields["prev"],
                fields["hash"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BundleDamaged(self.path, f"an event is not as events are: {error}") from error

    def get_blob(self, blob_id: str) -> bytes:
        """Raises BlobMissing, BlobDamaged."""
        try:
            data = self._archive.read(f"blobs/{blob_id}")
        except KeyError:
            raise BlobMissing(blob_id) from None
        except BROKEN as error:
            raise BlobDamaged(blob_id, self.path) from error
        if hashlib.sha256(data).hexdigest() != blob_id:
            raise BlobDamaged(blob_id, self.path)
        return data

    def events(self, after: int = 0, kinds: Collection[str] | None = None) -> Iterator[Event]:
        """The run's events with `seq` > `after`, in order."""
        for event in self._events:
            if event.seq > after and (kinds is None or event.kind in kinds):
                yield event


def _which(data: bytes) -> str:
    """The member that was changed, where the archive can still tell."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for name in archive.namelist():
                try:
                    archive.read(name)
                except BROKEN:
                    return f": {name} was changed"
    except BROKEN:
        return ""
    return ""
