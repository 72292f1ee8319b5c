"""Codes of the bytecode: AA060x its files, AA062x assembly text, AA07xx the verifier."""

from __future__ import annotations

from typing import Final

from .code import Code
from .entry import entry

_HEAD: Final = 'REV "HEAD"\nLEASE directory "."\nACQUIRE\n'
_LAND: Final = "OUTPUT medium edit_ir\nEMIT\n"
_TASK: Final = 'ANGEL "Add Pow to calc.go" edit_ir\n' + _LAND
_GOOD: Final = _HEAD + 'ENTER "start"\n' + _TASK + "LEAVE\nHALT\n"
_CHECKED: Final = _HEAD + 'ENTER "start"\n' + _TASK + 'RUN test ""\nLEAVE\n'


def _aasm(code: str, title: str, cause: str, failing: str = "", fixed: str = _GOOD) -> Code:
    return entry(code, title, cause, failing, fixed if failing else "", language="aasm")


def _nested(depth: int, retries: int) -> str:
    enters = "".join(f'ENTER "level {level}"\n' for level in range(1, depth + 1))
    leaves = f"LEAVE\n.on_fail RETRY {retries}\n" * depth
    return _HEAD + enters + 'RUN test ""\n' + leaves + "HALT\n"


_REBUILD: Final = " Build the module again from its source with `aac build`."

_FILES: Final = (
    _aasm(
        "AA0601",
        "not a bytecode module",
        "The file does not begin with the four bytes of a Genesis module. Perhaps it is the source "
        "of one, which `aac build` compiles, or assembly text, which `aac asm` assembles.",
    ),
    _aasm(
        "AA0602",
        "unknown format version",
        "The module was written in a bytecode format that this version of `aac` does not read. "
        "Formats are never guessed at." + _REBUILD,
    ),
    _aasm(
        "AA0603",
        "wrong checksum",
        "The SHA-256 at the end of the module is not that of the bytes before it: the file was cut "
        "off, damaged or edited." + _REBUILD,
    ),
    _aasm(
        "AA0604",
        "module cut off",
        "A number, text or table reaches past the end of its section or of the file. The checksum "
        "fits, so whatever wrote the file wrote a wrong length." + _REBUILD,
    ),
    _aasm(
        "AA0605",
        "number not in its shortest form",
        "Numbers are LEB128 of at most five bytes, in their shortest form, up to 4294967295. One "
        "spelling a number keeps two different files from being the same module." + _REBUILD,
    ),
    _aasm(
        "AA0606",
        "section out of place",
        "A module has the sections meta, constants, code, handlers and lines, in this order, each "
        "exactly as long as it says, and nothing behind them." + _REBUILD,
    ),
    _aasm(
        "AA0607",
        "unknown language or mode",
        "The language, mode or output mode in the meta section is none that this format has."
        + _REBUILD,
    ),
    _aasm(
        "AA0608",
        "bad constant",
        "A constant is neither a text nor a record, or a text is not UTF-8." + _REBUILD,
    ),
    _aasm(
        "AA0609",
        "unknown opcode",
        "The code has a byte where an opcode belongs that is none. docs/bytecode.md lists them."
        + _REBUILD,
    ),
    _aasm(
        "AA0610",
        "unknown handler action",
        "A handler's action is not RETRY, ESCALATE or HALT." + _REBUILD,
    ),
    _aasm(
        "AA0611",
        "bad line table",
        "The line table gives every instruction its source line in runs as long as they can be. "
        "This one covers too many instructions, has two runs that are one, or an impossible line."
        + _REBUILD,
    ),
)

