"""Macro opcodes: which there are, how they are called, what is nearly one."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.lowered import Macro
from genesis_ssmp.aa.macros import SIGNATURES, near_miss
from kit.samples import codes, compile_text

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"


def test_only_rename_has_an_expansion_and_the_others_are_reserved() -> None:
    assert [s.name for s in SIGNATURES.values() if s.implemented] == ["RENAME_SYMBOL"]
    assert SIGNATURES["RENAME_SYMBOL"].usage() == "RENAME_SYMBOL old new [in PATH] [kind KIND]"


@pytest.mark.parametrize("name", [s.name for s in SIGNATURES.values() if not s.implemented])
def test_a_reserved_opcode_is_an_error_and_never_words_for_an_angel(name: str) -> None:
    assert codes(compile_text(f"{HEAD}OP {name} a b\n")) == ["AA0214"]


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
        ('RENAME_SYMBOL "a c" b', "AA0213"),
    ],
)
def test_a_wrong_call_is_reported_once(call: str, code: str) -> None:
    assert codes(compile_text(f"{HEAD}OP {call}\n")) == [code]
