"""The hashes that tie an edit to what its author saw."""

from __future__ import annotations

import hashlib

from genesis_ssmp.proto.anchors import hash_lines, prove_lines, split_file, split_lines


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_anchor_is_up_to_three_lines_before_and_after() -> None:
    lines = split_lines(b"1\n2\n3\n4\n5\n6\n7\n8\n9\n")
    proof = prove_lines(lines, 5, 5, "blob")
    assert proof.anchor_hash == sha("2\n3\n4\n6\n7\n8\n")
    assert proof.span_hash == sha("5\n")
    assert proof.base_blob == "blob"


def test_at_the_ends_of_a_file_there_are_fewer_lines() -> None:
    lines = split_lines(b"1\n2\n3")
    assert prove_lines(lines, 1, 1, "").anchor_hash == sha("2\n3\n")
    assert prove_lines(lines, 3, 3, "").anchor_hash == sha("1\n2\n")
    assert prove_lines(lines, 1, 3, "").anchor_hash == sha("")


def test_an_insertion_has_an_empty_span_between_its_neighbours() -> None:
    lines = split_lines(b"1\n2\n3\n")
    proof = prove_lines(lines, 2, 1, "")
    assert proof.anchor_hash == sha("1\n2\n3\n")
    assert proof.span_hash == sha("")


def test_line_endings_and_a_byte_order_mark_do_not_change_the_hashes() -> None:
    unix = split_file(b"a\nb\n")
    windows = split_file(b"\xef\xbb\xbfa\r\nb\r\n")
    assert hash_lines(unix) == hash_lines(windows) == sha("a\nb\n")
    assert split_lines(b"a\rb") == [b"a\rb"]
    assert split_lines(b"") == []
