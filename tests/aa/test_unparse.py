"""Unparsing says what the tree says, in text that parses back to it."""

from __future__ import annotations

from genesis_ssmp.aa import ast as aa
from genesis_ssmp.aa import parse as aa_parse
from genesis_ssmp.aa.source import Source
from genesis_ssmp.aa.unparse import same_content, unparse
from genesis_ssmp.isa import ast as isa
from genesis_ssmp.isa import parse as isa_parse
from genesis_ssmp.isa import unparse as isa_unparse
from hypothesis import given, settings
from kit.programs import aa_program, aa_source, examples, isa_program, isa_source


@settings(deadline=None, max_examples=examples(150))
@given(aa_program())
def test_any_aa_tree_unparses_to_text_that_parses_to_the_same_content(program: aa.Program) -> None:
    parsed = aa_parse.parse(Source("p.aa", unparse(program)))
    assert parsed.diagnostics == ()
    assert same_content(parsed.program, program)


@settings(deadline=None, max_examples=examples(150))
@given(isa_program())
def test_any_isa_tree_unparses_to_text_that_parses_to_the_same_content(
    program: isa.Program,
) -> None:
    parsed = isa_parse.parse(Source("p.isa", isa_unparse.unparse(program)))
    assert parsed.diagnostics == ()
    assert same_content(parsed.program, program)


@settings(deadline=None, max_examples=examples(60))
@given(aa_source())
def test_generated_aa_sources_are_free_of_syntax_errors(text: str) -> None:
    assert aa_parse.parse(Source("p.aa", text)).diagnostics == ()


@settings(deadline=None, max_examples=examples(60))
@given(isa_source())
def test_generated_isa_sources_are_free_of_syntax_errors(text: str) -> None:
    assert isa_parse.parse(Source("p.isa", text)).diagnostics == ()
