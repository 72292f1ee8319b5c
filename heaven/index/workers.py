"""Many files read at once, by worker processes: one for each processor that this process may use.

Processes, not threads: taking a file apart is Python's own work. Started anew, not forked: a fork
of a server's process would copy its locks in whatever state they are. A worker is told what to read
on its standard input and answers on its standard output, in frames; at the end of its input it is
done, so that it does not outlive its parent by more than a few files. One that dies costs its speed
only: what it had is read again here.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Final

from .prepared import Known, Prepared, packing, prepare

# Below this a process reads sooner than it starts others.
_WORTH: Final = 192
_BATCH: Final = 24
_LENGTH: Final = struct.Struct(">Q")


def prepare_all(root: Path, known: Sequence[Known], workers: int = 0) -> Iterator[list[Prepared]]:
    """Prepare files, in any order, some at a time. `workers` 0: as many as it is worth."""
    place = os.fspath(root)
    if not workers:
        workers = processors() if len(known) >= _WORTH else 1
    if workers == 1:
        for one in known:
            yield [prepare(place, one)]
        return
    batches = [known[start : start + _BATCH] for start in range(0, len(known), _BATCH)]
    yield from _in_parallel(place, batches, min(workers, len(batches)))


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_parallel(
    place: str, batches: Sequence[Sequence[Known]], count: int
) -> Iterator[list[Prepared]]:
    pending = deque(batches)
    answers: SimpleQueue[tuple[Sequence[Known], bytes] | None] = SimpleQueue()
    processes = [process for process in (_start(place) for _ in range(count)) if process]
    speakers = [
        Thread(target=_speak, args=(process, pending, answers), daemon=True)
        for process in processes
    ]
    unpack = packing()[1]
    try:
        for speaker in speakers:
            speaker.start()
        speaking = len(speakers)
        while speaking:
            answer = answers.get()
            if answer is None:
                speaking -= 1
                continue
            batch, data = answer
            yield unpack(data) if data else [prepare(place, one) for one in batch]
        while pending:
            yield [prepare(place, one) for one in pending.popleft()]
    finally:
        pending.clear()
        for process in processes:
            process.kill()
        for speaker in speakers:
            if speaker.ident is not None:
                speaker.join()
        for process in processes:
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()


def _start(place: str) -> subprocess.Popen[bytes] | None:
    # Not from the working directory, whose modules are the repository's.
    command = [sys.executable, "-P", "-m", f"{__package__}.worker", place]
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
    except OSError:
        return None


def _speak(
    process: subprocess.Popen[bytes],
    pending: deque[Sequence[Known]],
    answers: SimpleQueue[tuple[Sequence[Known], bytes] | None],
) -> None:
    """Give a worker batches while there are any. A batch that it does not answer has no data."""
    from msgspec import msgpack

    source, target = process.stdout, process.stdin
    try:
        while source is not None and target is not None:
            try:
                batch = pending.popleft()
            except IndexError:
                return
            data = None
            try:
                write_frame(target, msgpack.encode(batch))
                data = read_frame(source)
            except OSError:
                pass
            answers.put((batch, data or b""))
            if not data:
                return
    finally:
        answers.put(None)


def write_frame(target: IO[bytes], data: bytes) -> None:
    """Its length, then the data. Raises OSError if nobody reads (any more)."""
    view = memoryview(_LENGTH.pack(len(data)) + data)
    while view:
        view = view[target.write(view) :]
    target.flush()


def read_frame(source: IO[bytes]) -> bytes | None:
    """The next frame; None at the end, in the middle of a frame too."""
    head = _read(source, _LENGTH.size)
    return None if head is None else _read(source, _LENGTH.unpack(head)[0])


def _read(source: IO[bytes], count: int) -> bytes | None:
    parts = []
    while count:
        part = source.read(count)
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
