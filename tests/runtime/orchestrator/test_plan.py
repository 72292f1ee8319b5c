from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.proto import wire
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.proto.mission import Mission
from genesis_ssmp.proto.oracle import Plan
from genesis_ssmp.runtime.orchestrator.errors import BadPlan
from genesis_ssmp.runtime.orchestrator.plan import (
    Check,
    MissionPlan,
    ProgramsWrong,
    compile_mission,
    make_plan,
    read_plan,
    read_record,
)
from genesis_ssmp.runtime.orchestrator.printing import program_text
from genesis_ssmp.runtime.orchestrator.sections import plan_of_program
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.repository import Repository

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"


def a_plan() -> MissionPlan:
    first = compile_mission("a", "a.isa", HEAD + "LEASE file:x.py\nOP One\nRUN test t\n", ())
    second = compile_mission("b", "b.isa", HEAD + "LEASE file:y.py\nOP Two\n", ["a"])
    return make_plan('say "hello"\n# and more', [first, second])


def write(plan: MissionPlan, directory: Path) -> Path:
    directory.mkdir()
    for name, text in plan.files().items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def test_a_plan_is_read_back_from_its_directory_as_it_was(tmp_path: Path) -> None:
    plan = a_plan()
    directory = write(plan, tmp_path / "plan")
    assert read_plan(directory) == read_plan(directory / "plan.toml") == plan


def test_a_plan_is_read_back_from_its_record() -> None:
    assert read_record(a_plan().record()) == a_plan()


def test_a_plan_on_the_wire_has_the_shape_of_the_schema(repository: Repository) -> None:
    with Heaven.open(repository.root) as heaven:
        shape = wire.dump(a_plan().wire(heaven))
    assert wire.parse(Plan, shape).nodes[1].depends_on == ("a",)
    assert wire.parse(Plan, shape).nodes[0].mission.scopes == (Scope("file", "x.py"),)


def test_what_a_mission_is_stands_in_its_program() -> None:
    text = (
        "LEASE file:x.py symbol:f\nBUDGET 123\nINVARIANT @max-lines 9\nINVARIANT be kind\n"
        "OP One\nRUN test a\nLABEL b\nRUN test broken\nASSERT exit_code != 0\nRUN lint\n"
    )
    mission = compile_mission("m", "m.isa", HEAD + text, ())
    assert set(mission.scopes) == {Scope("symbol", "f"), Scope("file", "x.py")}
    assert mission.checks == (Check("test", "a"), Check("lint", "")), "not what is to fail"
    assert mission.invariants == ("@max-lines 9",)
    assert (mission.tasks, mission.module.budget) == (("One",), 123)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "`task` is not a text"),
        ('task = "x"\n', r"no \[\[mission\]\]"),
        ('task = "x"\nspeed = 1\n', "unknown field 'speed'"),
        ('task = "x"\n[[mission]]\nname = "a"\n', "mission 1 needs `name` and `program`"),
        ('task = "x"\n[[mission]]\nname = "a"\nprogram = "../a.isa"\n', "not in the plan's dir"),
        ('task = "x"\n[[mission]]\nname = "a"\nprogram = "no.isa"\n', "cannot read no.isa"),
        ('task = "x"\n[[mission]]\nname = "a b"\nprogram = "a.isa"\n', "no name for a mission"),
        ('task = "x"\n[[mission]]\nname="a"\nprogram="a.isa"\nwaits = []\n', "field 'waits'"),
        ('task = "x"\n[[mission]]\nname="a"\nprogram="a.isa"\ndepends_on="b"\n', "list of names"),
        ("task = ", "plan.toml"),
    ],
)
def test_a_plan_file_that_is_wrong_is_refused_with_what_and_where(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "a.isa").write_text(HEAD + "OP x\n")
    (tmp_path / "plan.toml").write_text(text)
    with pytest.raises(BadPlan, match=words):
        read_plan(tmp_path)


def test_every_program_that_does_not_compile_is_told(tmp_path: Path) -> None:
    directory = write(a_plan(), tmp_path / "plan")
    for name in ("a.isa", "b.isa"):
        (directory / name).write_text(HEAD + "NEED symdf x\n")
    with pytest.raises(ProgramsWrong) as wrong:
        read_plan(directory)
    assert {one.file for one in wrong.value.diagnostics} == {"a.isa", "b.isa"}


TEXTS = st.text('ab #"\\${}\n\té', min_size=1).filter(lambda text: text.strip() != "") | st.just(
    "RENAME_SYMBOL a b"
)


@settings(deadline=None)
@given(TEXTS)
def test_any_words_become_a_program_that_has_just_these(task: str) -> None:
    mission = Mission("m", "HEAD", task, (Scope("file", "x.py"),), (), (task,), "now")
    text = program_text(mission, heading=(task,))
    (said,) = compile_mission("m", "m.isa", text, ()).tasks
    assert said.strip() == task.strip()


def test_sections_of_a_swarm_program_are_missions_ordered_where_their_leases_overlap(
    repository: Repository, tmp_path: Path
) -> None:
    path = tmp_path / "work.isa"
    path.write_text(
        HEAD + "MODE SWARM\nBUDGET 500\nINVARIANT @max-lines 9\nLEASE directory:calc\nOP First\n"
        "LABEL tests\nLEASE directory:tests\nOP Second\nRUN test\n"
        "LABEL more\nOP Third\nHALT\n"
    )
    with Heaven.open(repository.root) as heaven:
        plan = plan_of_program(path, heaven)
        plan.check(heaven)
    assert [(one.name, one.depends_on) for one in plan.missions] == [
        ("start", ()),
        ("tests", ()),
        ("more", ("start",)),
    ]
    assert {one.module.budget for one in plan.missions} == {500}
    assert all(one.invariants == ("@max-lines 9",) for one in plan.missions)
    assert plan.mission("more").scopes == (Scope("directory", "calc"),)


def test_a_solo_program_is_no_plan(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "p.isa").write_text(HEAD + "OP x\n")
    with (
        Heaven.open(repository.root) as heaven,
        pytest.raises(BadPlan, match=r"`aa run .*` runs it"),
    ):
        plan_of_program(tmp_path / "p.isa", heaven)
