"""`replace_text`: a quoted text that is there exactly once, or a refusal that shows what is."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.proto.edit_ir import EditOp
from genesis_ssmp.runtime.edits import EditRefused, Hunk
from kit.edits import EditBench

FIVE = b"one\ntwo\nthree\nfour\nfive\n"


@pytest.fixture
def bench(tmp_path: Path) -> EditBench:
    bench = EditBench(tmp_path)
    bench.write("a.txt", FIVE)
    return bench


def quote(find: str, content: str, path: str = "a.txt") -> EditOp:
    return EditOp("replace_text", path, find=find, content=content)


def refused(bench: EditBench, op: EditOp) -> EditRefused:
    with pytest.raises(EditRefused) as caught:
        bench.stage(op)
    return caught.value


@pytest.mark.parametrize(
    ("before", "find", "content", "after"),
    [
        pytest.param(FIVE, "two\nthree\n", "2\n3\n", b"one\n2\n3\nfour\nfive\n", id="lines"),
        pytest.param(FIVE, "wo\nth", "WO\nTH", b"one\ntWO\nTHree\nfour\nfive\n", id="within-lines"),
        pytest.param(FIVE, "ree", "", b"one\ntwo\nth\nfour\nfive\n", id="nothing-instead"),
        pytest.param(FIVE, "three\n", "", b"one\ntwo\nfour\nfive\n", id="a-line-away"),
        pytest.param(FIVE, "three", "", b"one\ntwo\n\nfour\nfive\n", id="a-blank-line"),
        pytest.param(FIVE, "three\n", "3", b"one\ntwo\n3four\nfive\n", id="joined-as-written"),
        pytest.param(FIVE, "two", "2\n2b", b"one\n2\n2b\nthree\nfour\nfive\n", id="more-lines"),
        pytest.param(FIVE, FIVE.decode(), "all\n", b"all\n", id="the-whole-file"),
        pytest.param(b"a\r\nb\r\nc\r\n", "a\nb", "x\ny\nz", b"x\r\ny\r\nz\r\nc\r\n", id="crlf"),
        pytest.param(b"a\nb\n", "a\r\nb\r\n", "x\r\n", b"x\n", id="lf-quoted-with-crlf"),
        pytest.param(b"a\nb", "b\n", "x\n", b"a\nx", id="no-final-newline"),
        pytest.param(b"a\nb", "b", "x", b"a\nx", id="no-final-newline-either"),
        pytest.param(b"\xef\xbb\xbfa\nb\n", "a", "x", b"\xef\xbb\xbfx\nb\n", id="bom"),
        pytest.param(b"\xe9 a\nb\n", " a", " x", b"\xe9 x\nb\n", id="latin-1"),
        pytest.param(b"\ta\n  \n", "\ta\n  ", "\t\tx", b"\t\tx\n", id="tabs"),
        pytest.param("é ü\n".encode(), "é", "ö", "ö ü\n".encode(), id="utf-8"),
    ],
)
def test_text_is_replaced_and_all_else_stays(
    bench: EditBench, before: bytes, find: str, content: str, after: bytes
) -> None:
    bench.write("f", before)
    bench.apply(quote(find, content, "f"))
    assert bench.read("f") == after


def test_hunks_name_the_lines_that_changed(bench: EditBench) -> None:
    (change,) = bench.stage(quote("one\ntwo\nthree", "one\n2\nthree")).files
    assert change.hunks == (Hunk(0, 2, 1, 2, 1),)


def test_several_quotes_of_one_file_are_one_batch(bench: EditBench) -> None:
    bench.apply(quote("two", "2"), quote("four", "4"), quote("three", "3"))
    assert bench.read("a.txt") == b"one\n2\n3\n4\nfive\n"


def test_trap_first_of_several_matches_is_not_taken(bench: EditBench) -> None:
    bench.write("a.txt", b"x = 1\ny\nx = 1\n")
    refusal = refused(bench, quote("x = 1", "x = 2"))
    assert refusal.code == "ambiguous"
    assert refusal.candidates == ("line 1", "line 3")
    bench.apply(quote("y\nx = 1", "y\nx = 2"))
    assert bench.read("a.txt") == b"x = 1\ny\nx = 2\n"


def test_trap_overlapping_matches_are_counted(bench: EditBench) -> None:
    bench.write("a.txt", b"aXa\n-\n-\n-\n")
    assert refused(bench, quote("-\n-\n", "+\n")).code == "ambiguous"
    bench.write("a.txt", b"aaa\n")
    refusal = refused(bench, quote("aa", "b"))
    assert refusal.message == "the text to replace is there 2 times"


def test_many_matches_are_counted_and_not_all_listed(bench: EditBench) -> None:
    bench.write("a.txt", b"x\n" * 30)
    assert refused(bench, quote("x", "y")).candidates[-1] == "22 more"


def test_trap_no_match_names_the_first_line_that_differs(bench: EditBench) -> None:
    refusal = refused(bench, quote("two\nthree\nFOUR\nfive\n", "x"))
    assert refusal.code == "no_match"
    assert (refusal.line, refusal.expected, refusal.actual) == (4, "FOUR", "four")
    past = refused(bench, quote("five\nsix", "x"))
    assert (past.line, past.expected, past.actual) == (6, "six", "(end of file)")
    near = refused(bench, quote("threee", "x"))
    assert (near.line, near.actual) == (3, "three")
    nowhere = refused(bench, quote("something else altogether", "x"))
    assert (nowhere.line, nowhere.expected) == (None, "something else altogether")


def test_other_indentation_is_told_and_never_guessed(bench: EditBench) -> None:
    bench.write("a.py", b"if x:\n\treturn 1\n")
    refusal = refused(bench, quote("    return 1", "    return 2", "a.py"))
    assert refusal.line == 2 and "other blanks" in refusal.message


def test_nothing_to_find_is_refused(bench: EditBench) -> None:
    assert refused(bench, quote("", "x")).code == "bad_op"
    bench.write("empty", b"")
    assert refused(bench, quote("x", "y", "empty")).code == "no_match"
