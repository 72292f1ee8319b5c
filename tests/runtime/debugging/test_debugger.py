"""Moving through a run: the same stops both ways, and nothing done twice by looking."""

from __future__ import annotations

import tempfile
from functools import cache
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


def to_the_end(debugger: Debugger, _: Stop) -> None:
    assert debugger.go("continue") is None


@cache
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


@settings(max_examples=examples(2), deadline=None, phases=[Phase.generate])
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


def test_next_goes_over_a_section_and_finish_out_of_it(debugged: Debugged) -> None:
    debugged.live(to_the_end)
    debugger = debugged.recorded()
    rows = debugger.timeline.rows
    debugger.breakpoints.add("more", 0)
    debugger.go("continue")
    entered, depth = debugger.at, debugger.row.depth
    after = debugger.go("next")
    assert after is not None and debugger.row.depth == depth
    assert all(row.depth > depth for row in rows[entered + 1 : after.position])
    assert after.position - entered > 5, "all attempts of the section"
    assert debugger.go_back("next").position == entered
    debugger.go("step")
    debugger.go("step")
    debugger.breakpoints.clear()
    out = debugger.go("finish")
    assert out is not None and out.position == after.position
    debugger.go_to(entered + 3)
    assert debugger.go_back("finish").position == entered


def test_a_failure_is_a_stop_of_its_own_with_the_edits_still_there(debugged: Debugged) -> None:
    repository = Repository(debugged.root)
    found: list[str] = []

    def talk(debugger: Debugger, stop: Stop) -> None:
        if stop.position == 0:
            debugger.breakpoints.add("failure", 0)
        failure = debugger.moment().failure
        if failure is not None:
            found.append(f"{failure.message} {'# bad' in repository.read('calc/core.py')}")
        assert debugger.go("continue") is None

    debugger, _ = debugged.live(talk)
    assert found[0] == "RUN test: failed True"
    assert len(found) == len(debugger.moment().handled) > 1


def test_breakpoints_stop_both_ways_and_a_temporary_one_once(debugged: Debugged) -> None:
    debugged.live(to_the_end)
    debugger = debugged.recorded()
    debugger.breakpoints.add("EMIT", 0)
    once = debugger.breakpoints.add("REV", 0, temporary=True)
    forth = []
    while (stop := debugger.go("continue")) is not None and stop.reason == "breakpoint":
        assert debugger.timeline.module.code[debugger.row.pc].op.name == "EMIT"
        forth.append(stop.position)
    back = []
    while (stop := debugger.go_back("continue")).reason == "breakpoint":
        back.append(stop.position)
    assert len(forth) > 4
    assert forth == list(reversed(back))
    assert stop.position == 0 and once in debugger.breakpoints.all(), "the start is where one is"
    debugger.go("continue")
    debugger.go_to(2)
    debugger.breakpoints.add("ANGEL", 0, temporary=True)
    while debugger.timeline.module.code[debugger.row.pc].op.name != "ANGEL":
        debugger.go("continue")
    assert [one.where for one in debugger.breakpoints.all()] == ["EMIT", "REV"]


def test_there_is_nothing_before_the_start_nor_after_the_end(debugged: Debugged) -> None:
    debugged.live(to_the_end)
    debugger = debugged.recorded()
    with pytest.raises(CannotMove, match="starts here"):
        debugger.go_back("step")
    with pytest.raises(CannotMove, match="no section"):
        debugger.go("finish")
    end = debugger.go("step", 10_000)
    assert end is not None and (end.reason, end.position) == ("end", end.newest)
    with pytest.raises(CannotMove, match="ended"):
        debugger.go("continue")
    with pytest.raises(CannotMove, match="no position"):
        debugger.go_to(end.position + 1)


def test_a_run_left_in_the_debugger_is_resumed_and_ends_as_if_it_had_not_been(
    debugged: Debugged,
) -> None:
    expected, tree = plain()

    def leave(debugger: Debugger, stop: Stop) -> None:
        if stop.position == 0:
            debugger.breakpoints.add("more", 0)
            assert debugger.go("continue") is None
            return
        debugger.go_back("step", 3)
        raise Suspended("left in the debugger")

    with pytest.raises(Suspended):
        debugged.live(leave)
    heaven, root = debugged.heaven, debugged.root
    run = runs.find(heaven, "r1")
    assert (run.status, run.message) == ("interrupted", "left in the debugger")
    assert not heaven.active_leases(), "it does not stand in anybody's way"
    recorded = debugged.recorded()
    first: list[Stop] = []

    def follow(stop: Stop) -> None:
        first.append(stop)
        assert debugger.go("continue") is None

    last = recorded.timeline.last
    debugger = Debugger(recorded.timeline, recorded.breakpoints, follow)
    ended = resume(heaven, root, run, angel=points.angel(), pause=debugger.pause)
    assert [(stop.position, stop.live) for stop in first] == [(last, True)], "not at the start"
    assert (ended.head, ended.tree, ended.outcome) == (
        expected.head,
        expected.tree,
        expected.outcome,
    )
    assert Repository(root).tree() == tree


def test_a_run_ended_in_the_debugger_leaves_the_tree_as_it_was(debugged: Debugged) -> None:
    before = Repository(debugged.root).tree()

    def leave(debugger: Debugger, stop: Stop) -> None:
        if stop.position == 0:
            debugger.breakpoints.add("more", 0)
            assert debugger.go("continue") is None
            return
        assert Repository(debugged.root).tree() != before
        raise Interrupted("ended in the debugger")

    with pytest.raises(Interrupted):
        debugged.live(leave)
    assert Repository(debugged.root).tree() == before
    assert runs.find(debugged.heaven, "r1").status == "abandoned"


def test_an_interrupt_stops_before_the_next_instruction(debugged: Debugged) -> None:
    def talk(debugger: Debugger, stop: Stop) -> None:
        assert debugger.go("continue") is None
        debugger.interrupted = stop.position < 2

    debugged.live(talk)
    assert [(stop.position, stop.reason) for stop in debugged.stops] == [
        (0, "start"),
        (1, "interrupt"),
        (2, "interrupt"),
    ]


def test_hours_at_a_stop_do_not_cost_the_run_its_leases(tmp_path: Path) -> None:
    clock = FrozenClock()
    root = make_repository(tmp_path / "repo").root
    with Heaven.open(root, clock=clock) as heaven:

        def talk(debugger: Debugger, stop: Stop) -> None:
            clock.advance(3 * 3600)
            assert debugger.go("step") is None

        _, ended = Debugged(root, heaven).live(talk, program(ONE), scripted(SWAP))
    assert ended.exit_code == 0, ended.message
