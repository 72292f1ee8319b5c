"""Each operation does what it says, and keeps everything else as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.proto.edit_ir import EditOp
from genesis_ssmp.runtime.edits import EditRefused, Hunk
from kit.edits import EditBench

FIVE = b"one\ntwo\nthree\nfour\nfive\n"
CODE = (
    b"import os\n\n\n"
    b"# def Foo is below\n"
    b"@cache\n@other(\n    1,\n)\n"
    b"def Foo(a, b):\n"
    b"    def inner():\n        return FooBar\n\n"
    b"    return inner\n\n\n"
    b"def FooBar(): return Foo\n"
)


@pytest.fixture
def bench(tmp_path: Path) -> EditBench:
    bench = EditBench(tmp_path)
    bench.write("a.txt", FIVE)
    bench.write("code.py", CODE)
    return bench


def test_replace_span(bench: EditBench) -> None:
    bench.apply(bench.op("replace_span", "a.txt", lines=(2, 3), content="2\n2b\n3\n"))
    assert bench.read("a.txt") == b"one\n2\n2b\n3\nfour\nfive\n"


def test_replace_span_with_no_content_leaves_no_line(bench: EditBench) -> None:
    bench.apply(bench.op("replace_span", "a.txt", lines=(2, 3), content=""))
    assert bench.read("a.txt") == b"one\nfour\nfive\n"


def test_delete_span(bench: EditBench) -> None:
    bench.apply(bench.op("delete_span", "a.txt", lines=(1, 4)))
    assert bench.read("a.txt") == b"five\n"


def test_replace_line(bench: EditBench) -> None:
    bench.apply(bench.op("replace_line", "a.txt", lines=(5,), content="V"))
    assert bench.read("a.txt") == b"one\ntwo\nthree\nfour\nV\n"


def test_replace_line_with_no_content_leaves_a_blank_line(bench: EditBench) -> None:
    bench.apply(bench.op("replace_line", "a.txt", lines=(1,), content=""))
    assert bench.read("a.txt") == b"\ntwo\nthree\nfour\nfive\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [(1, b"new\n" + FIVE), (3, b"one\ntwo\nnew\nthree\nfour\nfive\n"), (6, FIVE + b"new\n")],
)
def test_insert_lines_before_a_line_or_at_the_end(
    bench: EditBench, line: int, expected: bytes
) -> None:
    bench.apply(bench.op("insert_lines", "a.txt", lines=(line,), content="new"))
    assert bench.read("a.txt") == expected


def test_insert_after_symbol_goes_after_the_whole_definition(bench: EditBench) -> None:
    bench.apply(bench.op("insert_after_symbol", "code.py", symbol="Foo", content="\nX = 1"))
    assert bench.read("code.py") == CODE.replace(b"return inner\n", b"return inner\n\nX = 1\n")


def test_insert_before_symbol_goes_before_its_decorators(bench: EditBench) -> None:
    bench.apply(bench.op("insert_before_symbol", "code.py", symbol="Foo", content="X = 1\n"))
    assert bench.read("code.py") == CODE.replace(b"@cache", b"X = 1\n@cache")


def test_trap_first_line_that_contains_the_name_is_not_the_definition(bench: EditBench) -> None:
    """`FooBar` occurs in the body of `Foo`, and `Foo` in a comment, before they are defined."""
    bench.apply(bench.op("insert_before_symbol", "code.py", symbol="FooBar", content="X = 1"))
    assert bench.read("code.py") == CODE.replace(b"def FooBar", b"X = 1\ndef FooBar")


def test_insert_after_last_symbol_of_a_file_without_final_newline(bench: EditBench) -> None:
    bench.write("open.py", b"def f(): pass  # note")
    bench.apply(bench.op("insert_after_symbol", "open.py", symbol="f", content="X = 1\n"))
    assert bench.read("open.py") == b"def f(): pass  # note\nX = 1"


def test_replace_symbol_takes_the_place_of_the_whole_definition(bench: EditBench) -> None:
    new = "@cache\ndef Foo(a):\n    return a\n"
    bench.apply(bench.op("replace_symbol", "code.py", symbol="Foo", content=new))
    start, end = CODE.index(b"@cache"), CODE.index(b"\n\n\ndef FooBar")
    assert bench.read("code.py") == CODE[:start] + new.encode().rstrip() + CODE[end:]


def test_replace_symbol_with_no_content_takes_the_definition_away(bench: EditBench) -> None:
    bench.apply(bench.op("replace_symbol", "code.py", symbol="FooBar", content=""))
    assert bench.read("code.py") == CODE.replace(b"def FooBar(): return Foo\n", b"")


def test_add_file_in_the_place_of_one_says_what_it_expects_there(bench: EditBench) -> None:
    (bench.root / "a.txt").chmod(0o755)
    base = bench.op("delete_file", "a.txt").base_blob
    op = EditOp("add_file", "a.txt", base_blob=base, content="one\n2\nthree\nfour\nfive\n")
    (change,) = bench.stage(op).files
    assert (change.before, change.mode) == (FIVE, 0o100755)
    assert change.hunks == (Hunk(0, 2, 1, 2, 1),)
    bench.apply(op)
    assert bench.read("a.txt") == b"one\n2\nthree\nfour\nfive\n"


def test_template_is_filled_once_per_instance_after_the_symbol(bench: EditBench) -> None:
    op = bench.op(
        "template",
        "code.py",
        symbol="FooBar",
        template="\n\ndef {{ name }}(): return {{value}}  # {{}} {{.Go}}",
        instances=({"name": "f", "value": "{{name}}"}, {"name": "g", "value": "2"}),
    )
    bench.apply(op)
    assert bench.read("code.py") == CODE + (
        b"\n\ndef f(): return {{name}}  # {{}} {{.Go}}\n\n\ndef g(): return 2  # {{}} {{.Go}}\n"
    )


def test_add_file_has_exactly_the_bytes_given(bench: EditBench) -> None:
    bench.apply(bench.op("add_file", "new/deep/x.txt", content="é\r\nno newline"))
    assert bench.read("new/deep/x.txt") == "é\r\nno newline".encode()


def test_add_empty_file(bench: EditBench) -> None:
    (change,) = bench.stage(bench.op("add_file", "empty", content="")).files
    assert (change.before, change.after, change.mode) == (None, b"", 0o100644)


def test_delete_file(bench: EditBench) -> None:
    (change,) = bench.stage(bench.op("delete_file", "a.txt")).files
    assert (change.before, change.after) == (FIVE, None)
    assert change.hunks == (Hunk(0, 1, 5, 1, 0),)


def test_trap_two_edits_two_lines_apart_do_not_conflict(bench: EditBench) -> None:
    """Trap: each one's anchor covers the other's lines, but both are of the file before."""
    bench.apply(
        bench.op("replace_line", "a.txt", lines=(2,), content="2"),
        bench.op("replace_line", "a.txt", lines=(4,), content="4"),
    )
    assert bench.read("a.txt") == b"one\n2\nthree\n4\nfive\n"


def test_operations_address_the_file_before_the_batch(bench: EditBench) -> None:
    bench.apply(
        bench.op("insert_lines", "a.txt", lines=(1,), content="zero\n"),
        bench.op("delete_span", "a.txt", lines=(2, 2)),
        bench.op("replace_line", "a.txt", lines=(5,), content="FIVE"),
    )
    assert bench.read("a.txt") == b"zero\none\nthree\nfour\nFIVE\n"


def test_insertions_at_one_place_keep_the_order_of_the_batch(bench: EditBench) -> None:
    bench.apply(
        bench.op("insert_lines", "a.txt", lines=(2,), content="first"),
        bench.op("replace_line", "a.txt", lines=(2,), content="TWO"),
        bench.op("insert_lines", "a.txt", lines=(2,), content="second"),
        bench.op("replace_line", "a.txt", lines=(1,), content="ONE"),
    )
    assert bench.read("a.txt") == b"ONE\nfirst\nsecond\nTWO\nthree\nfour\nfive\n"


def test_an_edit_that_changes_nothing_stages_no_file(bench: EditBench) -> None:
    staged = bench.stage(bench.op("replace_span", "a.txt", lines=(1, 2), content="one\ntwo"))
    assert staged.files == ()


def test_hunks_hold_only_the_lines_that_changed(bench: EditBench) -> None:
    staged = bench.stage(
        bench.op("insert_lines", "a.txt", lines=(1,), content="zero"),
        bench.op("replace_span", "a.txt", lines=(1, 4), content="one\nTWO\nTWO b\nthree\nfour"),
        bench.op("delete_span", "a.txt", lines=(5, 5)),
    )
    assert staged.files[0].hunks == (
        Hunk(0, 1, 0, 1, 1),
        Hunk(1, 2, 1, 3, 2),
        Hunk(2, 5, 1, 7, 0),
    )


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        pytest.param(
            b"a\r\nb\r\nc\r\n", ("replace_line", (2,), "x\ny\n"), b"a\r\nx\r\ny\r\nc\r\n", id="crlf"
        ),
        pytest.param(
            b"a\nb\nc\r\n", ("replace_line", (2,), "x\r\ny"), b"a\nx\ny\nc\r\n", id="mostly-lf"
        ),
        pytest.param(
            b"a\r\nb\nc\r\n", ("insert_lines", (2,), "x"), b"a\r\nx\r\nb\nc\r\n", id="mostly-crlf"
        ),
        pytest.param(b"a\nb", ("replace_line", (2,), "x\n"), b"a\nx", id="no-final-newline"),
        pytest.param(b"a\nb", ("replace_line", (1,), "x"), b"x\nb", id="no-final-newline-above"),
        pytest.param(b"a\nb", ("insert_lines", (3,), "x\n"), b"a\nb\nx", id="append-to-open-line"),
        pytest.param(b"a\nb", ("delete_span", (2, 2), None), b"a\n", id="delete-open-line"),
        pytest.param(b"a\nb", ("insert_lines", (3,), "\n"), b"a\nb\n\n", id="append-blank-line"),
        pytest.param(b"a", ("replace_line", (1,), "x\ny"), b"x\ny", id="one-open-line"),
        pytest.param(b"", ("insert_lines", (1,), "x\n"), b"x\n", id="empty-one-newline"),
        pytest.param(b"", ("insert_lines", (1,), "x"), b"x", id="empty-no-newline"),
        pytest.param(b"", ("insert_lines", (1,), "x\r\ny\r\n"), b"x\r\ny\r\n", id="empty-crlf"),
        pytest.param(
            b"\xef\xbb\xbfa\nb\n", ("replace_line", (1,), "x"), b"\xef\xbb\xbfx\nb\n", id="bom"
        ),
        pytest.param(
            b"\xef\xbb\xbfa\n", ("insert_lines", (1,), "\ufeffx"), b"\xef\xbb\xbfx\na\n", id="bom-2"
        ),
        pytest.param(
            b"\ta\n\t\tb\n", ("replace_line", (2,), "\t\tx \t"), b"\ta\n\t\tx \t\n", id="tabs"
        ),
        pytest.param(
            b"\xe9 latin\nb\n", ("replace_line", (2,), "x"), b"\xe9 latin\nx\n", id="latin-1"
        ),
        pytest.param(b"a\rb\nc\n", ("replace_line", (1,), "x\ry"), b"x\ry\nc\n", id="lone-cr"),
        pytest.param(
            b"a\r\nb\nc\n", ("replace_span", (1, 3), "a\nX\nc"), b"a\r\nX\nc\n", id="same-edges"
        ),
    ],
)
def test_trap_line_endings_bom_tabs_and_final_newline_survive(
    bench: EditBench, before: bytes, op: tuple[str, tuple[int, ...], str | None], after: bytes
) -> None:
    bench.write("f", before)
    name, lines, content = op
    bench.apply(bench.op(name, "f", lines=lines, content=content))  # type: ignore[arg-type]
    assert bench.read("f") == after


def test_other_spellings_of_a_path_are_the_same_file(bench: EditBench) -> None:
    bench.write("d/f", b"a\nb\n")
    op = bench.op("replace_line", "./d//f", lines=(1,), content="x")
    (change,) = bench.stage(op, bench.op("replace_line", "d/f", lines=(2,), content="y")).files
    assert (change.path, change.after) == ("d/f", b"x\ny\n")


def test_hash_given_as_empty_text_counts_as_none(bench: EditBench) -> None:
    """The first implementation sends `anchor_hash: ""` with operations that need none."""
    staged = bench.stage(EditOp("add_file", "n", anchor_hash="", content="x"))
    assert staged.paths == ("n",)
    with pytest.raises(EditRefused) as caught:
        bench.stage(EditOp("delete_span", "a.txt", anchor_hash="", lines=(1, 1)))
    assert caught.value.code == "unproven"


def test_staging_writes_nothing(bench: EditBench) -> None:
    from kit.edits import tree

    before = tree(bench.root)
    bench.stage(
        bench.op("delete_file", "a.txt"),
        bench.op("add_file", "x/y", content=""),
        bench.op("insert_after_symbol", "code.py", symbol="Foo", content="1"),
    )
    assert tree(bench.root) == before
