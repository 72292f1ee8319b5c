"""A bytecode module in memory; `encode` and `decode` turn it to and from `.aab` bytes."""

from __future__ import annotations

from typing import TypeAlias

from .ast import Language
from .lowered import Mode, OutputMode
from .node import dataclass
from .opcodes import Action, Op

Record: TypeAlias = tuple[tuple[int, int], ...]
"""Pairs of indexes of text constants, sorted by the name they point to."""

Constant: TypeAlias = str | Record


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; `operands` are the unsigned integers that the opcode table describes."""

    op: Op
    operands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Handler:
    """Covers the section whose ENTER is at `enter` and whose LEAVE is at `leave` (pcs).

    Handlers of one section are tried in table order; sections from the innermost out.
    """

    enter: int
    leave: int
    action: Action
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """Where an instruction came from: index of a text constant naming the file, and its line."""

    file: int
    line: int


@dataclass(frozen=True, slots=True)
class Module:
    """A program counter is an index into `code`; `lines` has one entry an instruction."""

    language: Language
    mode: Mode
    output_mode: OutputMode
    budget: int
    source_sha256: str
    constants: tuple[Constant, ...]
    code: tuple[Instruction, ...]
    handlers: tuple[Handler, ...]
    lines: tuple[Line, ...]
