"""What is refused, that the refusal says enough, and that nothing was touched."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from genesis_ssmp.heaven.records import Position, Symbol
from genesis_ssmp.proto.edit_ir import EditIR, EditOp, OpName
from genesis_ssmp.runtime.edits import (
    EditRefused,
    anchor_hash,
    prove,
    span_hash,
    stage,
    with_proof,
)
from kit.definitions import Definitions
from kit.edits import EditBench, tree

TEN = b"".join(b"line %d\n" % n for n in range(1, 11))


@pytest.fixture
def bench(tmp_path: Path) -> EditBench:
    bench = EditBench(tmp_path)
    bench.write("a.txt", TEN)
    return bench


def refused(bench: EditBench, *ops: EditOp) -> EditRefused:
    """The refusal; the tree, times included, is as before."""
    before = tree(bench.root)
    times = {path: (bench.root / path).lstat().st_mtime_ns for path in before}
    with pytest.raises(EditRefused) as caught:
        bench.stage(*ops)
    assert tree(bench.root) == before
    assert {path: (bench.root / path).lstat().st_mtime_ns for path in before} == times
    return caught.value


# Evidence


def test_anchor_is_the_three_lines_before_and_after_each_with_one_newline() -> None:
    import hashlib

    lines = [b"a\r\n", b"b\n", b"c\n", b"d\n", b"X\n", b"e\r\n", b"f"]
    data = b"".join(lines)
    expected = hashlib.sha256(b"b\nc\nd\ne\nf\n").hexdigest()
    assert prove(data, 5, 5).anchor_hash == expected
    assert anchor_hash(lines[:4], lines[5:]) == expected
    assert prove(data, 5, 5).span_hash == span_hash([b"X"]) == hashlib.sha256(b"X\n").hexdigest()


def test_trap_changed_span_with_unchanged_surroundings_is_refused(bench: EditBench) -> None:
    op = bench.op("replace_line", "a.txt", lines=(5,), content="mine")
    bench.write("a.txt", TEN.replace(b"line 5\n", b"theirs\n"))
    refusal = refused(bench, op)
    assert refusal.code == "span_mismatch"
    assert (refusal.line, refusal.expected, refusal.actual) == (5, "line 5", "theirs")


def test_trap_whole_file_span_has_no_surroundings_so_its_content_is_checked(
    bench: EditBench,
) -> None:
    op = bench.op("replace_span", "a.txt", lines=(1, 10), content="all mine\n")
    bench.write("a.txt", b"".join(b"other %d\n" % n for n in range(10)))
    assert refused(bench, op).code == "span_mismatch"
    only_anchor = dataclasses.replace(op, span_hash=None, base_blob=None)
    assert refused(bench, only_anchor).code == "unproven"


def test_trap_error_names_the_first_line_that_differs(bench: EditBench) -> None:
    op = bench.op("replace_span", "a.txt", lines=(4, 7), content="mine")
    bench.write("a.txt", b"new\n" + TEN.replace(b"line 6\n", b"changed\n"))
    refusal = refused(bench, op)
    assert refusal.code == "anchor_mismatch"
    assert (refusal.line, refusal.expected, refusal.actual) == (7, "line 6", "changed")
    assert "line 6" in str(refusal) and "changed" in str(refusal) and "next:" in str(refusal)


def test_first_difference_is_shown_as_it_is_now_when_the_base_is_not_known(
    bench: EditBench,
) -> None:
    op = bench.op("replace_line", "a.txt", lines=(5,), content="mine")
    bench.write("a.txt", TEN.replace(b"line 5\n", b"theirs\n"))
    bench.blobs.contents.clear()
    refusal = refused(bench, op)
    assert (refusal.line, refusal.expected, refusal.actual) == (5, None, "theirs")


def test_trap_lines_that_moved_are_not_overwritten_at_their_old_numbers(bench: EditBench) -> None:
    """They are followed where the author's version is known, and left alone where it is not."""
    op = bench.op("replace_line", "a.txt", lines=(5,), content="mine")
    moved = b"new first line\n" + TEN
    bench.write("a.txt", moved)
    bench.blobs.contents.clear()
    assert refused(bench, op).code == "anchor_mismatch"
    bench.blobs.put(TEN)
    bench.apply(op)
    assert bench.read("a.txt") == moved.replace(b"line 5\n", b"mine\n")


