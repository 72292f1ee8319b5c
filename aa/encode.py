"""Module -> `.aab` bytes.

    magic (4 bytes)  format version  section*  SHA-256 of all bytes before it (32 bytes)

A section is its number, the length of its payload in bytes, the payload; all five stand in this
order. Numbers are LEB128 (leb128.py).

    1 meta       language  mode  output mode  budget  SHA-256 of the source (32 raw bytes)
    2 constants  count, then each: 0 length UTF-8 | 1 pair count, (name index, value index)*
    3 code       count, then each: opcode (1 byte), operands
    4 handlers   count, then each: enter pc, leave pc, action, count
    5 lines      runs until all instructions have a line: length, file index, zigzag difference of
                 the line to the run before (the first: to 0); adjacent runs differ
"""

from __future__ import annotations

import hashlib
from itertools import groupby
from typing import Final

from .format_version import FORMAT_VERSION, MAGIC
from .leb128 import U32_MAX, append, zigzag
from .module import Constant, Handler, Instruction, Line, Module
from .opcodes import CHOICES, OPCODES, Kind

LANGUAGES: Final = ("aa", "isa")
MODES: Final = ("SOLO", "SWARM")
OUTPUT_MODES: Final = CHOICES[Kind.OUTPUT]

META, CONSTANTS, CODE, HANDLERS, LINES = 1, 2, 3, 4, 5
TEXT, RECORD = 0, 1
LINE_MAX: Final = 0x7FFF_FFFF
"""Half of a number's range, so that the difference of two lines fits in one."""

_ARITY: Final = {op: len(spec.operands) for op, spec in OPCODES.items()}


class Unencodable(ValueError):
    """The module has no bytes: a number out of range, a text that is not Unicode, a wrong arity.

    The fault of the code that built the module, never of a user's program.
    """


def encode(module: Module) -> bytes:
    """The bytes of a module: the same for equal modules on any machine.

    Encodes any well-formed module, verified or not. Raises Unencodable.
    """
    out = bytearray(MAGIC)
    append(out, FORMAT_VERSION)
    try:
        for number, payload in (
            (META, _meta(module)),
            (CONSTANTS, _constants(module.constants)),
            (CODE, _code(module.code)),
            (HANDLERS, _handlers(module.handlers)),
            (LINES, _lines(module.lines, len(module.code))),
        ):
            out.append(number)
            append(out, len(payload))
            out += payload
    except (ValueError, KeyError) as error:
        raise Unencodable(str(error)) from error
    return bytes(out) + hashlib.sha256(out).digest()


def _number(out: bytearray, value: int) -> None:
    if 0 <= value <= 0x7F:
        out.append(value)
        return
    if not 0 <= value <= U32_MAX:
        raise ValueError(f"{value} is not a number from 0 to {U32_MAX}")
    append(out, value)


def _meta(module: Module) -> bytearray:
    out = bytearray()
    out.append(LANGUAGES.index(module.language))
    out.append(MODES.index(module.mode))
    out.append(OUTPUT_MODES.index(module.output_mode))
    _number(out, module.budget)
    digest = bytes.fromhex(module.source_sha256)
    if digest.hex() != module.source_sha256 or len(digest) != 32:
        raise ValueError("source_sha256 is not 64 lower-case hexadecimal digits")
    return out + digest


def _constants(constants: tuple[Constant, ...]) -> bytearray:
    out = bytearray()
    _number(out, len(constants))
    for constant in constants:
        if isinstance(constant, str):
            data = constant.encode("utf-8")
            out.append(TEXT)
            _number(out, len(data))
            out += data
        else:
            out.append(RECORD)
            _number(out, len(constant))
            for name, value in constant:
                _number(out, name)
                _number(out, value)
    return out


def _code(code: tuple[Instruction, ...]) -> bytearray:
    out = bytearray()
    _number(out, len(code))
    push = out.append
    for instruction in code:
        op, operands = instruction.op, instruction.operands
        if _ARITY[op] != len(operands):
            raise ValueError(f"{op.name} takes {_ARITY[op]} operands, not {len(operands)}")
        push(op)
        for value in operands:
            if 0 <= value <= 0x7F:
                push(value)
            else:
                _number(out, value)
    return out


def _handlers(handlers: tuple[Handler, ...]) -> bytearray:
    out = bytearray()
    _number(out, len(handlers))
    for handler in handlers:
        _number(out, handler.enter)
        _number(out, handler.leave)
        out.append(handler.action)
        _number(out, handler.count)
    return out


def _lines(lines: tuple[Line, ...], instructions: int) -> bytearray:
    if len(lines) != instructions:
        raise ValueError(f"{instructions} instructions have {len(lines)} lines")
    out = bytearray()
    before = 0
    for line, run in groupby(lines):
        if not 0 <= line.line <= LINE_MAX:
            raise ValueError(f"{line.line} is not a line from 0 to {LINE_MAX}")
        _number(out, sum(1 for _ in run))
        _number(out, line.file)
        _number(out, zigzag(line.line - before))
        before = line.line
    return out
