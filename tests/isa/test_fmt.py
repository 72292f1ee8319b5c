"""The formatter changes layout only, in the ISA too."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.fmt import format as format_aa
from genesis_ssmp.aa.source import Source
from genesis_ssmp.aa.unparse import same_content
from genesis_ssmp.isa import ast
from genesis_ssmp.isa.fmt import format
from genesis_ssmp.isa.parse import parse
from genesis_ssmp.isa.unparse import unparse
from hypothesis import given, settings
from kit.programs import examples, isa_program, isa_source
from kit.samples import PROGRAMS, ROOT

MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "stdlib").rglob("*.isa"))


@settings(deadline=None, max_examples=examples(60))
@given(isa_source())
def test_any_program_keeps_its_content_and_formats_only_once(text: str) -> None:
    source = Source("p.isa", text)
    once = format(source)
    assert format(Source("p.isa", once)) == once
    before, after = parse(source), parse(Source("p.isa", once))
    assert after.diagnostics == ()
    assert same_content(before.program, after.program)
    assert [c.text for c in before.program.comments] == [c.text for c in after.program.comments]


@settings(deadline=None, max_examples=examples(60))
@given(isa_program())
def test_any_directives_in_any_order_keep_their_content_too(program: ast.Program) -> None:
    text = unparse(program)
    once = format(Source("p.isa", text))
    assert format(Source("p.isa", once)) == once
    assert same_content(parse(Source("p.isa", once)).program.directives, program.directives)


def test_both_spellings_of_the_version_stay() -> None:
    assert format(Source("p.isa", "VERSION  0\n")) == "VERSION 0\n"
    assert format(Source("p.isa", "ISA_VERSION  0\n")) == "ISA_VERSION 0\n"


def test_macro_arguments_and_use_values_keep_the_quotes_that_they_need() -> None:
    text = 'OP RENAME_SYMBOL   "a b"   "c"   "# d"\nUSE  ./x.isa  a="1 2"  b=c  d=""\n'
    assert format(Source("p.isa", text)) == (
        'OP RENAME_SYMBOL "a b" c "# d"\nUSE ./x.isa a="1 2" b=c d=""\n'
    )


def test_a_quoted_selector_called_pass_does_not_become_a_condition() -> None:
    text = 'ASSERT tests "pass"\nASSERT "tests x"\nASSERT   tests   pass\n'
    assert format(Source("p.isa", text)) == (
        'ASSERT tests "pass"\nASSERT "tests x"\nASSERT tests pass\n'
    )


@pytest.mark.parametrize("name", [*PROGRAMS, *MODULES])
def test_the_programs_that_are_shown_are_in_canonical_form(name: str) -> None:
    source = Source.read(ROOT / name)
    canonical = format if name.endswith(".isa") else format_aa
    assert canonical(source) == source.text
