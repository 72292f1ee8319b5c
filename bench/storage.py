"""What durability costs over a bare append with fdatasync of the same bytes."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.table import Row, middle

if TYPE_CHECKING:
    from genesis_ssmp.heaven.records import Json

ROUNDS = 300


def syscall(root: Path) -> list[Row]:
    """A syscall through the live door, its intent and result in the log: against the floor, and
    against what the log of a run may cost at most."""
    from genesis_ssmp.aa.opcodes import Syscall
    from genesis_ssmp.heaven import Heaven
    from genesis_ssmp.runtime.door import Call, LiveDoor

    call = Call(7, "FAULT_SYMDEF", Syscall.FAULT, {"command": "PF_SYMDEF", "symbol": "Eval"})
    result: dict[str, Json] = {
        "shards": ["s" * 40],
        "kind": "symdef",
        "text": "def Eval(text):\n    ..." * 20,
    }

    def prepare(heaven: Heaven) -> Callable[[], object]:
        door = LiveDoor(heaven, "bench")
        return lambda: door.call(call, lambda _: result)

    row = _against_bare(root, "durable syscall (page fault)", prepare, bar=2.0)
    return [row, replace(row, what="  the same, p50 in time", bar=400, at_most=True)]


def append(root: Path) -> Row:
    """One event, synced."""
    from genesis_ssmp.heaven import Heaven

    def prepare(heaven: Heaven) -> Callable[[], object]:
        return lambda: heaven.append("bench", {"path": "src/app.py", "text": "x" * 200})

    return _against_bare(root, "durable append of one event", prepare, bar=1.3)


def lease(root: Path) -> Row:
    """Acquire and release, each synced: two appends in two writes."""
    from genesis_ssmp.heaven import Heaven
    from genesis_ssmp.proto.leases import Scope

    wanted = [Scope("file", "src/app.py")]

    def prepare(heaven: Heaven) -> Callable[[], object]:
        def pair() -> None:
            held = heaven.acquire("bench", "m", wanted)
            heaven.release("bench", [held.acquired[0].lease_id])

        return pair

    return _against_bare(root, "lease acquired and released", prepare, bar=1.5, syncs=2)


def _against_bare(
    root: Path,
    what: str,
    prepare: Callable[..., Callable[[], object]],
    *,
    bar: float | None,
    syncs: int = 1,
    unit: Literal["us"] = "us",
) -> Row:
    """Alternate the operation with a bare append of as many bytes to a file beside the log, in
    as many synced parts."""
    from genesis_ssmp.heaven import Heaven

    # Inside the repository: a temporary directory may be in memory, where a sync costs nothing.
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=root) as scratch:
        log = Path(scratch) / ".heaven" / "log.jsonl"
        with Heaven.open(Path(scratch)) as heaven:
            operation = prepare(heaven)
            operation()
            before = log.stat().st_size
            operation()
            line = b"x" * ((log.stat().st_size - before) // syncs)
            ours: list[float] = []
            bare: list[float] = []
            handle = os.open(Path(scratch) / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                for _ in range(ROUNDS):
                    start = time.perf_counter()
                    operation()
                    middle_time = time.perf_counter()
                    for _ in range(syncs):
                        os.write(handle, line)
                        os.fdatasync(handle)
                    end = time.perf_counter()
                    ours.append(middle_time - start)
                    bare.append(end - middle_time)
            finally:
                os.close(handle)
    floor_is = f"write {len(line)} bytes, fdatasync" + (f", {syncs} times" if syncs > 1 else "")
    return Row(what, middle(ours, 1e6), unit, bar, middle(bare, 1e6), floor_is)
