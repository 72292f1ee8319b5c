"""Every code has a page, and its examples do what the page says."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.catalogue import CODES
from genesis_ssmp.aa.catalogue import parse as parse_codes
from genesis_ssmp.aa.diagnostic import has_errors
from genesis_ssmp.aa.explain import UnknownCode, explain
from genesis_ssmp.isa import explain as isa_explain

# Shown by no text: a file that is not there (AA0100), 100,001 lines (AA0207), a value from the
# command line that no file may hold (AA0309), bytes that are no module (AA0601 to AA0611), a
# million instructions (AA0719), bytecode of another version (AA0810, AA0813).
WITHOUT_EXAMPLE = {
    *("AA0100", "AA0207", "AA0309", "AA0719", "AA0810", "AA0813"),
    *(f"AA06{number:02}" for number in range(1, 12)),
}

# Found in a repository only; tests/runtime/test_link.py compiles these.
LINKING = {code for code in CODES if code.startswith("AA08")}

COMPILED = sorted(set(CODES) - WITHOUT_EXAMPLE - LINKING)


def test_the_catalogue_has_forty_codes_and_eighteen_of_syntax() -> None:
    assert len(CODES) >= 40
    assert len(parse_codes.CODES) >= 18


def test_every_code_of_the_syntax_has_examples_but_the_one_of_an_absent_file() -> None:
    assert WITHOUT_EXAMPLE & {code.code for code in parse_codes.CODES} == {"AA0100"}


def test_every_code_has_both_examples_but_those_that_no_text_can_show() -> None:
    assert {code.code for code in CODES.values() if not code.failing} == WITHOUT_EXAMPLE
    assert {code.code for code in CODES.values() if not code.fixed} == WITHOUT_EXAMPLE


@pytest.mark.parametrize("code", COMPILED)
def test_the_failing_example_yields_its_code(code: str) -> None:
    entry = CODES[code]
    found = isa_explain.compile_example(entry, entry.failing).diagnostics
    assert [d.severity for d in found if d.code == code][:1] == [entry.severity]


@pytest.mark.parametrize("code", COMPILED)
def test_the_fixed_example_yields_no_error(code: str) -> None:
    entry = CODES[code]
    found = isa_explain.compile_example(entry, entry.fixed).diagnostics
    assert not has_errors(found), found
    assert code not in {d.code for d in found}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_page_that_fits_a_terminal(code: str) -> None:
    page = isa_explain.explain(code) if code in COMPILED else explain(code)
    assert page.startswith(f"{code}: {CODES[code].title} ")
    assert page.endswith("\n")
    assert all(line.isprintable() for line in page.replace("\t", " ").splitlines())
    assert max(map(len, page.splitlines())) <= 140
    assert len(page.splitlines()) <= 80
    assert code not in COMPILED or f"[{code}]" in page


def test_a_code_is_found_in_small_letters_and_an_unknown_one_is_refused() -> None:
    assert explain("aa0115") == explain("AA0115")
    with pytest.raises(UnknownCode):
        explain("AA9999")


def test_the_page_of_an_unknown_kind_of_need(snapshot: object) -> None:
    assert isa_explain.explain("AA0115") == snapshot
