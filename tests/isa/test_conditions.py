"""The conditions of ASSERT."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa import lowered
from genesis_ssmp.isa.conditions import ExitCode, Passed, closest, parse_condition
from kit.samples import codes, compile_text

ISA = "ISA_VERSION 0\nBASE_REV HEAD\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("all tests pass", "test"),
        ("tests pass", "test"),
        ("tests_pass", "test"),
        ("All  Tests\tpass", "test"),
        ("lint passes", "lint"),
        ("lint pass", "lint"),
        ("lint passed", "lint"),
        ("typecheck passes", "typecheck"),
        ("typecheck pass", "typecheck"),
    ],
)
def test_passing(text: str, kind: str) -> None:
    condition = parse_condition(text)
    assert isinstance(condition, Passed)
    assert condition.kind == kind


@pytest.mark.parametrize(
    ("text", "comparison", "number"),
    [("exit_code == 0", "==", "0"), ("exit_code != 12", "!=", "12"), ("exit_code==0", "==", "0")],
)
def test_exit_codes(text: str, comparison: str, number: str) -> None:
    condition = parse_condition(text)
    assert isinstance(condition, ExitCode)
    assert (condition.comparison, condition.number) == (comparison, number)


@pytest.mark.parametrize("text", ["", "tests", "tests fail", "exit_code < 1", "exit_code == 1 2"])
def test_anything_else_is_no_condition(text: str) -> None:
    assert parse_condition(text) is None


def test_the_hint_names_the_nearest_condition_or_all_of_them() -> None:
    assert closest("lint pases") == "lint passes"
    (found,) = compile_text(f"{ISA}RUN test\nASSERT the moon is full\n").diagnostics
    assert found.code == "ISA0206"
    assert found.hint is not None and "exit_code == N" in found.hint


@pytest.mark.parametrize("word", ["pass", "passes", "passed"])
def test_no_word_for_passing_selects_tests_unless_it_is_quoted(word: str) -> None:
    unit = compile_text(f'{ISA}RUN test\nASSERT tests {word}\nASSERT tests "{word}"\n').unit
    assert unit is not None
    _, passed, selected = unit.sections[0].body
    assert isinstance(passed, lowered.AssertPassed)
    assert isinstance(selected, lowered.Run) and selected.selector == word


def test_assert_tests_runs_and_assert_tests_pass_does_not() -> None:
    unit = compile_text(f"{ISA}ASSERT tests calc\nASSERT tests\nASSERT tests pass\n").unit
    assert unit is not None
    one, two, three = unit.sections[0].body
    assert isinstance(one, lowered.Run) and (one.kind, one.selector) == ("test", "calc")
    assert isinstance(two, lowered.Run) and (two.kind, two.selector) == ("test", "")
    assert isinstance(three, lowered.AssertPassed) and three.kind == "test"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("RUN test\nASSERT all tests pass\n", []),
        ("ASSERT tests x\nASSERT all tests pass\n", []),
        ("RUN lint\nASSERT exit_code == 0\n", []),
        ("ASSERT all tests pass\n", ["ISA0207"]),
        ("RUN lint\nASSERT typecheck passes\n", ["ISA0207"]),
        ("ASSERT all tests pass\nRUN test\n", ["ISA0207"]),
        ("RUN test\nLABEL b\nASSERT all tests pass\n", ["ISA0207"]),
        ("ASSERT exit_code == 0\n", ["ISA0208"]),
        ("RUN test\nASSERT exit_code == 256\n", ["AA0212"]),
        ("RUN test\nASSERT exit_code == -1\n", ["AA0212"]),
        ("RUN test\nASSERT exit_code == zero\n", ["AA0211"]),
    ],
)
def test_a_condition_needs_its_run_in_the_same_section_before_it(
    lines: str, found: list[str]
) -> None:
    assert codes(compile_text(ISA + lines)) == found


def test_the_hint_says_which_run_to_add() -> None:
    (found,) = compile_text(f"{ISA}RUN test\nASSERT lint passes\n").diagnostics
    assert found.hint == "add RUN lint before this line"


def test_a_run_that_could_not_be_read_is_not_missing_as_well() -> None:
    compiled = compile_text(f"{ISA}RUN tset\nASSERT all tests pass\nIF_FAIL RETRY 1\n")
    assert len(codes(compiled)) == 1
