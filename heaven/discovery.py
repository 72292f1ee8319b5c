"""How a command finds the server of a repository: `.heaven/server.json`, and a token beside it.

The file is believed only while the process that wrote it holds Heaven's lock, so what a crash
leaves behind misleads nobody and needs no cleaning up.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from .durable import sync_directory
from .errors import NoRepository
from .layout import locate, lock_file
from .lock import holder_of

TOKEN_BYTES: Final = 32
_MAX_FILE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A running server. `token_file` (mode 0600) holds the bearer token; `started` is RFC 3339.

    `host` is an address to connect to: the loopback one where the server listens on all.
    """

    pid: int
    host: str
    port: int
    token_file: str
    started: str

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def token(self) -> str:
        """The bearer token. Raises OSError when the server has just gone."""
        with Path(self.token_file).open("rb") as file:
            return file.read(_MAX_FILE).decode("ascii", "replace").strip()


def server_file(state: Path) -> Path:
    return state / "server.json"


def token_file(state: Path) -> Path:
    return state / "server.token"


def new_token(state: Path) -> str:
    """Make the token of a server that starts, and write its file. Raises OSError."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    _write_private(token_file(state), f"{token}\n")
    return token


def announce(state: Path, info: ServerInfo) -> None:
    """Let commands find the server; called when it answers. Raises OSError."""
    _write_private(server_file(state), json.dumps(asdict(info), indent=2) + "\n")


def withdraw(state: Path) -> None:
    """Remove both files, while the lock is still held. Idempotent."""
    server_file(state).unlink(missing_ok=True)
    token_file(state).unlink(missing_ok=True)


def find_server(root: Path) -> ServerInfo | None:
    """The live server of the repository `root`; None where there is none, whatever files lie about.

    Raises OSError where they cannot be read.
    """
    try:
        state = locate(root)
    except NoRepository:
        return None
    try:
        with server_file(state).open("rb") as file:
            info = _parse(file.read(_MAX_FILE))
    except FileNotFoundError:
        return None
    if info is None or holder_of(lock_file(state)) != info.pid:
        return None
    return info


def _parse(text: bytes) -> ServerInfo | None:
    try:
        record = json.loads(text)
    except ValueError:
        return None
    match record:
        case {
            "pid": int(pid),
            "host": str(host),
            "port": int(port),
            "token_file": str(where),
            "started": str(started),
        }:
            return ServerInfo(pid, host, port, where, started)
    return None


def _write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 under its name in one step, never readable by others."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)
