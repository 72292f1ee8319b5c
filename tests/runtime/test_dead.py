"""What a process that died left open is closed, or it is said why not."""

from __future__ import annotations

from typing import NoReturn

import pytest
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.dead import close_dead
from genesis_ssmp.runtime.live import LiveEffects
from kit.angel import edit_answer, scripted
from kit.mission import Mission

PROGRAM = "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP one\nLABEL b\nOP two\n"
EDIT = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"}
)


class PowerCut(BaseException):
    """Nothing is caught, written or released after it, as when the process is killed."""


@pytest.fixture
def given_up(mission: Mission, monkeypatch: pytest.MonkeyPatch) -> Mission:
    """Its only run said that it is taken back, and died before the first file was."""

    def dying(self: LiveEffects) -> NoReturn:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(LiveEffects, "take_back", dying)
        with pytest.raises(PowerCut):
            mission.run(PROGRAM, angel=scripted(EDIT))
    assert runs.find(mission.heaven, "r1").being_undone
    return mission


def text(mission: Mission) -> str:
    return (mission.root / "calc/core.py").read_text()


def test_an_undo_that_was_begun_is_finished_and_told_once(given_up: Mission) -> None:
    (dead,) = close_dead(given_up.heaven)
    assert str(dead).startswith("run r1 was cut off while its edits were being undone (")
    assert str(dead).endswith("; they are all undone now")
    assert "return a + b" in text(given_up)
    run = runs.find(given_up.heaven, "r1")
    assert (run.status, run.undone, run.kept) == ("abandoned", True, False)
    assert given_up.heaven.active_leases() == ()
    assert close_dead(given_up.heaven) == ()


def test_where_later_work_stands_on_them_the_edits_stay_and_that_is_told(given_up: Mission) -> None:
    theirs = text(given_up).replace("return b + a", "return sum((a, b))")
    (given_up.root / "calc/core.py").write_text(theirs)
    (dead,) = close_dead(given_up.heaven)
    assert "could not be undone: calc/core.py was changed since (outside Heaven)" in str(dead)
    assert "`aa undo r1` tries again" in str(dead)
    assert text(given_up) == theirs
    run = runs.find(given_up.heaven, "r1")
    assert (run.status, run.undone, run.kept) == ("abandoned", False, True)


def test_while_somebody_has_leased_the_places_it_waits(given_up: Mission) -> None:
    heaven = given_up.heaven
    runs.free_leases(heaven, runs.find(heaven, "r1"))
    theirs = heaven.acquire("somebody", "m", [Scope("file", "calc/core.py")])
    (dead,) = close_dead(heaven)
    assert "cannot be finished yet: already leased" in str(dead)
    assert "return b + a" in text(given_up)
    assert runs.find(heaven, "r1").being_undone
    heaven.release("somebody", [lease.lease_id for lease in theirs.acquired])
    (dead,) = close_dead(heaven)
    assert "they are all undone now" in str(dead)
    assert "return a + b" in text(given_up)
