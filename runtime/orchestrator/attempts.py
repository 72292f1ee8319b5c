"""Tries at missions: each with its programs, the tree that it is to change, and a worktree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ...aa.decode import decode
from ...heaven import Heaven, NoHeaven
from ...heaven.tree import Manifest
from ..edits.land import landing_lock
from ..execute import Program
from ..runs import Run, all_runs
from . import swarmlog
from .angel_process import Task
from .carry import carry_over
from .change import Entries
from .integrator import Refused, contents, with_clean
from .meter import Meter, measure
from .plan import PlannedMission, compile_mission
from .swarmlog import Attempt, Ran, Script, SwarmState, Way
from .worktree import entries_of, make_worktree, remove_worktree, worktrees


class Attempts:
    """The attempts of one swarm. Methods raise OSError, LogFailed, WorktreeLost, TreeUnreadable."""

    def __init__(self, heaven: Heaven, state: SwarmState) -> None:
        self._heaven = heaven
        self._state = state

    def first(self, mission: PlannedMission) -> Attempt:
        """The mission on the tree as it is."""
        return self._plain(mission, "first")

    def again(self, mission: PlannedMission) -> Attempt:
        """The mission once more, on the tree as it is by now."""
        return self._plain(mission, "again")

    def conflict(self, mission: PlannedMission, ran: Ran, refused: Refused) -> Attempt:
        """The programs that settle a refused edit, on the tree as it is with all of the edit that
        did fit."""
        depth = ran.attempt.depth + 1
        made = []
        for path in refused.programs:
            text = (self._heaven.root / path).read_text(encoding="utf-8")
            name = f"{mission.name}.c{depth}"
            made.append(compile_mission(name, Path(path).name, text, ()))
        programs = [_program(one) for one in made]
        base = self._snapshot()
        self._heaven.put_blobs(contents(refused.clean))
        entries = with_clean(entries_of(base), refused.clean)
        return self._make(mission, "conflict", depth, base, entries, programs, ran.runs)

    def ensure(self, attempt: Attempt, mission: PlannedMission) -> Attempt:
        """The attempt, if its worktree is still there; else the mission from its start."""
        if (worktrees(self._heaven) / attempt.worktree).is_dir():
            return attempt
        return self._plain(mission, attempt.way if attempt.way == "again" else "first")

    def task(self, attempt: Attempt) -> Task:
        """What its angel is given."""
        angel = self._state.angel
        return Task(
            str(worktrees(self._heaven) / attempt.worktree),
            tuple(self._read(one) for one in attempt.programs),
            None if angel is None else angel.replace("{mission}", attempt.name),
            self._state.directory,
            self._state.check_timeout,
        )

    def carry_over(self, attempt: Attempt, exit_code: int, message: str | None) -> Ran:
        """Its runs into the repository's log, and that it ended; its worktree is removed."""
        mission = f"{self._state.name}/{attempt.mission}"
        names = [*attempt.settles]
        with self._runs(attempt) as (source, runs):
            for run in runs:
                names.append(carry_over(source, run, self._heaven, mission).name)
        ran = swarmlog.ran(self._heaven, self._state.name, attempt, names, exit_code, message)
        remove_worktree(self._heaven, attempt.worktree)
        return ran

    def measured(self, attempt: Attempt) -> Meter:
        """What it has cost so far, by the record in its worktree."""
        total = Meter()
        with self._runs(attempt) as (source, runs):
            for run in runs:
                total.add(measure(source, run))
        return total

    @contextmanager
    def _runs(self, attempt: Attempt) -> Iterator[tuple[Heaven, list[Run]]]:
        """Where the runs of its programs are recorded, and they, in order."""
        try:
            source = Heaven.open(worktrees(self._heaven) / attempt.worktree, read_only=True)
        except NoHeaven:
            yield self._heaven, []
            return
        with source:
            runs = all_runs(source)
            mine = [[run for run in runs if run.module == one.code] for one in attempt.programs]
            yield source, [found[-1] for found in mine if found]

    def _plain(self, mission: PlannedMission, way: Way) -> Attempt:
        base = self._snapshot()
        return self._make(mission, way, 0, base, entries_of(base), [_program(mission)])

    def _make(
        self,
        mission: PlannedMission,
        way: Way,
        depth: int,
        base: Manifest,
        entries: Entries,
        programs: Sequence[Program],
        settles: Sequence[str] = (),
    ) -> Attempt:
        number = 1 + len(self._state.mission(mission.name).attempts)
        worktree = f"{self._state.name}/{mission.name}-{number}"
        make_worktree(self._heaven, worktree, entries)
        attempt = Attempt(
            mission=mission.name,
            number=number,
            way=way,
            depth=depth,
            base=self._heaven.put_blob(base.to_json()),
            worktree=worktree,
            programs=tuple(self._store(one) for one in programs),
            settles=tuple(settles),
        )
        return swarmlog.given(self._heaven, self._state.name, attempt)

    def _snapshot(self) -> Manifest:
        """The tree, between two landings."""
        with landing_lock(self._heaven):
            return self._heaven.snapshot()

    def _store(self, program: Program) -> Script:
        source = None if program.source is None else program.source.encode()
        ids = self._heaven.put_blobs([program.code] if source is None else [program.code, source])
        return Script(program.name, ids[0], None if source is None else ids[1])

    def _read(self, script: Script) -> Program:
        code = self._heaven.get_blob(script.code)
        source = None if script.source is None else self._heaven.get_blob(script.source).decode()
        return Program(script.name, decode(code), code, source)


def _program(mission: PlannedMission) -> Program:
    return Program(mission.file, mission.module, mission.code, mission.source)
