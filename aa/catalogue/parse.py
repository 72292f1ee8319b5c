"""Codes of reading: files that are no text (AA010x) and lines that are no directive."""

from __future__ import annotations

from typing import Final

from .code import Code
from .entry import entry

_AA: Final = "BASE_REV HEAD\nLEASE directory:src\n"
_END: Final = "RETURN edit_ir\n"
_DO: Final = "DO Add a test for parse_date\n"
_ISA: Final = "ISA_VERSION 0\nBASE_REV HEAD\n"


def _aa(line: str) -> str:
    """A whole AA program with `line` in it."""
    return _AA + line + _DO + _END


def _task(line: str) -> str:
    """A whole AA program whose task is `line`."""
    return _AA + line + _END


_TEXT: Final = (
    entry(
        "AA0100",
        "file cannot be read",
        "The file is not there, is a directory, or may not be read by this user. The message "
        "carries the operating system's reason.",
        "",
        "",
    ),
    entry(
        "AA0101",
        "not UTF-8",
        "A program is UTF-8 text, with or without a byte order mark. The message names the first "
        "byte that is not. Save the file as UTF-8 in your editor, or convert it with iconv.",
        _task("DO Translate caf\udce9 in the menu\n"),
        _task("DO Translate café in the menu\n"),
    ),
    entry(
        "AA0102",
        "binary file",
        "The file holds a NUL byte, so it is no text: perhaps it is a compiled module (.aab), "
        "which `aac dis` prints, or was saved as UTF-16.",
        _AA + "DO Add \0 here\n" + _END,
        _AA + _DO + _END,
    ),
    entry(
        "AA0103",
        "lone carriage return",
        "Lines end with LF or CRLF. A carriage return without a line feed behind it is a new line "
        "to some programs and none to others, so it is not accepted as either.",
        "BASE_REV HEAD\rLEASE directory:src\n" + _DO + _END,
        _AA + _DO + _END,
    ),
    entry(
        "AA0104",
        "line too long",
        "A line may have 1 MiB of UTF-8. A text that long belongs in a file that the program "
        "refers to, or in a block of several lines.",
        _task("DO Add a test" + " and another one" * 65536 + "\n"),
        _task("DO Add a test and another one\n"),
    ),
    entry(
        "AA0105",
        "file too large",
        "A program may have 64 MiB and 1,000,000 lines. A file beyond that is hardly a program; "
        "one that a script writes is better split into modules.",
        _AA + "\n" * 1_000_001 + _DO + _END,
        _AA + _DO + _END,
    ),
    entry(
        "AA0106",
        "character not allowed",
        "Control characters other than a tab, characters that change the direction of writing, and "
        "the Unicode line separators are not allowed anywhere in a program, comments included. "
        "They are invisible, and with them a program that was reviewed can be another one than the "
        "one that runs.",
        _task("DO Add a test\u202e for parse_date\n"),
        _task("DO Add a test for parse_date\n"),
    ),
    entry(
        "AA0107",
        "text block not closed",
        'A block that opens with """ ends at the next """. There is none, or the next one stands '
        "in a line that opens a block of its own. The lines behind are read as if the block ended "
        "with its first line.",
        _AA + 'DO """\n    Add a test\n    for parse_date\n' + _END,
        _AA + 'DO """\n    Add a test\n    for parse_date\n    """\n' + _END,
    ),
    entry(
        "AA0108",
        "quoted text not closed",
        'A text that begins with " ends at the next " that has no backslash before it, on the same '
        'line. For a text of several lines use a """ block; a text that needs no quotes is simply '
        "the rest of the line.",
        _task('DO "Add a test for parse_date\n'),
        _task('DO "Add a test for parse_date"\n'),
    ),
    entry(
        "AA0109",
        "unknown escape",
        'Quoted texts know the escapes \\\\ (backslash), \\" (quote), \\n (line feed) and \\t '
        "(tab). Any other backslash has to be doubled. Rest-of-line texts and blocks have no "
        "escapes.",
        _task('DO "Match \\d+ in parse_date"\n'),
        _task('DO "Match \\\\d+ in parse_date"\n'),
    ),
    entry(
        "AA0110",
        "text behind the closing quote",
        "A text that begins with a quote is over at its closing quote; only a comment can follow. "
        "To begin a text with a quoted word, quote all of it and escape the inner quotes.",
        _task('DO "parse_date" needs a test\n'),
        _task('DO "\\"parse_date\\" needs a test"\n'),
    ),
)

