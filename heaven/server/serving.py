"""`aa serve`: a socket, the application on it, and an orderly end."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from threading import current_thread, main_thread
from typing import Final

import uvicorn

from ..clock import Clock, SystemClock, to_text
from ..discovery import ServerInfo, announce, new_token, token_file, withdraw
from ..errors import HeavenError
from ..heaven import Heaven
from .app import BODY_SECONDS, MAX_IN_FLIGHT, Application
from .connection import IDLE_SECONDS, BoundedConnection
from .guard import Guard
from .hosting import RunHost

DEFAULT_PORT: Final = 4444
DEFAULT_HOST: Final = "127.0.0.1"
BACKLOG: Final = 512
GRACE_SECONDS: Final = 10
"""How long requests that were begun may take when the server is told to stop."""


class NotLoopback(HeavenError):
    """The server was asked to listen where other machines reach it. The caller's fault: requests
    are not encrypted, and whoever has the token writes to the repository's memory."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is not a loopback address")
        self.host = host


class Server(uvicorn.Server):
    """A uvicorn server that ends its event streams when it stops, and says when it answers."""

    def __init__(
        self, config: uvicorn.Config, application: Application, ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._application = application
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._application.stop()
        await super().shutdown(sockets)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address; names other than localhost are not looked
    up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class HttpServer:
    """Serves an open Heaven. Make it, `run` it, and close the Heaven when that returns.

    The socket listens from the beginning (`port` 0 takes a free one, `info.port` tells which);
    `server.json` is there from the moment that requests are answered until the end.
    """

    def __init__(
        self,
        heaven: Heaven,
        *,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        allow_remote: bool = False,
        clock: Clock | None = None,
        host_runs: RunHost | None = None,
        body_seconds: float = BODY_SECONDS,
        connection: type[BoundedConnection] = BoundedConnection,
        on_ready: Callable[[ServerInfo], None] | None = None,
    ) -> None:
        """`host_runs` does what POST /run asks for. Raises NotLoopback, OSError (the port is taken,
        the address is not ours)."""
        if not allow_remote and not is_loopback(host):
            raise NotLoopback(host)
        self._state: Path = heaven.state
        self._on_ready = on_ready
        self._socket = _listen(host, port)
        bound = self._socket.getsockname()
        self.token = new_token(heaven.state)
        address = ipaddress.ip_address(bound[0])
        if address.is_unspecified:
            reached = "::1" if address.version == 6 else "127.0.0.1"
        else:
            reached = str(address)
        started = to_text((clock or SystemClock()).now())
        self.info = ServerInfo(
            os.getpid(), reached, bound[1], str(token_file(heaven.state)), started
        )
        guard = Guard(self.token, bound[1], _names(host, str(address)))
        self._application = Application(heaven, guard, host=host_runs, body_seconds=body_seconds)
        config = uvicorn.Config(
            self._application,
            http=connection,
            loop="uvloop",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_IN_FLIGHT,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = Server(config, self._application, self._announce)

    def run(self) -> None:
        """Answer requests until `stop`, SIGTERM or SIGINT; then finish those that were begun.

        Raises OSError where server.json cannot be written.
        """
        handlers = {}
        if current_thread() is main_thread():
            # uvicorn sends itself the signal again when it is done; the rest of us must live on.
            for number in (signal.SIGINT, signal.SIGTERM):
                handlers[number] = signal.signal(number, lambda *_: self.stop())
        try:
            self._server.run([self._socket])
        finally:
            self._application.close()
            withdraw(self._state)
            self._socket.close()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """Make `run` return soon. From any thread, also before `run`."""
        self._server.should_exit = True

    def _announce(self) -> None:
        announce(self._state, self.info)
        if self._on_ready is not None:
            self._on_ready(self.info)


def _listen(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    return socket.create_server(address[:2], family=family, backlog=BACKLOG)


def _names(*hosts: str) -> list[str]:
    return [f"[{host}]" if ":" in host else host.lower() for host in hosts]
