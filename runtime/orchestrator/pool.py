"""Angels' processes as the orchestrator sees them: given missions, heard, killed when silent."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from ...heaven.records import Json
from ..caller import caller
from .angel_process import Task

_LINE_BYTES: Final = 16 * 1024 * 1024
_PACKAGE: Final = __name__.split(".")[0]


class AngelDied(Exception):
    """Its process ended, or was silent for too long and was killed: another one goes on.

    `reason` says which; `killed` that somebody ended it from outside.
    """

    def __init__(self, reason: str, *, killed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.killed = killed


class AngelHandle:
    """One angel's process; started when it is first needed, and again after it died."""

    def __init__(self, silence_seconds: float, on_exit: Callable[[], Awaitable[None]]) -> None:
        """An angel that says nothing for `silence_seconds` is taken for dead, and killed.
        `on_exit` is awaited whenever its process ends."""
        self._silence = silence_seconds
        self._on_exit = on_exit
        self._watching: set[asyncio.Task[None]] = set()
        self._process: asyncio.subprocess.Process | None = None
        self._ready = False

    @property
    def pid(self) -> int | None:
        """The number of its process, None where none runs."""
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    async def start(self) -> None:
        """Have a process that can be given a mission. Raises AngelDied, OSError."""
        if self.pid is not None and self._ready:
            return
        await self.kill()
        self._ready = False
        with tempfile.TemporaryFile() as complaints:
            self._process = await self._spawn(complaints)
            watch = asyncio.create_task(self._watch(self._process))
            self._watching.add(watch)
            watch.add_done_callback(self._watching.discard)
            try:
                while (await self._line()).get("event") != "ready":
                    continue
            except AngelDied as died:
                complaints.seek(0)
                said = complaints.read().decode("utf-8", "replace").strip().splitlines()
                reason = said[-1] if said else died.reason
                raise AngelDied(reason, killed=died.killed) from None
        self._ready = True

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        await self._on_exit()

    async def _spawn(self, complaints: IO[bytes]) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            f"from {_PACKAGE}.runtime.orchestrator.angel_process import main; main()",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=complaints,
            env=dict(caller().environ),
            cwd=Path.cwd(),
            limit=_LINE_BYTES,
            # Not stopped by the keyboard's Ctrl-C: what becomes of it, the orchestrator says.
            start_new_session=True,
        )

    async def work(self, task: Task) -> AsyncGenerator[dict[str, Json], None]:
        """Give it a mission; what it says, `ended` or `refused` last. Raises AngelDied."""
        assert self._process is not None and self._process.stdin is not None
        self._ready = False
        self._process.stdin.write(json.dumps(task.json()).encode() + b"\n")
        try:
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise await self._ended() from None
        while True:
            said = await self._line()
            if said.get("event") == "ready":
                continue
            if said.get("event") in ("ended", "refused"):
                yield said
                break
            yield said
        while (await self._line()).get("event") != "ready":
            continue
        self._ready = True

    async def kill(self) -> None:
        """End its process, and the checks that it runs, and wait until it is gone."""
        process, self._process = self._process, None
        self._ready = False
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def close(self) -> None:
        """Let it end by itself: it holds nothing."""
        process = self._process
        if process is not None and process.returncode is None and process.stdin is not None:
            process.stdin.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self._silence)
        await self.kill()

    async def _line(self) -> dict[str, Json]:
        assert self._process is not None and self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), self._silence)
        except TimeoutError:
            await self.kill()
            raise AngelDied(f"it was silent for {self._silence:.0f} seconds") from None
        if not line.endswith(b"\n"):
            raise await self._ended()
        said: dict[str, Json] = json.loads(line)
        return said

    async def _ended(self) -> AngelDied:
        """How its process ended."""
        process = self._process
        if process is None:
            return AngelDied("it was killed", killed=True)
        code = await process.wait()
        await self.kill()
        if code < 0:
            return AngelDied(f"signal {-code} ended it", killed=True)
        return AngelDied(f"it ended with exit code {code}")
