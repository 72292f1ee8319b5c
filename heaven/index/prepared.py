"""One file, from the disk to rows that are ready to be inserted: the part of indexing that needs no
database, and that worker processes do when there is much to read."""

from __future__ import annotations

import os
import time
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from hashlib import blake2b, sha256
from typing import Final, NamedTuple

from .extract import extract
from .facts import FileFacts, dump
from .languages import language_of
from .source import MAX_FILE, Lines, fitness
from .watch import Signature, signature

_READS: Final = 5
_MAX_SIGNATURE: Final = 4_000


class FileRow(NamedTuple):
    """`status` is `ok`, or why the file was left out (`large`, `binary`, `minified`). `garbled`: a
    file that was read though it is not UTF-8."""

    path: str
    hash: str
    seen: Signature
    read_at: int
    status: str
    errors: int = 0
    garbled: int = 0


class SymbolRow(NamedTuple):
    """A definition. `id` is the one that its key asks for."""

    id: int
    number: int
    name: str
    qualname: str
    kind: str
    overload: int
    start_byte: int
    end_byte: int
    start_line: int
    end_line: int
    name_start: int
    name_end: int
    name_line: int
    signature: str


class Known(NamedTuple):
    """What the index has of a file that is to be looked at again; empty where it has nothing."""

    path: str
    hash: str = ""
    status: str = ""


class Prepared(NamedTuple):
    """What was found at `path`: None where there is no file (any more). `same`: its content is the
    known one, so that there is nothing but `row` to store. `facts` is a dump of them, `names` are
    those that stand in the file."""

    path: str
    row: FileRow | None
    same: bool = False
    uses: int = 0
    facts: bytes = b""
    symbols: tuple[SymbolRow, ...] = ()
    names: tuple[str, ...] = ()


def prepare(root: str, known: Known) -> Prepared:
    """Read a file and, if it is another than the known one, take it apart. Never raises for what
    may be in a file."""
    path = known.path
    row, source = _look(root, path)
    if row is None:
        return Prepared(path, None)
    if known.hash == row.hash and known.status == row.status:
        return Prepared(path, row, same=True)
    facts = FileFacts()
    language = language_of(path)
    if row.status == "ok" and language is not None:
        facts = extract(source, language)
        row = row._replace(errors=facts.errors, garbled=int(not _is_utf8(source)))
    names = {use.name for use in facts.uses}
    names.update(one.name for one in facts.definitions)
    return Prepared(
        path,
        row,
        False,
        len(facts.uses),
        dump(facts),
        _symbols(path, facts, source),
        tuple(sorted(names)),
    )


def _look(root: str, path: str) -> tuple[FileRow | None, bytes]:
    where = f"{root}/{path}"
    for _ in range(_READS):
        read_at = time.time_ns()
        try:
            # A link that took the file's place meanwhile must not be followed.
            descriptor = os.open(where, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None, b""
        with open(descriptor, "rb") as handle:  # noqa: PTH123
            seen = signature(os.fstat(descriptor))
            if seen[0] > MAX_FILE:
                return FileRow(path, "", seen, read_at, "large"), b""
            try:
                source = handle.read(MAX_FILE + 1)
            except OSError:
                return None, b""
            if signature(os.fstat(descriptor)) != seen:
                continue
        digest = sha256(source).hexdigest()
        return FileRow(path, digest, seen, read_at, fitness(source)), source
    return None, b""


def _is_utf8(source: bytes) -> bool:
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    return True


def _symbols(path: str, facts: FileFacts, source: bytes) -> tuple[SymbolRow, ...]:
    starts = Lines(source).starts
    found: list[SymbolRow] = []
    for number, row in enumerate(facts.definitions):
        end = row.name_start + len(row.name.encode("utf-8", errors="replace"))
        header = source[row.header_start : min(row.header_end, row.header_start + _MAX_SIGNATURE)]
        found.append(
            SymbolRow(
                preferred_id(path, row.qualname, row.overload),
                number,
                row.name,
                row.qualname,
                row.kind,
                row.overload,
                row.start,
                row.end,
                bisect_right(starts, row.start),
                bisect_right(starts, max(row.start, row.end - 1)),
                row.name_start,
                end,
                bisect_right(starts, row.name_start),
                header.decode("utf-8", errors="replace"),
            )
        )
    return tuple(found)


def preferred_id(path: str, qualname: str, overload: int) -> int:
    """52 bits of a hash of a symbol's key: the same on every machine unless two keys collide."""
    key = f"{path}\0{qualname}\0{overload}".encode("utf-8", errors="replace")
    return int.from_bytes(blake2b(key, digest_size=7).digest()) >> 4


@cache
def packing() -> tuple[Callable[[list[Prepared]], bytes], Callable[[bytes], list[Prepared]]]:
    """How worker processes hand back what they prepared, and how it is read."""
    from msgspec import msgpack

    return msgpack.Encoder().encode, msgpack.Decoder(list[Prepared]).decode