def test_trap_formatter_between_read_and_edit_does_not_refuse_an_unmistakable_edit(
    bench: EditBench,
) -> None:
    """Nothing has to be read again where only other parts of the file changed."""
    op = bench.op("replace_line", "a.txt", lines=(2,), content="mine")
    changed = TEN.replace(b"line 9\n", b"theirs\n")
    bench.write("a.txt", changed)
    bench.apply(op)
    assert bench.read("a.txt") == changed.replace(b"line 2\n", b"mine\n")


def test_the_same_lines_twice_are_told_apart_only_by_the_base(bench: EditBench) -> None:
    block = b"{\n  one,\n  two,\n  three,\n},\n"
    bench.write("blocks", block * 4)
    op = bench.op("replace_line", "blocks", lines=(8,), content="  mine,")
    bench.write("blocks", block * 5)
    known = dict(bench.blobs.contents)
    bench.blobs.contents.clear()
    refusal = refused(bench, op)
    assert refusal.code == "ambiguous"
    assert refusal.candidates[0] == "line 8" or "line 8" in refusal.candidates
    bench.blobs.contents.update(known)
    insert = bench.op("insert_lines", "blocks", lines=(8,), content="  mine,")
    bench.apply(insert)
    assert bench.read("blocks").count(b"mine") == 1
    assert bench.stage(insert).files == (), "it is there already: nothing to merge"


def test_place_at_either_end_of_a_file_with_equal_ends_is_ambiguous(bench: EditBench) -> None:
    bench.write("ends", b"a\nb\nc\n.\n.\n.\n.\na\nb\nc\n")
    op = dataclasses.replace(
        bench.op("insert_lines", "ends", lines=(1,), content="x"), base_blob=None
    )
    assert refused(bench, op).code == "ambiguous"


def test_base_blob_alone_proves_an_insertion_only_in_that_very_file(bench: EditBench) -> None:
    op = dataclasses.replace(
        bench.op("insert_lines", "a.txt", lines=(3,), content="x"), anchor_hash=None
    )
    assert bench.stage(op).paths == ("a.txt",)
    bench.write("a.txt", TEN + b"more\n")
    bench.blobs.contents.clear()
    assert refused(bench, op).code == "base_mismatch"
    bench.blobs.put(TEN)
    bench.apply(op)
    assert bench.read("a.txt") == TEN.replace(b"line 3", b"x\nline 3") + b"more\n"


@pytest.mark.parametrize("name", ["replace_span", "delete_span", "replace_line", "insert_lines"])
def test_operation_on_lines_without_hashes_is_refused(bench: EditBench, name: str) -> None:
    whole = {"replace_span": (1, 2), "delete_span": (1, 2)}.get(name, (1,))
    content = None if name == "delete_span" else "x"
    op = EditOp(name, "a.txt", lines=whole, content=content)  # type: ignore[arg-type]
    assert refused(bench, op).code == "unproven"
    if name != "insert_lines":
        proof = prove(TEN, whole[0], whole[-1])
        op = dataclasses.replace(op, anchor_hash=proof.anchor_hash)
        assert refused(bench, op).code == "unproven"


def test_hash_that_nobody_computed_is_refused(bench: EditBench) -> None:
    op = bench.op("replace_line", "a.txt", lines=(5,), content="x")
    made_up = dataclasses.replace(op, span_hash="0" * 64)
    assert "base_blob's lines" in refused(bench, made_up).message
    assert refused(bench, dataclasses.replace(op, anchor_hash="abc")).code == "bad_op"


# Batches


def test_trap_operation_two_fails_so_operation_one_does_not_stay(bench: EditBench) -> None:
    bench.write("b.txt", b"x\n")
    refusal = refused(
        bench,
        bench.op("replace_line", "a.txt", lines=(1,), content="ONE"),
        bench.op("add_file", "new.txt", content="new"),
        dataclasses.replace(
            bench.op("replace_line", "b.txt", lines=(1,), content="y"), span_hash="0" * 64
        ),
    )
    assert (refusal.op_index, refusal.path) == (2, "b.txt")


