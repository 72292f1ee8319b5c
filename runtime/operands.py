"""What the operands of an instruction say, in words: for the VM, for messages, for debuggers."""

from __future__ import annotations

from ..aa.module import Instruction, Module
from ..aa.opcodes import CHOICES, OPCODES, Kind
from ..heaven.records import Json


def text_at(module: Module, index: int) -> str:
    """The text constant at `index`."""
    value = module.constants[index]
    assert isinstance(value, str), "the verifier holds operand kinds"
    return value


def record_at(module: Module, index: int) -> dict[str, Json]:
    """The record constant at `index`: texts by name."""
    value = module.constants[index]
    assert not isinstance(value, str), "the verifier holds operand kinds"
    return {text_at(module, name): text_at(module, text) for name, text in value}


def named(module: Module, instruction: Instruction) -> dict[str, Json]:
    """The operands by the names of the opcode table, each as what it means: a text, a record, a
    number, a word (one that the table does not have stays a number)."""
    said: dict[str, Json] = {}
    spec = OPCODES[instruction.op]
    for operand, value in zip(spec.operands, instruction.operands, strict=True):
        if operand.kind is Kind.TEXT:
            said[operand.name] = text_at(module, value)
        elif operand.kind is Kind.RECORD:
            said[operand.name] = record_at(module, value)
        else:
            words = CHOICES.get(operand.kind, ())
            said[operand.name] = words[value] if value < len(words) else value
    return said
