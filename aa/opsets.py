"""Sets of opcodes, and where in the code their members stand, found at the speed of `re`.

The checks that walk a module ask the same two questions again and again; a million instructions are
answered from their opcode bytes, without a Python step for those that do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from .module import Instruction
from .opcodes import OPCODES, Op, Syscall


class OpSet:
    """A set of opcodes. `pcs(ops)` are the places of its members in opcode bytes."""

    def __init__(self, ops: Iterable[Op]) -> None:
        self._members = bytes(sorted(ops))
        self._pattern: re.Pattern[bytes] | None = None

    def __contains__(self, op: int) -> bool:
        return op in self._members

    def pcs(self, ops: bytes, start: int = 0, end: int | None = None) -> Iterator[int]:
        """Ascending pcs from `start` up to `end` whose opcode is in the set."""
        if self._pattern is None:
            # Not before it is needed: `aac build` is short of milliseconds.
            self._pattern = re.compile(b"[" + re.escape(self._members) + b"]")
        stop = len(ops) if end is None else end
        return (match.start() for match in self._pattern.finditer(ops, start, stop))


def opcode_bytes(code: tuple[Instruction, ...]) -> bytes:
    """The opcodes of all instructions, one byte each: index it with a pc."""
    return bytes([instruction.op for instruction in code])


CAN_FAIL: Final = OpSet(op for op, spec in OPCODES.items() if spec.can_fail)
EFFECTS: Final = OpSet(op for op, spec in OPCODES.items() if spec.syscall is not None)
FAULTS: Final = OpSet(op for op, spec in OPCODES.items() if spec.syscall is Syscall.FAULT)
MARKS: Final = OpSet((Op.ENTER, Op.LEAVE))
HALTS: Final = OpSet((Op.HALT,))
