"""Runs that the server does for its clients: one at a time, in the order in which they came.

One at a time because they share a working tree: the tests of one would see the half-done edits of
another, whatever the leases say. Heaven knows no programs, so what does a run is handed in.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from threading import Condition
from typing import Final, Protocol

from ..errors import HeavenError
from ..heaven import Heaven
from ..records import JsonObject
from .failures import Refusal, failure
from .run_messages import RunRequest

ALIVE_EVERY_S: Final = 10.0
"""A run that has nothing to say says this often that it goes on."""
UNREAD_BYTES: Final = 4 * 1024 * 1024
"""A run waits for its client once so much of what it said was not taken up."""
MAX_WAITING: Final = 64


class RunHost(Protocol):
    """Does the runs of a server. `version` is whose programs it takes."""

    @property
    def version(self) -> str: ...

    def run(
        self,
        heaven: Heaven,
        request: RunRequest,
        tell: Callable[[JsonObject], None],
        stopped: Callable[[], str | None],
    ) -> None:
        """Do the run, saying how it goes; the last thing said is how it ended.

        `stopped` tells why the run is to end with its edits undone, None while it may go on. Raises
        HeavenError and OSError where it cannot be done at all.
        """
        ...


class HostedRun:
    """One run: what it has said and its client has not read, and whether it is still wanted."""

    def __init__(self, request: RunRequest, loop: asyncio.AbstractEventLoop) -> None:
        self.request = request
        self.ticket = token_hex(16)
        self._begun = False
        self._reason: str | None = None
        self._loop = loop
        self._news = asyncio.Event()
        self._room = Condition()
        self._said: deque[bytes] = deque()
        self._unread = 0
        self._ended = False
        self._gone = False

    def begin(self) -> bool:
        """Whether the run is still wanted when its turn has come."""
        with self._room:
            self._begun = self._reason is None
            return self._begun

    def stop(self, reason: str) -> None:
        """Have the run end soon, or at once if its turn has not come. The first reason counts."""
        with self._room:
            if self._reason is not None or self._ended:
                return
            self._reason = reason
            waits = not self._begun
            self._room.notify_all()
        if waits:
            self.tell({"event": "interrupted", "run": None, "message": reason})
            self.end()

    def abandon(self) -> None:
        """Nobody reads what the run says any more."""
        with self._room:
            self._gone = True
        self.stop("interrupted: its client went away")

    @property
    def ended(self) -> bool:
        with self._room:
            return self._ended

    def stopped(self) -> str | None:
        with self._room:
            return self._reason

    def tell(self, message: JsonObject) -> None:
        """Say something; waits while the client has too much to read. From the run's thread."""
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with self._room:
            while self._unread > UNREAD_BYTES and self._reason is None:
                self._room.wait()
            if self._gone:
                return
            self._said.append(line)
            self._unread += len(line)
        self._wake()

    def end(self) -> None:
        with self._room:
            self._ended = True
        self._wake()

    async def lines(self) -> AsyncIterator[bytes]:
        """What the run says, as it says it, until it has ended."""
        while True:
            self._news.clear()
            with self._room:
                said, self._said = self._said, deque()
                self._unread = 0
                ended = self._ended
                self._room.notify_all()
            if said:
                yield b"".join(said)
            elif ended:
                return
            else:
                try:
                    async with asyncio.timeout(ALIVE_EVERY_S):
                        await self._news.wait()
                except TimeoutError:
                    yield b'{"event":"alive"}\n'

    def _wake(self) -> None:
        self._loop.call_soon_threadsafe(self._news.set)


class RunQueue:
    """The runs of a server. Made and used on the event loop; `close` from any thread."""

    def __init__(self, heaven: Heaven, host: RunHost | None) -> None:
        self._heaven = heaven
        self._host = host
        self._thread = ThreadPoolExecutor(1, "run")
        self._runs: dict[str, HostedRun] = {}
        self._closing: str | None = None

    def submit(self, request: RunRequest) -> HostedRun:
        """Take a run in. Raises Refusal."""
        host = self._host
        if host is None:
            raise Refusal(501, "this server does no runs")
        if request.version != host.version:
            raise Refusal(
                409,
                f"this server is of version {host.version}, and the client of {request.version}: "
                "stop the server and start it again with the client's version",
            )
        if self._closing is not None:
            raise Refusal(503, self._closing)
        if len(self._runs) > MAX_WAITING:
            raise Refusal(503, f"{MAX_WAITING} runs are waiting", ((b"retry-after", b"5"),))
        run = HostedRun(request, asyncio.get_running_loop())
        ahead = sum(not other.ended for other in self._runs.values())
        run.tell({"event": "accepted", "ticket": run.ticket, "ahead": ahead})
        self._runs[run.ticket] = run
        done = asyncio.get_running_loop().run_in_executor(self._thread, self._work, host, run)
        done.add_done_callback(lambda _: self._runs.pop(run.ticket))
        return run

    def stop(self, ticket: str, reason: str) -> bool:
        """Have a run end soon; False where it has."""
        run = self._runs.get(ticket)
        if run is None or run.ended:
            return False
        run.stop(reason)
        return True

    def stop_all(self, reason: str) -> None:
        """End the runs that are under way or waiting, and take no more."""
        self._closing = reason
        for run in self._runs.values():
            run.stop(reason)

    def close(self) -> None:
        """Wait until what was under way is undone."""
        self._thread.shutdown(wait=True)

    def _work(self, host: RunHost, run: HostedRun) -> None:
        if not run.begin():
            return
        try:
            host.run(self._heaven, run.request, run.tell, run.stopped)
        except (HeavenError, OSError) as error:
            status, body = failure(error)
            run.tell({"event": "failed", "status": status, **body})
        except BaseException:
            run.tell({"event": "failed", "status": 500, "error": "the server failed"})
            raise
        finally:
            run.end()
