"""An author who was shown lines needs no hash; one who was not is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from genesis_ssmp.heaven.errors import BlobMissing
from genesis_ssmp.proto.edit_ir import EditIR, EditOp
from genesis_ssmp.proto.pf import Excerpt
from genesis_ssmp.runtime.edits import EditRefused, fill_hashes, prove
from kit.edits import Blobs, EditBench

TEN = b"".join(b"line %d\n" % n for n in range(1, 11))


@pytest.fixture
def blobs() -> Blobs:
    return Blobs()


def excerpt(blobs: Blobs, path: str, data: bytes, first: int, last: int) -> Excerpt:
    lines = data.decode("utf-8", "replace").splitlines(keepends=True)
    return Excerpt(path, blobs.put(data), first, last, "".join(lines[first - 1 : last]))


def fill(op: EditOp, blobs: Blobs, *shown: Excerpt) -> EditOp:
    return fill_hashes(EditIR((op,)), shown, blobs).ops[0]


def not_shown(op: EditOp, blobs: Blobs, *shown: Excerpt) -> EditRefused:
    with pytest.raises(EditRefused) as caught:
        fill(op, blobs, *shown)
    assert caught.value.code == "not_shown"
    return caught.value


def test_trap_nobody_asks_a_model_for_a_hash(blobs: Blobs) -> None:
    shown = excerpt(blobs, "a.txt", TEN, 4, 6)
    filled = fill(EditOp("replace_span", "./a.txt", lines=(4, 5), content="x"), blobs, shown)
    proof = prove(TEN, 4, 5)
    assert (filled.anchor_hash, filled.span_hash, filled.base_blob) == (
        proof.anchor_hash,
        proof.span_hash,
        proof.base_blob,
    )


def test_what_was_shown_and_filled_lands(tmp_path: Path) -> None:
    bench = EditBench(tmp_path)
    data = b"\xef\xbb\xbfa\r\nb\r\n\xe9\r\n"
    bench.write("f", data)
    shown = excerpt(bench.blobs, "f", data, 1, 3)
    edit = EditIR(
        (
            EditOp("replace_line", "f", lines=(1,), content="A"),
            EditOp("insert_lines", "f", lines=(4,), content="d"),
        )
    )
    bench.apply(*fill_hashes(edit, [shown], bench.blobs).ops)
    assert bench.read("f") == b"\xef\xbb\xbfA\r\nb\r\n\xe9\r\nd\r\n"


def test_lines_that_were_never_shown_are_refused(blobs: Blobs) -> None:
    shown = [excerpt(blobs, "a.txt", TEN, 2, 4), excerpt(blobs, "a.txt", TEN, 7, 8)]
    refusal = not_shown(EditOp("delete_span", "a.txt", lines=(4, 7)), blobs, *shown)
    assert refusal.candidates == ("lines 2-4", "lines 7-8")
    not_shown(EditOp("delete_span", "b.txt", lines=(4, 4)), blobs, *shown)
    not_shown(EditOp("insert_lines", "a.txt", lines=(1,), content="x"), blobs, *shown)
    not_shown(EditOp("insert_lines", "a.txt", lines=(11,), content="x"), blobs, *shown)


@pytest.mark.parametrize("line", [2, 3, 4, 5])
def test_insertion_needs_a_line_on_one_side_of_it(blobs: Blobs, line: int) -> None:
    shown = excerpt(blobs, "a.txt", TEN, 2, 4)
    filled = fill(EditOp("insert_lines", "a.txt", lines=(line,), content="x"), blobs, shown)
    assert filled.anchor_hash == prove(TEN, line, line - 1).anchor_hash
    assert filled.span_hash is None


def test_insertion_into_an_empty_file_that_was_shown(blobs: Blobs) -> None:
    shown = Excerpt("e", blobs.put(b""), 1, 0, "")
    filled = fill(EditOp("insert_lines", "e", lines=(1,), content="x"), blobs, shown)
    assert filled.anchor_hash == hashlib.sha256(b"").hexdigest()


def test_lines_shown_in_pieces_count_together(blobs: Blobs) -> None:
    shown = [excerpt(blobs, "a.txt", TEN, 2, 4), excerpt(blobs, "a.txt", TEN, 5, 6)]
    op = fill(EditOp("delete_span", "a.txt", lines=(3, 6)), blobs, *shown)
    assert op.span_hash == prove(TEN, 3, 6).span_hash


def test_last_version_in_which_the_lines_were_shown_is_the_one_meant(blobs: Blobs) -> None:
    newer = TEN.replace(b"line 5", b"LINE FIVE")
    old, new = excerpt(blobs, "a.txt", TEN, 1, 10), excerpt(blobs, "a.txt", newer, 4, 6)
    op = EditOp("replace_line", "a.txt", lines=(5,), content="x")
    assert fill(op, blobs, old, new).base_blob == new.file_blob
    assert fill(op, blobs, new, old).base_blob == old.file_blob
    op = EditOp("replace_line", "a.txt", lines=(9,), content="x")
    assert fill(op, blobs, old, new).base_blob == old.file_blob


def test_line_beyond_the_file_is_refused_even_if_an_excerpt_claims_it(blobs: Blobs) -> None:
    shown = Excerpt("a.txt", blobs.put(TEN), 1, 20, "")
    not_shown(EditOp("replace_line", "a.txt", lines=(15,), content="x"), blobs, shown)


def test_symbol_operation_takes_the_file_that_was_shown_as_its_base(blobs: Blobs) -> None:
    shown = excerpt(blobs, "a.py", b"def f(): pass\n", 1, 1)
    op = EditOp("insert_after_symbol", "a.py", symbol="f", content="x = 1")
    assert fill(op, blobs, shown).base_blob == shown.file_blob
    not_shown(EditOp("insert_after_symbol", "b.py", symbol="f", content="x"), blobs, shown)


def test_file_is_deleted_only_by_who_was_shown_all_of_it(blobs: Blobs) -> None:
    op = EditOp("delete_file", "a.txt")
    not_shown(op, blobs, excerpt(blobs, "a.txt", TEN, 1, 9))
    assert fill(op, blobs, excerpt(blobs, "a.txt", TEN, 1, 10)).base_blob == blobs.put(TEN)


def test_operations_that_need_nothing_stay_as_they_are(blobs: Blobs) -> None:
    for op in (
        EditOp("add_file", "n", content="x"),
        EditOp("delete_file", "a.txt", base_blob="0" * 64),
        EditOp("delete_span", "a", anchor_hash="0" * 64, span_hash="1" * 64, lines=(1, 1)),
    ):
        assert fill(op, blobs) == op


def test_malformed_operations_and_lost_versions_are_told(blobs: Blobs) -> None:
    with pytest.raises(EditRefused, match="needs 'lines'"):
        fill(EditOp("delete_span", "a.txt"), blobs)
    with pytest.raises(BlobMissing):
        shown = Excerpt("a.txt", "0" * 64, 1, 3, "")
        fill(EditOp("delete_span", "a.txt", lines=(1, 1)), blobs, shown)


def test_all_operations_that_were_not_shown_are_told_at_once(blobs: Blobs) -> None:
    ops = tuple(EditOp("delete_span", "a.txt", lines=(n, n)) for n in (1, 5, 9))
    with pytest.raises(EditRefused) as caught:
        fill_hashes(EditIR(ops), [excerpt(blobs, "a.txt", TEN, 5, 5)], blobs)
    assert caught.value.op_index == 0
    assert [other.op_index for other in caught.value.others] == [2]
