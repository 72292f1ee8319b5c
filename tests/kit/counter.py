"""A Heaven behind a line protocol on the loopback interface, so that many processes can ask it.

`python -m kit.counter serve DIRECTORY` prints its port, then answers each line (a JSON object) with
a line: acquire, release, write. A write is an event, appended only inside `Heaven.writing`.
`python -m kit.counter work PORT NAME ROUNDS SEED` asks for leases again and again, and prints what
came of it.
"""

from __future__ import annotations

import json
import random
import socket
import socketserver
import sys
import time
from pathlib import Path
from typing import Any, Final

from genesis_ssmp.heaven import Heaven, NotLeased, StaleToken
from genesis_ssmp.heaven.leases.lockmodes import LockMode
from genesis_ssmp.proto.leases import Scope

TTL_SECONDS: Final = 0.6
PATHS: Final = tuple(f"src/{name}.py" for name in "abcdef")
SCOPES: Final = (("file", PATHS), ("directory", ("src",)), ("file", PATHS), ("file", PATHS))


def answer(heaven: Heaven, request: dict[str, Any]) -> dict[str, Any]:
    match request["do"]:
        case "acquire":
            mode: LockMode = "S" if request["mode"] == "S" else "X"
            scopes = [Scope(kind, value) for kind, value in request["scopes"]]
            got = heaven.acquire(
                request["owner"],
                "m",
                scopes,
                ttl_seconds=TTL_SECONDS,
                mode=mode,
                wait_seconds=request["wait"],
            )
            return {"leases": [[one.lease_id, one.fencing_token] for one in got.acquired]}
        case "write":
            owner, path, tokens = request["owner"], request["path"], request["tokens"]
            try:
                with heaven.writing(owner, [path], tokens):
                    heaven.append("write", {"owner": owner, "path": path, "tokens": tokens})
            except (StaleToken, NotLeased) as refusal:
                return {"written": False, "why": type(refusal).__name__}
            return {"written": True}
        case _:
            return {"ended": list(heaven.release(request["owner"], request["leases"]))}


def serve(directory: Path) -> None:
    heaven = Heaven.open(directory)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                reply = answer(heaven, json.loads(line))
                self.wfile.write(json.dumps(reply).encode() + b"\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that was killed in the middle of a line is what the test is about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


class Client:
    """One connection; `ask` sends a line and returns the answer."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def ask(self, **request: Any) -> dict[str, Any]:
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        reply: dict[str, Any] = json.loads(self._file.readline())
        return reply

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def work(port: int, name: str, rounds: int, seed: int) -> None:
    """Print `got` for each lease, `stale` for each write refused, `wrote`, and `done`."""
    client, chance = Client(port), random.Random(seed)
    for number in range(rounds):
        kind, values = chance.choice(SCOPES)
        path = chance.choice(PATHS)
        wanted = [[kind, chance.choice(values) if kind == "directory" else path]]
        mode = "S" if chance.random() < 0.2 else "X"
        # A new name each time: whoever was killed or stopped never comes back under its own.
        owner = f"{name}.{number}"
        leases: list[list[Any]] = []
        while not leases:
            got = client.ask(do="acquire", owner=owner, scopes=wanted, mode=mode, wait=20)
            leases = got["leases"]
        print("got", flush=True)
        time.sleep(chance.random() * 0.001)  # time to be stopped or killed in
        if mode == "X":
            tokens = [token for _, token in leases]
            done = client.ask(do="write", owner=owner, path=path, tokens=tokens)
            print("wrote" if done["written"] else f"stale {done['why']}", flush=True)
        client.ask(do="release", owner=owner, leases=[lease for lease, _ in leases])
    print("done", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(Path(sys.argv[2]))
    else:
        work(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
