"""docs/bytecode.md, rendered from the tables that the code itself reads.

`make generate` writes the page; a test fails while it is not current.
"""

from __future__ import annotations

from typing import Final

from . import encode as layout
from .catalogue.bytecode import CODES
from .cost import FAULTS_PER_ATTEMPT, TURNS_PER_CALL
from .format_version import FORMAT_VERSION, MAGIC
from .opcodes import CHOICES, OPCODES, Action, Kind, Spec
from .sections import MAX_DEPTH
from .verify import MAX_CONSTANTS, MAX_EXECUTED, MAX_HANDLERS, MAX_INSTRUCTIONS, MAX_RETRIES
from .verify_operands import BOUNDS, MAY_BE_EMPTY

_KINDS: Final = {
    Kind.TEXT: "index of a text constant",
    Kind.RECORD: "index of a record constant: (name, value) pairs of texts, sorted by name",
    Kind.INT: "a number, 0 to 4294967295",
}

_ACTIONS: Final = {
    Action.RETRY: "undo the section's edits and run it again, at most `count` times",
    Action.ESCALATE: "ask the oracle, undo the section's edits, run it once more with the advice",
    Action.HALT: "undo the edits of the outermost section and end the run: failed",
}


def render_bytecode() -> str:
    """The whole page, ending in a newline. The same text on every machine."""
    return "\n".join((_HEAD, _layout(), _operands(), _opcodes(), _control(), _rules(), _ASSEMBLY))


_HEAD: Final = f"""\
# Bytecode

<!-- Generated from the opcode table by aa/reference.py. Do not edit; run `make generate`. -->

`aac build` compiles a program to a module, a `.aab` file: the same source gives the same bytes on
any machine. `aac dis` prints a module as assembly text, `aac asm` turns that back into the same
bytes, `aac cost` prints the worst case of a run. The verifier looks at every module before it runs,
whoever built it. This page is about format {FORMAT_VERSION}.
"""


def _layout() -> str:
    return f"""\
## Layout

A module is the magic `{MAGIC!r}`, the format version, five sections, and the SHA-256 of all bytes
before it (32 bytes). A section is its number, the length of its payload in bytes, and the payload.
Numbers are unsigned LEB128 in their shortest form, at most 4294967295; bytes are as they are.

| section | payload |
|---|---|
| {layout.META} meta | language (byte: {_numbered(layout.LANGUAGES)}), \
mode (byte: {_numbered(layout.MODES)}), output mode (byte: {_numbered(layout.OUTPUT_MODES)}), \
budget, SHA-256 of the source (32 bytes) |
| {layout.CONSTANTS} constants | count; each: {layout.TEXT}, length, UTF-8 bytes; or \
{layout.RECORD}, number of pairs, and for each pair the indexes of its name and value |
| {layout.CODE} code | count; each: opcode (byte), then its operands |
| {layout.HANDLERS} handlers | count; each: pc of ENTER, pc of LEAVE, action (byte), count |
| {layout.LINES} lines | until every instruction has a line: how many instructions, index of the \
file's name ("" is the program itself), line minus the line before as zigzag |

A pc is the index of an instruction. The constant table is in the order of first use: instruction by
instruction, its operands from left to right (a record after the texts of its pairs), then the file
of its line.
"""


def _operands() -> str:
    rows = [f"| `{kind.value}` | {_kind(kind)} |" for kind in Kind]
    return "\n".join(("## Operands", "", "| kind | what it is |", "|---|---|", *rows, ""))


def _kind(kind: Kind) -> str:
    if kind in CHOICES:
        return _numbered(CHOICES[kind])
    return _KINDS[kind]


def _numbered(words: tuple[str, ...]) -> str:
    return ", ".join(f"{index} `{word}`" for index, word in enumerate(words))