_ASSEMBLY: Final = (
    _aasm(
        "AA0620",
        "unreadable assembly text",
        "A line holds something that is no token: a text without its closing quote, an escape "
        'other than \\\\ \\" \\n \\t \\r and \\u{HEX}, a stray character. Comments begin with a '
        "semicolon.",
        _GOOD.replace('"start"', '"start'),
    ),
    _aasm(
        "AA0621",
        "unknown instruction",
        "The word at the start of the line is no mnemonic; they are written in capitals. "
        "docs/bytecode.md lists them.",
        _GOOD.replace("EMIT", "LAND"),
    ),
    _aasm(
        "AA0622",
        "wrong operands",
        "The instruction has too few or too many operands, or one of another kind: texts are "
        'quoted, numbers are not, choices are one of their words, records are {name="value"}.',
        _GOOD.replace("OUTPUT medium edit_ir", "OUTPUT edit_ir"),
    ),
    _aasm(
        "AA0623",
        "unknown directive",
        "The word behind the dot is no directive of the assembler: .format .language .mode .output "
        ".budget .source .const .line .on_fail .handler.",
        ".langage isa\n" + _GOOD,
        ".language isa\n" + _GOOD,
    ),
    _aasm(
        "AA0624",
        "wrong directive argument",
        "A directive has another argument than it takes, or one that counts once is there twice.",
        ".mode ALONE\n" + _GOOD,
        ".mode SOLO\n" + _GOOD,
    ),
    _aasm(
        "AA0625",
        "number too large",
        "Numbers in a module are 0 to 4294967295, and line numbers at most half of that.",
        ".budget 99999999999\n" + _GOOD,
        ".budget 12000\n" + _GOOD,
    ),
    _aasm(
        "AA0626",
        "wrong pc",
        "The number before an instruction is not its place. Pcs count instructions from 0 and may "
        "be left out.",
        '1 REV "HEAD"\n' + _GOOD.removeprefix('REV "HEAD"\n'),
        '0 REV "HEAD"\n' + _GOOD.removeprefix('REV "HEAD"\n'),
    ),
    _aasm(
        "AA0627",
        "constant that is not there",
        "A text with .const lines spells out its whole constant table: everything that is used "
        "must be in it, numbered from 0. Without .const lines the table is made from the code.",
        '.const 1 "HEAD"\nREV @0\nHALT\n',
        '.const 0 "HEAD"\n.const 1 ""\nREV @0\nHALT\n',
    ),
    _aasm(
        "AA0628",
        "unknown label",
        "A .handler names a label that no line defines, or a label is defined twice. A label is "
        "written `name:` before its instruction; pcs work too.",
        _CHECKED + ".handler first 8 RETRY 2\nHALT\n",
        _CHECKED.replace("ENTER", "first: ENTER") + ".handler first 8 RETRY 2\nHALT\n",
    ),
    _aasm(
        "AA0629",
        ".on_fail without a section",
        "An .on_fail line speaks for the section that ends directly before it.",
        _GOOD + ".on_fail RETRY 2\n",
        _CHECKED + ".on_fail RETRY 2\nHALT\n",
    ),
)

_OPERANDS: Final = (
    _aasm(
        "AA0701",
        "operand that names no constant",
        "An operand or a line's file is the index of a constant that is not there or of another "
        "kind: a record where a text belongs, or a text where a record belongs.",
        '.const 0 "HEAD"\n.const 1 ""\nREV @7\nHALT\n',
        '.const 0 "HEAD"\n.const 1 ""\nREV @0\nHALT\n',
    ),
    _aasm(
        "AA0702",
        "number out of bounds",
        "A number or choice is outside of what the opcode allows: top_k 1 to 1000, a slice from "
        "line 1 on with 1 to 10000 lines, a choice one of its words.",
        _HEAD + 'FAULT_CALLERS "Eval" 0\nHALT\n',
        _HEAD + 'FAULT_CALLERS "Eval" 20\nHALT\n',
    ),
    _aasm(
        "AA0703",
        "empty text",
        "The text of this operand must not be empty. Only the selector of RUN may be: it then "
        "means all of the project's checks.",
        _HEAD + 'FAULT_TESTS ""\nHALT\n',
        _HEAD + 'FAULT_TESTS "Eval"\nHALT\n',
    ),
    _aasm(
        "AA0704",
        "text with a NUL",
        "A text constant holds a NUL character, which no path, symbol or command line can.",
        _HEAD + 'FAULT_TESTS "Eval\\u{0}"\nHALT\n',
        _HEAD + 'FAULT_TESTS "Eval"\nHALT\n',
    ),
    _aasm(
        "AA0705",
        "bad record",
        "A record is pairs of text constants, sorted by name, no name twice. The assembler sorts "
        "records that are written out; only .const lines can get this wrong.",
        '.const 0 "HEAD"\n.const 1 ""\n.const 2 "RENAME_SYMBOL"\n.const 3 {@9=@0}\n'
        "REV @0\nMACRO @2 @3\nHALT\n",
        _HEAD
        + 'ENTER "start"\nMACRO "RENAME_SYMBOL" {new="Hello", old="Greet"}\n'
        + _LAND
        + "LEAVE\nHALT\n",
    ),
    _aasm(
        "AA0706",
        "constant table not in order",
        "Every constant stands in the table once, in the order in which the code uses them (an "
        "instruction's operands, then the file of its line), and none is unused: equal programs "
        "are equal bytes. Leave the .const lines out and the assembler makes the table.",
        '.const 0 ""\n.const 1 "HEAD"\nREV @1\nHALT\n',
        '.const 0 "HEAD"\n.const 1 ""\nREV @0\nHALT\n',
    ),
)

