"""Reading Angel Assembly: the tree, its spans, texts, comments, and what is said of wrong lines."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa import ast
from genesis_ssmp.aa.diagnostic import Diagnostic
from genesis_ssmp.aa.mistakes import AA
from genesis_ssmp.aa.parse import DIRECTIVES, Parsed, parse
from genesis_ssmp.aa.source import Source
from genesis_ssmp.aa.span import Span
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.programs import examples


def read(text: str) -> Parsed:
    return parse(Source("p.aa", text))


def one(line: str) -> ast.Directive:
    parsed = read(line)
    assert parsed.diagnostics == ()
    (directive,) = parsed.program.directives
    return directive


def text_of(line: str) -> str:
    directive = one(line)
    assert isinstance(directive, ast.Do)
    assert isinstance(directive.task, ast.Text)
    return directive.task.value


def mistakes(text: str) -> list[tuple[str, Span]]:
    return [(d.code, d.span) for d in read(text).diagnostics]


def only(line: str) -> Diagnostic:
    (found,) = read(line).diagnostics
    return found


def test_the_seeds_own_program_is_read_without_a_word_of_complaint() -> None:
    program = (
        "BASE_REV abc123\n"
        "LEASE symbol:Eval symbol:Parser file:calc.go\n"
        "NEED symdef Eval\n"
        "NEED callers Eval\n"
        "NEED slice calc.go 1 50\n"
        "DO Implement a Pow(base, exp int) function in calc.go\n"
        "DO Add test coverage for Pow in calc_test.go\n"
        "ASSERT tests calc\n"
        "RETURN edit_ir\n"
    )
    parsed = read(program)
    assert parsed.diagnostics == ()
    assert [type(d).__name__ for d in parsed.program.directives] == [
        "BaseRev",
        "Lease",
        "NeedSymdef",
        "NeedCallers",
        "NeedSlice",
        "Do",
        "Do",
        "AssertTests",
        "Return",
    ]


def test_nodes_carry_their_spans() -> None:
    assert one("  NEED slice  a.py 1 50  # why") == ast.NeedSlice(
        ast.Word("a.py", Span(1, 15, 4)),
        ast.Word("1", Span(1, 20, 1)),
        ast.Word("50", Span(1, 22, 2)),
        Span(1, 3, 21),
    )
    assert one("LEASE file:a.py") == ast.Lease(
        (
            ast.Scope(
                ast.Word("file", Span(1, 7, 4)),
                ast.Word("a.py", Span(1, 12, 4)),
                Span(1, 7, 9),
            ),
        ),
        Span(1, 1, 15),
    )


def test_columns_count_code_points() -> None:
    directive = one("NEED symdef \U0001f600é x")
    assert isinstance(directive, ast.NeedSymdef)
    assert directive.depth == ast.Word("x", Span(1, 16, 1))


def test_an_issue_number_is_not_lost_to_the_comment_rule() -> None:
    assert text_of("DO Fix issue #12") == "Fix issue #12"
    assert text_of("DO Fix issue #12 # soon") == "Fix issue #12"
    assert text_of("DO #12 is open") == "#12 is open"
    assert text_of("DO Write C# and F# code") == "Write C# and F# code"
    assert text_of("DO a #") == "a"
    assert text_of("DO a\t#\tb") == "a"


def test_assert_tests_takes_the_selector_and_not_the_word_tests() -> None:
    directive = one("ASSERT tests calc and more")
    assert isinstance(directive, ast.AssertTests)
    assert directive.selector == ast.Text("calc and more", "rest", Span(1, 14, 13))


def test_comments_are_kept_in_order_with_their_places() -> None:
    program = read('# head\n  #x\nBASE_REV a # b \nDO """\n  # no\n""" # c\n').program
    assert program.comments == (
        ast.Comment("# head", False, Span(1, 1, 6)),
        ast.Comment("#x", False, Span(2, 3, 2)),
        ast.Comment("# b", True, Span(3, 12, 3)),
        ast.Comment("# c", True, Span(6, 5, 3)),
    )


def test_a_quoted_text_may_hold_what_looks_like_a_comment() -> None:
    assert text_of('DO "a # b" # c') == "a # b"
    assert text_of(r'DO "tab\t quote\" slash\\ feed\n end"') == 'tab\t quote" slash\\ feed\n end'


@pytest.mark.parametrize(
    ("block", "value"),
    [
        ('"""a"""', "a"),
        ('"""  a  """', "a"),
        ('"""\na\nb\n"""', "a\nb"),
        ('"""\n    a\n      b\n\n    c\n    """', "a\n  b\n\nc"),
        ('"""\n\ta\n\t\tb\n"""', "a\n\tb"),
        ('"""\n\ta\n    b\n"""', "\ta\n    b"),
        ('"""first\n    second\n      third"""', "first\nsecond\n  third"),
        ('"""\na\n\n\n"""', "a\n\n"),
        ('"""\n\na\n"""', "\na"),
        ('"""\n  say "hi" ""\n"""', 'say "hi" ""'),
        (
            '"""\n\\n is no escape # nor this a comment\n"""',
            "\\n is no escape # nor this a comment",
        ),
    ],
)
def test_a_block_is_dedented_and_keeps_everything_else(block: str, value: str) -> None:
    assert text_of(f"DO {block}") == value
    assert text_of(f"DO {block}".replace("\n", "\r\n")) == value


