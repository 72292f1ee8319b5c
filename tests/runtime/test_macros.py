"""Macro ops of an angel's answer, by the fields that the table names."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.aa.macros import SIGNATURES
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.proto.angel_response import MacroOp
from genesis_ssmp.runtime.edits import stage
from genesis_ssmp.runtime.macros import arguments, expand_ops


def test_the_seeds_fields_become_the_opcodes_arguments() -> None:
    op = MacroOp("ADD_PARAM", func_name="f", param_name="p", param_type="int", position=0)
    assert arguments(op) == {"func": "f", "param": "p", "type": "int", "position": "0"}
    op = MacroOp("REPLACE_SPAN", path="a", start_line=1, end_line=2, content="x")
    assert arguments(op) == {"path": "a", "start": "1", "end": "2", "content": "x"}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_lacking_field_is_named(name: str) -> None:
    found = arguments(MacroOp(name))
    assert isinstance(found, str) and SIGNATURES[name].parameters[0].field in found


def test_a_field_that_the_opcode_does_not_take_is_named() -> None:
    found = arguments(MacroOp("INSERT_IMPORT", path="a.py", import_spec="os", case_name="x"))
    assert found == "macro op INSERT_IMPORT does not take case_name"


def test_several_ops_are_one_batch_and_a_refusal_lists_candidates(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(): pass\n\n\n\n\n\n\n\nf()\n")
    (tmp_path / "b.py").write_text("x = 1\nclass A:\n    def f(self): pass\n")
    ops = [
        MacroOp("RENAME_SYMBOL", old_name="a.py::f", new_name="g"),
        MacroOp("INSERT_IMPORT", path="b.py", import_spec="import os"),
    ]
    with Heaven.open(tmp_path) as heaven:
        batch = expand_ops(heaven, ops)
        assert not isinstance(batch, str)
        staged = stage(batch.edit, tmp_path, symbols=heaven, blobs=heaven)
        assert staged.paths == ("a.py", "b.py")
        said = expand_ops(heaven, [MacroOp("RENAME_SYMBOL", old_name="f", new_name="g")])
        assert isinstance(said, str) and "a.py:1 f" in said and "b.py:3 A.f" in said
        unknown = expand_ops(heaven, [MacroOp("NOTHING")])
        assert isinstance(unknown, str) and "RENAME_SYMBOL" in unknown
        assert isinstance(expand_ops(heaven, []), str)
