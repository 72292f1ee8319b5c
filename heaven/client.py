"""Heaven behind a socket: the same operations and the same errors as the embedded one."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self, TypeVar
from urllib.parse import quote, urlencode

from ..proto import wire
from ..proto.heaven_status import HeavenStatus
from ..proto.leases import AcquireRequest, AcquireResponse, Lease, Scope
from ..proto.pf import Request, Response
from .canonical import encode
from .discovery import find_server
from .errors import BadBlobId, HeavenRefused, PromptMissing
from .exchange import Exchange
from .faults.refusal import FaultRefused
from .leases.leases import DEFAULT_TTL_SECONDS
from .leases.lockmodes import LockMode
from .log.chain import GENESIS_HASH
from .manifests import Verdict
from .prompts.records import (
    Prompt,
    PromptEntry,
    PromptSection,
    StoredPrompt,
    read_entry,
    read_prompt,
    read_section,
    read_stored,
)
from .records import Event, Json, JsonObject, Reference, Symbol
from .server import messages
from .server.failures import revive
from .server.run_messages import RunRequest, Stopping, StopRequest

if TYPE_CHECKING:
    from .index.stats import IndexStats

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 60.0
_PAGE: Final = 1_000
_BATCH_BYTES: Final = 8 * 1024 * 1024


class HeavenClient:
    """A HeavenProtocol over HTTP. Thread-safe: each thread has a connection of its own, kept alive.

    Every method raises HeavenUnreachable when the server does not answer within `timeout` seconds,
    and HeavenRefused for a refusal that no typed error stands for.
    """

    def __init__(self, url: str, token: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        """`url` is `http://HOST:PORT`. Raises ValueError on another form. Connects when first
        asked."""
        self._exchange = Exchange(url, token, timeout=timeout)
        self.url = self._exchange.url

    @classmethod
    def find(cls, root: Path, *, timeout: float = TIMEOUT_SECONDS) -> Self | None:
        """A client of the repository's running server; None where none runs.

        Raises OSError where its token cannot be read: the server is another user's.
        """
        info = find_server(root)
        return None if info is None else cls(info.url, info.token(), timeout=timeout)

    def close(self) -> None:
        """Close the connections. Idempotent; calls that come later raise Closed."""
        self._exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Blobs

    def put_blob(self, data: bytes) -> str:
        return self._post("/blob", data, messages.BlobStored).blob_id

    def put_blobs(self, contents: Iterable[bytes]) -> list[str]:
        found: list[str] = []
        batch: list[str] = []
        size = 0
        for content in contents:
            text = b64encode(content).decode("ascii")
            if batch and (size + len(text) > _BATCH_BYTES or len(batch) == _PAGE):
                found += self._put_batch(batch)
                batch, size = [], 0
            if len(text) > _BATCH_BYTES:
                found.append(self.put_blob(content))
            else:
                batch.append(text)
                size += len(text)
        return [*found, *self._put_batch(batch)]

    def _put_batch(self, contents: Sequence[str]) -> tuple[str, ...]:
        if not contents:
            return ()
        asked = messages.ManyBlobs(tuple(contents))
        return self._send("/blobs", asked, messages.BlobsStored).blob_ids

    def get_blob(self, blob_id: str) -> bytes:
        if not blob_id or "/" in blob_id:
            raise BadBlobId(blob_id)
        found = self._get(f"/blob/{quote(blob_id, safe='')}", messages.BlobContent)
        return b64decode(found.content) if found.encoding == "base64" else found.content.encode()

    # Events

    def append(self, kind: str, data: JsonObject) -> Event:
        return self._append(kind, data, b"")

    def append_fenced(
        self,
        kind: str,
        data: JsonObject,
        *,
        owner_id: str,
        paths: Iterable[str],
        tokens: Collection[int],
    ) -> Event:
        fence = messages.Fence(owner_id, tuple(paths), tuple(tokens))
        return self._append(kind, data, b',"fence":%b' % wire.dump_json(fence))

    def _append(self, kind: str, data: JsonObject, fence: bytes) -> Event:
        # Checked here, as by the embedded Heaven: JSON itself would let a tuple or NaN through.
        body = b'{"kind":%b,"data":%b%b}' % (
            json.dumps(kind).encode(),
            encode(dict(data)),
            fence,
        )
        return _event(_object(self._ask("POST", "/event", body))["event"])

    def events(self, after: int = 0, kinds: Collection[str] | None = None) -> Iterator[Event]:
        if kinds is not None and not kinds:
            return
        last = self.last_seq
        while after < last:
            query: dict[str, str | int] = {"after": after, "n": _PAGE}
            if kinds is not None:
                query["kind"] = ",".join(sorted(kinds))
            page = _object(self._ask("GET", f"/events?{urlencode(query)}"))
            for event in map(_event, _list(page["events"])):
                if event.seq > last:
                    return
                yield event
            after = _number(page["last_seq"])

    def tail(self, count: int) -> tuple[Event, ...]:
        if count <= 0:
            return ()
        page = _object(self._ask("GET", f"/events/tail?n={min(count, _PAGE)}"))
        found = tuple(map(_event, _list(page["events"])))
        if not found or len(found) == count or found[0].seq == 1:
            return found
        # More than fits into one answer.
        before = found[0].seq
        first = max(0, found[-1].seq - count)
        return (*(one for one in self.events(first) if one.seq < before), *found)

    @property
    def head(self) -> str:
        return next((one.hash for one in self.tail(1)), GENESIS_HASH)

    @property
    def last_seq(self) -> int:
        return next((one.seq for one in self.tail(1)), 0)

    # File clocks

    def clocks(self, paths: Iterable[str]) -> dict[str, int]:
        asked = messages.PathsRequest(tuple(paths))
        return self._send("/file-clock/get", asked, messages.Clocks).clocks

    def clock_inc(self, paths: Iterable[str]) -> dict[str, int]:
        asked = messages.PathsRequest(tuple(paths))
        return self._send("/file-clock/inc", asked, messages.Clocks).clocks

    # Leases

    def acquire(
        self,
        owner_id: str,
        mission_id: str,
        scopes: Sequence[Scope],
        *,
        ttl_seconds: float = DEFAULT_TTL_SECONDS,
        partial: bool = False,
        mode: LockMode = "X",
        wait_seconds: float = 0.0,
    ) -> AcquireResponse:
        wait = wait_seconds or None
        asked = AcquireRequest(
            owner_id, mission_id, tuple(scopes), ttl_seconds, partial, mode, wait
        )
        return self._send("/lease/acquire", asked, AcquireResponse, max(0.0, wait_seconds))

    def renew(
        self,
        owner_id: str,
        lease_ids: Collection[str],
        *,
        ttl_seconds: float = DEFAULT_TTL_SECONDS,
    ) -> tuple[Lease, ...]:
        asked = messages.RenewRequest(owner_id, tuple(lease_ids), ttl_seconds)
        return self._send("/lease/renew", asked, messages.Renewed).renewed

    def release(self, owner_id: str, lease_ids: Collection[str]) -> tuple[str, ...]:
        asked = messages.ReleaseRequest(owner_id, tuple(lease_ids))
        return self._send("/lease/release", asked, messages.Released).released

    def active_leases(self) -> tuple[Lease, ...]:
        return self._get("/lease/list?active_only=true", messages.Leases).leases

    def validate_manifest(
        self,
        owner_id: str,
        *,
        symbols: Sequence[str],
        files: Sequence[str],
        expected_clocks: Mapping[str, int] | None = None,
    ) -> Verdict:
        clocks = None if expected_clocks is None else dict(expected_clocks)
        asked = messages.ManifestRequest(owner_id, "", tuple(symbols), tuple(files), clocks)
        return self._send("/validate-manifest", asked, Verdict)

    # The symbol index and the tree

    def build_index(self, progress: Callable[[int, int], None] | None = None) -> IndexStats:
        from .index.stats import IndexStats

        counts = self._send("/ir/build", messages.BuildRequest(), messages.Built).stats
        if progress is not None:
            progress(counts.files, counts.files)
        return IndexStats(
            counts.files,
            counts.symbols,
            counts.refs,
            counts.changed,
            counts.languages,
            counts.skipped,
            counts.broken,
            counts.garbled,
            counts.other,
        )

    def find_symbols(self, name: str) -> tuple[Symbol, ...]:
        found = self._get(f"/ir/symdef?{urlencode({'name': name})}", messages.Symbols)
        return tuple(map(messages.symbol_of, found.symbols))

    def callers(self, name: str, top_k: int = 20) -> tuple[Reference, ...]:
        query = urlencode({"name": name, "top_k": top_k})
        found = self._get(f"/ir/callers?{query}", messages.References)
        return tuple(map(messages.reference_of, found.refs))

    def search(self, query: str, top_k: int = 20) -> tuple[Symbol, ...]:
        asked = urlencode({"q": query, "top_k": top_k})
        found = self._get(f"/ir/search?{asked}", messages.SearchFound)
        return tuple(map(messages.symbol_of, found.symbols))

    def read_slice(self, path: str, start_line: int = 1, n: int = 20) -> str:
        query = urlencode({"path": path, "start_line": start_line, "n": n})
        return self._get(f"/ir/slice?{query}", messages.Content).content

    def fault(self, request: Request) -> Response:
        return self._send("/pf", request, Response)

    def faults(self, requests: Sequence[Request]) -> tuple[Response | FaultRefused, ...]:
        if not requests:
            return ()
        body = b"[%b]" % b",".join(map(wire.dump_json, requests))
        answers = _list(self._ask("POST", "/pf", body))
        return tuple(map(_fault_answer, answers))

    def forget_mission(self, mission_id: str) -> None:
        asked = messages.MissionRequest(mission_id)
        self._send("/mission/forget", asked, messages.MissionForgotten)

    # Prompts

    def store_prompt(self, content: bytes, previous: str | None = None) -> StoredPrompt:
        since = "" if previous is None else f"?{urlencode({'since': previous})}"
        return _read(read_stored, self._ask("POST", f"/prompt/store{since}", content))

    def get_prompt(self, ref: str) -> Prompt:
        return _read(read_prompt, self._ask("GET", f"/prompt/{_segment(ref)}"))

    def prompt_section(self, ref: str, index: int) -> PromptSection:
        found = self._ask("GET", f"/prompt/{_segment(ref)}/section/{index}")
        content = _bytes_of(_object(found))
        return PromptSection(str(_object(found)["prompt_id"]), _read(read_section, found), content)

    def reconstruct_prompt(self, ref: str) -> bytes:
        return _bytes_of(_object(self._ask("GET", f"/prompt/{_segment(ref)}/reconstruct")))

    def prompts(self) -> tuple[PromptEntry, ...]:
        rows = _list(_object(self._ask("GET", "/prompts"))["prompts"])
        return tuple(_read(read_entry, row) for row in rows)

    # Runs

    def run(self, request: RunRequest) -> AbstractContextManager[Iterator[dict[str, Json]]]:
        """Have the server run a program: what it says of it, as it comes (`POST /run` tells what).
        To leave the block ends the run, with its edits undone. Raises HeavenRefused."""
        return self._exchange.lines("/run", wire.dump_json(request))

    def stop_run(self, ticket: str) -> bool:
        """Have the run of this ticket end with its edits undone; False where it has ended."""
        return self._send("/run/stop", StopRequest(ticket), Stopping).stopping

    def status(self) -> HeavenStatus:
        return self._get("/status", HeavenStatus)

    # HTTP

    def _get(self, target: str, kind: type[T]) -> T:
        return wire.parse(kind, self._ask("GET", target))

    def _send(self, target: str, asked: object, kind: type[T], patience: float = 0.0) -> T:
        return self._post(target, wire.dump_json(asked), kind, patience)

    def _post(self, target: str, body: bytes, kind: type[T], patience: float = 0.0) -> T:
        return wire.parse(kind, self._ask("POST", target, body, patience))

    def _ask(
        self,
        method: Literal["GET", "POST"],
        target: str,
        body: bytes | None = None,
        patience: float = 0.0,
    ) -> Json:
        return self._exchange.ask(method, target, body, patience=patience)


def _fault_answer(answer: Json) -> Response | FaultRefused:
    """One answer of several."""
    if not isinstance(answer, dict) or "error" not in answer:
        return wire.parse(Response, answer)
    refused = revive(200, answer)
    if not isinstance(refused, FaultRefused):
        raise refused
    return refused


def _event(record: Json) -> Event:
    match record:
        case {
            "seq": int(seq),
            "time": str(at),
            "kind": str(kind),
            "data": dict(data),
            "prev": str(prev),
            "hash": str(digest),
        }:
            return Event(seq, at, kind, data, prev, digest)
    raise HeavenRefused(200, "the answer holds no event")


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise HeavenRefused(200, "the answer is no object")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise HeavenRefused(200, "the answer is no list")
    return value


def _number(value: Json) -> int:
    if not isinstance(value, int):
        raise HeavenRefused(200, "the answer is no number")
    return value


def _read(reader: Callable[[JsonObject], T], value: Json) -> T:
    """What `reader` makes of an answer."""
    try:
        return reader(_object(value))
    except ValueError as error:
        raise HeavenRefused(200, f"the answer is not what was asked for: {error}") from None


def _bytes_of(value: Mapping[str, Json]) -> bytes:
    content = str(value.get("content", ""))
    return b64decode(content) if value.get("encoding") == "base64" else content.encode()


def _segment(ref: str) -> str:
    """The part of a path that stands for a prompt. Raises PromptMissing for what can be none."""
    if not ref.strip(".") or "/" in ref:
        raise PromptMissing(ref, f"no prompt {ref!r} is stored")
    return quote(ref, safe="")