def test_a_block_is_marked_by_its_first_line() -> None:
    directive = one('\n DO """\n a\n"""')
    assert directive.span == Span(2, 2, 6)
    assert isinstance(directive, ast.Do)
    assert isinstance(directive.task, ast.Text)
    assert directive.task.span == Span(2, 5, 3)


def test_fences_inside_a_rest_of_line_text_open_nothing() -> None:
    assert text_of('DO Use """ in docstrings') == 'Use """ in docstrings'
    assert read('DO Use """ here\nRETURN edit_ir\n').diagnostics == ()


def test_macro_opcodes_in_capitals_are_calls() -> None:
    directive = one('DO RENAME_SYMBOL Greet "a # b" in src # why')
    assert isinstance(directive, ast.Do)
    assert directive.task == ast.MacroCall(
        ast.Word("RENAME_SYMBOL", Span(1, 4, 13)),
        (
            ast.Word("Greet", Span(1, 18, 5)),
            ast.Word("a # b", Span(1, 24, 7)),
            ast.Word("in", Span(1, 32, 2)),
            ast.Word("src", Span(1, 35, 3)),
        ),
        Span(1, 4, 34),
    )
    assert text_of("DO RENAME_SYMBOLS a b") == "RENAME_SYMBOLS a b"
    assert text_of("DO rename_symbol a b") == "rename_symbol a b"
    assert text_of('DO "RENAME_SYMBOL a b"') == "RENAME_SYMBOL a b"


def test_parameters_are_kept_as_written() -> None:
    parsed = read("BASE_REV ${rev}\nLEASE file:${path}\nNEED callers ${s} ${k}\nDO Fix ${s}.\n")
    assert parsed.diagnostics == ()


@pytest.mark.parametrize(
    ("line", "code", "span"),
    [
        ("NED symdef x", "AA0111", Span(1, 1, 3)),
        ("need symdef x", "AA0111", Span(1, 1, 4)),
        ("DOX y", "AA0111", Span(1, 1, 3)),
        ("RUN test", "AA0112", Span(1, 1, 3)),
        ("BUDGET=9", "AA0112", Span(1, 1, 8)),
        ("BASE_REV", "AA0113", Span(1, 9, 0)),
        ("BASE_REV # x", "AA0113", Span(1, 9, 0)),
        ("LEASE", "AA0113", Span(1, 6, 0)),
        ("NEED", "AA0113", Span(1, 5, 0)),
        ("NEED symdef", "AA0113", Span(1, 12, 0)),
        ("NEED slice a 1", "AA0113", Span(1, 15, 0)),
        ("NEED search", "AA0113", Span(1, 12, 0)),
        ("DO", "AA0113", Span(1, 3, 0)),
        ("DO # nothing", "AA0113", Span(1, 3, 0)),
        ("ASSERT", "AA0113", Span(1, 7, 0)),
        ("ASSERT tests", "AA0113", Span(1, 13, 0)),
        ("RETURN", "AA0113", Span(1, 7, 0)),
        ("PARAM", "AA0113", Span(1, 6, 0)),
        ("BASE_REV a b", "AA0114", Span(1, 12, 1)),
        ("NEED slice a 1 2 3", "AA0114", Span(1, 18, 1)),
        ("NEED search a 1 b", "AA0114", Span(1, 17, 1)),
        ("PARAM a b c", "AA0114", Span(1, 11, 1)),
        ("NEED sym x", "AA0115", Span(1, 6, 3)),
        ("LEASE a.py", "AA0116", Span(1, 7, 4)),
        ("LEASE file a.py", "AA0116", Span(1, 7, 4)),
        ("LEASE files:a.py", "AA0117", Span(1, 7, 5)),
        ("LEASE :a.py", "AA0117", Span(1, 7, 0)),
        ("LEASE file:", "AA0118", Span(1, 7, 5)),
        ("ASSERT lint passes", "AA0119", Span(1, 8, 4)),
        ('DO ""', "AA0120", Span(1, 4, 2)),
        ('DO "  "', "AA0120", Span(1, 4, 4)),
        ('DO """\n\n"""', "AA0120", Span(1, 4, 3)),
        ('NEED search ""', "AA0120", Span(1, 13, 2)),
        ("RETURN: edit_ir", "AA0122", Span(1, 7, 1)),
        ("RETURN=edit_ir", "AA0122", Span(1, 7, 1)),
        ("PARAM a=b", "AA0123", Span(1, 7, 3)),
        ("PARAM 1a", "AA0123", Span(1, 7, 2)),
        ('NEED symdef "x"', "AA0124", Span(1, 13, 3)),
        ('LEASE "file:a"', "AA0124", Span(1, 7, 8)),
        ('"""', "AA0125", Span(1, 1, 3)),
        ('DO "a', "AA0108", Span(1, 4, 2)),
        ('DO RENAME_SYMBOL a "b', "AA0108", Span(1, 20, 2)),
        ('NEED search "a b', "AA0108", Span(1, 13, 4)),
        ('DO "a\\d"', "AA0109", Span(1, 6, 2)),
        ('DO "a" b c', "AA0110", Span(1, 8, 3)),
        ('DO "a"b', "AA0110", Span(1, 7, 1)),
        ('DO """a""" b', "AA0110", Span(1, 12, 1)),
        ('DO """a', "AA0107", Span(1, 4, 3)),
    ],
)
def test_each_mistake_has_its_code_at_its_place(line: str, code: str, span: Span) -> None:
    assert mistakes(line)[:1] == [(code, span)]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("NED symdef x", "did you mean NEED?"),
        ("need symdef x", "did you mean NEED?"),
        ("NEED symdfe x", "did you mean symdef?"),
        ("LEASE dirctory:x", "did you mean directory?"),
        ("LEASE a.py", "write file:a.py"),
        ("LEASE src/", "write directory:src/"),
        ("LEASE Eval", "write symbol:Eval"),
        ("PARAM a=b", "write PARAM a b"),
        ("MODE SOLO", "give the file the suffix .isa, where it is known"),
        ("and one more line of text", 'a text over several lines stands between """ fences'),
    ],
)
def test_hints_say_what_to_write(line: str, hint: str) -> None:
    assert only(line).hint == hint


