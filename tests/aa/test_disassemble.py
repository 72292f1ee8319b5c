"""What is printed assembles back to the same bytes, whatever the module is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from genesis_ssmp.aa.assemble import assemble
from genesis_ssmp.aa.decode import BadModule, decode
from genesis_ssmp.aa.disassemble import disassemble
from genesis_ssmp.aa.encode import encode
from genesis_ssmp.aa.module import Module
from genesis_ssmp.aa.opcodes import Op
from genesis_ssmp.aa.verify import verify
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.modules import Builder, any_modules, long_module, modules
from kit.mutations import mutants
from kit.programs import examples

TEXT = """\
.format 1
.language isa
.mode SOLO
.output medium
.budget 8000
.source 0000000000000000000000000000000000000000000000000000000000000000

.line 2  ; BASE_REV HEAD
 0  REV "HEAD"
.line 3
 1  LEASE file "src/größe.py"
 2  ACQUIRE
.line 5
 3  ENTER "start"
 4    MACRO "RENAME_SYMBOL" {new="Hello", old="Greet"}
 5    OUTPUT medium edit_ir
 6    EMIT
.line 300 "std.rename"
 7    ENTER "std.rename"
 8      RUN test ""
 9    LEAVE
      .on_fail ESCALATE
.line 7
10  LEAVE
    .on_fail RETRY 2
    .on_fail HALT
11  HALT
"""


def test_a_listing_reads_like_this() -> None:
    module = assemble(TEXT)
    assert verify(module) == ()
    assert disassemble(module, {"": ("ISA_VERSION 0", "BASE_REV HEAD")}) == TEXT


@settings(max_examples=examples(80), deadline=None)
@given(modules())
def test_a_listing_assembles_to_the_same_bytes(module: Module) -> None:
    text = disassemble(module)
    assert ".const" not in text
    assert encode(assemble(text)) == encode(module)


@settings(max_examples=examples(80), deadline=None)
@given(any_modules())
def test_so_does_that_of_a_module_that_the_verifier_would_refuse(module: Module) -> None:
    assert encode(assemble(disassemble(module))) == encode(module)


@settings(max_examples=examples(15), deadline=None)
@given(modules(), st.integers(0, 10**9))
def test_so_does_that_of_a_mutant(module: Module, seed: int) -> None:
    for data in mutants(module, range(seed, seed + 12)):
        try:
            mutant = decode(data)
        except BadModule:
            continue
        assert encode(assemble(disassemble(mutant))) == data


def test_a_listing_hides_nothing_from_a_terminal() -> None:
    module = assemble('REV "a\\u{202e}b\\u{1b}[31m\\n\\t\\u{2028}"\nHALT\n')
    text = disassemble(module, {"": ("evil \x1b[2J\u202e source",)})
    assert all(char.isprintable() or char == "\n" for char in text)
    assert encode(assemble(text)) == encode(module)


def test_source_lines_are_comments_and_missing_ones_are_left_out() -> None:
    module = assemble(TEXT)
    shown = disassemble(module, {"": ("one", "two ; three"), "std.rename": ("x",)})
    assert ".line 2  ; two ; three\n" in shown
    assert assemble(shown) == module


def test_a_large_module_is_listed_and_read_back() -> None:
    module = long_module(5_000)
    assert assemble(disassemble(module)) == module


def test_an_empty_module_has_a_listing() -> None:
    module = replace(long_module(1), code=(), lines=(), handlers=(), constants=())
    assert encode(assemble(disassemble(module))) == encode(module)


@pytest.mark.parametrize("label", [":", "=", "{", "}", ",", "#", "1", ".line"])
def test_a_text_that_looks_like_punctuation_is_still_a_text(label: str) -> None:
    builder = Builder()
    builder.head()
    enter = builder.emit(Op.ENTER, builder.pool.text(label))
    builder.macro("RENAME_SYMBOL", {label: label, "old": ":"})
    builder.leave(enter)
    builder.emit(Op.HALT)
    module = builder.module()
    assert assemble(disassemble(module)) == module
