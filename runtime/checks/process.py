"""One child process with bounded time and bounded memory, and nothing of it left behind."""

from __future__ import annotations

import contextlib
import hashlib
import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..caller import caller

HEAD_BYTES = 256 * 1024
TAIL_BYTES = 256 * 1024
LINE_BYTES = 64 * 1024
TERM_SECONDS = 2.0
DRAIN_SECONDS = 0.5
_POLL_SECONDS = 0.05
_CHUNK = 64 * 1024

TIMEOUT_EXIT = 124
"""The exit code that stands for "took too long", as in coreutils' timeout."""


@dataclass(frozen=True, slots=True)
class Finished:
    """`output` is stdout and stderr as one stream, its middle left out where it was too long.

    `output_hash` is the SHA-256 hex of the whole stream. A process that a signal ended has exit
    code 128 + signal; one that was stopped for taking too long has 124 and `timed_out`.
    """

    exit_code: int
    output: bytes
    output_hash: str
    timed_out: bool
    seconds: float


def run_process(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float,
    on_line: Callable[[str], None] | None = None,
) -> Finished:
    """Run `argv` for at most `timeout` seconds in a session of its own, then kill its group.

    Raises OSError where it does not start (the environment's fault), Interrupted where the caller
    wants it no more. On any exception, an interrupt included, the process group is killed before
    the exception goes on. A grandchild that keeps the pipe open after the command ended is not
    waited for.
    """
    started = time.monotonic()
    child = subprocess.Popen(
        list(argv),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        start_new_session=True,
    )
    kept = _Output(on_line)
    try:
        timed_out = _pump(child, kept, started + timeout)
    finally:
        end_group(child)
        if child.stdout is not None:
            child.stdout.close()
    kept.finish()
    code = TIMEOUT_EXIT if timed_out else child.returncode
    return Finished(
        exit_code=128 - code if code < 0 else code,
        output=kept.output(),
        output_hash=kept.digest.hexdigest(),
        timed_out=timed_out,
        seconds=time.monotonic() - started,
    )


def _pump(child: subprocess.Popen[bytes], kept: _Output, deadline: float) -> bool:
    """Read until the end of the stream or of the process; True where the deadline came first."""
    assert child.stdout is not None
    pipe = child.stdout.fileno()
    os.set_blocking(pipe, False)
    drain_until: float | None = None
    check_wanted = caller().check_wanted
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            check_wanted()
            now = time.monotonic()
            if drain_until is None and child.poll() is not None:
                drain_until = now + DRAIN_SECONDS
            if drain_until is not None and now >= drain_until:
                return False
            if drain_until is None and now >= deadline:
                return True
            if not selector.select(min(_POLL_SECONDS, max(deadline - now, 0.0))):
                if drain_until is not None:
                    return False
                continue
            chunk = _read(pipe)
            if chunk:
                kept.feed(chunk)
            elif chunk is not None:
                break
    while child.poll() is None:
        check_wanted()
        if time.monotonic() >= deadline:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(min(_POLL_SECONDS, max(deadline - time.monotonic(), 0.0)))
    return False


def _read(pipe: int) -> bytes | None:
    try:
        return os.read(pipe, _CHUNK)
    except BlockingIOError:
        return None


def end_group(child: subprocess.Popen[bytes]) -> None:
    """SIGTERM, a little patience, SIGKILL: to the whole group, its leader ended or not."""
    if child.poll() is None:
        _signal_group(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(TERM_SECONDS)
    _signal_group(child.pid, signal.SIGKILL)
    child.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        # Nobody is left in the group (macOS says EPERM where only zombies are).
        return


@dataclass(slots=True)
class _Output:
    """Keeps the head and the tail of a stream, hashes all of it, and cuts it into lines."""

    on_line: Callable[[str], None] | None
    head: bytearray = field(default_factory=bytearray)
    tail: deque[bytes] = field(default_factory=deque)
    tail_bytes: int = 0
    dropped: int = 0
    partial: bytearray = field(default_factory=bytearray)
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def feed(self, chunk: bytes) -> None:
        self.digest.update(chunk)
        room = HEAD_BYTES - len(self.head)
        self.head += chunk[:room]
        rest = chunk[room:] if room > 0 else chunk
        if rest:
            self.tail.append(rest)
            self.tail_bytes += len(rest)
            while self.tail_bytes - len(self.tail[0]) >= TAIL_BYTES:
                gone = self.tail.popleft()
                self.tail_bytes -= len(gone)
                self.dropped += len(gone)
        if self.on_line is not None:
            self._lines(chunk)

    def _lines(self, chunk: bytes) -> None:
        self.partial += chunk
        *whole, rest = bytes(self.partial).split(b"\n")
        for line in whole:
            self._tell(line)
        if len(rest) > LINE_BYTES:
            self._tell(rest)
            rest = b""
        self.partial[:] = rest

    def _tell(self, line: bytes) -> None:
        if self.on_line is None:
            return
        text = line.removesuffix(b"\r").decode("utf-8", errors="replace")
        for start in range(0, max(len(text), 1), LINE_BYTES):
            self.on_line(text[start : start + LINE_BYTES])

    def finish(self) -> None:
        if self.partial:
            self._tell(bytes(self.partial))
            self.partial.clear()

    def output(self) -> bytes:
        tail = b"".join(self.tail)
        if not self.dropped:
            return bytes(self.head) + tail
        note = f"\n[... {self.dropped} bytes of output left out here ...]\n".encode()
        return bytes(self.head) + note + tail
