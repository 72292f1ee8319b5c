"""Who may talk to the server: a process that can read the token, and no web page.

Any page in a browser can send requests to 127.0.0.1. `Host` is checked because a page's own domain
can be made to resolve there (DNS rebinding), `Origin` because browsers say where a request is from.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final

from ..errors import OtherVersion
from ..version import PROTOCOL
from .failures import Refusal

_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """Checks the headers of every request. `hosts` are more names that clients may use for the
    server, none needed on loopback."""

    def __init__(self, token: str, port: int, hosts: Iterable[str] = ()) -> None:
        names = {*_LOOPBACK, *hosts}
        authorities = {name for name in names if port == 80} | {f"{name}:{port}" for name in names}
        self._hosts = frozenset(one.encode() for one in authorities)
        self._origins = frozenset(f"http://{one}".encode() for one in authorities)
        self._expected = f"Bearer {token}".encode()
        self._protocol = str(PROTOCOL).encode()

    def check(self, headers: Iterable[tuple[bytes, bytes]], *, open_to_all: bool) -> None:
        """Raises Refusal: 421 for a wrong Host, 403 for a foreign Origin, 401 for no or a wrong
        token, which `open_to_all` does not need; OtherVersion for a client of ours that speaks
        another protocol."""
        host = authorization = b""
        protocol = self._protocol
        hosts = 0
        for name, value in headers:
            if name == b"authorization":
                authorization = value
            elif name == b"host":
                host = value.lower()
                hosts += 1
            elif name == b"heaven-protocol":
                protocol = value
            elif name == b"origin" and value.lower() not in self._origins:
                raise Refusal(403, "requests of other origins are refused")
        if hosts != 1 or host not in self._hosts:
            raise Refusal(421, "the Host header does not name this server")
        if not open_to_all and not hmac.compare_digest(authorization, self._expected):
            raise Refusal(
                401,
                "a bearer token is needed: `Authorization: Bearer` and what is in the token file "
                "that .heaven/server.json names",
                ((b"www-authenticate", b"Bearer"),),
            )
        if protocol != self._protocol:
            raise OtherVersion(self._protocol.decode(), protocol.decode("latin-1")[:20])