def test_all_refused_operations_of_a_batch_are_told(bench: EditBench) -> None:
    bad = EditOp("delete_span", "a.txt", lines=(1, 1))
    refusal = refused(bench, bad, bench.op("add_file", "n", content=""), bad, bad)
    assert [refusal.op_index, *(other.op_index for other in refusal.others)] == [0, 2, 3]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("replace_span", (2, 5), "x"), ("replace_line", (5,), "y")),
        (("delete_span", (2, 5), None), ("delete_span", (1, 2), None)),
        (("replace_line", (3,), "x"), ("replace_line", (3,), "x")),
        (("insert_lines", (4,), "x"), ("replace_span", (3, 4), "y")),
        (("replace_span", (1, 10), "x"), ("insert_lines", (2,), "y")),
    ],
)
def test_overlapping_operations_are_refused_naming_both(
    bench: EditBench,
    first: tuple[str, tuple[int, ...], str | None],
    second: tuple[str, tuple[int, ...], str | None],
) -> None:
    ops = [
        bench.op(name, "a.txt", lines=lines, content=content)  # type: ignore[arg-type]
        for name, lines, content in (first, second)
    ]
    other = bench.op("replace_line", "a.txt", lines=(9,), content="far away")
    refusal = refused(bench, ops[0], other, ops[1])
    assert refusal.code == "overlap"
    assert "operations 0 and 2" in refusal.message
    assert refusal.candidates == ("operation 0", "operation 2")


def test_whole_file_operations_overlap_with_everything_on_that_path(bench: EditBench) -> None:
    delete = bench.op("delete_file", "a.txt")
    line = bench.op("replace_line", "a.txt", lines=(1,), content="x")
    assert refused(bench, line, delete).code == "overlap"
    assert refused(bench, delete, delete).code == "overlap"
    add = bench.op("add_file", "n", content="")
    assert refused(bench, add, add).code == "overlap"
    assert refused(bench, add, bench.op("add_file", "n/m", content="")).code == "overlap"
    refusal = refused(bench, delete, bench.op("add_file", "./a.txt", content="x"))
    assert refusal.code == "overlap" and "operations 0 and 1" in refusal.message


def test_two_spellings_of_one_file_are_refused(bench: EditBench) -> None:
    """As on a file system that ignores case."""
    (bench.root / "A.TXT").hardlink_to(bench.root / "a.txt")
    first = bench.op("replace_line", "a.txt", lines=(1,), content="x")
    second = bench.op("replace_line", "A.TXT", lines=(9,), content="y")
    assert refused(bench, first, second).code == "overlap"


def test_line_operation_on_a_file_that_the_batch_adds_is_refused(bench: EditBench) -> None:
    add = bench.op("add_file", "n", content="x\n")
    assert refused(bench, add, EditOp("insert_lines", "n", lines=(1,), content="y")).code


def test_batch_without_operations_is_refused(bench: EditBench) -> None:
    assert refused(bench).code == "bad_op"


# Paths and files


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "d/../../x",
        "/etc/passwd",
        "",
        ".",
        "a\0b",
        "d\\x",
        "C:/x",
        ".git/hooks/pre-commit",
        ".GIT/config",
        "sub/.git/config",
        ".heaven/log.jsonl",
        ".Heaven/x",
        "link/x",
        "link",
        "dangling",
        "\ud800",
    ],
)
def test_trap_paths_that_leave_the_repository_or_enter_its_private_parts(
    bench: EditBench, path: str
) -> None:
    (bench.root / "d").mkdir()
    (bench.root / "link").symlink_to("d")
    (bench.root / "dangling").symlink_to("nowhere")
    assert refused(bench, EditOp("add_file", path, content="x")).code == "path_outside"


def test_trap_symlinked_file_is_not_edited(bench: EditBench) -> None:
    op = bench.op("replace_line", "a.txt", lines=(1,), content="x")
    (bench.root / "alias.txt").symlink_to("a.txt")
    assert refused(bench, dataclasses.replace(op, path="alias.txt")).code == "path_outside"


def test_trap_add_file_does_not_overwrite(bench: EditBench) -> None:
    assert refused(bench, EditOp("add_file", "a.txt", content="x")).code == "exists"
    expected = EditOp("add_file", "a.txt", base_blob=prove(b"other", 1, 1).base_blob, content="x")
    assert refused(bench, expected).code == "base_mismatch"
    (bench.root / "d").mkdir()
    assert refused(bench, EditOp("add_file", "d", content="x")).code == "not_a_file"
    assert refused(bench, EditOp("add_file", "a.txt/b", content="x")).code == "not_a_file"
    os.mkfifo(bench.root / "pipe")
    with pytest.raises(EditRefused, match="not a regular file"):
        bench.stage(EditOp("add_file", "pipe", content="x"))


