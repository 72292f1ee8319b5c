"""Writes to the log: all that are waiting are done one after the other, with one sync for all.

A thread for each, all of them waiting for the same sync, would spend more time on waking each other
than on the work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeAlias

from ..errors import HeavenError
from ..heaven import Heaven
from .failures import failure
from .parsing import encode

Answer: TypeAlias = "tuple[int, bytes, bytes]"
"""Status, media type, body."""
Work: TypeAlias = Callable[[], Answer]

MOST: Final = 256


class Batches:
    """One thread that writes. Made and used on the event loop; `close` from any thread."""

    def __init__(self, heaven: Heaven) -> None:
        self._heaven = heaven
        self._thread = ThreadPoolExecutor(1, "log")
        self._waiting: list[tuple[Work, asyncio.Future[Answer]]] = []
        self._running = False

    def close(self) -> None:
        """Wait for the work that was begun."""
        self._thread.shutdown(wait=True)

    async def run(self, work: Work) -> Answer:
        """What `work` answers, once what it wrote is on disk. It must not raise or wait."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        if not self._running:
            self._start()
        return await future

    def _start(self) -> None:
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._running = True
        works = [work for work, _ in batch]
        done = asyncio.get_running_loop().run_in_executor(self._thread, self._write, works)
        done.add_done_callback(lambda answers: self._finish(batch, answers))

    def _finish(
        self,
        batch: Sequence[tuple[Work, asyncio.Future[Answer]]],
        answers: asyncio.Future[list[Answer]],
    ) -> None:
        self._running = False
        error = answers.exception()
        for number, (_, future) in enumerate(batch):
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(answers.result()[number])
        if self._waiting:
            self._start()

    def _write(self, works: Sequence[Work]) -> list[Answer]:
        answers: list[Answer] = []
        try:
            with self._heaven.grouped():
                answers.extend(work() for work in works)
        except HeavenError as error:
            # Nobody knows what is on disk, so nobody is told that anything is.
            status, body = failure(error)
            return [(status, b"application/json", encode(body))] * len(works)
        return answers
