"""A live run in a debugger, driven from a test, and everything that can be seen at a position."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from genesis_ssmp.aa.decode import decode
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Json
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.angels import Angel
from genesis_ssmp.runtime.debugging import views
from genesis_ssmp.runtime.debugging.breakpoints import Breakpoints
from genesis_ssmp.runtime.debugging.debugger import Debugger, Stop
from genesis_ssmp.runtime.debugging.timeline import Timeline
from genesis_ssmp.runtime.execute import Ended, Program, execute

from . import points

Talk = Callable[[Debugger, Stop], None]
"""Moves the debugger; returns when the live run is to go on."""


def seen(debugger: Debugger, root: Path | None = None) -> dict[str, Json]:
    """Everything that there is to see at the debugger's position."""
    shown: dict[str, Json] = {
        "place": views.place(debugger, {}),
        "registers": views.registers(debugger),
        "context": views.context(debugger),
        "edits": views.edits(debugger, root),
        "log": views.log(debugger),
    }
    return copy.deepcopy(shown)


@dataclass(slots=True)
class Debugged:
    """A repository with an open Heaven."""

    root: Path
    heaven: Heaven
    stops: list[Stop] = field(default_factory=list)

    def live(
        self, talk: Talk, program: Program | None = None, angel: Angel | None = None
    ) -> tuple[Debugger, Ended]:
        """Run with `talk` at every stop. What it raises goes through."""
        loaded = program or points.program()
        made: list[Debugger] = []

        def converse(stop: Stop) -> None:
            self.stops.append(stop)
            talk(made[0], stop)

        def begin(name: str) -> None:
            run = runs.find(self.heaven, name)
            timeline = Timeline(self.heaven, run, loaded.module)
            made.append(Debugger(timeline, Breakpoints(loaded.module, loaded.name), converse))

        ended = execute(
            loaded,
            self.heaven,
            self.root,
            angel=angel or points.angel(),
            params={},
            check_timeout=60,
            on_start=begin,
            pause=lambda machine, failure: made[0].pause(machine, failure),
        )
        assert isinstance(ended, Ended), ended
        made[0].ended(ended.outcome)
        return made[0], ended

    def recorded(self, name: str = "last") -> Debugger:
        """The same run from its record."""
        run = runs.find(self.heaven, name)
        module = decode(self.heaven.get_blob(run.module))
        timeline = Timeline(self.heaven, run, module)
        timeline.read()
        return Debugger(timeline, Breakpoints(module, run.program))
