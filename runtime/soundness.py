"""Whether one file, bytecode or a bundle, is as it was written, and what in it is not."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from ..aa.decode import BadModule, decode, locate_damage
from ..aa.verify import verify
from ..heaven.errors import BlobDamaged, BlobMissing
from ..heaven.log.chain import check_record, parse_record, prev_of
from .bundle import BROKEN, Bundle, BundleDamaged
from .references import blobs_of

BYTECODE: Final = ".aab"
BUNDLE: Final = ".bundle"
_LINES: Final = "events.jsonl"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong. `part` is a section of bytecode or a member of a bundle, `offset` a
    byte of the file, `seq` an event, where there is one to name."""

    part: str
    message: str
    offset: int | None = None
    seq: int | None = None


def check_file(path: Path) -> tuple[Flaw, ...]:
    """What is wrong with a `.aab` or `.bundle` file; nothing where it is sound. Raises OSError,
    and ValueError for a file of another kind."""
    if path.suffix == BYTECODE:
        return tuple(_bytecode(path.read_bytes()))
    if path.suffix == BUNDLE:
        return tuple(_bundle(path))
    raise ValueError(f"{path} is neither bytecode ({BYTECODE}) nor a bundle ({BUNDLE})")


def _bytecode(data: bytes) -> Iterator[Flaw]:
    try:
        module = decode(data)
    except BadModule as bad:
        inner = locate_damage(data) if bad.code == "AA0603" else None
        if inner is not None:
            message = f"{bad.code}: {bad.message}; {inner.code}: {inner.message}"
            yield Flaw("bytecode", message, inner.offset)
        else:
            yield Flaw("bytecode", f"{bad.code}: {bad.message}", bad.offset)
        return
    for diagnostic in verify(module):
        if diagnostic.severity == "error":
            yield Flaw("bytecode", f"{diagnostic.code}: {diagnostic.message}")


def _bundle(path: Path) -> Iterator[Flaw]:
    try:
        bundle = Bundle(path)
    except BundleDamaged as damaged:
        found = tuple(_changed_members(path.read_bytes()))
        yield from found or (Flaw("archive", damaged.reason),)
        return
    for line in bundle.lines:
        yield from _event(line + b"\n")
    named = {blob_id: event.seq for event in bundle.events() for blob_id in blobs_of(event)}
    for blob_id, seq in named.items():
        try:
            bundle.get_blob(blob_id)
        except BlobMissing:
            yield Flaw(f"blobs/{blob_id}", "it is missing, and an event names it", None, seq)
        except BlobDamaged:
            yield Flaw(f"blobs/{blob_id}", "its bytes are not what its name says", None, seq)
    for name in bundle.blob_ids - named.keys():
        try:
            bundle.get_blob(name)
        except BlobDamaged:
            yield Flaw(f"blobs/{name}", "its bytes are not what its name says")
    if not any(event.kind == "run_started" for event in bundle.events()):
        yield Flaw(_LINES, f"the start of run {bundle.run} is not in it")


def _event(line: bytes) -> Iterator[Flaw]:
    try:
        event = parse_record(line)
        check_record(line, prev_of(line), event.seq)
    except ValueError as error:
        yield Flaw(_LINES, str(error), None, _seq_of(line))


def _seq_of(line: bytes) -> int | None:
    try:
        return parse_record(line).seq
    except ValueError:
        return None


def _changed_members(data: bytes) -> Iterator[Flaw]:
    """The members of a changed archive that zip's own sums find changed, and where they stand."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = sorted(archive.infolist(), key=lambda one: one.header_offset)
            for member in members:
                try:
                    archive.read(member)
                except BROKEN:
                    yield Flaw(member.filename, "it was changed", member.header_offset)
    except BROKEN:
        yield Flaw("archive", "its directory was changed", None)
