"""Places in a program, as people name them."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.opcodes import Op
from genesis_ssmp.runtime.debugging.breakpoints import BadBreakpoint, Breakpoints
from genesis_ssmp.runtime.debugging.timeline import Row
from kit.mission import program

TEXT = (
    "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nNEED callers Add\n"
    "USE std.rename old=Add new=plus\n# nothing\nOP x\nRUN test\nIF_FAIL RETRY 1\n"
    "LABEL two\nOP y\n"
)
MODULE = program(TEXT).module


@pytest.fixture
def breakpoints() -> Breakpoints:
    return Breakpoints(MODULE, "test.isa")


def ops(pcs: frozenset[int]) -> list[str]:
    return [MODULE.code[pc].op.name for pc in sorted(pcs)]


@pytest.mark.parametrize(
    ("place", "what", "where", "stops"),
    [
        ("3", "line", "test.isa:3", ["FAULT_SYMDEF"]),
        ("test.isa:8", "line", "test.isa:8", ["RUN"]),
        ("6", "line", "test.isa:7", ["ANGEL"]),
        ("std.rename:15", "line", "std.rename:15", ["RUN"]),
        ("EMIT", "opcode", "EMIT", ["EMIT"] * 3),
        ("fault", "opcode", "FAULT", ["FAULT_SYMDEF", "FAULT_CALLERS"]),
        ("NEED", "opcode", "FAULT", ["FAULT_SYMDEF", "FAULT_CALLERS"]),
        ("OP", "opcode", "ANGEL", ["ANGEL"] * 2),
        ("assert", "opcode", "ASSERT", ["ASSERT_PASSED"]),
        ("two", "section", "two", ["ENTER"]),
        ("std.rename", "section", "std.rename", ["ENTER"]),
        ("*0", "pc", "*0", ["REV"]),
        ("", "pc", "*2", ["ACQUIRE"]),
        ("failure", "failure", "failure", []),
    ],
)
def test_a_place_is_a_line_an_opcode_a_section_or_a_pc(
    breakpoints: Breakpoints, place: str, what: str, where: str, stops: list[str]
) -> None:
    made = breakpoints.add(place, 2)
    assert (made.what, made.where, ops(made.pcs)) == (what, where, stops)


@pytest.mark.parametrize(
    ("place", "hint"),
    [
        ("99", "last line with one is 11"),
        ("other.isa:3", "std.rename, test.isa"),
        ("EMITT", "did you mean EMIT?"),
        ("tow", "did you mean two?"),
        ("zzzzzz", "LINE, FILE:LINE"),
        ("LINT", "its opcodes|LINE, FILE:LINE|did you mean"),
        ("FAULT_TESTS", "its opcodes: ACQUIRE"),
        ("*99", "instructions are"),
        ("*x", "instructions are"),
        ("-3", "LINE, FILE:LINE"),
    ],
)
def test_a_place_that_is_not_there_says_what_is(
    breakpoints: Breakpoints, place: str, hint: str
) -> None:
    with pytest.raises(BadBreakpoint) as bad:
        breakpoints.add(place, 0)
    assert bad.value.hint is not None
    assert any(one in bad.value.hint for one in hint.split("|"))
    assert not breakpoints.all()


def test_numbers_count_up_and_are_not_used_again(breakpoints: Breakpoints) -> None:
    first = breakpoints.add("3", 0)
    assert breakpoints.add("3", 0) is first, "the same place is the same breakpoint"
    breakpoints.delete(first.number)
    assert breakpoints.add("4", 0).number == 2
    with pytest.raises(BadBreakpoint, match="no breakpoint 1"):
        breakpoints.delete(1)
    assert [one.number for one in breakpoints.clear()] == [2]


def test_a_failed_instruction_and_the_end_hit_only_what_is_meant_for_them(
    breakpoints: Breakpoints,
) -> None:
    pc = next(pc for pc, one in enumerate(MODULE.code) if one.op is Op.RUN)
    run, failure = breakpoints.add("RUN", 0), breakpoints.add("failure", 0)
    assert breakpoints.hit(Row(pc, 1)) is run
    assert breakpoints.hit(Row(pc, 1, failed=True)) is failure
    assert breakpoints.hit(Row(pc, 1, end=True)) is None
    assert breakpoints.hit(Row(0, 0)) is None
