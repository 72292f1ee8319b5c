"""Symbols through Heaven's own index, as a run finds them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.proto.edit_ir import EditIR, EditOp, OpName
from genesis_ssmp.proto.pf import Excerpt
from genesis_ssmp.runtime.edits import EditRefused, Staged, fill_hashes, land, stage
from kit.heaven import HeavenHome

CODE = (
    b"import os\r\n\r\n"
    b"@decorated(\r\n    by='f',\r\n)\r\n"
    b"class C:\r\n"
    b"    @property\r\n    def f(self):\r\n        def f(): ...\r\n        return f\r\n\r\n"
    b"    async def g(self): pass\r\n\r\n\r\n"
    b"def f():\r\n    '''\r\n    f\r\n    '''\r\n    # the last line"
)


@pytest.fixture
def heaven(tmp_path: Path) -> Iterator[Heaven]:
    (tmp_path / "c.py").write_bytes(CODE)
    (tmp_path / "bom.py").write_bytes(b"\xef\xbb\xbfdef top(): pass\n")
    with HeavenHome(tmp_path) as home:
        home.heaven.build_index()
        yield home.heaven


def staged(heaven: Heaven, name: OpName, symbol: str, path: str = "c.py") -> Staged:
    data = (heaven.root / path).read_bytes()
    shown = Excerpt(path, heaven.put_blob(data), 1, data.count(b"\n") + 1, "")
    op = EditOp(name, path, symbol=symbol, content="X")
    edit = fill_hashes(EditIR((op,)), [shown], heaven)
    return stage(edit, heaven.root, symbols=heaven, blobs=heaven)


@pytest.mark.parametrize(
    ("name", "symbol", "old", "new"),
    [
        ("insert_before_symbol", "C", b"@decorated", b"X\r\n@decorated"),
        ("insert_after_symbol", "C", b"self): pass\r\n", b"self): pass\r\nX\r\n"),
        ("insert_before_symbol", "C.f", b"    @property", b"X\r\n    @property"),
        ("insert_after_symbol", "C.f", b"return f\r\n", b"return f\r\nX\r\n"),
        ("insert_after_symbol", "C.g", b"self): pass\r\n", b"self): pass\r\nX\r\n"),
        ("insert_before_symbol", "c.py::f", b"def f():\r\n    '", b"X\r\ndef f():\r\n    '"),
    ],
)
def test_insertion_beside_a_definition(
    heaven: Heaven, name: OpName, symbol: str, old: bytes, new: bytes
) -> None:
    (change,) = staged(heaven, name, symbol).files
    assert CODE.count(old) == 1
    assert change.after == CODE.replace(old, new)


def test_trap_bare_name_with_several_definitions_is_refused_with_candidates(
    heaven: Heaven,
) -> None:
    with pytest.raises(EditRefused) as caught:
        staged(heaven, "insert_after_symbol", "f")
    assert caught.value.code == "symbol_ambiguous"
    assert len(caught.value.candidates) >= 2
    with pytest.raises(EditRefused) as caught:
        staged(heaven, "insert_after_symbol", "top")
    assert caught.value.candidates == ("bom.py::top (function, line 1)",)


def test_symbol_of_another_file_is_not_looked_for_in_this_one(heaven: Heaven) -> None:
    """Where both files are the same, its position would fit."""
    (heaven.root / "twin.py").write_bytes(CODE)
    with pytest.raises(EditRefused) as caught:
        staged(heaven, "insert_after_symbol", "twin.py::C")
    assert caught.value.code == "symbol_unknown"
    assert caught.value.candidates == ("twin.py::C (class, line 6)",)


def test_definition_in_the_first_line_after_a_byte_order_mark(heaven: Heaven) -> None:
    (change,) = staged(heaven, "insert_before_symbol", "top", "bom.py").files
    assert change.after == b"\xef\xbb\xbfX\ndef top(): pass\n"


def test_second_edit_sees_the_file_that_the_first_one_landed(heaven: Heaven) -> None:
    """The index answers by content: nothing has to be built again in between."""
    for _ in range(2):
        land(staged(heaven, "insert_before_symbol", "C"), heaven, run="r", owner_id=None)
    data = (heaven.root / "c.py").read_bytes()
    assert data == CODE.replace(b"@decorated", b"X\r\nX\r\n@decorated")