def test_trap_delete_file_does_not_ignore_what_its_author_saw(bench: EditBench) -> None:
    assert refused(bench, EditOp("delete_file", "a.txt")).code == "unproven"
    op = bench.op("delete_file", "a.txt")
    assert refused(bench, dataclasses.replace(op, anchor_hash="0" * 64)).code == "anchor_mismatch"
    bench.write("a.txt", TEN.replace(b"line 3", b"later work"))
    refusal = refused(bench, op)
    assert (refusal.code, refusal.line, refusal.actual) == ("base_mismatch", 3, "later work")
    whole = EditOp("delete_file", "a.txt", span_hash=span_hash([b"something else"]))
    assert refused(bench, whole).code == "span_mismatch"


def test_add_file_with_a_base_says_that_there_was_one(bench: EditBench) -> None:
    op = EditOp("add_file", "n", base_blob="0" * 64, content="x")
    assert refused(bench, op).code == "base_mismatch"
    op = EditOp("add_file", "n", anchor_hash="0" * 64, content="x")
    assert refused(bench, op).code == "anchor_mismatch"


def test_file_that_is_not_there(bench: EditBench) -> None:
    for name in ("delete_file", "insert_lines"):
        lines, content = ((1,), "x") if name == "insert_lines" else (None, None)
        op = EditOp(name, "none", lines=lines, content=content)
        assert refused(bench, op).code == "missing"


def test_trap_place_out_of_the_file_is_refused_not_moved_to_its_end(bench: EditBench) -> None:
    good = bench.op("insert_lines", "a.txt", lines=(11,), content="x")
    refusal = refused(bench, dataclasses.replace(good, lines=(12,)))
    assert (refusal.code, refusal.line) == ("out_of_range", 11)
    assert "10 lines" in refusal.message
    span = bench.op("delete_span", "a.txt", lines=(10, 10))
    for lines in [(10, 11), (0, 1), (3, 2), (-1, -1)]:
        assert refused(bench, dataclasses.replace(span, lines=lines)).code == "out_of_range"


def test_binary_and_wide_files_are_not_edited_by_line(bench: EditBench) -> None:
    for data in (b"a\0b\n", "a\nb\n".encode("utf-16"), "a\nb\n".encode("utf-16-le")):
        bench.write("f", data)
        op = bench.op("replace_line", "f", lines=(1,), content="x")
        assert refused(bench, op).code == "binary"
        assert bench.stage(bench.op("delete_file", "f")).paths == ("f",)


def test_text_of_another_encoding_does_not_get_utf_8_mixed_in(bench: EditBench) -> None:
    bench.write("f", "é\nb\n".encode("latin-1"))
    assert refused(bench, bench.op("replace_line", "f", lines=(2,), content="ü")).code == "encoding"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file(bench: EditBench) -> None:
    op = bench.op("replace_line", "a.txt", lines=(1,), content="x")
    (bench.root / "a.txt").chmod(0)
    with pytest.raises(EditRefused, match="cannot be read"):
        bench.stage(op)


# Shape


@pytest.mark.parametrize(
    "op",
    [
        EditOp("replace_span", "a.txt", lines=(1,), content="x"),
        EditOp("replace_span", "a.txt", lines=(1, 2, 3), content="x"),
        EditOp("replace_span", "a.txt", lines=(1, 2)),
        EditOp("replace_span", "a.txt", content="x"),
        EditOp("replace_line", "a.txt", lines=(1, 1), content="x"),
        EditOp("insert_lines", "a.txt", lines=(), content="x"),
        EditOp("insert_lines", "a.txt", lines=(1,), content=""),
        EditOp("delete_span", "a.txt", lines=(1, 2), content="x"),
        EditOp("delete_file", "a.txt", symbol="x"),
        EditOp("replace_text", "a.txt", content="x"),
        EditOp("replace_text", "a.txt", find="x", content="y", lines=(1,)),
        EditOp("replace_symbol", "a.txt", symbol="x"),
        EditOp("replace_line", "a.txt", lines=(1,), content="x", find="y"),
        EditOp("add_file", "n"),
        EditOp("add_file", "n", content="\ud800"),
        EditOp("insert_after_symbol", "a.txt", content="x"),
        EditOp("insert_after_symbol", "a.txt", symbol="", content="x"),
        EditOp("insert_before_symbol", "a.txt", symbol="x"),
        EditOp("template", "a.txt", symbol="x", template="y"),
        EditOp("delete_file", "a.txt", base_blob="ABC"),
    ],
)
def test_operation_with_the_wrong_fields_is_refused(bench: EditBench, op: EditOp) -> None:
    refusal = refused(bench, op)
    assert refusal.code == "bad_op" and refusal.next_step


