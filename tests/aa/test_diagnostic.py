"""Diagnostics as people, programs and GitHub read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from genesis_ssmp.aa.diagnostic import (
    Diagnostic,
    Related,
    did_you_mean,
    error,
    has_errors,
    render_github,
    render_json,
    render_text,
    warning,
)
from genesis_ssmp.aa.source import Source
from genesis_ssmp.aa.span import NOWHERE, Span
from genesis_ssmp.isa.compile import compile_source
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ten_mistakes() -> Source:
    return Source("ten_mistakes.isa", (ROOT / "tests/programs/ten_mistakes.isa").read_text("utf-8"))


def caret_line(text: str, span: Span) -> tuple[str, str]:
    """The printed source line and the line of carets below it, without the gutter."""
    source = Source("p", text)
    rendered = render_text([error("AA0111", "m", span, file="p")], {"p": source})
    lines = rendered.split("\n")
    return lines[3].split("| ", 1)[1], lines[4].split("| ", 1)[1]


def test_the_ten_mistakes_are_all_reported_and_nothing_else(ten_mistakes: Source) -> None:
    found = compile_source(ten_mistakes).diagnostics
    assert [(d.code, d.span.line) for d in found] == [
        ("AA0202", 1),
        ("AA0122", 3),
        ("AA0116", 4),
        ("AA0115", 5),
        ("ISA0217", 6),
        ("AA0108", 7),
        ("AA0301", 8),
        ("ISA0101", 9),
        ("ISA0103", 10),
        ("ISA0216", 13),
    ]


def test_the_ten_mistakes_as_text(ten_mistakes: Source, snapshot: SnapshotAssertion) -> None:
    found = compile_source(ten_mistakes).diagnostics
    assert render_text(found, {ten_mistakes.name: ten_mistakes}) == snapshot


def test_the_ten_mistakes_in_color(ten_mistakes: Source, snapshot: SnapshotAssertion) -> None:
    found = compile_source(ten_mistakes).diagnostics
    colored = render_text(found, {ten_mistakes.name: ten_mistakes}, color=True)
    assert colored.replace("\x1b", "ESC") == snapshot


def test_the_ten_mistakes_as_json(ten_mistakes: Source, snapshot: SnapshotAssertion) -> None:
    rendered = render_json(compile_source(ten_mistakes).diagnostics)
    assert len(json.loads(rendered)) == 10
    assert rendered == snapshot


def test_the_ten_mistakes_for_github(ten_mistakes: Source, snapshot: SnapshotAssertion) -> None:
    rendered = render_github(compile_source(ten_mistakes).diagnostics)
    assert rendered.count("\n") == 10
    assert rendered == snapshot


def test_carets_stand_under_the_span() -> None:
    assert caret_line("NEED symdfe x", Span(1, 6, 6)) == ("NEED symdfe x", "     ^^^^^^")


def test_a_span_of_no_length_has_one_caret() -> None:
    assert caret_line("NEED", Span(1, 6, 0)) == ("NEED", "    ^")


def test_carets_count_tabs_wide_and_combining_characters() -> None:
    assert caret_line("\tab", Span(1, 2, 1)) == ("    ab", "    ^")
    assert caret_line("a\tb", Span(1, 2, 1)) == ("a   b", " ^^^")
    assert caret_line("漢字 x", Span(1, 4, 1)) == ("漢字 x", "     ^")
    assert caret_line("漢字 x", Span(1, 1, 2)) == ("漢字 x", "^^^^")
    assert caret_line("e\u0301 x", Span(1, 4, 1)) == ("e\u0301 x", "  ^")


def test_a_long_line_is_cut_around_the_span() -> None:
    line, carets = caret_line("a" * 5000 + "HERE" + "b" * 5000, Span(1, 5001, 4))
    assert len(line) < 120
    start = carets.index("^")
    assert line[start : start + 4] == "HERE"
    assert line.startswith("... a") and line.endswith("b ...")


def test_control_characters_of_a_refused_file_do_not_reach_the_terminal() -> None:
    line, _ = caret_line("DO \x1b[2J\u202e", Span(1, 4, 1))
    assert line == "DO \ufffd[2J\ufffd"
    rendered = render_text([error("AA0100", "m\x1b", NOWHERE, file="a\x1b[2J")], {})
    assert "\x1b" not in rendered


def test_a_file_without_source_is_shown_by_place_only() -> None:
    rendered = render_text([error("AA0100", "gone", Span(1, 1, 0), file="p.aa")], {})
    assert rendered == "error[AA0100]: gone\n --> p.aa:1:1\n"


def test_a_related_place_in_another_file_is_shown_with_its_own_line() -> None:
    sources = {"a.isa": Source("a.isa", "USE ./b.isa\n"), "b.isa": Source("b.isa", "MODE SOLO\n")}
    finding = error(
        "ISA0301",
        "no",
        Span(1, 1, 3),
        file="a.isa",
        related=(Related("set here", Span(1, 6, 4), "b.isa"),),
    )
    assert render_text([finding], sources) == (
        "error[ISA0301]: no\n"
        " --> a.isa:1:1\n"
        "  |\n"
        "1 | USE ./b.isa\n"
        "  | ^^^\n"
        " ::: b.isa:1:6\n"
        "  |\n"
        "1 | MODE SOLO\n"
        "  |      ---- set here\n"
    )


def test_two_hundred_findings_a_file_are_printed_and_the_rest_counted() -> None:
    found = [error("AA0111", "m", Span(n, 1, 1), file=f) for f in ("a", "b") for n in range(1, 251)]
    text = render_text(found, {})
    assert text.count("error[") == 400
    assert "note: 50 more findings are not shown of a\n" in text
    assert "note: 50 more findings are not shown of b\n" in text
    assert render_github(found).count("::error") == 400
    assert "::notice file=a::50 more findings are not shown of a\n" in render_github(found)
    assert len(json.loads(render_json(found))) == 500


def test_nothing_found_renders_as_nothing() -> None:
    assert render_text([], {}) == ""
    assert render_github([]) == ""
    assert json.loads(render_json([])) == []


def test_github_commands_cannot_be_forged_by_what_a_program_holds() -> None:
    rendered = render_github(
        [
            warning(
                "AA0111",
                "50% of\r\n::error::forged",
                Span(3, 2, 4),
                file="a,b:c%.aa",
                hint="x\ny",
            )
        ]
    )
    assert rendered == (
        "::warning file=a%2Cb%3Ac%25.aa,line=3,col=2,endColumn=5,title=AA0111"
        "::50%25 of%0D%0A::error::forged%0Ahint: x%0Ay\n"
    )


def test_json_has_every_field() -> None:
    finding = error(
        "AA0111",
        "m",
        Span(3, 2, 4),
        file="p.aa",
        hint="h",
        related=(Related("r", Span(1, 1, 1)),),
    )
    assert json.loads(render_json([finding])) == [
        {
            "code": "AA0111",
            "severity": "error",
            "message": "m",
            "file": "p.aa",
            "line": 3,
            "column": 2,
            "length": 4,
            "hint": "h",
            "related": [{"message": "r", "file": "p.aa", "line": 1, "column": 1, "length": 1}],
        }
    ]


def test_only_errors_are_errors() -> None:
    assert not has_errors([warning("AA0111", "m", NOWHERE)])
    assert has_errors([warning("AA0111", "m", NOWHERE), error("AA0111", "m", NOWHERE)])


def test_suggestions_see_through_case_and_give_up_on_the_unlike() -> None:
    known = ("NEED", "LEASE", "symdef")
    assert did_you_mean("NED", known) == "did you mean NEED?"
    assert did_you_mean("lease", known) == "did you mean LEASE?"
    assert did_you_mean("SYMDFE", known) == "did you mean symdef?"
    assert did_you_mean("xyzzy", known) is None
    assert did_you_mean("N" * 100_000, known) is None


_TEXTS = st.text(max_size=40)
_SPANS = st.builds(Span, st.integers(0, 4), st.integers(0, 60), st.integers(0, 60))


@settings(deadline=None, max_examples=150)
@given(_TEXTS, _SPANS, _TEXTS, st.booleans())
def test_any_span_on_any_text_can_be_rendered(
    text: str, span: Span, message: str, color: bool
) -> None:
    finding = Diagnostic("AA0111", "error", message, span, "p", message, (Related("r", span),))
    rendered = render_text([finding], {"p": Source("p", text)}, color)
    assert rendered.endswith("\n")
    assert "\x1b[2J" not in rendered
    assert json.loads(render_json([finding]))[0]["message"] == message
    assert render_github([finding]).count("\n") == 1
