"""A refused edit says who is in its way, and leaves a mission that settles it."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.aa.encode import encode
from genesis_ssmp.aa.pipeline import compile_source
from genesis_ssmp.aa.source import Source
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import JsonObject
from genesis_ssmp.proto.edit_ir import EditIR, EditOp
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.angels import Reply, Turn
from genesis_ssmp.runtime.angels.scripted import ScriptedAngel
from genesis_ssmp.runtime.edits import (
    EditRefused,
    explain_conflict,
    land,
    prove,
    stage,
    with_proof,
)
from genesis_ssmp.runtime.edits.conflict import depth_of
from genesis_ssmp.runtime.execute import Ended, Program, execute
from genesis_ssmp.runtime.replay import replay
from kit.angel import edit_answer
from kit.definitions import Definitions
from kit.mission import Mission

CORE = "calc/core.py"
HEAD = f"ISA_VERSION 0\nBASE_REV HEAD\nNEED slice {CORE} 1 20\n"


def line(mission: Mission, number: int, content: str, path: str = CORE) -> EditOp:
    """An edit against the file as it is now."""
    data = (mission.root / path).read_bytes()
    mission.heaven.put_blob(data)
    op = EditOp("replace_line", path, lines=(number,), content=content)
    return with_proof(op, prove(data, number, number))


def put(mission: Mission, op: EditOp, run: str) -> None:
    staged = stage(
        EditIR((op,)), mission.root, symbols=Definitions(mission.root), blobs=mission.heaven
    )
    land(staged, mission.heaven, run=run, owner_id=None)


def refused(mission: Mission, *ops: EditOp, depth: int = 0) -> EditRefused:
    edit = EditIR(ops)
    with pytest.raises(EditRefused) as caught:
        stage(edit, mission.root, symbols=Definitions(mission.root), blobs=mission.heaven)
    explain_conflict(caught.value, edit, mission.heaven, depth=depth)
    return caught.value


# Who


def test_the_run_that_changed_the_line_is_named(mission: Mission) -> None:
    op = line(mission, 5, "    return mine")
    put(mission, line(mission, 1, '"""Sums."""'), "r1")
    put(mission, line(mission, 5, "    return theirs"), "r2")
    put(mission, line(mission, 13, "    return 0"), "r3")
    refusal = refused(mission, op)
    assert refusal.changed_by == "run r2"
    assert (refusal.line, refusal.expected, refusal.actual) == (
        5,
        "    return a + b",
        "    return theirs",
    )
    assert "changed by: run r2" in str(refusal)


def test_lines_are_followed_through_what_others_inserted_above(mission: Mission) -> None:
    op = line(mission, 13, "    return mine")
    data = (mission.root / CORE).read_bytes()
    above = EditOp("insert_lines", CORE, lines=(1,), content="# 1\n# 2\n# 3\n")
    put(mission, with_proof(above, prove(data, 1, 0)), "r1")
    (mission.root / CORE).write_bytes(b"# by hand\n" + (mission.root / CORE).read_bytes())
    put(mission, line(mission, 17, "    return theirs"), "r2")
    refusal = refused(mission, op)
    assert (refusal.changed_by, refusal.line) == ("run r2", 17)


def test_a_change_that_no_run_made_is_outside_heaven(mission: Mission) -> None:
    op = line(mission, 5, "    return mine")
    put(mission, line(mission, 13, "    return 0"), "r1")
    core = mission.root / CORE
    core.write_text(core.read_text().replace("a + b", "b + a"))
    assert refused(mission, op).changed_by == "outside Heaven"


def test_a_change_under_a_lease_is_the_holders(mission: Mission) -> None:
    """An agent that writes files itself: lease, write, raise the clock."""
    op = line(mission, 5, "    return mine")
    grant = mission.heaven.acquire("a1", "m", [Scope("directory", "calc")])
    core = mission.root / CORE
    core.write_text(core.read_text().replace("a + b", "b + a"))
    mission.heaven.clock_inc([CORE])
    mission.heaven.release("a1", [lease.lease_id for lease in grant.acquired])
    assert refused(mission, op).changed_by == "lease holder a1"


def test_whoever_deleted_the_file_is_named(mission: Mission) -> None:
    base = prove((mission.root / CORE).read_bytes(), 1, 1).base_blob
    op = EditOp("delete_file", CORE, base_blob=base)
    put(mission, line(mission, 5, "    return theirs"), "r1")
    refusal = refused(mission, op)
    assert (refusal.code, refusal.changed_by) == ("base_mismatch", "run r1")


# The mission


def mission_text(mission: Mission, refusal: EditRefused) -> str:
    assert refusal.mission is not None
    return (mission.root / refusal.mission).read_text()


def test_the_mission_compiles_and_shows_thirty_lines_on_each_side(mission: Mission) -> None:
    long = "".join(f"line {n}\n" for n in range(1, 201))
    (mission.root / "long.txt").write_text(long)
    op = line(mission, 100, "MINE", "long.txt")
    put(mission, line(mission, 100, "THEIRS", "long.txt"), "r1")
    refusal = refused(mission, op)
    text = mission_text(mission, refusal)
    assert "NEED slice long.txt 70 62\n" in text
    assert "LEASE file:long.txt\n" in text
    for part in ("MINE", "THEIRS", "line 100", "run r1", "replace_line"):
        assert part in text
    compiled = compile_source(Source("c.aa", text))
    assert compiled.module is not None, compiled.diagnostics
    assert depth_of(text) == 1
    assert mission.heaven.get_blob(mission.heaven.put_blob(text.encode())) == text.encode()


@pytest.mark.parametrize(
    "content",
    ['say """quoted"""', "back\\slash ${name} # lone", "tab\there \x00 \u202e", "\n\n  \n", "é"],
)
def test_no_content_breaks_out_of_the_missions_text(mission: Mission, content: str) -> None:
    op = line(mission, 5, content)
    put(mission, line(mission, 5, "    return theirs"), "r1")
    text = mission_text(mission, refused(mission, op))
    compiled = compile_source(Source("c.aa", text))
    assert compiled.module is not None, compiled.diagnostics
    opcodes = [instruction.op.name for instruction in compiled.module.code]
    assert opcodes.count("ANGEL") == 1


def test_the_same_conflict_is_the_same_file(mission: Mission) -> None:
    op = line(mission, 5, "    return mine")
    put(mission, line(mission, 5, "    return theirs"), "r1")
    first, second = refused(mission, op), refused(mission, op)
    assert first.mission == second.mission
    assert len(list((mission.root / ".heaven/conflicts").iterdir())) == 1


def test_a_batch_of_many_conflicts_has_a_few_missions(mission: Mission) -> None:
    long = "".join(f"line {n}\n" for n in range(1, 101))
    (mission.root / "long.txt").write_text(long)
    ops = [line(mission, 3 * n + 2, "MINE", "long.txt") for n in range(30)]
    (mission.root / "long.txt").write_text(long.replace("line", "LINE"))
    refusal = refused(mission, *ops)
    every = (refusal, *refusal.others)
    assert len(every) == 30 and all(one.clash for one in every)
    assert [one.mission is not None for one in every] == [True] * 8 + [False] * 22


def test_after_two_missions_somebody_has_to_look(mission: Mission) -> None:
    op = line(mission, 5, "    return mine")
    put(mission, line(mission, 5, "    return theirs"), "r1")
    assert depth_of(mission_text(mission, refused(mission, op, depth=1))) == 2
    refusal = refused(mission, op, depth=2)
    assert refusal.mission is None and "yourself" in refusal.next_step


def test_a_conflict_without_the_authors_version_has_no_mission(mission: Mission) -> None:
    data = (mission.root / CORE).read_bytes()
    op = with_proof(EditOp("delete_span", CORE, lines=(5, 5)), prove(data, 5, 5))
    put(mission, line(mission, 5, "    return theirs"), "r1")
    (mission.heaven.root / ".heaven/blobs").rename(mission.root / ".heaven/hidden")
    refusal = refused(mission, op)
    assert (refusal.mission, refusal.changed_by) == (None, None)


# In a run


class Meddled(ScriptedAngel):
    """Before it answers, somebody changes the file."""

    def __init__(self, root: Path, new: str, *answers: JsonObject) -> None:
        super().__init__("meddled", answers, ())
        self._root = root
        self._new = new

    def reply(self, turn: Turn) -> Reply:
        core = self._root / CORE
        lines = core.read_text().splitlines(keepends=True)
        lines[4] = f"    return {self._new}\n"
        core.write_text("".join(lines))
        return super().reply(turn)


def answer(content: str) -> JsonObject:
    return edit_answer({"op": "replace_line", "path": CORE, "lines": [5], "content": content})


def run_file(mission: Mission, path: str, angel: ScriptedAngel) -> tuple[int, str]:
    text = (mission.root / path).read_text()
    compiled = compile_source(Source(path, text))
    assert compiled.module is not None, compiled.diagnostics
    program = Program(Path(path).name, compiled.module, encode(compiled.module), text)
    ended = execute(program, mission.heaven, mission.root, angel=angel, params={})
    assert isinstance(ended, Ended), ended.diagnostics
    return ended.exit_code, ended.run


def refusal_of(heaven: Heaven, run: str) -> JsonObject:
    found = runs.find(heaven, run)
    (emit,) = [one for one in runs.entries(heaven, found) if one.op == "EMIT"]
    assert emit.result is not None
    refused = emit.result["refused"]
    assert isinstance(refused, dict)
    return refused


def test_a_runs_conflict_is_settled_by_its_mission_or_handed_on_twice(mission: Mission) -> None:
    ended = mission.ended(
        HEAD + "OP Change it\n", angel=Meddled(mission.root, "one", answer("    return mine"))
    )
    assert ended.exit_code == 3
    refused = refusal_of(mission.heaven, ended.run)
    assert (refused["line"], refused["changed_by"]) == (5, "outside Heaven")
    first = str(refused["mission"])
    assert first.startswith(".heaven/conflicts/conflict-1-")
    assert first in (ended.message or ""), "the user is told"
    assert replay(mission.heaven, runs.find(mission.heaven, ended.run)).same

    code, run = run_file(mission, first, Meddled(mission.root, "two", answer("    return mine")))
    second = str(refusal_of(mission.heaven, run)["mission"])
    assert code == 3 and second.startswith(".heaven/conflicts/conflict-2-")

    code, run = run_file(mission, second, Meddled(mission.root, "three", answer("    return mine")))
    assert code == 3 and "mission" not in refusal_of(mission.heaven, run)

    angel = ScriptedAngel("calm", [answer("    return mine + three")], ())
    code, run = run_file(mission, second, angel)
    assert code == 0
    assert "return mine + three" in (mission.root / CORE).read_text()