@pytest.mark.parametrize(
    ("template", "instances", "named"),
    [
        ("{{a}}", ({"b": "1", "a": "2"},), "'b'"),
        ("{{a}} {{b}}", ({"a": "1"},), "'b'"),
        ("x", (), "no instance"),
        ("", ({},), "no template"),
    ],
)
def test_template_and_instances_must_agree(
    bench: EditBench, template: str, instances: tuple[dict[str, str], ...], named: str
) -> None:
    bench.write("c.py", b"def f(): pass\n")
    op = bench.op("template", "c.py", symbol="f", template=template, instances=instances)
    refusal = refused(bench, op)
    assert refusal.code == "bad_template" and named in refusal.message


# Symbols


def test_unknown_symbol_is_refused_with_the_places_that_have_it(bench: EditBench) -> None:
    bench.write("c.py", b"def f(): pass\n")
    bench.write("d.py", b"class C:\n    def g(self): pass\n")
    op = bench.op("insert_after_symbol", "c.py", symbol="C.g", content="x = 1")
    refusal = refused(bench, op)
    assert refusal.code == "symbol_unknown"
    assert refusal.candidates == ("d.py::C.g (function, line 2)",)


def test_trap_several_definitions_of_a_name_are_never_the_first_one(bench: EditBench) -> None:
    bench.write("c.py", b"class A:\n    def f(self): pass\nclass B:\n    def f(self): pass\n")
    op = bench.op("insert_after_symbol", "c.py", symbol="f", content="x = 1")
    refusal = refused(bench, op)
    assert refusal.code == "symbol_ambiguous"
    assert [one.split(" ")[0] for one in refusal.candidates] == ["c.py::A.f", "c.py::B.f"]
    bench.apply(bench.op("insert_after_symbol", "c.py", symbol="A.f", content="    x = 1"))
    assert b"def f(self): pass\n    x = 1\nclass B" in bench.read("c.py")


def test_definitions_of_one_qualified_name_are_told_to_need_line_numbers(bench: EditBench) -> None:
    """A next step that cannot work would be tried again and again."""
    bench.write("c.py", b"if x:\n    def f(): pass\nelse:\n    def f(): ...\n")
    refusal = refused(bench, bench.op("insert_after_symbol", "c.py", symbol="f", content="x = 1"))
    assert refusal.code == "symbol_ambiguous"
    assert "insert_lines" in refusal.next_step and "path::name" not in refusal.next_step


def test_index_that_lags_behind_the_file_is_refused(bench: EditBench) -> None:
    bench.write("c.py", b"import os\n\ndef f(): pass\n\ndef g(): pass\n")
    op = bench.op("insert_after_symbol", "c.py", symbol="f", content="x = 1")
    for shift in (-1, 1, 5):
        with pytest.raises(EditRefused) as caught:
            stage(
                EditIR((op,)),
                bench.root,
                symbols=Definitions(bench.root, shift),
                blobs=bench.blobs,
            )
        assert caught.value.code == "stale_index"


class OneSymbol:
    """Finds the definition of `f` at the given bytes of one file."""

    def __init__(self, data: bytes, definition: bytes) -> None:
        start = data.index(definition)
        name = data.index(b"f(", start)
        line = data.count(b"\n", 0, start) + 1
        end = start + len(definition)
        self.symbol = Symbol(
            id=1,
            name="f",
            qualname="f",
            kind="function",
            path="f.js",
            overload=0,
            extent=Position(start, end, line, line + definition.count(b"\n")),
            name_at=Position(name, name + 1, line, line),
            signature="function f()",
        )

    def find_symbols(
        self, name: str, *, path: str | None = None, kind: str | None = None
    ) -> tuple[Symbol, ...]:
        return (self.symbol,)