def test_a_wrong_line_costs_that_line_only() -> None:
    parsed = read("BASE_REV a\nNED x\nLEASE a file:b c:d\nRETURN edit_ir\n")
    assert [(d.code, d.span.line) for d in parsed.diagnostics] == [
        ("AA0111", 2),
        ("AA0116", 3),
        ("AA0117", 3),
    ]
    assert [type(d).__name__ for d in parsed.program.directives] == ["BaseRev", "Return"]


def test_lines_behind_a_block_that_never_closes_are_read_and_its_text_is_not() -> None:
    parsed = read('DO """\nsome text\nmore text\nNED x\nRETURN edit_ir\nASSERT lint\n')
    assert [(d.code, d.span.line) for d in parsed.diagnostics] == [("AA0107", 1), ("AA0119", 6)]
    assert [type(d).__name__ for d in parsed.program.directives] == ["Return"]


def test_a_block_that_the_next_block_would_close_is_the_one_that_is_reported() -> None:
    parsed = read('DO """\none\nDO """\ntwo\n"""\nRETURN edit_ir\n')
    assert [(d.code, d.span) for d in parsed.diagnostics[:1]] == [("AA0107", Span(1, 4, 3))]
    values = [d.task.value for d in parsed.program.directives if isinstance(d, ast.Do)]  # type: ignore[union-attr]
    assert values == ["two"]


def test_a_word_may_begin_with_a_number_sign_but_not_be_one() -> None:
    directive = one("NEED symdef #12")
    assert isinstance(directive, ast.NeedSymdef)
    assert directive.symbol.value == "#12"


def test_what_explains_mistakes_knows_the_same_directives_as_the_parser() -> None:
    assert set(AA.directives) == DIRECTIVES


_PIECES = st.sampled_from(
    (
        "BASE_REV", "LEASE", "NEED", "DO", "ASSERT", "RETURN", "PARAM", "RUN", "symdef", "slice",
        "search", "tests", "file:a", "file:", "x", "#", "#1", '"', '"a"', '"""', "\\", "=", ":",
        " ", "  ", "\t", "\n", "\n", "RENAME_SYMBOL", "é", "1", "${x}", '"a\\q"',
    )
)  # fmt: skip


@settings(deadline=None, max_examples=examples(400))
@given(st.lists(_PIECES, max_size=14).map("".join))
def test_any_text_is_read_with_every_span_inside_it(text: str) -> None:
    parsed = read(text)
    lines = Source("p.aa", text).lines()
    for found in parsed.diagnostics:
        line = lines[found.span.line - 1]
        assert 1 <= found.span.column <= len(line) + 1
        assert found.span.column + found.span.length <= len(line) + 1
        assert len(found.message) <= 120
    for directive in parsed.program.directives:
        span = directive.span
        assert lines[span.line - 1][span.column - 1 :].startswith(tuple(DIRECTIVES))


@settings(deadline=None, max_examples=examples(150))
@given(st.lists(_PIECES, max_size=14).map("".join))
def test_a_line_is_either_read_or_reported(text: str) -> None:
    line = " ".join(text.split())
    parsed = read(line)
    meant = bool(line) and not line.startswith("#")
    assert bool(parsed.program.directives or parsed.diagnostics) == meant
