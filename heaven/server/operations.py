"""What each endpoint does: a parsed call in, a wire value out. They run in threads, may block."""

from __future__ import annotations

from base64 import b64decode
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Final, TypeVar, cast

from ...proto.heaven_status import HeavenStatus
from ...proto.leases import AcquireRequest, AcquireResponse, Lease
from ...proto.pf import Request, Response
from ..canonical import encode as encode_json
from ..errors import BadEvent, PathOutside
from ..faults.refusal import FaultRefused
from ..heaven import Heaven
from ..leases.grants import GRANTED, read_granted
from ..leases.leases import DEFAULT_TTL_SECONDS
from ..manifests import Verdict
from ..records import Event, Json, JsonObject, Symbol
from . import messages
from .failures import Refusal, failure
from .messages import event_record, reference_record, symbol_record, text_or_base64
from .route import Call

T = TypeVar("T")

PAGE_BYTES: Final = 4 * 1024 * 1024
"""A page of events ends with the one that takes it over this size."""
MAX_ITEMS: Final = 1_000
"""Scopes, leases, paths or symbols in one request."""
_ENDED_LEASES: Final = 1_000
_RESERVED: Final = frozenset(
    {
        *("budget", "clock", "delta", "edit", "lease", "mission", "page", "plan", "prompt"),
        *("run", "swarm", "syscall"),
    }
)
_RESERVED_WHOLE: Final = frozenset({"receipt"})


def status(heaven: Heaven, call: Call) -> HeavenStatus:
    return heaven.status()


def put_blob(heaven: Heaven, call: Call) -> messages.BlobStored:
    return messages.BlobStored(heaven.put_blob(_body(call, bytes)))


def put_blobs(heaven: Heaven, call: Call) -> messages.BlobsStored:
    contents = _bounded(_body(call, messages.ManyBlobs).contents, "contents")
    try:
        blobs = [b64decode(one, validate=True) for one in contents]
    except ValueError:
        raise Refusal(422, "contents: not base64") from None
    return messages.BlobsStored(tuple(heaven.put_blobs(blobs)))


def get_blob(heaven: Heaven, call: Call) -> messages.BlobContent:
    blob_id = call.path["id"]
    return messages.BlobContent(blob_id, *text_or_base64(heaven.get_blob(blob_id)))


def append(heaven: Heaven, call: Call) -> dict[str, Json]:
    event = _body(call, messages.NewEvent)
    if is_reserved(event.kind):
        raise BadEvent(f"{event.kind} events are written by Heaven itself")
    data, fence = cast("JsonObject", event.data), event.fence
    if fence is None:
        stored = heaven.append(event.kind, data)
    else:
        stored = heaven.append_fenced(
            event.kind,
            data,
            owner_id=fence.owner_id,
            paths=_bounded(fence.paths, "fence.paths"),
            tokens=_bounded(fence.tokens, "fence.tokens"),
        )
    return {"offset": stored.seq, "event": event_record(stored)}


def is_reserved(kind: str) -> bool:
    """Whether some state is derived from events of this kind: a client that could write them could
    forge a lease, a run, or an edit that recovery would then finish."""
    return kind in _RESERVED_WHOLE or kind.partition("_")[0] in _RESERVED


def events(heaven: Heaven, call: Call) -> dict[str, Json]:
    after, n = _int(call, "after"), _int(call, "n")
    last = heaven.last_seq
    wanted = kinds_of(call)
    found: list[Json] = []
    size = 0
    for one in heaven.events(after, wanted):
        found.append(event_record(one))
        after = one.seq
        size += _size(one)
        if len(found) == n or size > PAGE_BYTES:
            break
    else:
        after = max(after, last)
    return {"events": found, "last_seq": after}


def kinds_of(call: Call) -> frozenset[str] | None:
    """The kinds asked for, None for all."""
    text = call.query.get("kind")
    return frozenset(text.split(",")) if isinstance(text, str) else None


def tail(heaven: Heaven, call: Call) -> dict[str, Json]:
    kept: deque[Event] = deque()
    size = 0
    n = _int(call, "n")
    last = heaven.last_seq
    for one in heaven.events(max(0, last - n)):
        kept.append(one)
        size += _size(one)
        while len(kept) > n or (size > PAGE_BYTES and len(kept) > 1):
            size -= _size(kept.popleft())
    return {
        "events": [event_record(one) for one in kept],
        "last_seq": kept[-1].seq if kept else last,
    }


def _size(event: Event) -> int:
    """About how many bytes of JSON its data is."""
    return len(encode_json(event.data))


def build(heaven: Heaven, call: Call) -> messages.Built:
    path = _body(call, messages.BuildRequest).repo_path
    # Never relative to where the server was started.
    if (heaven.root / path).resolve() != heaven.root:
        raise PathOutside(path, f"this server's repository is {heaven.root}")
    stats = heaven.build_index()
    return messages.Built(stats.files, messages.IndexCounts(**asdict(stats)))


def symdef(heaven: Heaven, call: Call) -> messages.Symbols:
    name = _str(call, "name")
    return _symbols(heaven, lambda: heaven.find_symbols(name))


