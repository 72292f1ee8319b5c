"""What goes over the wire and is not in `proto`: requests, answers, records of the index."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ...proto.leases import Lease
from ...proto.strict import FORBID
from ..records import Event, Json, Position, Reference, RefKind, Symbol

SeedRefKind: TypeAlias = Literal["call", "import", "assignment", "reference"]

_SEED_KINDS: dict[RefKind, SeedRefKind] = {
    "call": "call",
    "import": "import",
    "assignment": "assignment",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Every answer that is not 2xx. `error` is for people; `type` and `fields` tell a client which
    typed error it was."""

    __pydantic_config__ = FORBID

    error: str
    type: str
    fields: dict[str, str | int | list[str] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BlobStored:
    __pydantic_config__ = FORBID

    blob_id: str


@dataclass(frozen=True, slots=True)
class ManyBlobs:
    """Each of `contents` in base64."""

    __pydantic_config__ = FORBID

    contents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BlobsStored:
    """In the order of the contents."""

    __pydantic_config__ = FORBID

    blob_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BlobContent:
    """`content` is text; where the bytes are no UTF-8, base64 with `encoding` saying so."""

    __pydantic_config__ = FORBID

    blob_id: str
    content: str
    encoding: Literal["utf-8", "base64"] = "utf-8"


@dataclass(frozen=True, slots=True)
class Fence:
    """Under which leases an event is written: those of the owner with these fencing tokens must
    still cover every path."""

    __pydantic_config__ = FORBID

    owner_id: str
    paths: tuple[str, ...]
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NewEvent:
    __pydantic_config__ = FORBID

    kind: str
    data: dict[str, object]
    fence: Fence | None = None


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event of the log. `hash` covers everything else in the record, `prev` included."""

    __pydantic_config__ = FORBID

    seq: int
    time: str
    kind: str
    data: dict[str, object]
    prev: str
    hash: str


@dataclass(frozen=True, slots=True)
class EventStored:
    """`offset` is the event's number, from 1."""

    __pydantic_config__ = FORBID

    offset: int
    event: EventRecord


@dataclass(frozen=True, slots=True)
class EventsPage:
    """Oldest first. `last_seq` is the number of the last event looked at, to page on from."""

    __pydantic_config__ = FORBID

    events: list[EventRecord]
    last_seq: int


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """`repo_path` is the repository that is served (or "."): a server has one."""

    __pydantic_config__ = FORBID

    repo_path: str = "."


@dataclass(frozen=True, slots=True)
class IndexCounts:
    __pydantic_config__ = FORBID

    files: int
    symbols: int
    refs: int
    changed: int
    languages: Mapping[str, int]
    skipped: Mapping[str, str]
    broken: tuple[str, ...]
    garbled: tuple[str, ...]
    other: int


@dataclass(frozen=True, slots=True)
class Built:
    __pydantic_config__ = FORBID

    files_indexed: int
    stats: IndexCounts


@dataclass(frozen=True, slots=True)
class PositionRecord:
    """Byte offsets (end exclusive) and 1-based lines (end inclusive)."""

    __pydantic_config__ = FORBID

    start_byte: int
    end_byte: int
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class SymbolRecord:
    """A definition. The position is the whole of it; `name_at` is the name token alone."""

    __pydantic_config__ = FORBID

    id: int
    name: str
    kind: str
    path: str
    start_byte: int
    end_byte: int
    start_line: int
    end_line: int
    qualname: str
    overload: int
    signature: str
    name_at: PositionRecord


@dataclass(frozen=True, slots=True)
class ReferenceRecord:
    """A use of a name. `symbol_id` is the likeliest of `candidates` (0 where nothing is known);
    `ref_kind` is one of four, `use` the finer word; `id` counts within the answer, from 1."""

    __pydantic_config__ = FORBID

    id: int
    symbol_id: int
    path: str
    start_byte: int
    end_byte: int
    start_line: int
    end_line: int
    ref_kind: SeedRefKind
    use: RefKind
    scope: str
    confidence: float
    candidates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Symbols:
    __pydantic_config__ = FORBID

    symbols: tuple[SymbolRecord, ...]
    complete: bool
    as_of: str


@dataclass(frozen=True, slots=True)
class CodeRecord:
    """Lines of code that a search found, in the innermost definition `symbol`, if they are in one;
    `rank` is their place, from 1, among symbols and code together."""

    __pydantic_config__ = FORBID

    path: str
    start_line: int
    end_line: int
    text: str
    rank: int
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class SearchFound:
    __pydantic_config__ = FORBID

    symbols: tuple[SymbolRecord, ...]
    code: tuple[CodeRecord, ...]
    complete: bool
    as_of: str


@dataclass(frozen=True, slots=True)
class References:
    __pydantic_config__ = FORBID

    refs: tuple[ReferenceRecord, ...]
    complete: bool
    as_of: str


@dataclass(frozen=True, slots=True)
class Content:
    __pydantic_config__ = FORBID

    content: str


@dataclass(frozen=True, slots=True)
class RenewRequest:
    __pydantic_config__ = FORBID

    owner_id: str
    lease_ids: tuple[str, ...]
    ttl_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Renewed:
    __pydantic_config__ = FORBID

    renewed: tuple[Lease, ...]


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """Only the owner may release a lease."""

    __pydantic_config__ = FORBID

    owner_id: str
    lease_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """The leases that were still active."""

    __pydantic_config__ = FORBID

    released: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leases:
    __pydantic_config__ = FORBID

    leases: tuple[Lease, ...]


@dataclass(frozen=True, slots=True)
class MissionRequest:
    __pydantic_config__ = FORBID

    mission_id: str


@dataclass(frozen=True, slots=True)
class MissionForgotten:
    __pydantic_config__ = FORBID

    mission_id: str


@dataclass(frozen=True, slots=True)
class PathsRequest:
    __pydantic_config__ = FORBID

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clocks:
    __pydantic_config__ = FORBID

    clocks: dict[str, int]


@dataclass(frozen=True, slots=True)
class ManifestRequest:
    """What somebody is about to write. A lease counts whatever mission its owner took it for."""

    __pydantic_config__ = FORBID

    owner_id: str
    mission_id: str
    symbols_touched: tuple[str, ...]
    files_touched: tuple[str, ...]
    expected_clocks: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Health:
    __pydantic_config__ = FORBID

    status: Literal["ok"]
    version: str


@dataclass(frozen=True, slots=True)
class PromptText:
    """`content` as in BlobContent."""

    __pydantic_config__ = FORBID

    prompt_id: str
    content: str
    encoding: Literal["utf-8", "base64"] = "utf-8"


def text_or_base64(data: bytes) -> tuple[str, Literal["utf-8", "base64"]]:
    """Bytes as JSON can carry them, and how."""
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return b64encode(data).decode("ascii"), "base64"


def event_record(event: Event) -> dict[str, Json]:
    return {
        "seq": event.seq,
        "time": event.time,
        "kind": event.kind,
        "data": dict(event.data),
        "prev": event.prev,
        "hash": event.hash,
    }


def symbol_record(symbol: Symbol) -> SymbolRecord:
    extent, name_at = symbol.extent, symbol.name_at
    return SymbolRecord(
        symbol.id,
        symbol.name,
        symbol.kind,
        symbol.path,
        extent.start_byte,
        extent.end_byte,
        extent.start_line,
        extent.end_line,
        symbol.qualname,
        symbol.overload,
        symbol.signature,
        PositionRecord(name_at.start_byte, name_at.end_byte, name_at.start_line, name_at.end_line),
    )


def symbol_of(record: SymbolRecord) -> Symbol:
    at = record.name_at
    return Symbol(
        record.id,
        record.name,
        record.qualname,
        record.kind,
        record.path,
        record.overload,
        Position(record.start_byte, record.end_byte, record.start_line, record.end_line),
        Position(at.start_byte, at.end_byte, at.start_line, at.end_line),
        record.signature,
    )


def reference_record(number: int, reference: Reference) -> ReferenceRecord:
    at = reference.at
    return ReferenceRecord(
        number,
        next(iter(reference.candidates), 0),
        reference.path,
        at.start_byte,
        at.end_byte,
        at.start_line,
        at.end_line,
        _SEED_KINDS.get(reference.ref_kind, "reference"),
        reference.ref_kind,
        reference.scope,
        reference.confidence,
        reference.candidates,
    )


def reference_of(record: ReferenceRecord) -> Reference:
    return Reference(
        record.path,
        Position(record.start_byte, record.end_byte, record.start_line, record.end_line),
        record.use,
        record.scope,
        record.confidence,
        record.candidates,
    )