@pytest.mark.parametrize(
    ("code", "name", "fits"),
    [
        (b"function f() {} function g() {}\n", "replace_symbol", False),
        (b"export default function f() {}\n", "replace_symbol", False),
        (b"function f() {} // note\n", "replace_symbol", False),
        (b"function f() {}\n", "replace_symbol", True),
        (b"function f() {} function g() {}\n", "insert_after_symbol", False),
        (b"function f() {} function g() {}\n", "insert_before_symbol", True),
        (b"g(); function f() {}\n", "insert_before_symbol", False),
        (b"g(); function f() {}\n", "insert_after_symbol", True),
        (b"function f() {}; // done\n", "insert_after_symbol", True),
        (b"export default function f() {}\n", "insert_before_symbol", True),
    ],
)
def test_insertion_never_parts_a_line(
    bench: EditBench, code: bytes, name: OpName, fits: bool
) -> None:
    bench.write("f.js", code)
    op = bench.op(name, "f.js", symbol="f", content="new();")
    symbols = OneSymbol(code, b"function f() {}")
    if fits:
        (change,) = stage(EditIR((op,)), bench.root, symbols=symbols, blobs=bench.blobs).files
        if name == "replace_symbol":
            assert change.after == b"new();\n"
            return
        expected = b"new();\n" + code if name == "insert_before_symbol" else code + b"new();\n"
        assert change.after == expected
    else:
        with pytest.raises(EditRefused) as caught:
            stage(EditIR((op,)), bench.root, symbols=symbols, blobs=bench.blobs)
        assert (caught.value.code, caught.value.line) == ("shared_line", 1)


def test_replaced_symbol_repeats_what_shares_its_lines(bench: EditBench) -> None:
    code = b"export default function f() {} // note\n"
    bench.write("f.js", code)
    new = "export default function f(a) {} // note"
    op = bench.op("replace_symbol", "f.js", symbol="f", content=new)
    symbols = OneSymbol(code, b"function f() {}")
    (change,) = stage(EditIR((op,)), bench.root, symbols=symbols, blobs=bench.blobs).files
    assert change.after == new.encode() + b"\n"


def test_replaced_symbol_needs_more_than_its_surroundings(bench: EditBench) -> None:
    code = b"x = 1\ndef f():\n    return 1\ny = 2\n"
    bench.write("c.py", code)
    op = EditOp("replace_symbol", "c.py", symbol="f", content="z = 3")
    op = dataclasses.replace(op, anchor_hash=prove(code, 2, 3).anchor_hash)
    assert refused(bench, op).code == "unproven"
    op = dataclasses.replace(op, span_hash=prove(code, 2, 3).span_hash)
    assert bench.stage(op).files[0].after == b"x = 1\nz = 3\ny = 2\n"


def test_symbol_operation_lands_when_only_other_parts_of_the_file_changed(
    bench: EditBench,
) -> None:
    code = b"def f():\n    return 1\n\n\ndef g():\n    return 2\n"
    bench.write("c.py", code)
    op = bench.op("insert_after_symbol", "c.py", symbol="f", content="F = f")
    bench.write("c.py", b"import os\n" + code.replace(b"2", b"3"))
    bench.apply(op)
    assert b"return 1\nF = f\n" in bench.read("c.py")


def test_symbol_operation_is_refused_when_the_definition_changed(bench: EditBench) -> None:
    code = b"def f():\n    return 1\n\n\ndef g():\n    return 2\n"
    bench.write("c.py", code)
    op = bench.op("insert_after_symbol", "c.py", symbol="f", content="F = f")
    bench.write("c.py", code.replace(b"1", b"one()"))
    refusal = refused(bench, op)
    assert (refusal.code, refusal.line) == ("base_mismatch", 2)
    assert (refusal.expected, refusal.actual) == ("    return 1", "    return one()")


def test_symbol_operation_by_span_or_anchor_hash(bench: EditBench) -> None:
    code = b"x = 1\ndef f():\n    return 1\ny = 2\n"
    bench.write("c.py", code)
    op = EditOp("insert_after_symbol", "c.py", symbol="f", content="z = 3")
    assert refused(bench, op).code == "unproven"
    by_span = dataclasses.replace(op, span_hash=span_hash([b"def f():", b"    return 1"]))
    by_anchor = dataclasses.replace(op, anchor_hash=prove(code, 4, 3).anchor_hash)
    for good in (by_span, by_anchor):
        assert bench.stage(good).paths == ("c.py",)
    bench.write("c.py", code.replace(b"return 1", b"return 2"))
    assert refused(bench, by_span).code == "span_mismatch"
    assert refused(bench, by_anchor).code == "anchor_mismatch"


def test_hashes_given_are_kept_when_a_proof_is_added() -> None:
    op = EditOp("replace_line", "a", anchor_hash="1" * 64, lines=(1,), content="x")
    filled = with_proof(op, prove(b"a\n", 1, 1))
    assert filled.anchor_hash == "1" * 64 and filled.span_hash == span_hash([b"a"])
