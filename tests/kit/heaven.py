"""A Heaven in a temporary directory that can be closed and reopened.

home = HeavenHome(tmp_path)
home.heaven.append("note", {"text": "kept"})
home.reopen()
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from genesis_ssmp.heaven import Heaven

from .clock import FrozenClock


class HeavenHome:
    """The repository directory `root` with an open Heaven on a frozen clock."""

    def __init__(self, root: Path, clock: FrozenClock | None = None) -> None:
        self.root = root
        self.clock = clock or FrozenClock()
        self.heaven = Heaven.open(root, clock=self.clock)

    @property
    def log(self) -> Path:
        """The log's file, for tests that damage it."""
        return self.root / ".heaven" / "log.jsonl"

    def reopen(self) -> Heaven:
        """Close and open again, as a new process would; the clock keeps its time."""
        self.heaven.close()
        self.heaven = Heaven.open(self.root, clock=self.clock)
        return self.heaven

    def close(self) -> None:
        self.heaven.close()

    def __enter__(self) -> HeavenHome:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
