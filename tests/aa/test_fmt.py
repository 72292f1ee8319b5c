"""The formatter changes layout only."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.fmt import FormatRefused, format, formatted, unified_diff
from genesis_ssmp.aa.parse import parse
from genesis_ssmp.aa.source import Source
from genesis_ssmp.aa.unparse import same_content
from hypothesis import given, settings
from kit.programs import aa_source, examples

MESSY = '''


# head
  #indented
BASE_REV \t HEAD   # why # really


LEASE   file:a.py\tsymbol:b   #
DO """
      first
        second   \t
    """ # behind the block
   DO Fix issue #12   and   keep   blanks
RETURN edit_ir
# last


'''

TIDY = '''# head
#indented
BASE_REV HEAD # why # really

LEASE file:a.py symbol:b #
DO """
      first
        second   \t
    """ # behind the block
DO Fix issue #12   and   keep   blanks
RETURN edit_ir
# last
'''


def test_blanks_blank_lines_and_comments_become_canonical() -> None:
    assert format(Source("p.aa", MESSY)) == TIDY


def test_formatting_what_is_formatted_changes_nothing() -> None:
    assert format(Source("p.aa", TIDY)) == TIDY


@settings(deadline=None, max_examples=examples(60))
@given(aa_source())
def test_any_program_keeps_its_content_and_formats_only_once(text: str) -> None:
    source = Source("p.aa", text)
    once = format(source)
    assert format(Source("p.aa", once)) == once
    before, after = parse(source), parse(Source("p.aa", once))
    assert after.diagnostics == ()
    assert same_content(before.program, after.program)
    assert [c.text for c in before.program.comments] == [c.text for c in after.program.comments]


def test_an_empty_file_stays_empty() -> None:
    assert format(Source("p.aa", "")) == ""
    assert format(Source("p.aa", "\n \n\t\n")) == ""


def test_the_line_ends_of_the_first_line_win() -> None:
    assert format(Source("p.aa", "BASE_REV  x\r\n# c\n")) == "BASE_REV x\r\n# c\r\n"
    assert format(Source("p.aa", "BASE_REV  x\n# c\r\n")) == "BASE_REV x\n# c\n"


def test_a_file_with_a_syntax_error_is_left_alone_and_reported() -> None:
    source = Source("p.aa", "BASE_REV   x\nNED y\n")
    result = formatted(source)
    assert result.text == source.text
    assert [d.code for d in result.diagnostics] == ["AA0111"]
    with pytest.raises(FormatRefused) as refused:
        format(source)
    assert refused.value.diagnostics == result.diagnostics


def test_a_text_in_quotes_keeps_them() -> None:
    text = 'DO "a # b \\" \\\\ \\n"\n'
    assert format(Source("p.aa", text)) == text


def test_a_hash_before_a_number_is_part_of_the_text() -> None:
    assert format(Source("p.aa", "DO  Fix issue #12  # now\n")) == "DO Fix issue #12 # now\n"


def test_both_spellings_of_a_need_for_tests_stay() -> None:
    text = "NEED test a\nNEED tests b\n"
    assert format(Source("p.aa", text)) == text


def test_the_diff_shows_what_would_change() -> None:
    source = Source("p.aa", "BASE_REV   x")
    assert unified_diff(source, format(source)) == (
        "--- p.aa\n+++ p.aa (formatted)\n@@ -1 +1 @@\n"
        "-BASE_REV   x\n\\ No newline at end of file\n+BASE_REV x\n"
    )
    tidy = Source("p.aa", TIDY)
    assert unified_diff(tidy, TIDY) == ""
