"""The constant pool in the one order that the verifier accepts.

Every constant stands in the pool once, in the order of first use when the code is walked from pc 0:
for each instruction its operands from left to right, then the file of its line. A record counts as
used after the texts of its pairs (name, value, name, value ...), so it only refers backwards.
"""

from __future__ import annotations

from collections.abc import Iterable

from .module import Constant, Instruction, Line, Module, Record
from .opcodes import OPCODES, Kind


class Pool:
    """Interns constants; ask in the order of use and the pool is in canonical order."""

    def __init__(self) -> None:
        self._index: dict[Constant, int] = {}

    def text(self, value: str) -> int:
        """The index of a text constant, added if it is new."""
        return self._index.setdefault(value, len(self._index))

    def record(self, pairs: Iterable[tuple[str, str]]) -> int:
        """The index of a record constant; `pairs` are (name, value), in any order.

        Raises ValueError for a name that is there twice.
        """
        ordered = sorted(pairs)
        if len({name for name, _ in ordered}) != len(ordered):
            raise ValueError("a name is twice in a record")
        record = tuple((self.text(name), self.text(value)) for name, value in ordered)
        return self._index.setdefault(record, len(self._index))

    def constants(self) -> tuple[Constant, ...]:
        return tuple(self._index)


def canonical(module: Module) -> Module:
    """The same module with its constants in canonical order and its handlers in table order.

    Raises IndexError, TypeError or ValueError where an operand, line or record is not what the
    verifier asks for.
    """
    pool = Pool()
    move = _Move(module.constants, pool)
    code: list[Instruction] = []
    lines: list[Line] = []
    for instruction, line in zip(module.code, module.lines, strict=True):
        spec = OPCODES[instruction.op]
        operands = tuple(
            move(value, operand.kind) if operand.kind in (Kind.TEXT, Kind.RECORD) else value
            for operand, value in zip(spec.operands, instruction.operands, strict=True)
        )
        code.append(Instruction(instruction.op, operands))
        lines.append(Line(move(line.file, Kind.TEXT), line.line))
    return Module(
        module.language,
        module.mode,
        module.output_mode,
        module.budget,
        module.source_sha256,
        pool.constants(),
        tuple(code),
        tuple(sorted(module.handlers, key=lambda handler: handler.leave)),
        tuple(lines),
    )


class _Move:
    def __init__(self, old: tuple[Constant, ...], pool: Pool) -> None:
        self._old = old
        self._pool = pool

    def __call__(self, index: int, kind: Kind) -> int:
        if kind is Kind.TEXT:
            return self._pool.text(self._text(index))
        constant = self._old[index]
        if isinstance(constant, str):
            raise TypeError(f"constant {index} is a text where a record is needed")
        return self._pool.record(self._pairs(constant))

    def _pairs(self, record: Record) -> Iterable[tuple[str, str]]:
        for name, value in record:
            yield self._text(name), self._text(value)

    def _text(self, index: int) -> str:
        constant = self._old[index]
        if not isinstance(constant, str):
            raise TypeError(f"constant {index} is a record where a text is needed")
        return constant
