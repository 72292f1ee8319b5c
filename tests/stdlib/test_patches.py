"""Patches as Edit IR: whatever is patched, the edit engine makes the same of it."""

from __future__ import annotations

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.proto.edit_ir import EditIR
from genesis_ssmp.runtime.edits import stage
from genesis_ssmp.stdlib.patches import patch_edits, patched
from hypothesis import given, settings
from hypothesis import strategies as st

ENDS = st.sampled_from(["\n", "\r\n"])
TEXTS = st.sampled_from(["", "x", "é", "x\n", "\nx", "x\ny\n"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("ab ", max_size=4), max_size=6),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8), TEXTS), max_size=3),
    ENDS,
    st.booleans(),
    st.booleans(),
)
def test_the_engine_lands_what_the_patches_say(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[str],
    wanted: list[tuple[int, int, str]],
    end: str,
    mark: bool,
    closed: bool,
) -> None:
    source = end.join(lines).encode() + (end.encode() if lines and closed else b"")
    source = (b"\xef\xbb\xbf" if mark else b"") + source
    head = 3 if mark else 0
    stretches: list[tuple[int, int, str]] = []
    at = head
    for start, size, text in sorted(wanted):
        start = min(max(start + head, at), len(source))
        stop = min(start + size, len(source))
        # A patch stands beside a line's end, never in the middle of CR LF.
        if b"\r" in source[start - 1 : start] or b"\r" in source[stop - 1 : stop]:
            continue
        if stretches and stretches[-1][1] == len(source):
            continue
        stretches.append((start, stop, text))
        at = stop + 1
    expected = patched(source, stretches).replace(b"\r\n", b"\n")
    root = tmp_path_factory.mktemp("patch")
    (root / "a.txt").write_bytes(source)
    ops = patch_edits("a.txt", source, stretches)
    if not ops:
        return
    with Heaven.open(root) as heaven:
        staged = stage(EditIR(ops), root, symbols=heaven, blobs=heaven)
    after = staged.files[0].after if staged.files else source
    assert after is not None
    # Whether the last line has an ending is the file's, not the patch's.
    assert after.replace(b"\r\n", b"\n").rstrip(b"\n") == expected.rstrip(b"\n")


def test_a_bracket_behind_the_last_byte_of_a_file_without_a_last_line_end() -> None:
    (op,) = patch_edits("a.py", b"x\nf()", [(2, 2, "g("), (5, 5, ")")])
    assert (op.lines, op.content) == ((2, 2), "g(f())")
