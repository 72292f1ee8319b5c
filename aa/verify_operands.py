"""The verifier's first part: constants and operands are what the opcode table says they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .findings import Findings
from .leb128 import U32_MAX
from .module import Module, Record
from .opcodes import CHOICES, OPCODES, Kind, Op

BOUNDS: Final[dict[tuple[Op, str], tuple[int, int]]] = {
    (Op.FAULT_CALLERS, "top_k"): (1, 1000),
    (Op.FAULT_SEARCH, "top_k"): (1, 1000),
    (Op.FAULT_SLICE, "start_line"): (1, U32_MAX),
    (Op.FAULT_SLICE, "n"): (1, 10_000),
}
"""Numbers that an operand may be, both included, where that is less than 0 to 2**32 - 1."""

MAY_BE_EMPTY: Final = frozenset({(Op.RUN, "selector")})
"""Text operands for which "" means something (here: all of the project's checks)."""

# How one operand is checked: what it is, the first value that is too large for a number or a
# choice, the smallest value, whether a text may be "".
_TEXT, _RECORD, _NUMBER = range(3)
_Check = tuple[int, int, int, bool, str]


def _checks(op: Op) -> tuple[_Check, ...]:
    checks: list[_Check] = []
    for operand in OPCODES[op].operands:
        empty = (op, operand.name) in MAY_BE_EMPTY
        if operand.kind is Kind.TEXT:
            checks.append((_TEXT, 0, 0, empty, operand.name))
        elif operand.kind is Kind.RECORD:
            checks.append((_RECORD, 0, 0, empty, operand.name))
        else:
            default = (0, U32_MAX)
            if operand.kind in CHOICES:
                default = (0, len(CHOICES[operand.kind]) - 1)
            low, high = BOUNDS.get((op, operand.name), default)
            checks.append((_NUMBER, high + 1, low, empty, operand.name))
    return tuple(checks)


_CHECKS: Final = {op: _checks(op) for op in OPCODES}


def check_constants(module: Module, findings: Findings) -> None:
    """Texts hold characters only; records are sorted pairs of texts; nothing is there twice."""
    constants = module.constants
    if len(set(constants)) != len(constants):
        seen: dict[object, int] = {}
        for index, constant in enumerate(constants):
            first = seen.setdefault(constant, index)
            if first != index:
                findings.on("AA0706", f"constant {index} is the same as constant {first}")
    for index, constant in enumerate(constants):
        if isinstance(constant, str):
            if "\0" in constant:
                findings.on("AA0704", f"constant {index} holds a NUL character")
            elif not constant.isascii() and any("\ud800" <= char <= "\udfff" for char in constant):
                findings.on("AA0704", f"constant {index} holds half of a surrogate pair")
        else:
            _check_record(module, index, constant, findings)


def _check_record(module: Module, index: int, record: Record, findings: Findings) -> None:
    constants = module.constants
    before: str | None = None
    for name, value in record:
        for text in (name, value):
            if not (0 <= text < len(constants) and isinstance(constants[text], str)):
                findings.on("AA0705", f"record {index} refers to {text}, which is no text constant")
                return
        found = constants[name]
        assert isinstance(found, str)
        if before is not None and found <= before:
            findings.on("AA0705", f"the names of record {index} are not sorted and unique")
            return
        before = found


def check_operands(module: Module, findings: Findings) -> None:
    """Every operand is in range and of its kind, and the pool is in the order of first use."""
    constants = module.constants
    size = len(constants)
    fresh = 0  # constants before this index have been used
    file_before = -1
    for pc, (instruction, line) in enumerate(zip(module.code, module.lines, strict=True)):
        operands = instruction.operands
        checks = _CHECKS[instruction.op]
        if len(operands) != len(checks):
            findings.at("AA0701", pc, f"{len(operands)} operands where {len(checks)} belong")
            continue
        for value, (what, limit, low, may_be_empty, name) in zip(operands, checks, strict=True):
            if what == _NUMBER:
                if not low <= value < limit:
                    findings.at(
                        "AA0702", pc, f"{name} is {value}, not a number from {low} to {limit - 1}"
                    )
                continue
            if not 0 <= value < size:
                findings.at("AA0701", pc, f"{name} is constant {value} of {size}")
                continue
            constant = constants[value]
            if isinstance(constant, str) is not (what == _TEXT):
                kind = "text" if what == _TEXT else "record"
                findings.at("AA0701", pc, f"{name} is constant {value}, which is no {kind}")
                continue
            if value >= fresh:
                for used in (value,) if isinstance(constant, str) else (*_texts(constant), value):
                    if used > fresh:
                        findings.at("AA0706", pc, f"{name} uses constant {used} before {fresh}")
                    fresh = max(fresh, used + 1)
            if constant == "" and not may_be_empty:
                findings.at("AA0703", pc, f"{name} is empty")
        if line.file == file_before:
            continue
        file_before = line.file
        if not (0 <= line.file < size and isinstance(constants[line.file], str)):
            findings.at("AA0701", pc, f"its file is constant {line.file}, which is no text")
        elif line.file >= fresh:
            if line.file > fresh:
                findings.at("AA0706", pc, f"its file uses constant {line.file} before {fresh}")
            fresh = line.file + 1
        if findings.full:
            return
    if fresh < size:
        findings.on("AA0706", f"constant {fresh} is never used")


def _texts(record: Record) -> Iterator[int]:
    for name, value in record:
        yield name
        yield value
