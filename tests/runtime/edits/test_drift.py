"""A file that is not as the edit's author saw it: moved, merged, or refused with the place."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from genesis_ssmp.proto.edit_ir import EditOp
from genesis_ssmp.runtime.edits import Drift, EditRefused
from genesis_ssmp.runtime.edits.refusal import Clash
from kit.edits import EditBench

TEN = b"".join(b"line %d\n" % n for n in range(1, 11))
CODE = b"def f():\n    a = 1\n    b = 2\n    return a\n\n\ndef g():\n    return 2\n"


@pytest.fixture
def bench(tmp_path: Path) -> EditBench:
    bench = EditBench(tmp_path)
    bench.write("a.txt", TEN)
    return bench


def refused(bench: EditBench, *ops: EditOp) -> EditRefused:
    with pytest.raises(EditRefused) as caught:
        bench.stage(*ops)
    return caught.value


def line(bench: EditBench, number: int, content: str = "MINE", path: str = "a.txt") -> EditOp:
    return bench.op("replace_line", path, lines=(number,), content=content)


def test_lines_that_moved_are_edited_where_they_are(bench: EditBench) -> None:
    op = line(bench, 5)
    bench.write("a.txt", b"one\ntwo\n" + TEN)
    staged = bench.stage(op)
    assert staged.files[0].after == b"one\ntwo\n" + TEN.replace(b"line 5", b"MINE")
    assert staged.drifts == (Drift(0, "moved", 5, 7),)


def test_lines_moved_past_others_are_edited_where_they_are(bench: EditBench) -> None:
    """A merge would see a deletion and an addition."""
    op = line(bench, 5)
    lines = TEN.splitlines(keepends=True)
    bench.write("a.txt", b"".join([*lines[8:], b"new\n", *lines[:8]]))
    bench.apply(op)
    assert bench.read("a.txt").splitlines()[7] == b"MINE"


def test_a_change_beside_the_surroundings_is_merged(bench: EditBench) -> None:
    op = line(bench, 5)
    changed = b"new\n" + TEN.replace(b"line 7", b"theirs")
    bench.write("a.txt", changed)
    staged = bench.stage(op)
    assert staged.files[0].after == changed.replace(b"line 5", b"MINE")
    assert staged.drifts == (Drift(0, "merged", 5, 6),)


def test_trap_the_twin_of_a_changed_block_is_not_edited_in_its_place(bench: EditBench) -> None:
    """Two equal blocks; somebody changed the one that the edit means. The other one is now the only
    place that fits."""
    block = b"".join(b"same %d\n" % n for n in range(9))
    content = block + b"".join(b"between %d\n" % n for n in range(9)) + block
    bench.write("a.txt", content)
    op = line(bench, 5)
    bench.write("a.txt", content.replace(b"same 4\n", b"theirs\n", 1))
    assert refused(bench, op).code == "span_mismatch"
    gone = content.replace(block, b"", 1)
    bench.write("a.txt", gone)
    assert refused(bench, op).line == 1
    no_base = dataclasses.replace(op, base_blob=None)
    assert refused(bench, no_base).code in {"anchor_mismatch", "span_mismatch"}


def test_trap_no_anchor_is_computed_anew_to_make_an_edit_fit(bench: EditBench) -> None:
    """The line numbers of the edit hold other lines by now: they stay."""
    op = line(bench, 5)
    bench.write("a.txt", TEN.replace(b"line 5\n", b"") + b"line 5 was here\n")
    refusal = refused(bench, op)
    assert (refusal.line, refusal.expected, refusal.actual) == (5, "line 5", "(deleted)")
    assert refusal.clash == Clash(op.base_blob or "", 4, 5, 5)


def test_without_the_authors_version_nothing_is_followed(bench: EditBench) -> None:
    op = line(bench, 5)
    bench.write("a.txt", b"one\n" + TEN)
    bench.blobs.contents.clear()
    assert refused(bench, op).clash is None


def test_an_edit_that_is_there_already_changes_nothing(bench: EditBench) -> None:
    op = line(bench, 5)
    bench.apply(op)
    assert bench.stage(op).files == ()


def test_hashes_that_do_not_fit_the_authors_own_version_are_not_followed(bench: EditBench) -> None:
    op = dataclasses.replace(line(bench, 5), span_hash="0" * 64)
    bench.write("a.txt", b"one\n" + TEN)
    assert refused(bench, op).code in {"anchor_mismatch", "span_mismatch"}


def test_line_numbers_beyond_a_file_that_became_shorter_are_followed(bench: EditBench) -> None:
    op = line(bench, 10)
    bench.write("a.txt", TEN.replace(b"line 1\n", b"").replace(b"line 2\n", b""))
    bench.apply(op)
    assert bench.read("a.txt").endswith(b"line 9\nMINE\n")


def test_whoever_normalises_line_endings_is_in_nobodys_way(bench: EditBench) -> None:
    op = line(bench, 5)
    bench.write("a.txt", b"new\r\n" + TEN.replace(b"\n", b"\r\n").replace(b"line 8", b"theirs"))
    bench.apply(op)
    assert bench.read("a.txt").count(b"\r\n") == 11
    assert b"line 4\r\nMINE\r\nline 6\r\n" in bench.read("a.txt")


def test_final_newline_of_the_others_survives_a_merge(bench: EditBench) -> None:
    op = line(bench, 2)
    bench.write("a.txt", b"new\n" + TEN.removesuffix(b"\n"))
    bench.apply(op)
    assert bench.read("a.txt") == b"new\n" + TEN.replace(b"line 2", b"MINE").removesuffix(b"\n")


@pytest.mark.parametrize(
    ("mark", "encoding", "newline"),
    [("\ufeff", "utf-8", "\n"), ("", "latin-1", "\n"), ("", "utf-8", "\r\n"), ("", "utf-8", "\n")],
)
def test_trap_bom_encoding_tabs_and_line_endings_survive_a_merge(
    bench: EditBench, mark: str, encoding: str, newline: str
) -> None:
    lines = [f"\tli\u00f1e {n} \t" for n in range(1, 11)]

    def written(lines: list[str]) -> bytes:
        return (mark + newline.join([*lines, ""])).encode(encoding)

    bench.write("f", written(lines))
    op = line(bench, 5, "\tMINE", "f")
    theirs = ["new", *lines[:6], "theirs", *lines[7:]]
    bench.write("f", written(theirs))
    bench.apply(op)
    assert bench.read("f") == written([*theirs[:5], "\tMINE", *theirs[6:]])


def test_several_operations_of_a_batch_are_each_followed(bench: EditBench) -> None:
    ops = [line(bench, 2, "TWO"), line(bench, 4, "FOUR"), line(bench, 10, "TEN")]
    bench.write("a.txt", b"new\n" + TEN.replace(b"line 7", b"theirs"))
    staged = bench.stage(*ops)
    (change,) = staged.files
    assert change.after is not None
    assert change.after.split() == (
        b"new line 1 TWO line 3 FOUR line 5 line 6 theirs line 8 line 9 TEN".split()
    )
    assert [hunk.op_index for hunk in change.hunks] == [0, 1, 2]


def test_trap_an_insertion_among_equal_lines_keeps_its_side_of_another_operation(
    bench: EditBench,
) -> None:
    """Each merged by itself, the insertion may come to lie on either side of the equal lines."""
    bench.write("x", b"a\nx\nx\nb\nc\nd\ne\nf\n")
    ops = [
        bench.op("insert_lines", "x", lines=(3,), content="x\n"),
        bench.op("replace_line", "x", lines=(3,), content="Y"),
    ]
    bench.write("x", b"new\na\nx\nx\nb\nc\nd\ne\nF\n")
    try:
        bench.apply(*ops)
    except EditRefused as refusal:
        assert "of its own" in refusal.next_step
    else:
        assert bench.read("x") == b"new\na\nx\nx\nY\nb\nc\nd\ne\nF\n"


def test_one_operation_that_cannot_be_merged_refuses_the_batch(bench: EditBench) -> None:
    ops = [line(bench, 2), line(bench, 7)]
    bench.write("a.txt", b"new\n" + TEN.replace(b"line 7", b"theirs"))
    refusal = refused(bench, *ops)
    assert (refusal.op_index, refusal.line, refusal.actual) == (1, 8, "theirs")


def test_a_merge_that_would_not_parse_is_refused(bench: EditBench) -> None:
    """Lines merge; programs need not: one side closes a bracket that the other one changed."""
    code = b"x = (\n    1 +\n    2 +\n    3 +\n    4 +\n    5 +\n    6)\n"
    bench.write("c.py", code)
    op = line(bench, 4, "    3) + (", "c.py")
    theirs = code.replace(b"(", b"[").replace(b"6)", b"6]")
    bench.write("c.py", theirs)
    refusal = refused(bench, op)
    assert (refusal.code, refusal.op_index, refusal.path) == ("unparsable", 0, "c.py")
    assert refusal.clash is not None and refusal.line is not None
    bench.write("c.txt", code)
    op = line(bench, 4, "    3) + (", "c.txt")
    bench.write("c.txt", theirs)
    bench.apply(op)
    assert b"    3) + (\n" in bench.read("c.txt"), "there is no grammar for this one"


def test_a_moved_edit_that_would_not_parse_is_refused(bench: EditBench) -> None:
    """Its lines are the same, and stand in a bracket by now, where no statement can be."""
    body = b"".join(b"-%d\n" % n for n in range(9))
    bench.write("c.py", body)
    op = line(bench, 5, "-4\ny = 1", "c.py")
    moved = b"a = 1\nx = (0\n" + body + b")\n"
    bench.write("c.py", moved)
    assert refused(bench, op).code == "unparsable"
    fits = line(bench, 7, "-44", "c.py")
    bench.apply(fits)
    assert bench.read("c.py") == moved.replace(b"-4\n", b"-44\n")


def test_a_file_that_did_not_parse_before_may_be_merged(bench: EditBench) -> None:
    code = b"def f(:\n" + TEN
    bench.write("c.py", code)
    op = line(bench, 6, "still no Python", "c.py")
    bench.write("c.py", b"# new\n" + code)
    bench.apply(op)
    assert b"still no Python" in bench.read("c.py")


# Symbols and quotes


def test_symbol_operation_is_merged_into_a_definition_that_changed(bench: EditBench) -> None:
    bench.write("c.py", CODE)
    op = bench.op("insert_after_symbol", "c.py", symbol="f", content="F = f")
    changed = CODE.replace(b"a = 1", b"a = one()")
    bench.write("c.py", changed)
    bench.apply(op)
    assert bench.read("c.py") == changed.replace(b"return a\n", b"return a\nF = f\n")


def test_symbol_that_was_renamed_since_is_found_by_its_lines(bench: EditBench) -> None:
    bench.write("c.py", CODE)
    op = bench.op("insert_after_symbol", "c.py", symbol="f", content="# after")
    bench.write("c.py", CODE.replace(b"def f", b"def renamed"))
    bench.apply(op)
    assert b"return a\n# after\n" in bench.read("c.py")


def test_replaced_symbol_that_changed_is_refused_or_merged(bench: EditBench) -> None:
    bench.write("c.py", CODE)
    new = "def f():\n    a = 1\n    b = 2\n    return a + b\n"
    op = bench.op("replace_symbol", "c.py", symbol="f", content=new)
    merged = b"import os\n" + CODE.replace(b"def f():", b"def f(x=1):")
    bench.write("c.py", merged)
    bench.apply(op)
    assert bench.read("c.py") == merged.replace(b"return a\n", b"return a + b\n")
    bench.write("c.py", CODE.replace(b"return a\n", b"return b\n"))
    refusal = refused(bench, op)
    assert (refusal.line, refusal.expected, refusal.actual) == (4, "    return a", "    return b")


def test_quoted_text_that_changed_is_merged_or_refused(bench: EditBench) -> None:
    bench.write("c.py", CODE)
    op = bench.op(
        "replace_text", "c.py", find="    b = 2\n    return a\n", content="    return 7\n"
    )
    bench.write("c.py", CODE.replace(b"a = 1", b"a = one()"))
    bench.apply(op)
    assert b"a = one()\n    return 7\n" in bench.read("c.py")
    bench.write("c.py", CODE.replace(b"b = 2", b"b = 3"))
    refusal = refused(bench, op)
    assert (refusal.code, refusal.expected, refusal.actual) == (
        "no_match",
        "    b = 2",
        "    b = 3",
    )


def test_trap_quote_that_was_there_twice_is_not_taken_for_the_one_that_is_left(
    bench: EditBench,
) -> None:
    bench.write("q.txt", b"x = 1\n" + TEN + b"x = 1\n")
    op = bench.op("replace_text", "q.txt", find="x = 1", content="x = 2")
    bench.write("q.txt", TEN + b"x = 1\n")
    assert refused(bench, op).code == "ambiguous"
