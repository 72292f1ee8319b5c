"""What is no program text is refused with a code and a place, never with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.aa import parse as aa_parse
from genesis_ssmp.aa.diagnostic import Diagnostic, render_text
from genesis_ssmp.aa.source import MAX_FILE_BYTES, MAX_PROBLEMS, Source, SourceUnreadable
from genesis_ssmp.aa.span import Span
from hypothesis import given, settings
from hypothesis import strategies as st


def refused(data: bytes) -> tuple[Diagnostic, ...]:
    with pytest.raises(SourceUnreadable) as caught:
        Source.of_bytes("p.aa", data)
    return caught.value.diagnostics


def test_a_byte_order_mark_is_dropped() -> None:
    assert Source.of_bytes("p.aa", b"\xef\xbb\xbfDO x\n").text == "DO x\n"


def test_crlf_and_lf_give_the_same_lines() -> None:
    assert Source("p.aa", "a\r\nb\n").lines() == Source("p.aa", "a\nb\n").lines() == ["a", "b", ""]


def test_lines_end_at_line_feeds_only() -> None:
    """str.splitlines would end them at form feeds and Unicode separators too."""
    assert Source("p.aa", "a\x0bb\x0cc\u2028d\x85e").lines() == ["a\x0bb\x0cc\u2028d\x85e"]


def test_bytes_that_are_not_utf8_are_placed_by_code_points() -> None:
    (found,) = refused("é\nDO é".encode() + b"\xff\n")
    assert (found.code, found.span) == ("AA0101", Span(2, 5, 1))
    assert "byte 8 is 0xff" in found.message


def test_bytes_that_are_not_utf8_are_placed_behind_a_byte_order_mark() -> None:
    (found,) = refused(b"\xef\xbb\xbfab\xff")
    assert (found.code, found.span) == ("AA0101", Span(1, 3, 1))
    assert "byte 5 is 0xff" in found.message


def test_a_binary_file_is_told_by_its_nul() -> None:
    (found,) = refused(b"\x7fELF\n\0\xff")
    assert (found.code, found.span) == ("AA0102", Span(2, 1, 1))


def test_every_lone_carriage_return_is_reported() -> None:
    found = refused(b"a\rb\r\nc\rd\n")
    assert [(d.code, d.span) for d in found] == [
        ("AA0103", Span(1, 2, 1)),
        ("AA0103", Span(2, 2, 1)),
    ]


def test_a_line_may_have_a_mebibyte_of_utf8_and_not_a_byte_more() -> None:
    fits = b"# " + b"x" * (2**20 - 2)
    assert Source.of_bytes("p.aa", fits + b"\n").text
    assert [d.code for d in refused(b"ok\n" + fits + b"x\n")] == ["AA0104"]
    assert [d.code for d in refused(b"# " + "é".encode() * 2**19)] == ["AA0104"]


def test_a_file_may_have_a_million_lines_and_not_one_more() -> None:
    assert Source.of_bytes("p.aa", b"\n" * 1_000_000)
    assert [d.code for d in refused(b"\n" * 1_000_001)] == ["AA0105"]


def test_a_file_beyond_the_limit_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "p.aa"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES * 100)
    with pytest.raises(SourceUnreadable) as caught:
        Source.read(path)
    assert [d.code for d in caught.value.diagnostics] == ["AA0105"]


@pytest.mark.parametrize("character", "\x07\x1b\x7f\x85\u202e\u2066\u2028")
def test_invisible_characters_that_change_what_a_reviewer_sees_are_refused(character: str) -> None:
    (found,) = refused(f"DO a{character}b\n".encode())
    assert (found.code, found.span) == ("AA0106", Span(1, 5, 1))


def test_problems_are_counted_up_to_a_limit() -> None:
    assert len(refused(b"\x07\n" * 5000)) == MAX_PROBLEMS


def test_a_missing_file_and_a_directory_are_diagnostics(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.aa", tmp_path, tmp_path / "nul\0.aa"):
        with pytest.raises(SourceUnreadable) as caught:
            Source.read(path)
        (found,) = caught.value.diagnostics
        assert (found.code, found.file) == ("AA0100", str(path))


def test_a_source_made_in_memory_is_checked_when_it_is_parsed() -> None:
    parsed = aa_parse.parse(Source("p.aa", "DO a\0b\rc \ud800\n"))
    assert {d.code for d in parsed.diagnostics} == {"AA0102", "AA0103"}
    assert parsed.program.directives == ()


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_source_or_diagnostics_within_the_file(data: bytes) -> None:
    try:
        source = Source.of_bytes("p.aa", data)
    except SourceUnreadable as unreadable:
        assert unreadable.diagnostics
        assert render_text(unreadable.diagnostics, {})
        return
    assert source.problems() == ()
