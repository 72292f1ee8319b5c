"""One table says what an opcode is, and everything else reads it."""

from __future__ import annotations

from genesis_ssmp.aa.opcodes import CHOICES, OPCODES, Kind, Op, Syscall
from genesis_ssmp.aa.opsets import CAN_FAIL, EFFECTS, OpSet
from genesis_ssmp.aa.reference import render_bytecode
from genesis_ssmp.aa.verify_operands import BOUNDS, MAY_BE_EMPTY


def test_every_opcode_has_one_row_and_fits_in_a_byte() -> None:
    assert set(OPCODES) == set(Op)
    assert all(0 <= op <= 0xFF for op in Op)
    assert all(spec.op is op for op, spec in OPCODES.items())


def test_operands_are_named_once_and_choices_have_words() -> None:
    for spec in OPCODES.values():
        names = [operand.name for operand in spec.operands]
        assert len(set(names)) == len(names)
    assert set(CHOICES) == set(Kind) - {Kind.TEXT, Kind.RECORD, Kind.INT}
    assert all(len(set(words)) == len(words) for words in CHOICES.values())


def test_every_row_says_what_it_does() -> None:
    assert all(spec.doc.endswith(".") for spec in OPCODES.values())


def test_every_effect_of_an_instruction_is_a_syscall_of_the_table() -> None:
    made = {spec.syscall for spec in OPCODES.values()} - {None}
    parts = {Syscall.VALIDATE, Syscall.ROLLBACK, Syscall.ESCALATE}
    assert made == set(Syscall) - parts, "of ANGEL, and of handlers"


def test_bounds_are_about_operands_that_exist() -> None:
    known = {(op, operand.name) for op, spec in OPCODES.items() for operand in spec.operands}
    assert set(BOUNDS) <= known
    assert known >= MAY_BE_EMPTY


def test_sets_of_opcodes_find_their_members_and_nothing_else() -> None:
    every = bytes(sorted(Op))
    for ops, members in (
        (CAN_FAIL, {op for op, spec in OPCODES.items() if spec.can_fail}),
        (EFFECTS, {op for op, spec in OPCODES.items() if spec.syscall}),
        (OpSet(Op), set(Op)),
    ):
        assert [every[pc] for pc in ops.pcs(every)] == sorted(members)
        assert {op for op in Op if op in ops} == members
    assert list(OpSet((Op.HALT,)).pcs(bytes([Op.HALT] * 5), 1, 3)) == [1, 2]


def test_the_reference_names_every_opcode_operand_kind_and_choice() -> None:
    page = render_bytecode()
    for op, spec in OPCODES.items():
        assert f"| `{op:#04x}` | `{op.name}` |" in page
        assert spec.doc in page
    for kind in Kind:
        assert f"| `{kind.value}` |" in page
    for words in CHOICES.values():
        assert all(f"`{word}`" in page for word in words)
