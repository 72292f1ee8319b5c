"""One line of the event log: how a record is written, hashed and checked.

A record is canonical JSON with the keys data, hash, kind, prev, seq and time, and a newline. Its
hash is the SHA-256 of the same record without `hash`; `prev` is the hash of the record before.
Because the keys are sorted and a kind cannot hold a quote, the hash can be cut out of the bytes
where they are: checking a chain needs no JSON parser.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from ..canonical import decode_object
from ..errors import BadEvent, NotCanonical
from ..records import Event

if TYPE_CHECKING:
    from hashlib import _Hash

GENESIS_HASH = "0" * 64
MAX_RECORD_BYTES = 16 * 1024 * 1024

_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}")
_START = b'{"data":'
_HASH_KEY = b',"hash":"'
_KIND_KEY = b'","kind":"'
_KIND_AT = len(_KIND_KEY) - 1
_PREV_KEY = b'","prev":"'
_HASH_AT = len(_HASH_KEY)
_CUT = len(_HASH_KEY) + 64 + 1
_AFTER_DATA = re.compile(
    rb',"hash":"([0-9a-f]{64})","kind":"([a-z][a-z0-9_]{0,63})","prev":"([0-9a-f]{64})",'
    rb'"seq":([1-9][0-9]{0,18}),"time":"([0-9TZ.:+-]{1,40})"\}\n?'
)


def check_kind(kind: str) -> str:
    """The kind itself. Raises BadEvent unless it is a short lower-case word (`run_started`)."""
    if not _KIND.fullmatch(kind):
        raise BadEvent(f"not an event kind (lower-case words joined with '_'): {kind[:80]!r}")
    return kind


def start_record(data: bytes) -> tuple[bytes, _Hash]:
    """The part of a record that does not depend on its place, and the hash of it so far."""
    head = _START + data
    return head, sha256(head)


def finish_record(
    head: bytes, hasher: _Hash, kind: str, prev: str, seq: int, time: str
) -> tuple[bytes, str]:
    """The whole line with its newline, and its hash. Uses `hasher` up."""
    tail = f',"kind":"{kind}","prev":"{prev}","seq":{seq},"time":"{time}"}}'.encode()
    hasher.update(tail)
    digest = hasher.hexdigest()
    return b'%b,"hash":"%b"%b\n' % (head, digest.encode(), tail), digest


def check_record(line: bytes, prev: bytes, seq: int) -> tuple[bytes, bytes]:
    """The hash and the kind of the record in `line` (a newline or another byte at its end), after
    checking that it is whole, has the number `seq` and follows `prev`.

    Raises ValueError saying what is wrong.
    """
    at = line.rfind(_HASH_KEY)
    if at < 0 or not line.startswith(_START):
        raise ValueError("this is not an event")
    tail = line[at + _CUT : -1]
    digest = sha256(line[:at] + tail).hexdigest().encode()
    if not line.startswith(digest + b'"', at + _HASH_AT):
        raise ValueError("the record does not match its hash")
    end = tail.index(b'"', _KIND_AT)
    if not tail.startswith(b'","prev":"%b","seq":%d,' % (prev, seq), end):
        raise ValueError("the record does not follow the one before it")
    return digest, tail[_KIND_AT:end]


def check_run(
    lines: Sequence[bytes], prev: bytes, seq: int, kinds: Container[bytes]
) -> tuple[int, bytes, list[tuple[int, bytes]]]:
    """How many of the records, from the first on, `check_record` would pass; the hash of the last
    of them (`prev` if none); and those of `kinds` among them: their places in `lines`, and kinds.

    `lines` are without their newlines. Most of a boot is spent here, hence no step too many.
    """
    found: list[tuple[int, bytes]] = []
    for index, line in enumerate(lines):
        at = line.rfind(_HASH_KEY)
        cut = at + _CUT
        digest = sha256(line[:at] + line[cut:]).hexdigest().encode()
        end = line.find(b'"', cut + _KIND_AT)
        if not (
            line.startswith(digest + b'"', at + _HASH_AT)
            and line.startswith(b'","prev":"%b","seq":%d,' % (prev, seq + index), end)
            and line.startswith(_START)
        ):
            return index, prev, found
        kind = line[cut + _KIND_AT : end]
        if kind in kinds:
            found.append((index, kind))
        prev = digest
    return len(lines), prev, found


def hash_of(line: bytes) -> bytes:
    """The hash that stands in a record, not checked."""
    at = line.rfind(_HASH_KEY) + len(_HASH_KEY)
    return line[at : at + 64]


def prev_of(line: bytes) -> bytes:
    """The hash of the record before that stands in a record, not checked."""
    at = line.rfind(_PREV_KEY) + len(_PREV_KEY)
    return line[at : at + 64]


def kind_of(line: bytes) -> str:
    """The kind of a checked record, without parsing the rest."""
    start = line.rfind(_KIND_KEY) + len(_KIND_KEY)
    return line[start : line.index(b'"', start)].decode()


def parse_record(line: bytes) -> Event:
    """A checked line as an event. Raises ValueError on what no writer of ours wrote."""
    at = line.rfind(_HASH_KEY)
    after = _AFTER_DATA.fullmatch(line, max(at, 0))
    if after is None or not line.startswith(_START):
        raise ValueError("the record lacks a field")
    try:
        data = decode_object(line[len(_START) : at])
    except NotCanonical as error:
        raise ValueError(str(error)) from error
    digest, kind, prev, seq, time = after.groups()
    return Event(int(seq), time.decode(), kind.decode(), data, prev.decode(), digest.decode())
