"""PARAM and ${name}: values go into words and texts, and can become nothing else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from genesis_ssmp.aa.expand import Expanded, escaped, expand
from genesis_ssmp.aa.parse import parse
from genesis_ssmp.aa.pipeline import emit
from genesis_ssmp.aa.source import Source
from genesis_ssmp.isa.compile import emit as emit_isa
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.samples import PROGRAMS, codes, compile_sample, compile_text
from syrupy.assertion import SnapshotAssertion

AA = "BASE_REV HEAD\nLEASE directory:src\n"
TAIL = "RETURN edit_ir\n"


def expanded(text: str, **params: str) -> Expanded:
    return expand(parse(Source("program.aa", text)).program, params)


@pytest.mark.parametrize("name", PROGRAMS)
def test_expanded(name: str, snapshot: SnapshotAssertion) -> None:
    assert emit_isa(compile_sample(name), "expanded") == snapshot


def test_a_value_replaces_every_reference_in_words_and_texts() -> None:
    text = f"PARAM f one\n{AA}NEED symdef ${{f}}\nDO Mend ${{f}}, then ${{f}}s\n{TAIL}"
    compiled = compile_text(text, "aa")
    assert "NEED symdef one\nDO Mend one, then ones\n" in emit(compiled, "expanded")


def test_a_value_from_outside_wins_over_the_default() -> None:
    text = f"PARAM f one\n{AA}DO Mend ${{f}}\n{TAIL}"
    compiled = compile_text(text, "aa", params={"f": "two"})
    assert "DO Mend two" in emit(compiled, "expanded")


def test_a_default_may_use_parameters_above_it_and_none_below() -> None:
    good = f"PARAM a x\nPARAM b ${{a}}/y\n{AA}DO ${{b}}\n{TAIL}"
    assert "DO x/y" in emit(compile_text(good, "aa"), "expanded")
    bad = f"PARAM b ${{a}}/y\nPARAM a x\n{AA}DO ${{a}} ${{b}}\n{TAIL}"
    assert codes(compile_text(bad, "aa")) == ["AA0301"]


def test_a_parameter_that_only_an_overridden_default_uses_is_used() -> None:
    text = f"PARAM a x\nPARAM b ${{a}}/y\n{AA}DO ${{b}}\n{TAIL}"
    assert codes(compile_text(text, "aa", params={"b": "z"})) == []


def test_two_dollars_are_a_literal_reference() -> None:
    compiled = compile_text(f"{AA}DO Print $${{HOME}} for $5\n{TAIL}", "aa")
    assert codes(compiled) == []
    assert compiled.unit is not None
    assert "Print ${HOME} for $5" in repr(compiled.unit.sections[0].body[0])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{AA}DO ${{who}}\n{TAIL}", "AA0301"),
        (f"PARAM a 1\nPARAM a 2\n{AA}DO ${{a}}\n{TAIL}", "AA0302"),
        (f"PARAM a\n{AA}DO ${{a}}\n{TAIL}", "AA0304"),
        (f"PARAM a 1\n{AA}DO x\n{TAIL}", "AA0305"),
        (f"{AA}DO ${{open\n{TAIL}", "AA0307"),
        (f"{AA}DO ${{}}\n{TAIL}", "AA0307"),
        (f"{AA}DO ${{a:-b}}\n{TAIL}", "AA0307"),
        (f'PARAM a "x y"\n{AA}NEED symdef ${{a}}\nDO x\n{TAIL}', "AA0308"),
        (f'PARAM a ""\n{AA}NEED symdef ${{a}}\nDO x\n{TAIL}', "AA0308"),
        (f'PARAM a "\\""\n{AA}NEED symdef ${{a}}\nDO x\n{TAIL}', "AA0308"),
        (f"PARAM a RENAME_SYMBOL\n{AA}DO ${{a}} x y\n{TAIL}", "AA0310"),
        (f'PARAM a ""\n{AA}DO ${{a}}\n{TAIL}', "AA0218"),
    ],
)
def test_each_mistake_is_reported_once(text: str, code: str) -> None:
    assert codes(compile_text(text, "aa")) == [code]


def test_a_missing_value_is_not_judged_a_second_time_where_it_would_stand() -> None:
    text = f"PARAM n\n{AA}NEED callers f ${{n}}\nNEED slice ${{n}} ${{n}} 1\nDO x\nRETURN ${{n}}\n"
    assert codes(compile_text(text, "aa")) == ["AA0304"]


def test_the_caret_stands_under_the_reference() -> None:
    (found,) = compile_text(f"{AA}DO Mend the ${{flie}}\n{TAIL}", "aa").diagnostics
    assert (found.span.line, found.span.column, found.span.length) == (3, 13, 7)


def test_an_unknown_parameter_from_outside_says_what_was_meant() -> None:
    compiled = compile_text(f"PARAM file a\n{AA}DO ${{file}}\n{TAIL}", "aa", params={"fiel": "b"})
    assert codes(compiled) == ["AA0306"]
    assert compiled.diagnostics[0].hint == "did you mean file?"


@pytest.mark.parametrize("value", ["a\0b", "\x1b[31m", "\u202eabc", "\ud800"])
def test_a_value_from_outside_holds_what_a_program_may_hold(value: str) -> None:
    compiled = compile_text(f"PARAM a x\n{AA}DO ${{a}}\n{TAIL}", "aa", params={"a": value})
    assert codes(compiled) == ["AA0309"]


@pytest.mark.parametrize(
    "value", ["x\nRETURN macro_ops", "x # no comment", '"""', "${b}", "$${b}", "RUN test", "\\n"]
)
def test_a_value_never_becomes_a_directive_a_comment_or_another_reference(value: str) -> None:
    text = f"PARAM a x\nPARAM b y\n{AA}DO Say: ${{a}} ${{b}}\n{TAIL}"
    result = expanded(text, a=value)
    assert [type(d).__name__ for d in result.program.directives] == [
        "BaseRev",
        "Lease",
        "Do",
        "Return",
    ]
    assert f"Say: {value} y" in [
        d.task.value  # type: ignore[union-attr]
        for d in result.program.directives
        if type(d).__name__ == "Do"
    ]


