"""The one table that says what an opcode is.

The encoder, decoder, assembler, disassembler, verifier, VM dispatch, cost model and
docs/bytecode.md all read it; none of them lists opcodes of its own. Codes are never reused: a
retired opcode leaves a hole.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Final

from .node import dataclass


class Kind(Enum):
    """What an operand is. An operand is stored as one unsigned integer whatever its kind."""

    TEXT = "text"
    """Index of a text constant."""
    RECORD = "record"
    """Index of a record constant: sorted (name, value) pairs of texts."""
    INT = "int"
    """An immediate number, 0 to 2**32 - 1."""
    SCOPE = "scope"
    DEPTH = "depth"
    RETURN = "return"
    OUTPUT = "output"
    RUN = "run"
    COMPARE = "compare"


CHOICES: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.SCOPE: ("symbol", "module", "file", "directory"),
    Kind.DEPTH: ("full", "signature", "summary"),
    Kind.RETURN: ("edit_ir", "macro_ops", "diff_fallback"),
    Kind.OUTPUT: ("soft", "medium", "hard"),
    Kind.RUN: ("test", "lint", "typecheck"),
    Kind.COMPARE: ("==", "!="),
}
"""The words of the operand kinds that are a choice; the operand is the index."""


class Syscall(Enum):
    """The effects of the VM. Everything else an instruction does is a function of its operands."""

    REV = "REV"
    LEASE = "LEASE"
    FAULT = "FAULT"
    ANGEL = "ANGEL"
    VALIDATE = "VALIDATE"
    """What an angel said is read, and tried: part of ANGEL, one after each turn."""
    MACRO = "MACRO"
    EMIT = "EMIT"
    RUN = "RUN"
    ROLLBACK = "ROLLBACK"
    ESCALATE = "ESCALATE"


class Op(IntEnum):
    NOP = 0x00
    REV = 0x01
    LEASE = 0x02
    ACQUIRE = 0x03
    INVARIANT = 0x04
    ENTER = 0x08
    LEAVE = 0x09
    HALT = 0x0A
    FAULT_SYMDEF = 0x10
    FAULT_CALLERS = 0x11
    FAULT_SLICE = 0x12
    FAULT_SEARCH = 0x13
    FAULT_TESTS = 0x14
    FAULT_PROMPT = 0x15
    FAULT_PROMPT_SUMMARY = 0x16
    ANGEL = 0x20
    MACRO = 0x21
    OUTPUT = 0x22
    EMIT = 0x23
    RUN = 0x30
    ASSERT_PASSED = 0x31
    ASSERT_EXIT = 0x32


@dataclass(frozen=True, slots=True)
class Operand:
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Spec:
    """One row: operands in order, the effect if there is one, whether it can fail a section."""

    op: Op
    operands: tuple[Operand, ...]
    syscall: Syscall | None
    can_fail: bool
    doc: str


def _spec(op: Op, operands: str, syscall: Syscall | None, can_fail: bool, doc: str) -> Spec:
    pairs = (word.split(":") for word in operands.split())
    return Spec(op, tuple(Operand(n, Kind(k)) for n, k in pairs), syscall, can_fail, doc)


_ROWS: Final = (
    _spec(Op.NOP, "", None, False, "Do nothing."),
    _spec(
        Op.REV,
        "rev:text",
        Syscall.REV,
        False,
        "Pin the base revision; once, before any other effect.",
    ),
    _spec(
        Op.LEASE,
        "scope:scope value:text",
        None,
        False,
        "Add a scope to the request that ACQUIRE makes.",
    ),
    _spec(
        Op.ACQUIRE,
        "",
        Syscall.LEASE,
        False,
        "Take all requested leases in canonical order, or none; held until the run ends.",
    ),
    _spec(
        Op.INVARIANT,
        "text:text",
        None,
        False,
        "Put an invariant in force until the run ends; one that starts with @ is checked by EMIT.",
    ),
    _spec(
        Op.ENTER,
        "label:text",
        None,
        False,
        "Begin a section: remember the context, the edits made so far and this place.",
    ),
    _spec(Op.LEAVE, "", None, False, "End the innermost section; its edits stay."),
    _spec(Op.HALT, "", None, False, "End the run: done."),
    _spec(
        Op.FAULT_SYMDEF,
        "symbol:text depth:depth",
        Syscall.FAULT,
        True,
        "PF_SYMDEF: add a definition, with callers and tests, to the context.",
    ),
    _spec(
        Op.FAULT_CALLERS,
        "symbol:text top_k:int",
        Syscall.FAULT,
        True,
        "PF_CALLERS: add call sites to the context.",
    ),
    _spec(
        Op.FAULT_SLICE,
        "path:text start_line:int n:int",
        Syscall.FAULT,
        True,
        "PF_SLICE: add lines of a file to the context.",
    ),
    _spec(
        Op.FAULT_SEARCH,
        "query:text top_k:int",
        Syscall.FAULT,
        True,
        "PF_SEARCH: add symbols found by name to the context.",
    ),
    _spec(
        Op.FAULT_TESTS,
        "symbol:text",
        Syscall.FAULT,
        True,
        "PF_TESTS: add the tests of a symbol to the context.",
    ),
    _spec(
        Op.FAULT_PROMPT,
        "prompt_id:text section_index:int",
        Syscall.FAULT,
        True,
        "PF_PROMPT_SECTION: add a section of a stored prompt to the context.",
    ),
    _spec(
        Op.FAULT_PROMPT_SUMMARY,
        "prompt_id:text",
        Syscall.FAULT,
        True,
        "PF_PROMPT_SUMMARY: add the outline of a stored prompt to the context.",
    ),
    _spec(
        Op.ANGEL,
        "task:text returns:return",
        Syscall.ANGEL,
        True,
        "Give task, invariants and context to an angel; its answer becomes the output.",
    ),
    _spec(
        Op.MACRO,
        "name:text args:record",
        Syscall.MACRO,
        True,
        "Expand a macro op against the index; the Edit IR becomes the output.",
    ),
    _spec(
        Op.OUTPUT,
        "mode:output returns:return",
        None,
        True,
        "Check that the output is of a kind which this mode admits.",
    ),
    _spec(
        Op.EMIT,
        "",
        Syscall.EMIT,
        True,
        "Land the checked output: all of its edits on what their author saw, or none.",
    ),
    _spec(
        Op.RUN,
        "kind:run selector:text",
        Syscall.RUN,
        True,
        "Run the project's own tests, linter or type checker and write a receipt.",
    ),
    _spec(
        Op.ASSERT_PASSED,
        "kind:run",
        None,
        True,
        "Check that the last RUN of this kind in the section passed.",
    ),
    _spec(
        Op.ASSERT_EXIT,
        "comparison:compare code:int",
        None,
        True,
        "Check the exit code of the last RUN in the section.",
    ),
)

OPCODES: Final[dict[Op, Spec]] = {row.op: row for row in _ROWS}


COMMANDS: Final[dict[Op, str]] = {
    Op.FAULT_SYMDEF: "PF_SYMDEF",
    Op.FAULT_CALLERS: "PF_CALLERS",
    Op.FAULT_SLICE: "PF_SLICE",
    Op.FAULT_SEARCH: "PF_SEARCH",
    Op.FAULT_TESTS: "PF_TESTS",
    Op.FAULT_PROMPT: "PF_PROMPT_SECTION",
    Op.FAULT_PROMPT_SUMMARY: "PF_PROMPT_SUMMARY",
}
"""The page-fault command of each FAULT opcode; the operands have the names of its arguments."""


class Action(IntEnum):
    """What a handler does when a check of its section fails."""

    RETRY = 0
    """Undo the section's edits and run it again, at most `count` times."""
    ESCALATE = 1
    """Ask the oracle, undo the section's edits and run it once more with the advice."""
    HALT = 2
    """Undo the edits of the outermost section that is open and end the run: failed."""