def _symbols(heaven: Heaven, question: Callable[[], tuple[Symbol, ...]]) -> messages.Symbols:
    """The answer, with what state of the sources it is about, and whether all of them were read."""
    found, standing = heaven.index.ask(lambda: (question(), heaven.index.standing()))
    return messages.Symbols(tuple(map(symbol_record, found)), standing.complete, standing.as_of)


def callers(heaven: Heaven, call: Call) -> messages.References:
    name, top_k = _str(call, "name"), _int(call, "top_k")
    found, standing = heaven.index.ask(
        lambda: (heaven.callers(name, top_k), heaven.index.standing())
    )
    refs = tuple(reference_record(n, one) for n, one in enumerate(found, 1))
    return messages.References(refs, standing.complete, standing.as_of)


def read_slice(heaven: Heaven, call: Call) -> messages.Content:
    path, start, n = _str(call, "path"), _int(call, "start_line"), _int(call, "n")
    return messages.Content(heaven.read_slice(path, start, n))


def search(heaven: Heaven, call: Call) -> messages.SearchFound:
    query, count = _str(call, "q"), _int(call, "top_k")
    symbols, hits, standing = heaven.index.ask(
        lambda: (
            heaven.search(query, count),
            heaven.index.hits(query, count),
            heaven.index.standing(),
        )
    )
    code = [
        messages.CodeRecord(
            hit.path,
            hit.start_line,
            hit.end_line,
            heaven.read_slice(hit.path, hit.start_line, hit.end_line - hit.start_line + 1),
            rank,
            None if hit.symbol is None else hit.symbol.qualname,
        )
        for rank, hit in enumerate(hits, 1)
        if hit.how == "code"
    ]
    return messages.SearchFound(
        tuple(map(symbol_record, symbols)), tuple(code), standing.complete, standing.as_of
    )


def fault(heaven: Heaven, call: Call) -> Response | tuple[Response | dict[str, Json], ...]:
    asked = call.body
    if isinstance(asked, tuple):
        answers = heaven.faults(asked)
        return tuple(failure(a)[1] if isinstance(a, FaultRefused) else a for a in answers)
    return heaven.fault(_body(call, Request))


def forget_mission(heaven: Heaven, call: Call) -> messages.MissionForgotten:
    mission_id = _body(call, messages.MissionRequest).mission_id
    heaven.forget_mission(mission_id)
    return messages.MissionForgotten(mission_id)


def acquire(heaven: Heaven, call: Call) -> AcquireResponse:
    asked = _body(call, AcquireRequest)
    _bounded(asked.scopes, "scopes")
    return heaven.acquire(
        asked.owner_id,
        asked.mission_id,
        asked.scopes,
        ttl_seconds=_ttl(asked.ttl_seconds),
        partial=asked.partial,
        mode=asked.mode,
        wait_seconds=asked.wait_seconds or 0.0,
        go_on=call.go_on,
    )


def renew(heaven: Heaven, call: Call) -> messages.Renewed:
    asked = _body(call, messages.RenewRequest)
    _bounded(asked.lease_ids, "lease_ids")
    ttl = _ttl(asked.ttl_seconds)
    return messages.Renewed(heaven.renew(asked.owner_id, asked.lease_ids, ttl_seconds=ttl))


def release(heaven: Heaven, call: Call) -> messages.Released:
    asked = _body(call, messages.ReleaseRequest)
    _bounded(asked.lease_ids, "lease_ids")
    return messages.Released(heaven.release(asked.owner_id, asked.lease_ids))


def leases(heaven: Heaven, call: Call) -> messages.Leases:
    active = heaven.active_leases()
    if call.query["active_only"]:
        return messages.Leases(active)
    live = {lease.lease_id for lease in active}
    ended: deque[Lease] = deque(maxlen=_ENDED_LEASES)
    for event in heaven.events(kinds={GRANTED}):
        ended.extend(g.lease for g in read_granted(event) if g.lease.lease_id not in live)
    return messages.Leases((*ended, *active))


def clocks(heaven: Heaven, call: Call) -> messages.Clocks:
    paths = _body(call, messages.PathsRequest).paths
    return messages.Clocks(heaven.clocks(_bounded(paths, "paths")))


def clock_inc(heaven: Heaven, call: Call) -> messages.Clocks:
    paths = _body(call, messages.PathsRequest).paths
    return messages.Clocks(heaven.clock_inc(_bounded(paths, "paths")))


def validate_manifest(heaven: Heaven, call: Call) -> Verdict:
    asked = _body(call, messages.ManifestRequest)
    return heaven.validate_manifest(
        asked.owner_id,
        symbols=_bounded(asked.symbols_touched, "symbols_touched"),
        files=_bounded(asked.files_touched, "files_touched"),
        expected_clocks=asked.expected_clocks,
    )


def _bounded(items: tuple[T, ...], name: str) -> tuple[T, ...]:
    if len(items) > MAX_ITEMS:
        raise Refusal(422, f"{name}: {len(items)} are more than {MAX_ITEMS}")
    return items


def _ttl(seconds: float | None) -> float:
    return DEFAULT_TTL_SECONDS if seconds is None else seconds


def _body(call: Call, kind: type[T]) -> T:
    assert isinstance(call.body, kind)
    return call.body


def _int(call: Call, name: str) -> int:
    value = call.query[name]
    assert isinstance(value, int)
    return value


def _str(call: Call, name: str) -> str:
    value = call.query[name]
    assert isinstance(value, str)
    return value
