"""`aa undo RUN`: a run taken back from the log, without losing what came after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import JsonObject
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.angels import Reply, Turn
from genesis_ssmp.runtime.angels.scripted import ScriptedAngel
from genesis_ssmp.runtime.edits import EditRefused
from genesis_ssmp.runtime.errors import LeaseDenied
from genesis_ssmp.runtime.replay import replay
from genesis_ssmp.runtime.undoing import AlreadyUndone, Undoing, plan_undo, undo_run
from genesis_ssmp.runtime.why import Outside, why
from kit.angel import edit_answer, scripted
from kit.edits import tree
from kit.mission import Mission

CORE = "calc/core.py"
HEAD = f"ISA_VERSION 0\nBASE_REV HEAD\nNEED slice {CORE} 1 20\n"


def edit(mission: Mission, *ops: JsonObject, head: str = HEAD) -> str:
    """Land one edit as a run of its own; the run's name."""
    ended = mission.ended(head + "OP Change it\n", angel=scripted(edit_answer(*ops)))
    assert ended.exit_code == 0, ended.message
    return ended.run


def line(number: int, content: str, path: str = CORE) -> JsonObject:
    return {"op": "replace_line", "path": path, "lines": [number], "content": content}


def undo(mission: Mission, name: str) -> Undoing:
    return undo_run(mission.heaven, runs.find(mission.heaven, name))[0]


def files(mission: Mission) -> dict[str, bytes | None]:
    return {path: data for path, (data, _) in tree(mission.root).items()}


def test_undo_is_the_identity_on_a_tree_that_nobody_touched_since(mission: Mission) -> None:
    (mission.root / "gone.sh").write_bytes(b"#!/bin/sh\r\necho")
    (mission.root / "gone.sh").chmod(0o755)
    before = tree(mission.root)
    head = HEAD + "NEED slice gone.sh 1 2\n"
    name = edit(
        mission,
        line(5, "    return b + a"),
        {"op": "add_file", "path": "new/deep/n.txt", "content": "n\n"},
        {"op": "delete_file", "path": "gone.sh"},
        head=head,
    )
    assert tree(mission.root) != before
    undoing = undo(mission, name)
    assert tree(mission.root) == before
    actions = [undoing.action(change) for change in undoing.staged.files]
    assert actions == ["restored", "added", "deleted"]


def test_several_edits_of_a_run_are_taken_back_together(mission: Mission) -> None:
    before = files(mission)
    text = HEAD + "OP One\nOP Two\nOP Three\n"
    answers = [
        edit_answer(line(5, "    return a + b + 0")),
        edit_answer({"op": "insert_lines", "path": CORE, "lines": [2], "content": "# one"}),
        edit_answer({"op": "add_file", "path": "n.txt", "content": "n"}),
    ]
    ended = mission.ended(text, angel=scripted(*answers))
    assert ended.exit_code == 0, ended.message
    undoing = undo(mission, ended.run)
    assert files(mission) == before
    assert undoing.merged == ()


def test_later_work_elsewhere_in_the_file_stays(mission: Mission) -> None:
    first = edit(mission, line(5, "    return b + a"))
    edit(mission, {"op": "insert_lines", "path": CORE, "lines": [2], "content": "# second run"})
    core = mission.root / CORE
    core.write_text(core.read_text().replace("total = 0", "total = 0  # by hand"))
    undoing = undo(mission, first)
    text = core.read_text()
    assert "return a + b" in text and "# second run" in text and "# by hand" in text
    assert undoing.merged == (CORE,)


def test_undo_between_two_edits_of_the_run_by_somebody_else(mission: Mission) -> None:
    """The run's edits are not one stretch of history; each is taken out by itself."""
    core = mission.root / CORE
    before = core.read_text()

    class Meddled(ScriptedAngel):
        def reply(self, turn: Turn) -> Reply:
            if turn.call == 1:
                core.write_text("# by hand\n" + core.read_text())
            return super().reply(turn)

    answers = [edit_answer(line(5, "    return b + a")), edit_answer(line(13, "    return 7"))]
    text = HEAD + f"OP One\nNEED slice {CORE} 1 20\nOP Two\n"
    ended = mission.ended(text, angel=Meddled("meddled", answers, ()))
    assert ended.exit_code == 0, ended.message
    assert "    return 7\n" in core.read_text()
    assert replay(mission.heaven, runs.find(mission.heaven, ended.run)).same
    undo(mission, ended.run)
    assert core.read_text() == "# by hand\n" + before


def test_undo_is_refused_where_a_later_run_stands_on_it(mission: Mission) -> None:
    first = edit(mission, line(5, "    return b + a"))
    second = edit(mission, line(5, "    return sum((b, a))"))
    before = files(mission)
    with pytest.raises(EditRefused) as caught:
        undo(mission, first)
    refusal = caught.value
    assert (refusal.code, refusal.path, refusal.line) == ("changed", CORE, 5)
    assert (refusal.expected, refusal.actual) == ("    return b + a", "    return sum((b, a))")
    assert refusal.changed_by == f"run {second}"
    assert files(mission) == before
    undo(mission, second)
    undo(mission, first)
    assert "return a + b" in (mission.root / CORE).read_text()


