"""Eight processes over one Heaven, some of them stopped or killed with a lease in hand.

What happened is judged from the log alone, by rules written anew here.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from genesis_ssmp.heaven import Event, Heaven
from kit.counter import TTL_SECONDS, Client
from kit.evidence import Evidence

PROCESSES = 8
ACQUISITIONS = 10_000 if "GENESIS_SOAK" in os.environ else 1_200
TESTS = Path(__file__).parent.parent.parent


def start(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    return subprocess.Popen(
        [sys.executable, "-m", "kit.counter", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


class Crowd:
    """The processes; each that is killed is replaced, until enough leases were had."""

    def __init__(self, port: str) -> None:
        self._port = port
        self._lock = threading.Lock()
        self.seen: Counter[str] = Counter()
        self.started = 0
        self.running: list[subprocess.Popen[str]] = []
        self._readers: list[threading.Thread] = []

    def add(self) -> None:
        self.started += 1
        name, rounds = f"p{self.started}", str(ACQUISITIONS // PROCESSES)
        process = start("work", self._port, name, rounds, str(self.started))
        reader = threading.Thread(target=self._read, args=(process,))
        reader.start()
        self._readers.append(reader)
        self.running.append(process)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with self._lock:
                self.seen[line.strip()] += 1

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
        for reader in self._readers:
            reader.join(10)


def test_eight_processes_never_share_an_exclusive_lease_and_no_stale_write_is_taken(
    tmp_path: Path, evidence: Evidence
) -> None:
    server = start("serve", str(tmp_path))
    assert server.stdout is not None
    port = server.stdout.readline().strip()
    crowd, chance = Crowd(port), random.Random(7)
    stopped = killed = 0
    try:
        for _ in range(PROCESSES):
            crowd.add()
        deadline = time.monotonic() + 300
        while crowd.seen["got"] < ACQUISITIONS:
            assert time.monotonic() < deadline, crowd.seen
            victim = chance.choice(crowd.running)
            time.sleep(0.05)
            if victim.poll() is not None:
                assert victim.returncode == 0, victim.returncode
                crowd.running.remove(victim)
                crowd.add()
            elif chance.random() < 0.5 and stopped < 12:
                victim.send_signal(signal.SIGSTOP)
                time.sleep(TTL_SECONDS * 1.5)
                victim.send_signal(signal.SIGCONT)
                stopped += 1
            elif chance.random() < 0.5 and killed < 12:
                victim.kill()
                victim.wait()
                crowd.running.remove(victim)
                crowd.add()
                killed += 1
        waited = orphan(int(port))
    finally:
        crowd.end()
        server.kill()
        server.wait()
    with Heaven.open(tmp_path, read_only=True) as heaven:
        judged = judge(heaven.events())
    assert waited < TTL_SECONDS + 1.0
    assert judged["overlapping"] == 0
    assert judged["stale writes taken"] == 0
    assert judged["grants"] >= ACQUISITIONS
    assert judged["expired"] > 0
    assert stopped
    assert killed
    evidence.note(
        "eight processes",
        acquisitions=crowd.seen["got"],
        writes=crowd.seen["wrote"],
        refused=sum(n for what, n in crowd.seen.items() if what.startswith("stale")),
        stopped=stopped,
        killed=killed,
        orphan_free_after_s=round(waited, 3),
        **judged,
    )


def orphan(port: int) -> float:
    """How long another owner waits for the place of one who is gone without a word: seconds."""
    gone = Client(port)
    scopes = [["file", "orphaned.py"]]
    assert gone.ask(do="acquire", owner="gone", scopes=scopes, mode="X", wait=0)["leases"]
    gone.close()
    heir, begun = Client(port), time.monotonic()
    assert heir.ask(do="acquire", owner="heir", scopes=scopes, mode="X", wait=20)["leases"]
    return time.monotonic() - begun


def judge(events: Any) -> dict[str, int]:
    """Go through the log with rules of our own: a place is a path, and a directory is above it."""
    live: dict[int, tuple[str, str, str, datetime]] = {}  # token: owner, path, mode, expiry
    found: Counter[str] = Counter(grants=0, overlapping=0, expired=0)
    found["stale writes taken"] = found["writes taken"] = 0
    last_token = 0
    for event in events:
        if event.kind == "lease_granted":
            expires = datetime.fromisoformat(event.data["expires"])
            for row in event.data["leases"]:
                found["grants"] += 1
                assert row["token"] > last_token
                last_token = row["token"]
                mine = (event.data["owner"], row["value"], event.data["mode"], expires)
                found["overlapping"] += sum(excludes(mine, other) for other in live.values())
                live[row["token"]] = mine
        elif event.kind in ("lease_released", "lease_expired"):
            for lease_id in event.data["leases"]:
                del live[int(lease_id[1:])]
                found["expired"] += event.kind == "lease_expired"
        elif event.kind == "write":
            found["writes taken"] += 1
            found["stale writes taken"] += not covered(event, live)
    return dict(found)


def excludes(one: tuple[str, str, str, datetime], other: tuple[str, str, str, datetime]) -> bool:
    if one[0] == other[0] or one[2] == other[2] == "S":
        return False
    a, b = one[1] + "/", other[1] + "/"
    return a.startswith(b) or b.startswith(a)


def covered(event: Event, live: dict[int, tuple[str, str, str, datetime]]) -> bool:
    tokens = event.data["tokens"]
    assert isinstance(tokens, list)
    return any(
        isinstance(token, int)
        and token in live
        and live[token][0] == event.data["owner"]
        and live[token][2] == "X"
        and (str(event.data["path"]) + "/").startswith(live[token][1] + "/")
        for token in tokens
    )
