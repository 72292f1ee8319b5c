"""Whole programs: what must be there, what may be there once."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa import ast
from genesis_ssmp.aa.diagnostic import render_text
from genesis_ssmp.aa.span import Span
from genesis_ssmp.aa.validate import MAX_DIRECTIVES, validate
from kit.samples import BROKEN, PROGRAMS, codes, compile_sample, compile_text
from syrupy.assertion import SnapshotAssertion


@pytest.mark.parametrize("name", PROGRAMS)
def test_sample_programs_compile(name: str) -> None:
    compiled = compile_sample(name)
    assert compiled.module is not None, render_text(compiled.diagnostics, compiled.sources)


@pytest.mark.parametrize("name", [*PROGRAMS, *BROKEN])
def test_diagnostics(name: str, snapshot: SnapshotAssertion) -> None:
    """What is said of every sample program, and where."""
    compiled = compile_sample(name)
    assert render_text(compiled.diagnostics, compiled.sources) == snapshot
    assert (compiled.module is None) == (name in BROKEN)


def test_every_missing_directive_is_reported_in_one_run() -> None:
    assert codes(compile_text("NEED symdef f\n", "aa")) == ["AA0202", "AA0203", "AA0204", "AA0205"]


def test_an_empty_program_is_one_mistake_and_not_four() -> None:
    assert codes(compile_text("", "aa")) == ["AA0201"]
    assert codes(compile_text("\n# nothing\n", "isa")) == ["AA0201"]


def test_a_directive_with_a_mistake_in_it_is_not_missing_as_well() -> None:
    compiled = compile_text("BASE_RVE HEAD\nLEASE fiel:a\nDO\nRETURN\n", "aa")
    assert not {"AA0202", "AA0203", "AA0204", "AA0205"} & set(codes(compiled))
    assert len(compiled.diagnostics) == 4


@pytest.mark.parametrize("text", ["\0", "foo bar\n", '"""', "\x01\n"])
def test_a_file_that_cannot_be_read_is_not_empty_as_well(text: str) -> None:
    for language in ("aa", "isa"):
        assert "AA0201" not in codes(compile_text(text, language))


def test_a_second_directive_points_to_the_first() -> None:
    text = "BASE_REV HEAD\nBASE_REV main\nLEASE file:a\nDO x\nRETURN edit_ir\n"
    (found,) = compile_text(text, "aa").diagnostics
    assert (found.code, found.span.line) == ("AA0206", 2)
    assert found.related[0].span.line == 1


def test_a_third_directive_points_to_the_first_too() -> None:
    text = "BASE_REV HEAD\nLEASE file:a\nDO x\n" + "RETURN edit_ir\n" * 3
    found = compile_text(text, "aa").diagnostics
    assert [(d.span.line, d.related[0].span.line) for d in found] == [(5, 4), (6, 4)]


def test_the_number_of_directives_is_bounded() -> None:
    word = ast.Word("f", Span(1, 13, 1))
    need = ast.NeedTests("tests", word, Span(1, 1, 13))
    program = ast.Program((need,) * (MAX_DIRECTIVES + 1), ())
    assert "AA0207" in [d.code for d in validate(program)]