_LINES: Final = (
    entry(
        "AA0111",
        "unknown directive",
        "A line begins with a directive, in capitals. If it is the second line of a text, put the "
        'text between """ fences; if it is a remark, begin it with #.',
        _aa("NED symdef parse_date\n"),
        _aa("NEED symdef parse_date\n"),
    ),
    entry(
        "AA0112",
        "ISA directive in an AA program",
        "The directive exists, but in the Genesis ISA, the larger of the two languages. Which "
        "language a file is in is told by its suffix: rename it to .isa, and give it "
        "an ISA_VERSION.",
        _task(_DO + "RUN test\n"),
        _task(_DO + "ASSERT tests .\n"),
    ),
    entry(
        "AA0113",
        "missing argument",
        "The line ends before the directive has all it needs. The hint shows its whole form, with "
        "what may be left out in brackets.",
        _aa("NEED slice src/dates.py 1\n"),
        _aa("NEED slice src/dates.py 1 40\n"),
    ),
    entry(
        "AA0114",
        "unexpected argument",
        "The directive is complete, and something follows. Words hold no blanks, so a value with a "
        "blank in it counts as two; a comment needs white space on both sides of its #.",
        _aa("NEED callers parse_date 10 20\n"),
        _aa("NEED callers parse_date 10\n"),
    ),
    entry(
        "AA0115",
        "unknown kind of NEED",
        "NEED asks for one of: symdef, callers, slice, search, tests, prompt. The kind is not "
        "substituted by parameters.",
        _aa("NEED symdfe parse_date\n"),
        _aa("NEED symdef parse_date\n"),
    ),
    entry(
        "AA0116",
        "scope without a type",
        "LEASE takes scopes of the form type:value without a blank, such as file:src/dates.py. "
        "Without the type it is not known whether `dates` is a file, a module or a symbol.",
        "BASE_REV HEAD\nLEASE src/dates.py\n" + _DO + _END,
        "BASE_REV HEAD\nLEASE file:src/dates.py\n" + _DO + _END,
    ),
    entry(
        "AA0117",
        "unknown type of scope",
        "The types of scope are symbol, module, file and directory.",
        "BASE_REV HEAD\nLEASE dir:src\n" + _DO + _END,
        "BASE_REV HEAD\nLEASE directory:src\n" + _DO + _END,
    ),
    entry(
        "AA0118",
        "scope without a value",
        "Nothing stands behind the colon. There is no blank between a scope's type and its value.",
        "BASE_REV HEAD\nLEASE directory: src\n" + _DO + _END,
        "BASE_REV HEAD\nLEASE directory:src\n" + _DO + _END,
    ),
    entry(
        "AA0119",
        "condition that Angel Assembly does not have",
        "In Angel Assembly ASSERT runs tests: ASSERT tests SELECTOR. Conditions such as "
        "`lint passes` or `exit_code == 0` belong to the Genesis ISA, which has RUN before them.",
        _task(_DO + "ASSERT all tests pass\n"),
        _task(_DO + "ASSERT tests tests/\n"),
    ),
    entry(
        "AA0120",
        "empty text",
        "The text holds nothing but blanks, so there is nothing to do, to search for or to check.",
        _task('DO ""\n'),
        _task(_DO),
    ),
    entry(
        "AA0122",
        "sign behind a directive",
        "A directive and its arguments are separated by blanks, without a colon or an equals sign.",
        "BASE_REV: HEAD\nLEASE directory:src\n" + _DO + _END,
        _AA + _DO + _END,
    ),
    entry(
        "AA0123",
        "parameter with an impossible name",
        "A parameter's name is made of letters, digits and underscores and does not begin with a "
        "digit. Its default stands behind a blank, without an equals sign.",
        _AA + "PARAM symbol=parse_date\nDO Add a test for ${symbol}\n" + _END,
        _AA + "PARAM symbol parse_date\nDO Add a test for ${symbol}\n" + _END,
    ),
    entry(
        "AA0124",
        "quotes around a word",
        "Names, paths and numbers are words: they hold no blanks and are written without quotes. "
        "Quotes are for texts, for the query of NEED search, for the default of a PARAM, for the "
        "arguments of macro ops and for the values of USE.",
        _aa('NEED symdef "parse_date"\n'),
        _aa("NEED symdef parse_date\n"),
    ),
    entry(
        "AA0125",
        "fence without a directive",
        'A """ block stands behind its directive, on the same line. A fence at the start of a line '
        "closes a block, and here none is open.",
        _AA + 'DO\n"""\nAdd a test\n"""\n' + _END,
        _AA + 'DO """\nAdd a test\n"""\n' + _END,
    ),
)

_ISA_LINES: Final = (
    entry(
        "ISA0101",
        "unknown kind of RUN",
        "RUN runs one of the project's own checks: test (or tests), lint, typecheck. What command "
        "that is, is detected from the project.",
        _ISA + "RUN unittest\n",
        _ISA + "RUN test\n",
    ),
    entry(
        "ISA0102",
        "unknown action of IF_FAIL",
        "A failed check leads to RETRY n, ESCALATE or HALT. Several IF_FAIL lines are tried in "
        "their order.",
        _ISA + "RUN test\nIF_FAIL REPEAT 2\n",
        _ISA + "RUN test\nIF_FAIL RETRY 2\n",
    ),
    entry(
        "ISA0103",
        "RETRY without a number",
        "Every loop of a program is bounded before it runs, so RETRY says how many further "
        "attempts there are.",
        _ISA + "RUN test\nIF_FAIL RETRY\n",
        _ISA + "RUN test\nIF_FAIL RETRY 2\n",
    ),
    entry(
        "ISA0104",
        "argument of ESCALATE or HALT",
        "Only RETRY takes a number. ESCALATE asks the oracle once, HALT stops the run.",
        _ISA + "RUN test\nIF_FAIL ESCALATE 2\n",
        _ISA + "RUN test\nIF_FAIL ESCALATE\n",
    ),
    entry(
        "ISA0105",
        "USE argument without a name",
        "The arguments of USE are name=value, one word each; a value with blanks is quoted: "
        'name="two words". The names are those of the PARAM lines of the module.',
        _ISA + "USE std.rename greet hello\n",
        _ISA + "USE std.rename old=greet new=hello\n",
    ),
    entry(
        "ISA0106",
        "USE argument without a value",
        'Nothing stands behind the equals sign. An empty value is written as name="".',
        _ISA + "USE std.rename old= greet new=hello\n",
        _ISA + "USE std.rename old=greet new=hello\n",
    ),
)

CODES: Final[tuple[Code, ...]] = (*_TEXT, *_LINES, *_ISA_LINES)
