"""Heaven behind a socket: the same operations and the same errors as the embedded one."""

from __future__ import annotations

import http.client
import json
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, NoReturn, Self, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from ..proto import wire
from ..proto.heaven_status import HeavenStatus
from ..proto.leases import AcquireRequest, AcquireResponse, Lease, Scope
from ..proto.pf import Request, Response
from .canonical import encode
from .discovery import find_server
from .errors import BadBlobId, Closed, HeavenRefused, HeavenUnreachable
from .leases.leases import DEFAULT_TTL_SECONDS
from .leases.lockmodes import LockMode
from .log.chain import GENESIS_HASH
from .manifests import Verdict
from .records import Event, Json, JsonObject, Reference, Symbol
from .server import messages
from .server.failures import revive

if TYPE_CHECKING:
    from .index.stats import IndexStats

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 60.0
_PAGE: Final = 1_000
# Shorter than the server's patience with a connection that idles, so that none is used as it ends.
_IDLE_SECONDS: Final = 45.0
_GONE: Final = (http.client.HTTPException, OSError)


class HeavenClient:
    """A HeavenProtocol over HTTP. Thread-safe: each thread has a connection of its own, kept alive.

    Every method raises HeavenUnreachable when the server does not answer within `timeout` seconds,
    and HeavenRefused for a refusal that no typed error stands for.
    """

    def __init__(self, url: str, token: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        """`url` is `http://HOST:PORT`. Raises ValueError on another form. Connects when first
        asked."""
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None or parts.path not in ("", "/"):
            raise ValueError(f"not the URL of a server (http://HOST:PORT): {url!r}")
        self.url = url.rstrip("/")
        self._host = parts.hostname
        self._port = parts.port or 80
        self._timeout = timeout
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._local = threading.local()
        self._guard = threading.Lock()
        self._open: set[http.client.HTTPConnection] = set()
        self._closed = False

    @classmethod
    def find(cls, root: Path, *, timeout: float = TIMEOUT_SECONDS) -> Self | None:
        """A client of the repository's running server; None where none runs.

        Raises OSError where its token cannot be read: the server is another user's.
        """
        info = find_server(root)
        return None if info is None else cls(info.url, info.token(), timeout=timeout)

    def close(self) -> None:
        """Close the connections. Idempotent; calls that come later raise Closed."""
        with self._guard:
            self._closed = True
            connections, self._open = self._open, set()
        for connection in connections:
            connection.close()

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

    def get_blob(self, blob_id: str) -> bytes:
        if not blob_id or "/" in blob_id:
            raise BadBlobId(blob_id)
        found = self._get(f"/blob/{quote(blob_id, safe='')}", messages.BlobContent)
        return b64decode(found.content) if found.encoding == "base64" else found.content.encode()

    # Events

    def append(self, kind: str, data: JsonObject) -> Event:
        # Checked here, as by the embedded Heaven: JSON itself would let a tuple or NaN through.
        body = b'{"kind":%b,"data":%b}' % (json.dumps(kind).encode(), encode(dict(data)))
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
    ) -> AcquireResponse:
        asked = AcquireRequest(owner_id, mission_id, tuple(scopes), ttl_seconds, partial, mode)
        return self._send("/lease/acquire", asked, AcquireResponse)

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
        found = self._get(f"/ir/search?{asked}", messages.Symbols)
        return tuple(map(messages.symbol_of, found.symbols))

    def read_slice(self, path: str, start_line: int = 1, n: int = 20) -> str:
        query = urlencode({"path": path, "start_line": start_line, "n": n})
        return self._get(f"/ir/slice?{query}", messages.Content).content

    def fault(self, request: Request) -> Response:
        return self._send("/pf", request, Response)

    def status(self) -> HeavenStatus:
        return self._get("/status", HeavenStatus)

    # HTTP

    def _get(self, target: str, kind: type[T]) -> T:
        return wire.parse(kind, self._ask("GET", target))

    def _send(self, target: str, asked: object, kind: type[T]) -> T:
        return self._post(target, wire.dump_json(asked), kind)

    def _post(self, target: str, body: bytes, kind: type[T]) -> T:
        return wire.parse(kind, self._ask("POST", target, body))

    def _ask(self, method: Literal["GET", "POST"], target: str, body: bytes | None = None) -> Json:
        status, text = self._exchange(method, target, body)
        try:
            value: Json = json.loads(text)
        except ValueError:
            raise HeavenRefused(status, text[:200].decode("utf-8", "replace")) from None
        if status != 200:
            raise revive(status, value if isinstance(value, dict) else {})
        return value

    def _exchange(self, method: str, target: str, body: bytes | None) -> tuple[int, bytes]:
        """One request and its answer. A question that a lost connection left open is asked again
        once; what changes something is not."""
        again = method == "GET"
        while True:
            connection = self._connection()
            sent = False
            try:
                if connection.sock is None:
                    connection.connect()
                sent = True
                connection.request(method, target, body, self._headers)
                answer = connection.getresponse()
                text = answer.read()
            except TimeoutError:
                self._drop(connection)
                raise HeavenUnreachable(self.url, "it took too long", sent) from None
            except _GONE as error:
                self._drop(connection)
                if not (again and sent):
                    self._give_up(error, sent)
                again = False
                continue
            self._local.used = time.monotonic()
            return answer.status, text

    def _give_up(self, error: BaseException, sent: bool) -> NoReturn:
        if self._closed:
            raise Closed from None
        reason = error.strerror if isinstance(error, OSError) else None
        raise HeavenUnreachable(self.url, reason or str(error) or "it is gone", sent) from None

    def _connection(self) -> http.client.HTTPConnection:
        if self._closed:
            raise Closed
        held: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if held is not None and time.monotonic() - self._local.used < _IDLE_SECONDS:
            return held
        if held is not None:
            self._drop(held)
        made = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        self._local.connection = made
        self._local.used = time.monotonic()
        with self._guard:
            self._open.add(made)
        return made

    def _drop(self, connection: http.client.HTTPConnection) -> None:
        connection.close()
        self._local.connection = None
        with self._guard:
            self._open.discard(connection)


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
