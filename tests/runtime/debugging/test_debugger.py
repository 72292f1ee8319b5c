"""Moving through a run: the same stops both ways, and nothing done twice by looking."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Json
from genesis_ssmp.runtime import live, runs
from genesis_ssmp.runtime.caller import Interrupted, Suspended
from genesis_ssmp.runtime.debugging.debugger import CannotMove, Debugger, Stop, Way
from genesis_ssmp.runtime.execute import Ended, execute, resume
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from kit import points
from kit.angel import edit_answer, scripted
from kit.clock import FrozenClock
from kit.debugged import Debugged, seen
from kit.mission import program
from kit.programs import examples
from kit.repository import Repository, make_repository

SWAP = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"}
)
ONE = "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP Swap them\n"


def go_on(debugger: Debugger, way: Way) -> None:
    """To the next stop; this returns where only the live run can get there."""
    assert debugger.go(way) is None


def plain() -> tuple[Ended, dict[str, bytes]]:
    """The run without a debugger."""
    with tempfile.TemporaryDirectory() as directory:
        root = make_repository(Path(directory) / "repo").root
        with Heaven.open(root) as heaven:
            ended = execute(points.program(), heaven, root, angel=points.angel(), params={})
        assert isinstance(ended, Ended)
        return ended, Repository(root).tree()


class Walk:
    """Commands by chance at every stop, and a note of what each position showed."""

    def __init__(self, debugged: Debugged, random: Random) -> None:
        self._debugged = debugged
        self._random = random
        self.known: dict[int, dict[str, Json]] = {}
        self.looks = 0

    def __call__(self, debugger: Debugger, stop: Stop) -> None:
        """Until only the live run can go on, or it is over and some more was looked at."""
        heaven, repository = self._debugged.heaven, Repository(self._debugged.root)
        before = heaven.head, repository.tree()
        left = 12
        while stop is not None and (stop.live or left):
            left -= 1
            self._look(debugger, stop)
            assert (heaven.head, repository.tree()) == before, "looking changes nothing"
            try:
                stop = self._move(debugger) or self._over(debugger)
            except CannotMove:
                continue

    def _look(self, debugger: Debugger, stop: Stop) -> None:
        assert (stop.position, stop.newest) == (debugger.at, debugger.timeline.last)
        shown = seen(debugger, self._debugged.root)
        self.looks += 1
        assert self.known.setdefault(debugger.at, shown) == shown

    def _move(self, debugger: Debugger) -> Stop | None:
        chance = self._random
        ways: tuple[Way, ...] = ("step", "step", "next", "finish", "continue")
        kind = chance.choice(("on", "on", "on", "back", "goto", "break", "delete"))
        if kind == "on":
            return debugger.go(chance.choice(ways), chance.randint(1, 4))
        if kind == "back":
            return debugger.go_back(chance.choice(ways), chance.randint(1, 4))
        if kind == "goto":
            return debugger.go_to(chance.randint(0, debugger.timeline.last))
        if kind == "break":
            places = ("RUN", "EMIT", "failure", "more", "13", "*5", "FAULT")
            debugger.breakpoints.add(
                chance.choice(places), debugger.moment().pc, temporary=chance.random() < 0.5
            )
        else:
            debugger.breakpoints.clear()
        return debugger.here("goto")

    def _over(self, debugger: Debugger) -> Stop:
        raise GoOn


class GoOn(Exception):
    """Only the live run can get there."""


@settings(max_examples=examples(6), deadline=None, phases=[Phase.generate])
@given(st.integers(0, 2**32))
def test_a_position_shows_the_same_whichever_way_it_was_come_to(seed: int) -> None:
    with tempfile.TemporaryDirectory() as directory, patch.object(live, "run_check", points.judge):
        expected, tree = plain()
        root = make_repository(Path(directory) / "repo").root
        with Heaven.open(root) as heaven:
            debugged = Debugged(root, heaven)
            walk = Walk(debugged, Random(seed))

            def talk(debugger: Debugger, stop: Stop) -> None:
                try:
                    walk(debugger, stop)
                except GoOn:
                    return
                # The walk was long enough: to the end from wherever it is.
                debugger.breakpoints.clear()
                while debugger.go("continue") is not None:
                    pass

            debugger, ended = debugged.live(talk)
            assert (ended.head, ended.tree) == (expected.head, expected.tree)
            assert ended.outcome == expected.outcome, "as many steps, questions and tokens"
            assert Repository(root).tree() == tree
            debugger.breakpoints.clear()
            walk(debugger, debugger.here("end"))
            recorded = debugged.recorded()
            assert recorded.timeline.rows == debugger.timeline.rows
            for position in walk.known:
                recorded.go_to(position)
                assert seen(recorded, root) == walk.known[position]
