"""File clocks against a dictionary: restarts with a snapshot and without one, and a kill."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from unittest.mock import patch

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.log import checkpoint as checkpoint_module
from genesis_ssmp.heaven.log import eventlog as eventlog_module
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from kit.clock import FrozenClock

# Two spellings of some: a clock belongs to the normalised path.
SPELLINGS = {"a.py": "a.py", "./a.py": "a.py", "src//b.py": "src/b.py", "src/b.py": "src/b.py",
             "c/": "c", "é": "é"}  # fmt: skip


class ClocksAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.no_syncs = [
            patch.object(module, "sync_data", lambda fd: None)
            for module in (eventlog_module, checkpoint_module)
        ]
        for no_sync in self.no_syncs:
            no_sync.start()
        self.root = Path(tempfile.mkdtemp())
        self.clock = FrozenClock()
        self.heaven = Heaven.open(self.root, clock=self.clock)
        self.counts: Counter[str] = Counter()
        self.on_disk: Counter[str] = Counter()

    @rule(paths=st.lists(st.sampled_from(sorted(SPELLINGS)), max_size=4), sync=st.booleans())
    def increase(self, paths: list[str], sync: bool) -> None:
        names = {SPELLINGS[path] for path in paths}
        self.counts.update(names)
        raised = self.heaven.clock_inc(paths, sync=sync)
        assert raised == {name: self.counts[name] for name in names}
        if sync and names:
            self.on_disk = Counter(self.counts)

    @rule(keep_snapshot=st.booleans())
    def restart(self, keep_snapshot: bool) -> None:
        self.heaven.close()
        if not keep_snapshot:
            (self.root / ".heaven/snapshot.json").unlink(missing_ok=True)
        self.on_disk = Counter(self.counts)
        self.heaven = Heaven.open(self.root, clock=self.clock)

    @rule()
    def die(self) -> None:
        """What a killed process leaves: its file, without what it kept to itself."""
        log, lock = self.heaven._log, self.heaven._lock
        assert lock is not None
        os.close(log._fd)
        log._closed = True
        lock.release()
        self.counts = Counter(self.on_disk)
        self.heaven = Heaven.open(self.root, clock=self.clock)

    @invariant()
    def every_clock_stands_where_it_was_raised_to(self) -> None:
        found = self.heaven.clocks(SPELLINGS)
        assert found == {name: self.counts[name] for name in SPELLINGS.values()}

    def teardown(self) -> None:
        self.heaven.close()
        for no_sync in self.no_syncs:
            no_sync.stop()
        shutil.rmtree(self.root)


ClocksAgainstModel.TestCase.settings = settings(
    deadline=None,
    max_examples=500 if os.environ.get("GENESIS_SOAK") == "1" else 25,
    stateful_step_count=20,
    suppress_health_check=[HealthCheck.too_slow],
)
TestClocksAgainstModel = ClocksAgainstModel.TestCase
