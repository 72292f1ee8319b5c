"""Reading the Genesis ISA: what it adds to Angel Assembly."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa import ast as aa
from genesis_ssmp.aa.mistakes import ISA_ONLY
from genesis_ssmp.aa.parse import DIRECTIVES as AA_DIRECTIVES
from genesis_ssmp.aa.source import Source
from genesis_ssmp.aa.span import Span
from genesis_ssmp.isa import ast
from genesis_ssmp.isa.mistakes import ISA
from genesis_ssmp.isa.parse import DIRECTIVES, Parsed, parse
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.programs import examples

SEED_POW = """VERSION 0
BASE_REV abc123
PROMPT_REF sha256:def456
MODE SOLO
BUDGET 12000
INVARIANT No changes to public API signatures
INVARIANT All functions must have test coverage
NEED symdef Eval
NEED callers Eval
OP Implement Pow function following existing patterns
OP Add comprehensive test cases
RUN tests calc
ASSERT exit_code == 0
IF_FAIL RETRY 2
IF_FAIL ESCALATE
HALT
"""

SEED_ADD = """ISA_VERSION 0
BASE_REV HEAD
MODE SOLO
BUDGET 8000
INVARIANT "Do not modify existing tests"
NEED symdef Add
NEED callers Add
OP Add function Pow computing x^y following Add pattern
RUN test ./...
ASSERT all tests pass
IF_FAIL RETRY 2
"""

SEED_CHECKS = """ISA_VERSION 0
BASE_REV HEAD
PROMPT_REF sha256-deadbeef
NEED symdef Foo # inline comment
NEED test TestAdd
LABEL checkpoint-1
RUN lint
ASSERT lint passes
RUN typecheck
ASSERT typecheck passes
"""


def read(text: str) -> Parsed:
    return parse(Source("p.isa", text))


def one(line: str) -> ast.Directive:
    parsed = read(line)
    assert parsed.diagnostics == ()
    (directive,) = parsed.program.directives
    return directive


@pytest.mark.parametrize("program", [SEED_POW, SEED_ADD, SEED_CHECKS])
def test_the_seeds_own_programs_are_read_without_a_word_of_complaint(program: str) -> None:
    parsed = read(program)
    assert parsed.diagnostics == ()
    assert len(parsed.program.directives) == program.count("\n")


def test_both_spellings_of_the_version_are_read_and_told_apart() -> None:
    assert one("VERSION 0") == ast.Version("VERSION", aa.Word("0", Span(1, 9, 1)), Span(1, 1, 9))
    assert one("ISA_VERSION 0") == ast.Version(
        "ISA_VERSION", aa.Word("0", Span(1, 13, 1)), Span(1, 1, 13)
    )


def test_an_issue_number_is_not_lost_to_the_comment_rule() -> None:
    directive = one("OP Fix issue #12 # now")
    assert isinstance(directive, aa.Do)
    assert directive.task == aa.Text("Fix issue #12", "rest", Span(1, 4, 13))


def test_every_directive_of_angel_assembly_is_one_of_the_isa() -> None:
    assert AA_DIRECTIVES < DIRECTIVES
    assert one("RETURN edit_ir") == aa.Return(aa.Word("edit_ir", Span(1, 8, 7)), Span(1, 1, 14))
    directive = one("DO RENAME_SYMBOL a b")
    assert isinstance(directive, aa.Do)
    assert isinstance(directive.task, aa.MacroCall)


def test_assert_tests_is_a_selector_unless_it_says_that_they_pass() -> None:
    assert one("ASSERT tests") == aa.AssertTests(None, Span(1, 1, 12))
    selector = aa.Text("calc", "rest", Span(1, 14, 4))
    assert one("ASSERT tests calc") == aa.AssertTests(selector, Span(1, 1, 17))
    quoted = aa.Text("pass", "quoted", Span(1, 14, 6))
    assert one('ASSERT tests "pass"') == aa.AssertTests(quoted, Span(1, 1, 19))
    condition = aa.Text("tests pass", "rest", Span(1, 8, 10))
    assert one("ASSERT tests pass") == ast.Assert(condition, Span(1, 1, 17))
    assert isinstance(one("ASSERT tests_pass"), ast.Assert)
    assert isinstance(one("ASSERT all tests pass"), ast.Assert)


def test_run_takes_a_pattern_in_any_form() -> None:
    assert one("RUN test ./... -run X") == ast.Run(
        aa.Word("test", Span(1, 5, 4)),
        aa.Text("./... -run X", "rest", Span(1, 10, 12)),
        Span(1, 1, 21),
    )
    assert one("RUN lint # all") == ast.Run(aa.Word("lint", Span(1, 5, 4)), None, Span(1, 1, 8))
    quoted = one('RUN tests "a # b"')
    assert isinstance(quoted, ast.Run)
    assert quoted.pattern == aa.Text("a # b", "quoted", Span(1, 11, 7))


def test_if_fail_has_a_count_with_retry_only() -> None:
    assert one("IF_FAIL RETRY 2") == ast.IfFail(
        aa.Word("RETRY", Span(1, 9, 5)), aa.Word("2", Span(1, 15, 1)), Span(1, 1, 15)
    )
    assert one("IF_FAIL HALT") == ast.IfFail(aa.Word("HALT", Span(1, 9, 4)), None, Span(1, 1, 12))


def test_use_takes_named_values_quoted_where_they_have_blanks() -> None:
    assert one('USE ./x.isa a=b=c d="e \\" # f" g=""') == ast.Use(
        aa.Word("./x.isa", Span(1, 5, 7)),
        (
            ast.Argument(
                aa.Word("a", Span(1, 13, 1)), aa.Word("b=c", Span(1, 15, 3)), Span(1, 13, 5)
            ),
            ast.Argument(
                aa.Word("d", Span(1, 19, 1)),
                aa.Text('e " # f', "quoted", Span(1, 21, 10)),
                Span(1, 19, 12),
            ),
            ast.Argument(
                aa.Word("g", Span(1, 32, 1)),
                aa.Text("", "quoted", Span(1, 34, 2)),
                Span(1, 32, 4),
            ),
        ),
        Span(1, 1, 35),
    )


@pytest.mark.parametrize(
    ("line", "code", "span"),
    [
        ("RUN unit", "ISA0101", Span(1, 5, 4)),
        ("RUN", "AA0113", Span(1, 4, 0)),
        ('RUN test "a', "AA0108", Span(1, 10, 2)),
        ("IF_FAIL", "AA0113", Span(1, 8, 0)),
        ("IF_FAIL REPEAT 2", "ISA0102", Span(1, 9, 6)),
        ("IF_FAIL RETRY", "ISA0103", Span(1, 14, 0)),
        ("IF_FAIL RETRY 1 2", "AA0114", Span(1, 17, 1)),
        ("IF_FAIL HALT 3", "ISA0104", Span(1, 14, 1)),
        ("IF_FAIL ESCALATE now", "ISA0104", Span(1, 18, 3)),
        ("USE", "AA0113", Span(1, 4, 0)),
        ("USE std.rename Greet", "ISA0105", Span(1, 16, 5)),
        ("USE std.rename 1=Greet", "ISA0105", Span(1, 16, 7)),
        ("USE std.rename old=", "ISA0106", Span(1, 16, 4)),
        ('USE std.rename old="a b', "AA0108", Span(1, 16, 6)),
        ('USE "std.rename"', "AA0124", Span(1, 5, 12)),
        ("HALT now", "AA0114", Span(1, 6, 3)),
        ("LABEL", "AA0113", Span(1, 6, 0)),
        ("LABEL a b", "AA0114", Span(1, 9, 1)),
        ("MODE", "AA0113", Span(1, 5, 0)),
        ("MODE: SOLO", "AA0122", Span(1, 5, 1)),
        ("BUDGET=9", "AA0122", Span(1, 7, 1)),
        ("VERSION", "AA0113", Span(1, 8, 0)),
        ("INVARIANT", "AA0113", Span(1, 10, 0)),
        ('INVARIANT "a" b', "AA0110", Span(1, 15, 1)),
        ('INVARIANT ""', "AA0120", Span(1, 11, 2)),
        ("ASSERT", "AA0113", Span(1, 7, 0)),
        ('ASSERT tests "a', "AA0108", Span(1, 14, 2)),
        ("INVARIENT x", "AA0111", Span(1, 1, 9)),
        ("IFFAIL RETRY 2", "AA0111", Span(1, 1, 6)),
    ],
)
def test_each_mistake_has_its_code_at_its_place(line: str, code: str, span: Span) -> None:
    found = read(line).diagnostics
    assert [(d.code, d.span) for d in found] == [(code, span)]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("INVARIENT x", "did you mean INVARIANT?"),
        ("IFFAIL RETRY 2", "did you mean IF_FAIL?"),
        ("IF_FAIL RETYR 2", "did you mean RETRY?"),
        ("RUN typechek", "did you mean typecheck?"),
        ("RUN xyz", "the kinds are test, lint, typecheck"),
        ("BUDGET=9", "write BUDGET and a blank"),
    ],
)
def test_hints_say_what_to_write(line: str, hint: str) -> None:
    (found,) = read(line).diagnostics
    assert found.hint == hint


def test_angel_assembly_knows_which_directives_it_lacks() -> None:
    assert set(ISA_ONLY) == DIRECTIVES - AA_DIRECTIVES


def test_what_explains_mistakes_knows_the_same_directives_as_the_parser() -> None:
    assert set(ISA.directives) == DIRECTIVES


_PIECES = st.sampled_from(
    (
        *sorted(DIRECTIVES), "test", "lint", "tests", "pass", "RETRY", "ESCALATE", "2", "a=b", "a=",
        'a="b', 'a="b c"', "x", "#", '"', '"a"', '"""', "=", ":", " ", " ", "  ", "\t", "\n", "\n",
        "RENAME_SYMBOL", "@paths", "${x}",
    )
)  # fmt: skip


@settings(deadline=None, max_examples=examples(400))
@given(st.lists(_PIECES, max_size=14).map("".join))
def test_any_text_is_read_with_every_span_inside_it(text: str) -> None:
    lines = Source("p.isa", text).lines()
    for found in read(text).diagnostics:
        line = lines[found.span.line - 1]
        assert 1 <= found.span.column <= len(line) + 1
        assert found.span.column + found.span.length <= len(line) + 1


@settings(deadline=None, max_examples=examples(150))
@given(st.lists(_PIECES, max_size=14).map("".join))
def test_a_line_is_either_read_or_reported(text: str) -> None:
    line = " ".join(text.split())
    parsed = read(line)
    meant = bool(line) and not line.startswith("#")
    assert bool(parsed.program.directives or parsed.diagnostics) == meant
