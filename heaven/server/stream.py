"""Following the log: server-sent events, resumable, and never ahead of the disk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from functools import partial
from typing import Final, TypeAlias, TypeVar

from ...proto.wire import WireError
from ..heaven import Heaven
from .messages import event_record

T = TypeVar("T")
InThread: TypeAlias = Callable[[Callable[[], T]], Awaitable[T]]

MAX_STREAMS: Final = 64
PAGE_BYTES: Final = 256 * 1024
LOOK_EVERY_S: Final = 1.0
"""The log also grows without a request (an expiry), so it is looked at this often."""
ALIVE_EVERY_S: Final = 15.0


class Changes:
    """Wakes the streams when a request may have added events. For the event loop's thread."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.stopping = False

    def poke(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    def stop(self) -> None:
        """End every stream."""
        self.stopping = True
        self.poke()

    async def wait(self, seconds: float) -> None:
        """Until the next poke, or so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return


def last_seen(headers: Iterable[tuple[bytes, bytes]], after: int) -> int:
    """The event behind which to start: Last-Event-ID counts before `after`. Raises WireError."""
    for name, value in headers:
        if name == b"last-event-id":
            if not value.isdigit() or len(value) > 18:
                raise WireError("Last-Event-ID", "the number of an event")
            return int(value)
    return after


async def follow(
    heaven: Heaven,
    after: int,
    kinds: Collection[str] | None,
    changes: Changes,
    in_thread: InThread[tuple[int, list[bytes]]],
    gone: Callable[[], bool],
) -> AsyncIterator[bytes]:
    """The events behind `after` and all that come, as text/event-stream, until `changes` stops or
    the client is `gone`.

    A client that reads slowly is sent a page at a time and holds up nobody.
    """
    quiet = 0.0
    yield b": following\n\n"
    while not (changes.stopping or gone()):
        seen = after
        after, parts = await in_thread(partial(_page, heaven, after, kinds))
        if parts:
            quiet = 0.0
            yield b"".join(parts)
        elif after == seen:
            await changes.wait(LOOK_EVERY_S)
            quiet += LOOK_EVERY_S
            if quiet >= ALIVE_EVERY_S:
                quiet = 0.0
                yield b": alive\n\n"


def _page(heaven: Heaven, after: int, kinds: Collection[str] | None) -> tuple[int, list[bytes]]:
    """The number of the last event looked at, and the events to send."""
    last = heaven.last_seq
    if last <= after:
        return after, []
    parts: list[bytes] = []
    size = 0
    for one in heaven.events(after, kinds):
        text = json.dumps(event_record(one), separators=(",", ":")).encode()
        parts.append(b"id: %d\nevent: %b\ndata: %b\n\n" % (one.seq, one.kind.encode(), text))
        size += len(text)
        after = one.seq
        if size >= PAGE_BYTES:
            break
    else:
        after = max(last, after)
    if parts:
        # A client that has seen an event must find it again after a crash.
        heaven.sync()
    return after, parts