def test_undo_is_refused_for_all_files_where_one_was_changed_outside(mission: Mission) -> None:
    name = edit(
        mission,
        line(5, "    return b + a"),
        {"op": "add_file", "path": "new.txt", "content": "one\ntwo\n"},
    )
    (mission.root / "new.txt").write_text("one\nTWO\n")
    before = files(mission)
    with pytest.raises(EditRefused) as caught:
        undo(mission, name)
    assert (caught.value.path, caught.value.line) == ("new.txt", 2)
    assert caught.value.changed_by == "outside Heaven"
    assert files(mission) == before


@pytest.mark.parametrize("now", [None, b"somebody else's"])
def test_files_that_went_or_came_back_since(mission: Mission, now: bytes | None) -> None:
    where = mission.root / CORE
    was = where.read_bytes()
    changed = edit(mission, line(5, "    return b + a"))
    where.unlink()
    if now is not None:
        where.write_bytes(now)
    with pytest.raises(EditRefused) as caught:
        undo(mission, changed)
    assert caught.value.path == CORE
    assert where.exists() == (now is not None)
    where.write_bytes(was)
    added = edit(mission, {"op": "add_file", "path": "n.txt", "content": "n"})
    (mission.root / "n.txt").unlink()
    assert undo(mission, added).staged.files == ()


def test_undo_of_a_deletion_does_not_overwrite_what_came_in_its_place(mission: Mission) -> None:
    name = edit(mission, {"op": "delete_file", "path": CORE})
    (mission.root / CORE).write_bytes(b"theirs\n")
    with pytest.raises(EditRefused) as caught:
        undo(mission, name)
    assert caught.value.expected == "(no file)"
    assert (mission.root / CORE).read_bytes() == b"theirs\n"


def test_merged_undo_that_would_not_parse_is_refused(mission: Mission) -> None:
    core = mission.root / CORE
    quotes = "'" * 3
    name = edit(
        mission,
        {"op": "insert_lines", "path": CORE, "lines": [8], "content": quotes},
        {"op": "insert_lines", "path": CORE, "lines": [14], "content": quotes},
    )
    text = core.read_text().replace("    for word", "no Python at all!\n    for word")
    core.write_text(text)
    with pytest.raises(EditRefused) as caught:
        undo(mission, name)
    assert caught.value.code == "unparsable"
    assert core.read_text() == text


def test_a_run_is_undone_once(mission: Mission) -> None:
    name = edit(mission, line(5, "    return b + a"))
    undo(mission, name)
    assert runs.find(mission.heaven, name).undone
    with pytest.raises(AlreadyUndone):
        undo(mission, name)
    with pytest.raises(AlreadyUndone):
        plan_undo(mission.heaven, runs.find(mission.heaven, name))
    again = edit(mission, line(5, "    return b + a"))
    assert not runs.find(mission.heaven, again).undone


def test_a_run_that_took_itself_back_leaves_nothing_to_undo(mission: Mission) -> None:
    broken = edit_answer(line(5, "    return a - b"))
    ended = mission.ended(HEAD + "OP Break it\nRUN test\n", angel=scripted(broken))
    assert ended.exit_code == 1
    before = files(mission)
    assert undo(mission, ended.run).staged.files == ()
    assert files(mission) == before


def test_undo_from_the_log_alone_in_another_process(mission: Mission, tmp_path: Path) -> None:
    before = (mission.root / CORE).read_bytes()
    name = edit(mission, line(5, "    return b + a"))
    mission.heaven.close()
    with Heaven.open(mission.root) as heaven:
        undo_run(heaven, runs.find(heaven, name))
        assert (mission.root / CORE).read_bytes() == before
        assert replay(heaven, runs.find(heaven, name)).same, "what it did can still be replayed"


def test_undo_waits_for_nobodys_lease(mission: Mission) -> None:
    name = edit(mission, line(5, "    return b + a"))
    mission.heaven.acquire("a1", "m", [Scope("file", CORE)])
    with pytest.raises(LeaseDenied, match=CORE):
        undo(mission, name)
    assert not runs.find(mission.heaven, name).undone
    mission.heaven.release("a1", [lease.lease_id for lease in mission.heaven.active_leases()])
    undo(mission, name)
    assert mission.heaven.active_leases() == ()


def test_a_line_of_an_undone_run_is_no_longer_its_own(mission: Mission) -> None:
    name = edit(mission, line(5, "    return b + a"))
    undo(mission, name)
    assert isinstance(why(mission.heaven, mission.root, CORE, 5).cause, Outside)