_SECTIONS: Final = (
    _aasm(
        "AA0707",
        "ENTER and LEAVE do not pair up",
        "Every ENTER has its LEAVE and every LEAVE its ENTER, nested like brackets.",
        _GOOD.replace("LEAVE\n", ""),
    ),
    _aasm(
        "AA0708",
        "sections nested too deep",
        "Sections nest at most 8 deep: each level multiplies the worst case of those inside.",
        _nested(9, 1),
        _nested(8, 1),
    ),
    _aasm(
        "AA0709",
        "handler without a section",
        "A handler covers a section from its ENTER to the LEAVE that pairs with it, by their pcs. "
        "An .on_fail line behind the LEAVE gets both right.",
        _CHECKED + ".handler 3 7 RETRY 2\nHALT\n",
        _CHECKED + ".on_fail RETRY 2\nHALT\n",
    ),
    _aasm(
        "AA0710",
        "handlers out of order",
        "Handlers stand in the order in which their sections end, so those of an inner section "
        "before those of the section around it; within a section in the order of trying them.",
        _HEAD
        + 'ENTER "a"\nRUN test ""\nLEAVE\nENTER "b"\nRUN lint ""\nLEAVE\nHALT\n'
        + ".handler 6 8 RETRY 1\n.handler 3 5 RETRY 1\n",
        _HEAD
        + 'ENTER "a"\nRUN test ""\nLEAVE\nENTER "b"\nRUN lint ""\nLEAVE\nHALT\n'
        + ".handler 3 5 RETRY 1\n.handler 6 8 RETRY 1\n",
    ),
    _aasm(
        "AA0711",
        "wrong handler count",
        "RETRY has a count of 1 to 100, so that every loop ends; ESCALATE and HALT have none.",
        _CHECKED + ".on_fail RETRY 0\nHALT\n",
        _CHECKED + ".on_fail RETRY 2\nHALT\n",
    ),
    _aasm(
        "AA0712",
        "more than one ESCALATE",
        "A section asks the oracle at most once; its advice is in the context of the next attempt.",
        _CHECKED + ".on_fail ESCALATE\n.on_fail ESCALATE\nHALT\n",
        _CHECKED + ".on_fail ESCALATE\nHALT\n",
    ),
)

_FLOW: Final = (
    _aasm(
        "AA0713",
        "effect before REV",
        "REV pins the revision that everything else is about: it stands once, outside of all "
        "sections, and on every path before the first effect.",
        _GOOD.removeprefix('REV "HEAD"\n'),
    ),
    _aasm(
        "AA0714",
        "change before ACQUIRE",
        "ANGEL, MACRO and EMIT need the leases of what they may change. ACQUIRE takes all of them "
        "at once, so it stands once, before these.",
        _GOOD.replace('LEASE directory "."\nACQUIRE\n', ""),
    ),
    _aasm(
        "AA0715",
        "lease that is never taken",
        "ACQUIRE takes the leases of the LEASE lines before it: one behind it is never taken, and "
        "an ACQUIRE without any takes nothing.",
        'REV "HEAD"\nACQUIRE\nLEASE directory "."\nHALT\n',
        _HEAD + "HALT\n",
    ),
    _aasm(
        "AA0716",
        "unchecked output",
        "On every path, an output is made by ANGEL or MACRO, checked by OUTPUT and then landed by "
        "EMIT, once. A section that starts again starts without an output.",
        _GOOD.replace("OUTPUT medium edit_ir\n", ""),
    ),
    _aasm(
        "AA0717",
        "EMIT outside of a section",
        "What an EMIT lands must be undone if a check fails after it, and sections are what is "
        "undone.",
        _HEAD + _TASK + "HALT\n",
    ),
    _aasm(
        "AA0718",
        "code without HALT",
        "Every path ends in HALT, so the last instruction is one.",
        _GOOD.removesuffix("HALT\n"),
    ),
    _aasm(
        "AA0719",
        "module too large",
        "A module has at most 1,000,000 instructions, constants and handlers each, and one line "
        "for each instruction. Split the program.",
    ),
    _aasm(
        "AA0720",
        "assertion without a RUN",
        "ASSERT_PASSED is about the last RUN of its kind and ASSERT_EXIT about the last RUN of "
        "any, in the same section: one must stand before it there.",
        _GOOD.replace("LEAVE", "ASSERT_PASSED test\nLEAVE"),
        _GOOD.replace("LEAVE", 'RUN test ""\nASSERT_PASSED test\nLEAVE'),
    ),
    _aasm(
        "AA0721",
        "worst case too long",
        "If every check fails as often as it can, the run executes more than 1,000,000,000 "
        "instructions. Nested sections multiply their retries.",
        _nested(5, 100),
        _nested(5, 3),
    ),
    _aasm(
        "AA0722",
        "output mode differs",
        "The module says in its head which output mode it was built for, and every OUTPUT has it: "
        "a module that says hard is hard throughout.",
        ".output hard\n" + _GOOD,
        ".output hard\n" + _GOOD.replace("medium", "hard"),
    ),
)

CODES: Final[tuple[Code, ...]] = _FILES + _ASSEMBLY + _OPERANDS + _SECTIONS + _FLOW
