"""Either language by its suffix; the catalogue's examples; the seed's own programs."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.ast import Language
from genesis_ssmp.aa.catalogue.code import Code
from genesis_ssmp.aa.catalogue.example import read_example
from genesis_ssmp.aa.catalogue.meaning import CODES
from genesis_ssmp.aa.lowered import OutputMode
from genesis_ssmp.aa.pipeline import Compiled
from genesis_ssmp.aa.source import Source
from genesis_ssmp.isa.compile import UnknownLanguage, compile_source, language_of
from hypothesis import given, settings
from kit.programs import aa_source, examples, isa_source
from kit.samples import ROOT, codes, compile_sample, compile_text

MODES: dict[str, OutputMode] = {"": "medium", "soft": "soft", "medium": "medium", "hard": "hard"}
WITH_EXAMPLES = [code for code in CODES if code.failing]


def compile_example(code: Code, text: str) -> Compiled:
    example = read_example(text)
    return compile_text(
        example.program,
        code.language,
        output_mode=MODES[example.output_mode],
        params=example.params,
        modules=example.modules,
    )


@pytest.mark.parametrize("code", WITH_EXAMPLES, ids=lambda code: code.code)
def test_the_failing_example_shows_this_code_alone_and_the_fixed_one_nothing(code: Code) -> None:
    found = compile_example(code, code.failing).diagnostics
    if code.code == "ISA0303":
        # What is used 33 deep is nested too deep as well.
        found = tuple(d for d in found if d.code != "AA0402")
    assert [(d.code, d.severity) for d in found] == [(code.code, code.severity)]
    fixed = compile_example(code, code.fixed)
    assert codes(fixed) == []
    assert fixed.module is not None


def test_every_code_of_the_passes_is_in_the_catalogue_and_the_other_way_round() -> None:
    """Codes stand next to their checks, as texts; the catalogue must not miss one."""
    import re

    families = re.compile(r'"((?:AA0[2-5]|ISA0[2-4])\d\d)"')
    used: set[str] = set()
    for path in (*ROOT.glob("aa/*.py"), *ROOT.glob("isa/*.py")):
        used |= set(families.findall(path.read_text(encoding="utf-8")))
    assert used == {code.code for code in CODES}
    assert len(CODES) >= 25


def test_the_suffix_says_the_language() -> None:
    assert language_of("a/b.isa") == "isa"
    assert language_of("a/b.isa.aa") == "aa"
    with pytest.raises(UnknownLanguage):
        language_of("a/b.txt")


def test_the_language_can_be_given() -> None:
    text = "BASE_REV HEAD\nLEASE file:a\nDO x\nRETURN edit_ir\n"
    languages: list[Language] = ["aa", "isa"]
    found = [codes(compile_source(Source("stdin", text), language=name)) for name in languages]
    assert found == [[], ["ISA0201"]]


@pytest.mark.parametrize("name", ["seed_pow.aa", "seed_pow.isa", "seed_add.isa", "seed_checks.isa"])
def test_the_seeds_own_programs_compile_without_a_word(name: str) -> None:
    assert codes(compile_sample(f"tests/programs/{name}")) == []


def test_parameters_come_from_outside_too() -> None:
    compiled = compile_sample(
        "examples/rename.isa", params={"old": "Context.invoke", "new": "call"}
    )
    assert codes(compiled) == []
    assert compiled.module is not None
    assert {"Context.invoke", "call"} <= set(compiled.module.constants)


@settings(deadline=None, max_examples=examples(40))
@given(aa_source())
def test_any_valid_aa_program_compiles(text: str) -> None:
    assert compile_text(text, "aa").module is not None, codes(compile_text(text, "aa"))


@settings(deadline=None, max_examples=examples(40))
@given(isa_source())
def test_any_valid_isa_program_compiles(text: str) -> None:
    assert compile_text(text, "isa").module is not None, codes(compile_text(text, "isa"))
