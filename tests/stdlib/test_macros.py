"""The table of macro ops and the modules of the standard library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from genesis_ssmp.aa.macros import SIGNATURES
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.isa.parse import parse
from genesis_ssmp.stdlib import MACROS, MacroRefused, load, names


def test_every_opcode_has_an_expansion_and_nothing_else_has() -> None:
    assert set(MACROS) == set(SIGNATURES)


def test_every_expansion_is_there(tmp_path: Path) -> None:
    with Heaven.open(tmp_path) as heaven:
        for name in MACROS:
            with pytest.raises(MacroRefused):
                MACROS[name]({}, heaven)


def test_every_module_parses_and_is_called_by_its_own_name() -> None:
    assert "std.rename" in names()
    for name in names():
        source = load(name)
        assert source is not None and source.name == name
        assert parse(source).diagnostics == ()


def test_a_name_that_is_no_module_is_none_and_reaches_no_other_file() -> None:
    for name in ("std.nope", "rename", "std.../aa/macros", "std./etc/passwd", "", "std."):
        assert load(name) is None


def test_importing_the_library_loads_no_parser_and_no_database() -> None:
    code = (
        "import genesis_ssmp.stdlib, sys; "
        "print([m for m in ('tree_sitter', 'pydantic', 'sqlite3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
