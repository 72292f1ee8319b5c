"""Assembly text written by people: everything optional is optional, every mistake is reported."""

from __future__ import annotations

import hashlib

import pytest
from genesis_ssmp.aa.assemble import AssemblyErrors, assemble
from genesis_ssmp.aa.catalogue.bytecode import CODES
from genesis_ssmp.aa.diagnostic import Diagnostic
from genesis_ssmp.aa.module import Handler, Line
from genesis_ssmp.aa.opcodes import Action, Op
from genesis_ssmp.aa.span import Span
from genesis_ssmp.aa.verify import verify
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.programs import examples

HEAD = 'REV "HEAD"\nLEASE directory "."\nACQUIRE\n'


def mistakes(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(AssemblyErrors) as caught:
        assemble(text)
    return caught.value.diagnostics


def test_nothing_but_code_is_needed() -> None:
    text = 'REV "HEAD"   ; the revision\r\n\n  ; a comment\n\tHALT\n'
    module = assemble(text)
    assert (module.language, module.mode, module.output_mode) == ("aa", "SOLO", "medium")
    assert module.budget == 8000
    assert module.source_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert [instruction.op for instruction in module.code] == [Op.REV, Op.HALT]
    assert module.constants == ("HEAD", "")


def test_an_instruction_comes_from_its_own_line_unless_said() -> None:
    module = assemble('REV "HEAD"\n\n.line 40 "m"\nNOP\nNOP\n.line 7\nHALT\n')
    files = [(module.constants[line.file], line.line) for line in module.lines]
    assert files == [("", 1), ("m", 40), ("m", 40), ("", 7)]


def test_pcs_may_be_written_and_labels_name_them() -> None:
    text = HEAD + '3 outer: ENTER "a"\ninner:\nENTER "b"\n5 end: LEAVE\nlast: LEAVE\nHALT\n'
    module = assemble(text + ".handler inner end RETRY 2\n.handler outer last HALT\n")
    assert module.handlers == (
        Handler(4, 5, Action.RETRY, 2),
        Handler(3, 6, Action.HALT, 0),
    )
    by_pc = assemble(text + ".handler 4 5 RETRY 2\n.handler 3 6 HALT\n")
    assert module.handlers == by_pc.handlers


def test_on_fail_speaks_for_the_section_that_ended() -> None:
    text = (
        'ENTER "a"\nENTER "b"\nLEAVE\n.on_fail RETRY 2\n.on_fail ESCALATE\nLEAVE\n.on_fail HALT\n'
    )
    handlers = assemble(HEAD + text + "HALT\n").handlers
    assert [(h.enter, h.leave, h.action.name) for h in handlers] == [
        (4, 5, "RETRY"),
        (4, 5, "ESCALATE"),
        (3, 6, "HALT"),
    ]


def test_constants_are_interned_in_the_order_of_use() -> None:
    module = assemble(HEAD + 'MACRO "M" {b="1", a="."}\nHALT\n')
    assert module.constants == ("HEAD", "", ".", "M", "a", "b", "1", ((4, 2), (5, 6)))


def test_escapes_are_read() -> None:
    module = assemble('REV "\\"\\\\\\n\\t\\r\\u{e9}\\u{1F600};{}"\nHALT\n')
    assert module.constants[0] == '"\\\n\t\ré😀;{}'


def test_every_mistake_of_a_text_is_reported_at_its_line() -> None:
    text = "\n".join(
        (
            'REVV "x"',
            'LEASE place "x"',
            ".on_fail RETRY",
            '"',
            "7 HALT",
            "HALT 4",
            ".handler here there RETRY 3",
            "x:",
            "x:",
            ".langage aa",
            ".budget 99999999999999999999",
            'REV "\\q"',
            'REV "\\u{d800}"',
            'FAULT_CALLERS "s" many',
            'MACRO "M" {a="1" b="2"}',
            'MACRO "M" {a="1", a="2"}',
            "REV @4",
            "\x00",
            "12",
            ".mode ALONE",
            ".mode",
        )
    )
    found = mistakes(text)
    lines = [diagnostic.span.line for diagnostic in found]
    assert sorted(set(lines)) == [n for n in range(1, 22) if n != 8]
    assert all(diagnostic.severity == "error" for diagnostic in found)
    assert {diagnostic.code for diagnostic in found} == {f"AA062{n}" for n in range(10)}


def test_a_mistake_has_its_place_and_a_hint() -> None:
    (found,) = mistakes(HEAD + '  FAULT_SYMDEF "Eval" sumary\nHALT\n')
    assert found.span == Span(4, 23, 6)
    assert found.hint == "did you mean summary?"
    (found,) = mistakes("ACQUIRED\nHALT\n")
    assert found.hint == "did you mean ACQUIRE?"


def test_a_wrong_instruction_does_not_shift_the_pcs_behind_it() -> None:
    assert len(mistakes('0 REV "HEAD"\n1 OOPS\n2 NOP\n3 HALT\n')) == 1


def test_the_file_of_a_mistake_is_the_one_that_was_named() -> None:
    with pytest.raises(AssemblyErrors) as caught:
        assemble("LAND\n", file="x.aasm")
    assert caught.value.diagnostics[0].file == "x.aasm"


@settings(max_examples=examples(80), deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                (
                    *(op.name for op in Op),
                    *('"a"', '"', "{", "}", "=", ",", "@0", "#1", "3", "a:", ":", "\n", "\n"),
                    *(".const", ".line", ".on_fail", ".handler", "RETRY", "medium", "test"),
                )
            ),
            max_size=30,
        ).map(" ".join),
    )
)
def test_any_text_is_a_module_or_mistakes(text: str) -> None:
    try:
        module = assemble(text)
    except AssemblyErrors as errors:
        assert errors.diagnostics
        return
    verify(module)


@pytest.mark.parametrize("code", [c.code for c in CODES if c.failing])
def test_the_examples_of_a_code_show_it(code: str) -> None:
    entry = next(c for c in CODES if c.code == code)
    assert code in {diagnostic.code for diagnostic in judged(entry.failing)}
    assert judged(entry.fixed) == ()
    assert entry.language == "aasm"


def judged(text: str) -> tuple[Diagnostic, ...]:
    try:
        return verify(assemble(text))
    except AssemblyErrors as errors:
        return errors.diagnostics


def test_a_line_of_its_own_is_a_place() -> None:
    assert assemble("HALT\n").lines == (Line(0, 1),)
