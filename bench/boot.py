"""Opening a Heaven whose log has a million events."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bench.table import Row, middle

if TYPE_CHECKING:
    from genesis_ssmp.heaven.records import Json, JsonObject

EVENTS = 1_000_000
TIMES = 3
# Every so many events one that state is derived from.
CLOCK_EVERY, LEASE_EVERY, FILES = 10, 100, 2_000

CHILD = """
import json, resource, sys, time
from pathlib import Path
from genesis_ssmp.heaven import Heaven
start = time.perf_counter()
heaven = Heaven.open(Path(sys.argv[1]), read_only=sys.argv[2] == "reader")
opened = time.perf_counter() - start
assert heaven.last_seq == int(sys.argv[3])
if sys.argv[2] == "pages":
    for after in range(0, heaven.last_seq, 100_000):
        sum(1 for _ in heaven.events(after, kinds={"lease_granted"}))
heaven.close()
print(json.dumps([opened, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def boot(root: Path) -> list[Row]:
    """Time to open, without and with a snapshot, and the largest memory of a process that also
    pages through the log."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=root) as scratch:
        home = Path(scratch)
        size = _generate(home)
        what = f"{EVENTS:,} events ({size / 1e6:.0f} MB)"
        without = min(_open(home, "reader")[0] for _ in range(TIMES)) * 1e3
        _, memory = _open(home, "pages")  # the writer leaves a snapshot
        after_close = [_open(home, "reader")[0] for _ in range(TIMES)]
        log = home / ".heaven" / "log.jsonl"
        log.touch()  # as after a crash: nobody can say that the file is what it was
        after_crash = [_open(home, "reader")[0] for _ in range(TIMES)]
    return [
        Row(f"boot on {what}, no snapshot", without, "ms", 3_200, at_most=True),
        Row("the same with a snapshot, after a close", middle(after_close, 1e3), "ms", 300,
            at_most=True),
        Row("the same after a crash: sums compared", min(after_crash) * 1e3, "ms", None),
        Row("memory of boot, paging and close", memory, "MB", 250, at_most=True),
    ]  # fmt: skip


def _open(home: Path, role: str) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(home), role, str(EVENTS)],
        capture_output=True,
        text=True,
        check=True,
    )
    opened, memory = json.loads(done.stdout)
    return float(opened), float(memory)


def _generate(home: Path) -> int:
    """A Heaven with EVENTS events; the size of its log in bytes."""
    from genesis_ssmp.heaven import Heaven
    from genesis_ssmp.heaven.canonical import encode
    from genesis_ssmp.heaven.log.chain import GENESIS_HASH, finish_record, start_record

    Heaven.open(home).close()
    log = home / ".heaven" / "log.jsonl"
    prev = GENESIS_HASH
    with log.open("wb", buffering=1024 * 1024) as file:
        for seq, (kind, data) in enumerate(_events(), 1):
            head, hasher = start_record(encode(data))
            time_text = "2026-01-01T12:00:00.000000Z"
            line, prev = finish_record(head, hasher, kind, prev, seq, time_text)
            file.write(line)
    return log.stat().st_size


def _events() -> Iterator[tuple[str, JsonObject]]:
    token = 0
    held = False
    clocks: dict[str, int] = {}
    for number in range(EVENTS):
        if number % LEASE_EVERY == 0:
            if held:
                yield "lease_released", {"leases": [f"L{token}"]}
            else:
                token += 1
                yield "lease_granted", _grant(token)
            held = not held
        elif number % CLOCK_EVERY == 0:
            path = f"src/module_{number // CLOCK_EVERY % FILES}.py"
            clocks[path] = clocks.get(path, 0) + 1
            yield "clock_inc", {"clocks": {path: clocks[path]}}
        else:
            yield "note", {"n": number, "text": "x" * 60}


def _grant(token: int) -> JsonObject:
    path = f"src/module_{token % FILES}.py"
    row: dict[str, Json] = {"token": token, "type": "file", "value": path, "nodes": [[path, None]]}
    return {
        "owner": "run",
        "mission": "m",
        "mode": "X",
        "issued": "2026-01-01T12:00:00.000000Z",
        "expires": "2026-01-01T12:10:00.000000Z",
        "leases": [row],
    }
