"""Who asked for the run: their environment, their Python, and whether they still want it.

`aa run` runs for itself, in its own environment. A server runs for its clients: each run has its
caller's surroundings, in the thread (and context) that does it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


class Interrupted(Exception):
    """Whoever asked for the run does not want it any more: `str()` says why, for the log.

    Nobody's fault. It passes through once the run's edits are undone.
    """


class Suspended(Exception):
    """Whoever asked for the run leaves it to be resumed: `str()` says why, for the log.

    Nobody's fault. It passes through once the log says that the run is cut off.
    """


def _wanted() -> None:
    return


@dataclass(frozen=True, slots=True)
class Caller:
    """`environ` is for the processes that the run starts, `python` where nothing names another
    interpreter. `check_wanted` raises Interrupted once the run is to end."""

    environ: Mapping[str, str]
    python: str
    check_wanted: Callable[[], None] = _wanted


_CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)


def caller() -> Caller:
    """Whoever the current run is for; this process itself where nobody else was named."""
    return _CALLER.get() or Caller(os.environ, sys.executable)


@contextmanager
def on_behalf_of(other: Caller) -> Iterator[None]:
    """What this block runs, it runs for `other`."""
    token = _CALLER.set(other)
    try:
        yield
    finally:
        _CALLER.reset(token)
