"""Macro opcodes: which there are, how they are called, what is nearly one."""

from __future__ import annotations

from typing import get_type_hints

import pytest
from genesis_ssmp.aa.lowered import Macro
from genesis_ssmp.aa.macros import SIGNATURES, Signature, near_miss
from genesis_ssmp.proto.angel_response import MacroOp
from kit.samples import codes, compile_text

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"


FIELDS = set(get_type_hints(MacroOp)) - {"kind"}


def test_usage_shows_what_is_needed_and_what_may_be_given() -> None:
    assert SIGNATURES["RENAME_SYMBOL"].usage() == (
        "RENAME_SYMBOL old new [in PATH] [kind KIND] [unsure leave|include] [text leave|include]"
    )


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_every_example_compiles_to_a_macro(signature: Signature) -> None:
    compiled = compile_text(f"{HEAD}OP {signature.example}\n")
    assert codes(compiled) == []
    assert compiled.unit is not None
    macro = compiled.unit.sections[0].body[0]
    assert isinstance(macro, Macro) and macro.name == signature.name


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_every_parameter_has_a_field_of_an_angels_macro_op_of_its_own(
    signature: Signature,
) -> None:
    fields = [one.field for one in signature.parameters]
    assert len(set(fields)) == len(fields) and set(fields) <= FIELDS


@pytest.mark.parametrize("name", [s.name for s in SIGNATURES.values() if s.suffixes])
def test_a_file_of_another_language_is_an_error_and_never_words_for_an_angel(name: str) -> None:
    first = "src/a.rs" if SIGNATURES[name].positional[0] == "path" else "src/a.rs::f"
    given = " ".join([first, *["b"] * (len(SIGNATURES[name].positional) - 1)])
    assert codes(compile_text(f"{HEAD}OP {name} {given}\n")) == ["AA0214"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("RENAME_SYMBL", "RENAME_SYMBOL"),
        ("RENAMESYMBOL", None),
        ("RENAME_SYMBOL", None),
        ("Rename_symbol", None),
        ("NOT_EVEN_CLOSE", None),
        ("INSERT_IMPORTS", "INSERT_IMPORT"),
    ],
)
def test_a_near_miss_is_a_word_in_capitals_close_to_an_opcode(word: str, meant: str | None) -> None:
    assert near_miss(word) == meant


def test_a_near_miss_compiles_as_words_with_a_warning() -> None:
    compiled = compile_text(f"{HEAD}OP RENAME_SYMBL a b\n")
    assert codes(compiled) == ["AA0220"]
    assert compiled.diagnostics[0].span.length == len("RENAME_SYMBL")
    assert compiled.module is not None


def test_arguments_are_sorted_by_name_whatever_their_order() -> None:
    one = compile_text(f"{HEAD}OP RENAME_SYMBOL a b in src kind class\n")
    other = compile_text(f"{HEAD}OP RENAME_SYMBOL a b kind class in ./src/\n")
    assert one.unit is not None and other.unit is not None
    macro = one.unit.sections[0].body[0]
    assert isinstance(macro, Macro)
    assert macro.args == (("in", "src"), ("kind", "class"), ("new", "b"), ("old", "a"))
    assert one.module is not None and other.module is not None
    assert one.module.code == other.module.code


def test_the_new_name_may_stand_behind_the_same_class_and_keywords_may_be_capitals() -> None:
    for call in ("C.a C.b", "x.py::C.a C.b", "x.py::C.a x.py::C.b UNSURE include"):
        assert codes(compile_text(f"{HEAD}OP RENAME_SYMBOL {call}\n")) == []


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("RENAME_SYMBOL", "AA0215"),
        ("RENAME_SYMBOL a", "AA0215"),
        ("RENAME_SYMBOL a b c", "AA0215"),
        ("RENAME_SYMBOL a b in", "AA0215"),
        ("RENAME_SYMBOL a b in x in y", "AA0215"),
        ("RENAME_SYMBOL a b of x", "AA0215"),
        ("RENAME_SYMBOL a a", "AA0216"),
        ("RENAME_SYMBOL C.a a", "AA0216"),
        ("RENAME_SYMBOL a C.b", "AA0216"),
        ("RENAME_SYMBOL a 1b", "AA0216"),
        ("RENAME_SYMBOL a b kind Class", "AA0216"),
        ("RENAME_SYMBOL a b in ../x", "AA0210"),
        ("RENAME_SYMBOL ::a b", "AA0213"),
        ("RENAME_SYMBOL C.a D.b", "AA0216"),
        ("RENAME_SYMBOL C.a C.a", "AA0216"),
        ("RENAME_SYMBOL a b unsure maybe", "AA0216"),
        ("ADD_PARAM f 1x", "AA0216"),
        ("ADD_PARAM f x position first", "AA0211"),
        ("ADD_PARAM f x position -1", "AA0212"),
        ('ADD_PARAM f x default ""', "AA0216"),
        ("REPLACE_SPAN a.py 0 1 x", "AA0212"),
        ("REPLACE_SPAN a.py 3 2 x", "AA0216"),
        ("INSERT_IMPORT ../a.py os", "AA0210"),
        ('RENAME_SYMBOL "a c" b', "AA0213"),
    ],
)
def test_a_wrong_call_is_reported_once(call: str, code: str) -> None:
    assert codes(compile_text(f"{HEAD}OP {call}\n")) == [code]
