"""One line of the event log: how a record is written, hashed and checked.

A record is canonical JSON with the keys data, hash, kind, prev, seq and time, and a newline. Its
hash is the SHA-256 of the same record without `hash`; `prev` is the hash of the record before.
Because the keys are sorted and a kind cannot hold a quote, the hash can be cut out of the bytes
where they are: checking a chain needs no JSON parser.
"""

from __future__ import annotations

import re
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
_HASH_KEY = b',"hash":"'
_KIND_KEY = b'","kind":"'
_KIND_AT = len(_KIND_KEY) - 1
_PREV_KEY = b'","prev":"'
_HASH_AT = len(_HASH_KEY)
_CUT = len(_HASH_KEY) + 64 + 1


def check_kind(kind: str) -> str:
    """The kind itself. Raises BadEvent unless it is a short lower-case word (`run_started`)."""
    if not _KIND.fullmatch(kind):
        raise BadEvent(f"not an event kind (lower-case words joined with '_'): {kind[:80]!r}")
    return kind


def start_record(data: bytes) -> tuple[bytes, _Hash]:
    """The part of a record that does not depend on its place, and the hash of it so far."""
    head = b'{"data":' + data
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
    if at < 0 or not line.startswith(b'{"data":'):
        raise ValueError("this is not an event")
    tail = line[at + _CUT : -1]
    digest = sha256(line[:at] + tail).hexdigest().encode()
    if line[at + _HASH_AT : at + _CUT] != digest + b'"':
        raise ValueError("the record does not match its hash")
    kind = tail[_KIND_AT : tail.index(b'"', _KIND_AT)]
    place = b',"prev":"%b","seq":%d,' % (prev, seq)
    if not tail.startswith(place, _KIND_AT + len(kind) + 1):
        raise ValueError("the record does not follow the one before it")
    return digest, kind


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
    try:
        record = decode_object(line)
    except NotCanonical as error:
        raise ValueError(str(error)) from error
    match record:
        case {
            "seq": int(seq),
            "time": str(time),
            "kind": str(kind),
            "data": dict(data),
            "prev": str(prev),
            "hash": str(digest),
        }:
            return Event(seq=seq, time=time, kind=kind, data=data, prev=prev, hash=digest)
    raise ValueError("the record lacks a field")
