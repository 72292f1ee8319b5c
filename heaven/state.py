"""Everything that a Heaven derives from its log, in one place for boot, snapshots and fsck."""

from __future__ import annotations

from pathlib import Path
from threading import RLock

from .clock import Clock
from .faults.missions import Missions
from .fileclocks import FileClocks
from .leases.leases import LeaseTable
from .leases.scopes import SymbolFinder
from .leases.writes import LineFinder
from .log.derived import Derived
from .prompts.table import PromptTable


class HeavenState:
    """The parts, empty until a log folds its events into them.

    `guard` is the lock of whoever reads leases, clocks and prompts; `root` and `find_symbols` say
    what a lease's scope stands for, `find_lines` where a symbol is when somebody writes; none of
    them is asked in a replay.
    """

    def __init__(
        self,
        guard: RLock,
        clock: Clock,
        root: Path,
        find_symbols: SymbolFinder,
        find_lines: LineFinder,
    ) -> None:
        self.clocks = FileClocks(guard)
        self.leases = LeaseTable(guard, clock, root, find_symbols, find_lines)
        self.missions = Missions()
        self.prompts = PromptTable(guard)
        self.all: tuple[Derived, ...] = (self.clocks, self.leases, self.missions, self.prompts)
