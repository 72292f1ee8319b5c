"""Typed parameters: what each type takes, and where a value that is not of it is told."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.param_types import TYPES, problem
from kit.samples import codes, compile_text
from syrupy.assertion import SnapshotAssertion

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
GOOD = {
    "symbol": ["f", "Class.method", "src/a.py::Class.method", "$x", "größe"],
    "path": ["a.py", "./src", ".", "src/a b.py".replace(" ", "-")],
    "int": ["0", "12", "-3"],
    "text": ["words and more", "x"],
}
BAD = {
    "symbol": ["", "a b", "a-b", "a.", "::f", "../x.py::f", "f()", "1st"],
    "path": ["", "/etc/passwd", "../x", "a\\b", ".git/hooks", "a b"],
    "int": ["", "1.5", "many", "--1", "١", "9" * 31],
    "text": ["", " \n\t"],
}
MODULE = {"./m.isa": "ISA_VERSION 0\nPARAM new:symbol\nPARAM n:int 3\nOP Add ${new} ${n}\n"}
PROGRAMS = {
    "unknown type": ("PARAM a:sybmol x\nOP Do ${a}\n", {}),
    "no type": ("PARAM a: x\nOP Do ${a}\n", {}),
    "default": ("PARAM a:int many\nOP Do ${a}\n", {}),
    "default out of another": ("PARAM a many\nPARAM b:int ${a}\nOP Do ${b}\n", {}),
    "from outside": ("PARAM a:path\nOP Do ${a}\n", {"a": "/etc/passwd"}),
    "argument": ('USE ./m.isa new="not a name" n=many\n', {}),
    "argument out of a parameter": ("PARAM x a-b\nUSE ./m.isa new=${x}\n", {}),
}


@pytest.mark.parametrize("name", TYPES)
def test_a_type_takes_its_values_and_no_other(name: str) -> None:
    assert [value for value in GOOD[name] if problem(name, value) is not None] == []
    assert [value for value in BAD[name] if problem(name, value) is None] == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_value_that_is_not_of_its_type_is_told_where_it_is_given(
    name: str, snapshot: SnapshotAssertion
) -> None:
    text, params = PROGRAMS[name]
    compiled = compile_text(HEAD + text, params=params, modules=MODULE)
    assert compiled.module is None
    told = [
        f"{one.code} {one.file or 'program'}:{one.span.line}:{one.span.column}+{one.span.length} "
        f"{one.message}" + (f" ({one.hint})" if one.hint else "")
        for one in compiled.diagnostics
    ]
    assert "\n".join(told) == snapshot


def test_a_value_of_its_type_compiles_and_a_parameter_without_one_takes_any() -> None:
    text = HEAD + "PARAM a:path\nPARAM b\nUSE ./m.isa new=f n=4\nNEED slice ${a} 1 2\nOP Do ${b}\n"
    compiled = compile_text(text, params={"a": "src/x.py", "b": "a - b"}, modules=MODULE)
    assert codes(compiled) == []


def test_a_wrong_default_of_a_module_is_told_once_however_often_it_is_used() -> None:
    module = {"./m.isa": "ISA_VERSION 0\nPARAM n:int many\nOP Add ${n}\n"}
    text = HEAD + "USE ./m.isa\nUSE ./m.isa\nUSE ./m.isa n=3\n"
    assert codes(compile_text(text, modules=module)) == ["AA0313"]


def test_aa_has_types_too() -> None:
    text = "PARAM a:int x\nBASE_REV HEAD\nLEASE file:a\nDO Add ${a}\nRETURN edit_ir\n"
    assert codes(compile_text(text, "aa")) == ["AA0313"]
