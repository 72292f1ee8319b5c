"""Codes of the passes behind the parser: meaning, parameters, plan, output mode; with the ISA's."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from .entry import entry, nested
from .isa_meaning import CODES as ISA_CODES

_AA: Final = "BASE_REV HEAD\nLEASE directory:src\n"
_DO: Final = "DO Add a test for parse_date\nRETURN edit_ir\n"


def _needs(count: int) -> str:
    return "".join(f"NEED symdef helper_{index}\n" for index in range(1, count + 1))


_MEANING: Final = (
    entry(
        "AA0201",
        "empty program",
        "A program without a single directive does nothing. An AA program needs BASE_REV, LEASE, "
        "DO and RETURN; an ISA program its version and BASE_REV.",
        "# nothing but a comment\n",
        _AA + _DO,
    ),
    entry(
        "AA0202",
        "missing BASE_REV",
        "A program says which revision its author looked at: a git commit, HEAD, or tree:SHA256 of "
        "the files. A run pins what it resolved to.",
        "LEASE directory:src\n" + _DO,
        _AA + _DO,
    ),
    entry(
        "AA0203",
        "missing LEASE",
        "An AA program names the files, directories, modules or symbols that it may write to. Two "
        "programs never hold overlapping scopes at a time.",
        "BASE_REV HEAD\n" + _DO,
        _AA + _DO,
    ),
    entry(
        "AA0204",
        "missing DO",
        "An AA program has at least one task: words for an angel, or a macro opcode.",
        _AA + "RETURN edit_ir\n",
        _AA + _DO,
    ),
    entry(
        "AA0205",
        "missing RETURN",
        "An AA program says in which form the angel answers: edit_ir, macro_ops or diff_fallback.",
        _AA + "DO Add a test for parse_date\n",
        _AA + _DO,
    ),
    entry(
        "AA0206",
        "directive given twice",
        "BASE_REV and RETURN speak for the whole program, so each is said once.",
        "BASE_REV HEAD\n" + _AA + _DO,
        _AA + _DO,
    ),
    entry(
        "AA0207",
        "too many directives",
        "A program has at most 100,000 directives. Such a program was made by another program: "
        "split what it makes.",
        "",
        "",
    ),
    entry(
        "AA0208",
        "scope leased twice",
        "The same scope stands in LEASE twice. It is leased once; one of the two is probably "
        "another scope misspelt.",
        "BASE_REV HEAD\nLEASE file:src/a.py file:src/a.py\n" + _DO,
        "BASE_REV HEAD\nLEASE file:src/a.py file:src/b.py\n" + _DO,
        severity="warning",
    ),
    entry(
        "AA0209",
        "no base revision",
        "BASE_REV takes a git commit or a name of one, HEAD, or `tree:` with the SHA-256 of the "
        "tree in lower-case digits. Ranges and options of git are none.",
        "BASE_REV main..topic\nLEASE directory:src\n" + _DO,
        "BASE_REV main\nLEASE directory:src\n" + _DO,
    ),
    entry(
        "AA0210",
        "path out of bounds",
        "Paths are relative to the repository's root and stay in it: no leading `/`, no `..`, no "
        "backslash, and nothing in .git or .heaven.",
        "BASE_REV HEAD\nLEASE file:../secrets.txt\n" + _DO,
        "BASE_REV HEAD\nLEASE file:docs/notes.txt\n" + _DO,
    ),
    entry(
        "AA0211",
        "not a number",
        "A decimal number is needed here.",
        _AA + "NEED callers parse_date many\n" + _DO,
        _AA + "NEED callers parse_date 20\n" + _DO,
    ),
    entry(
        "AA0212",
        "number out of range",
        "The number is outside of what this directive takes; the message says the range.",
        _AA + "NEED slice src/dates.py 0 40\n" + _DO,
        _AA + "NEED slice src/dates.py 1 40\n" + _DO,
    ),
    entry(
        "AA0213",
        "not a symbol",
        "A symbol is a name (parse), a qualified name (Parser.parse), or either behind the path of "
        "its file (src/parser.py::parse).",
        _AA + "NEED symdef ::parse\n" + _DO,
        _AA + "NEED symdef src/parser.py::parse\n" + _DO,
    ),
    entry(
        "AA0214",
        "macro opcode without an expansion",
        "The operation works on some languages only, and the file is of another one. Say it in "
        "words and an angel does it.",
        _AA + "DO ADD_PARAM src/a.rs::parse strict\nRETURN edit_ir\n",
        _AA + "DO Add a parameter strict to parse of src/a.rs\nRETURN edit_ir\n",
    ),
    entry(
        "AA0215",
        "wrong arguments of a macro opcode",
        "An argument is missing, unknown, without its value, or given twice. The hint shows how "
        "the opcode is called.",
        _AA + "DO RENAME_SYMBOL greet\nRETURN edit_ir\n",
        _AA + "DO RENAME_SYMBOL greet welcome\nRETURN edit_ir\n",
    ),
    entry(
        "AA0216",
        "impossible argument of a macro opcode",
        "The argument cannot be what its place needs: the new name of a symbol is one identifier, "
        "and not the name that it has.",
        _AA + "DO RENAME_SYMBOL greet welcome-all\nRETURN edit_ir\n",
        _AA + "DO RENAME_SYMBOL greet welcome_all\nRETURN edit_ir\n",
    ),
    entry(
        "AA0217",
        "unknown output type",
        "RETURN takes edit_ir (checked edits, the usual one), macro_ops or diff_fallback.",
        _AA + "DO Add a test\nRETURN edit-ir\n",
        _AA + "DO Add a test\nRETURN edit_ir\n",
    ),
    entry(
        "AA0218",
        "empty text",
        "A task, an invariant or a query must say something, and a parameter's value left it "
        "empty.",
        'PARAM work ""\n' + _AA + "DO ${work}\nRETURN edit_ir\n",
        'PARAM work "Add a test"\n' + _AA + "DO ${work}\nRETURN edit_ir\n",
    ),
    entry(
        "AA0219",
        "text of several lines",
        "A selector of tests becomes one argument of a command, so it is one line.",
        _AA + 'DO Add a test\nASSERT tests """\na\nb\n"""\nRETURN edit_ir\n',
        _AA + "DO Add a test\nASSERT tests a b\nRETURN edit_ir\n",
    ),
    entry(
        "AA0220",
        "nearly a macro opcode",
        "The line begins with a word that is written like a macro opcode and is none, so it is "
        "given to an angel as words.",
        _AA + "DO RENAME_SYMBL greet welcome\nRETURN edit_ir\n",
        _AA + "DO RENAME_SYMBOL greet welcome\nRETURN edit_ir\n",
        severity="warning",
    ),
    entry(
        "AA0221",
        "selector that reads like a condition",
        "`ASSERT tests X` runs the tests that X selects. `ASSERT tests pass` would run those named "
        "pass; in AA, name the tests to run.",
        _AA + "DO Add a test\nASSERT tests pass\nRETURN edit_ir\n",
        _AA + "DO Add a test\nASSERT tests tests/test_date.py\nRETURN edit_ir\n",
        severity="warning",
    ),
    entry(
        "AA0222",
        "unknown depth",
        "NEED symdef takes full (the whole definition, the default), signature or summary.",
        _AA + "NEED symdef parse_date signatur\n" + _DO,
        _AA + "NEED symdef parse_date signature\n" + _DO,
    ),
)

_PARAMETERS: Final = (
    entry(
        "AA0301",
        "unknown parameter",
        "`${name}` stands for a parameter that a PARAM line declares. A default may refer to the "
        "parameters above it. `$${` is a literal `${`.",
        "PARAM file src/a.py\nBASE_REV HEAD\nLEASE file:${flie} file:${file}\n" + _DO,
        "PARAM file src/a.py\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
    ),
    entry(
        "AA0302",
        "parameter declared twice",
        "Two PARAM lines have one name.",
        "PARAM file src/a.py\nPARAM file src/b.py\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
        "PARAM file src/a.py\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
    ),
    entry(
        "AA0304",
        "parameter without a value",
        "A parameter without a default needs a value from the command line: `--param name=value`.",
        "PARAM file\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
        "PARAM file src/a.py\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
    ),
    entry(
        "AA0305",
        "unused parameter",
        "No line refers to the parameter, so its value changes nothing.",
        "PARAM file src/a.py\n" + _AA + _DO,
        "PARAM file src/a.py\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
        severity="warning",
    ),
    entry(
        "AA0306",
        "value for an unknown parameter",
        "`--param name=value` names a parameter that the program does not declare.",
        "# aac build --param fiel=src/b.py\n"
        "PARAM file src/a.py\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
        "# aac build --param file=src/b.py\n"
        "PARAM file src/a.py\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
    ),
    entry(
        "AA0307",
        "broken parameter reference",
        "`${` begins a reference that ends in `}` and holds one name. Shell and template texts "
        "need `$${` for a literal `${`.",
        _AA + "DO Quote ${HOME:-/root} in install.sh\nRETURN edit_ir\n",
        _AA + "DO Quote $${HOME:-/root} in install.sh\nRETURN edit_ir\n",
    ),
    entry(
        "AA0308",
        "value that is not one word",
        "The reference stands where one word is needed (a path, a symbol, a number), and the "
        "parameter's value is empty or holds blanks.",
        'PARAM symbol "parse date"\n' + _AA + "NEED symdef ${symbol}\n" + _DO,
        "PARAM symbol parse_date\n" + _AA + "NEED symdef ${symbol}\n" + _DO,
    ),
    entry(
        "AA0309",
        "value that no program may hold",
        "A value given on the command line holds a control character or a character that changes "
        "the direction of text. It could not be written in a program, so it is not taken from "
        "outside either.",
        "",
        "",
    ),
    entry(
        "AA0310",
        "macro opcode out of a parameter",
        "The value of a parameter never decides which operation a line is: it would turn words for "
        "an angel into a command. Write the opcode; its arguments may be parameters.",
        "PARAM work RENAME_SYMBOL\n" + _AA + "DO ${work} greet welcome\nRETURN edit_ir\n",
        "PARAM new welcome\n" + _AA + "DO RENAME_SYMBOL greet ${new}\nRETURN edit_ir\n",
    ),
    entry(
        "AA0311",
        "values of parameters too large",
        "What parameters stand for adds more than 64 Mi characters to the program. A few defaults "
        "that each use the one above many times are enough for that.",
        "PARAM a 0123456789\n"
        + "".join(f"PARAM {name} {f'${{{above}}}' * 10}\n" for above, name in pairwise("abcdefgh"))
        + _AA
        + "DO Add a test for ${h}\nRETURN edit_ir\n",
        "PARAM a 0123456789\nPARAM b ${a}${a}\n" + _AA + "DO Add a test for ${b}\nRETURN edit_ir\n",
    ),
    entry(
        "AA0312",
        "unknown type of a parameter",
        "`PARAM name:type` takes symbol (name, Class.method or path::name), path (in the "
        "repository), int (a whole number) or text (words). Without a type a parameter takes any "
        "value.",
        "PARAM file:paht src/a.py\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
        "PARAM file:path src/a.py\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
    ),
    entry(
        "AA0313",
        "value that is not of its parameter's type",
        "The default of a typed parameter, or the value given with `--param`, is not of the type "
        "that its PARAM line names.",
        "PARAM file:path ../a.py\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
        "PARAM file:path src/a.py\nBASE_REV HEAD\nLEASE file:${file}\n" + _DO,
    ),
)

_PLAN: Final = (
    entry(
        "AA0401",
        "too much context in one section",
        "The governor answers 20 page faults in one attempt of a section. What asks for the same "
        "again is merged before counting.",
        _AA + _needs(21) + _DO,
        _AA + _needs(20) + _DO,
    ),
    entry(
        "AA0402",
        "sections nested too deeply",
        "A used module is a section within the one that uses it, and the verifier takes 8 of them "
        "within each other. Use the inner modules from the program itself.",
        "ISA_VERSION 0\nBASE_REV HEAD\nUSE ./m1.isa\n" + nested(8),
        "ISA_VERSION 0\nBASE_REV HEAD\nUSE ./m1.isa\n" + nested(7),
        language="isa",
    ),
    entry(
        "AA0501",
        "output type that the mode does not admit",
        "In output mode hard an angel's answer is of the declared type, and names the places that "
        "it changes. A diff only quotes lines, which have to be looked for. Mode medium takes it.",
        "# aac build --output-mode hard\n" + _AA + "DO Add a test\nRETURN diff_fallback\n",
        "# aac build --output-mode hard\n" + _AA + "DO Add a test\nRETURN edit_ir\n",
    ),
)

CODES: Final = (*_MEANING, *_PARAMETERS, *_PLAN, *ISA_CODES)
