"""HTTP to a server: connections that are kept alive, requests that are not sent twice, streams."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal, NoReturn
from urllib.parse import urlsplit

from .errors import Closed, HeavenRefused, HeavenUnreachable
from .records import Json
from .server.failures import revive
from .version import PROTOCOL

# Shorter than the server's patience with a connection that idles, so that none is used as it ends.
_IDLE_SECONDS: Final = 45.0
_GONE: Final = (http.client.HTTPException, OSError)


class Exchange:
    """Thread-safe: each thread has a connection of its own, kept alive.

    Every method raises HeavenUnreachable when the server does not answer within `timeout` seconds,
    Closed after `close`, and what the server refused as the error that it names.
    """

    def __init__(self, url: str, token: str, *, timeout: float) -> None:
        """`url` is `http://HOST:PORT`. Raises ValueError on another form. Connects when first
        asked."""
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None or parts.path not in ("", "/"):
            raise ValueError(f"not the URL of a server (http://HOST:PORT): {url!r}")
        self.url = url.rstrip("/")
        self._host = parts.hostname
        self._port = parts.port or 80
        self._timeout = timeout
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Heaven-Protocol": str(PROTOCOL),
        }
        self._local = threading.local()
        self._guard = threading.Lock()
        self._open: set[http.client.HTTPConnection] = set()
        self._closed = False

    def close(self) -> None:
        """Close the connections. Idempotent."""
        with self._guard:
            self._closed = True
            connections, self._open = self._open, set()
        for connection in connections:
            connection.close()

    def ask(
        self,
        method: Literal["GET", "POST"],
        target: str,
        body: bytes | None = None,
        *,
        patience: float = 0.0,
    ) -> Json:
        """The JSON of the answer, for which to wait `patience` seconds longer than usual."""
        status, text = self._exchange(method, target, body, patience)
        return _answer(status, text)

    @contextmanager
    def lines(self, target: str, body: bytes) -> Iterator[Iterator[dict[str, Json]]]:
        """The objects that a stream's lines are, as they come; leaving the block ends the stream.

        It ends with HeavenUnreachable where the server does, or says nothing for too long.
        """
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        self._keep(connection)
        try:
            try:
                connection.request("POST", target, body, self._headers)
                answer = connection.getresponse()
                if answer.status != 200:
                    _answer(answer.status, answer.read())
            except _GONE as error:
                self._give_up(error, sent=True)
            yield self._objects(answer)
        finally:
            self._forget(connection)

    def _objects(self, answer: http.client.HTTPResponse) -> Iterator[dict[str, Json]]:
        while True:
            try:
                line = answer.readline()
            except (*_GONE, ValueError, AttributeError) as error:
                # The last two are how http.client takes a connection that another thread closed.
                self._give_up(error, sent=True)
            if not line.endswith(b"\n"):
                return
            value: Json = json.loads(line)
            if isinstance(value, dict):
                yield value

    def _exchange(
        self, method: str, target: str, body: bytes | None, patience: float
    ) -> tuple[int, bytes]:
        """One request and its answer. A question that a lost connection left open is asked again
        once; what changes something is not."""
        again = method == "GET"
        while True:
            connection = self._connection()
            sent = False
            try:
                if connection.sock is None:
                    connection.connect()
                if patience:
                    connection.sock.settimeout(self._timeout + patience)
                sent = True
                connection.request(method, target, body, self._headers)
                answer = connection.getresponse()
                text = answer.read()
                if patience and connection.sock is not None:
                    connection.sock.settimeout(self._timeout)
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
        held: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if held is not None and not self._closed:
            if time.monotonic() - self._local.used < _IDLE_SECONDS:
                return held
            self._drop(held)
        made = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        self._keep(made)
        self._local.connection = made
        self._local.used = time.monotonic()
        return made

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._guard:
            if self._closed:
                raise Closed
            self._open.add(connection)

    def _drop(self, connection: http.client.HTTPConnection) -> None:
        self._forget(connection)
        self._local.connection = None

    def _forget(self, connection: http.client.HTTPConnection) -> None:
        connection.close()
        with self._guard:
            self._open.discard(connection)


def _answer(status: int, text: bytes) -> Json:
    """The value of an answer. Raises what the server refused the request with."""
    try:
        value: Json = json.loads(text)
    except ValueError:
        raise HeavenRefused(status, text[:200].decode("utf-8", "replace")) from None
    if status != 200:
        raise revive(status, value if isinstance(value, dict) else {})
    return value