@settings(deadline=None, max_examples=60)
@given(st.text(st.sampled_from("a ${}x"), max_size=12))
def test_escaping_is_undone_by_expansion(text: str) -> None:
    program = f'{AA}DO "Say {escaped(text)}"\n{TAIL}'
    (task,) = [d for d in expanded(program).program.directives if type(d).__name__ == "Do"]
    assert task.task.value == f"Say {text}"  # type: ignore[union-attr]


def bomb(levels: int) -> str:
    """Each parameter is ten times the one above it."""
    names = [f"p{level}" for level in range(levels + 1)]
    lines = [f"PARAM {names[0]} {'x' * 10}\n"]
    lines += [f"PARAM {name} {f'${{{above}}}' * 10}\n" for above, name in pairwise(names)]
    return "".join(lines)


def test_defaults_that_multiply_each_other_are_bounded() -> None:
    """Ten lines would be 10**11 characters, if nobody counted."""
    small = compile_text(f"{bomb(4)}{AA}DO ${{p4}}\n{TAIL}", "aa")
    assert codes(small) == []
    large = compile_text(f"{bomb(10)}{AA}DO ${{p10}}\nDO ${{p9}}\n{TAIL}", "aa")
    assert codes(large) == ["AA0311"]
    assert large.module is None


def test_arguments_that_multiply_from_module_to_module_are_bounded() -> None:
    modules = {
        f"./m{n}.isa": f"ISA_VERSION 0\nPARAM a\nUSE ./m{n + 1}.isa a={'${a}' * 50}\n"
        for n in range(6)
    }
    modules["./m6.isa"] = "ISA_VERSION 0\nPARAM a\nOP ${a}\n"
    text = "ISA_VERSION 0\nBASE_REV HEAD\nUSE ./m0.isa a=xx\n"
    compiled = compile_text(text, modules=modules)
    assert codes(compiled) == ["AA0311"]
    assert compiled.diagnostics[0].file == "./m4.isa"