def _opcodes() -> str:
    rows = [_opcode(spec) for spec in OPCODES.values()]
    return "\n".join(
        (
            "## Opcodes",
            "",
            "An opcode with a syscall has an effect, made through the syscall door. One that can",
            "fail is a check: if it fails, the handlers of its section decide what happens.",
            "",
            "| code | opcode | operands | syscall | can fail | what it does |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        )
    )


def _opcode(spec: Spec) -> str:
    operands = "<br>".join(
        f"{operand.name}: {operand.kind.value}{_bounds(spec, operand.name, operand.kind)}"
        for operand in spec.operands
    )
    syscall = spec.syscall.value if spec.syscall else ""
    fails = "yes" if spec.can_fail else ""
    cells = (f"`{spec.op:#04x}`", f"`{spec.op.name}`", operands, syscall, fails, spec.doc)
    return "| " + " | ".join(cells) + " |"


def _bounds(spec: Spec, name: str, kind: Kind) -> str:
    if (spec.op, name) in BOUNDS:
        low, high = BOUNDS[spec.op, name]
        return f", {low} to {high}"
    return ", may be empty" if kind is Kind.TEXT and (spec.op, name) in MAY_BE_EMPTY else ""


def _control() -> str:
    rows = [f"| {int(action)} `{action.name}` | {what} |" for action, what in _ACTIONS.items()]
    table = "\n".join(rows)
    return f"""\
## Sections and handlers

Code runs straight on; there are no jumps. `ENTER` and `LEAVE` enclose a section. When a check
fails, the handlers of the innermost section are tried in table order; where none is left, its edits
are undone and the section around it fails. A section that runs again goes on just behind its
`ENTER`, without an output, with the failure in its context. One that is entered anew has all of its
handlers again. A failure that no section handles ends the run.

| action | what it does |
|---|---|
{table}

So a section runs at most 1 + the sum of its RETRY counts + the number of its ESCALATEs times each
time it is entered, and nested sections multiply. `aac cost` works that out: instructions, angel
calls and turns (a call is a conversation of up to {TURNS_PER_CALL} turns, unless `[angel] turns` of
genesis.toml says otherwise), tokens (of all turns together: BUDGET if a model can be asked at all),
page faults (where an angel is called, all {FAULTS_PER_ATTEMPT} that the governor grants an
attempt), runs, macros, emits, escalations and rollbacks.
"""


def _rules() -> str:
    rules = [
        f"| {code.code} | {code.title} | {code.cause} |"
        for code in CODES
        if code.code.startswith("AA07")
    ]
    return "\n".join(
        (
            "## What the verifier holds",
            "",
            f"Limits: {MAX_INSTRUCTIONS:,} instructions, {MAX_CONSTANTS:,} constants, "
            f"{MAX_HANDLERS:,} handlers,",
            f"{MAX_DEPTH} levels of sections, {MAX_RETRIES} retries a handler, {MAX_EXECUTED:,} "
            "instructions executed in the worst case.",
            "",
            "| code | refused | why |",
            "|---|---|---|",
            *rules,
            "",
        )
    )


_ASSEMBLY: Final = """\
## Assembly text

    .language isa                         ; directives; all may be left out
    .budget 8000
    .line 3                               ; the source line of what follows
    0  REV "HEAD"                         ; pc (may be left out), opcode, operands
    1  LEASE directory "src"
    2  ACQUIRE
    3  ENTER "start"
    4    MACRO "RENAME_SYMBOL" {new="Hello", old="Greet"}
    5    OUTPUT medium edit_ir
    6    EMIT
    7    RUN test ""
    8  LEAVE
       .on_fail RETRY 2                   ; a handler of the section that ended
    9  HALT

A comment goes from `;` to the end of the line. Texts are quoted, with `\\\\` `\\"` `\\n` `\\t`
`\\r` and `\\u{HEX}`. A label is `name:` before an instruction. Without `.line` an instruction
comes from its own line of the assembly text.

| directive | meaning |
|---|---|
| `.format N` | the format version; another one is refused |
| `.language aa` | aa or isa; aa if left out |
| `.mode SOLO` | SOLO or SWARM; SOLO if left out |
| `.output medium` | soft, medium or hard; medium if left out |
| `.budget N` | tokens; 8000 if left out |
| `.source HEX` | SHA-256 of the source; that of the assembly text if left out |
| `.line N ["file"]` | source line, and file, of the instructions that follow |
| `.on_fail ACTION [N]` | a handler of the section whose LEAVE stands just before |
| `.handler ENTER LEAVE ACTION [N]` | a handler by pcs or labels |
| `.const [N] "text"` or `{@N=@M}` | spells out the constant table, for modules out of order; \
without an argument: the table is spelt out, be it empty |

`@3` is constant 3 and `#3` the number 3 where a word belongs: how `aac dis` shows what the verifier
refuses.
"""
