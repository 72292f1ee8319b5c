"""Heaven over HTTP, asked through one kept-alive connection or sixty-four."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from bench.faults import SETTLING_SECONDS
from bench.table import Row, middle

ROUNDS = 400
WRITERS = 64


@dataclass(frozen=True, slots=True)
class Address:
    port: int
    token: str

    def request(self, path: str, body: object) -> bytes:
        data = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        return head.encode() + data

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def exchange(connection: socket.socket, request: bytes) -> bytes:
    """The body of the answer. A bare socket, so that the server is measured and not a client."""
    connection.sendall(request)
    received = connection.recv(1 << 18)
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"the server refused: {received[:400]!r}")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    parts = [body]
    missing = length - len(body)
    while missing:
        parts.append(connection.recv(1 << 18))
        missing -= len(parts[-1])
    return b"".join(parts)


@contextmanager
def serving(root: Path, package: Path | None = None) -> Iterator[Address]:
    """`aa serve` of a repository inside `root` (a temporary directory may be in memory, where a
    sync costs nothing), with a copy of `package` in it."""
    aa = Path(sys.executable).parent / "aa"
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=root) as scratch:
        if package is not None:
            shutil.copytree(package, Path(scratch) / package.name)
            time.sleep(SETTLING_SECONDS)
        process = subprocess.Popen(
            [str(aa), "serve", "--repo", scratch, "--port", "0"], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.readline()
            record = json.loads((Path(scratch) / ".heaven" / "server.json").read_text())
            token = Path(record["token_file"]).read_text().strip()
            yield Address(record["port"], token)
        finally:
            process.terminate()
            process.wait()


def _times(
    address: Address, make: Callable[[int], tuple[str, object]]
) -> tuple[list[float], list[float]]:
    """Seconds of each request, and of an empty one that alternates with it."""
    empty = address.request("/file-clock/get", {"paths": []})
    ours: list[float] = []
    bare: list[float] = []
    with address.connect() as connection:
        for number in range(ROUNDS + 50):
            request = address.request(*make(number))
            start = time.perf_counter()
            exchange(connection, request)
            between = time.perf_counter()
            exchange(connection, empty)
            bare.append(time.perf_counter() - between)
            ours.append(between - start)
    return ours[50:], bare[50:]


def _package() -> Path:
    import click

    return Path(click.__file__).parent


def _words() -> list[str]:
    """Pairs of names of the package, each once, in an order that looks like none."""
    text = "".join(path.read_text() for path in sorted(_package().rglob("*.py")))
    names = sorted(set(re.findall(r"def (\w+)", text)))
    return [
        f"{names[(7 * n) % len(names)]} {names[(11 * n + n // len(names)) % len(names)]}"
        for n in range(ROUNDS + 50)
    ]


def empty_request(root: Path) -> Row:
    """A request that is checked, parsed, sent through a thread and answered, and does nothing."""
    with serving(root) as address:
        ours, _ = _times(address, lambda _: ("/file-clock/get", {"paths": []}))
    return Row("HTTP: empty authenticated request, p50", middle(ours, 1e6), "us", None)


def _fault(command: str, **args: str) -> Callable[[int], tuple[str, object]]:
    def make(number: int) -> tuple[str, object]:
        asked = {**args, "mission_id": f"m{number}"}
        return "/pf", {"type": "request", "command": command, "args": asked}

    return make


def definition(root: Path) -> list[Row]:
    """PF_SYMDEF with source, callers and tests, each time for a mission that has seen nothing: the
    middle, and the slowest hundredth."""
    with serving(root, _package()) as address:
        ours, bare = _times(address, _fault("PF_SYMDEF", symbol="Context.invoke"))
    slow, slow_bare = (quantiles(times, n=100)[98] * 1e6 for times in (ours, bare))
    empty = "empty request"
    return [
        Row("HTTP: PF_SYMDEF, p50", middle(ours, 1e6), "us", 1.6, middle(bare, 1e6), empty),
        Row("HTTP: PF_SYMDEF, p99", slow, "us", 1_500, slow_bare, empty, at_most=True),
    ]


def search(root: Path) -> list[Row]:
    """PF_SEARCH over click: one that was asked before, and ones that nobody asked yet."""
    with serving(root, _package()) as address:
        known, bare = _times(address, _fault("PF_SEARCH", query="context invoke"))
        words = _words()
        fresh, _ = _times(address, lambda n: _fault("PF_SEARCH", query=words[n])(n))
    empty, floor = "empty request", middle(bare, 1e6)
    return [
        Row("HTTP: PF_SEARCH, p50", middle(known, 1e6), "us", 1_000, floor, empty, at_most=True),
        Row("HTTP: PF_SEARCH never asked, p50", middle(fresh, 1e6), "us", None, floor, empty),
    ]


def batch(root: Path) -> Row:
    """Ten PF_SYMDEF in one request, beside as many requests."""
    with serving(root, _package()) as address:

        def several(number: int) -> tuple[str, object]:
            one = _fault("PF_SYMDEF", symbol="Context.invoke")
            return "/pf", [one(10 * number + n)[1] for n in range(10)]

        together, _ = _times(address, several)
        alone, _ = _times(address, _fault("PF_SYMDEF", symbol="Context.invoke"))
    return Row(
        "HTTP: 10 PF_SYMDEF in one request, p50",
        middle(together, 1e6),
        "us",
        None,
        10 * middle(alone, 1e6),
        "10 requests",
    )


def _many(address: Address, each: Callable[[socket.socket, int], int]) -> float:
    """What all writers together do in a second; `each` is one writer's whole work."""
    counts: list[int] = []
    barrier = threading.Barrier(WRITERS + 1)

    def work(number: int) -> None:
        with address.connect() as connection:
            barrier.wait()
            counts.append(each(connection, number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def appends(root: Path) -> Row:
    """Durable appends of 64 writers at once."""
    with serving(root) as address:
        request = address.request("/event", {"kind": "bench", "data": {"text": "x" * 200}})

        def each(connection: socket.socket, number: int) -> int:
            for _ in range(100):
                exchange(connection, request)
            return 100

        figure = _many(address, each)
    return Row(f"HTTP: durable appends, {WRITERS} at once", figure, "per s", 4_000)


def leases(root: Path) -> Row:
    """Leases acquired and released, both durable, by 64 owners at once."""
    with serving(root) as address:

        def each(connection: socket.socket, number: int) -> int:
            owner = f"o{number}"
            scopes = [{"scope_type": "file", "scope_value": f"{number}.py"}]
            asked = {"owner_id": owner, "mission_id": "m", "scopes": scopes}
            acquire = address.request("/lease/acquire", asked)
            for _ in range(40):
                granted = json.loads(exchange(connection, acquire))["acquired"]
                ids = [granted[0]["lease_id"]]
                release = {"owner_id": owner, "lease_ids": ids}
                exchange(connection, address.request("/lease/release", release))
            return 40

        figure = _many(address, each)
    return Row(f"HTTP: lease acquire and release, {WRITERS} at once", figure, "per s", 1_700)
