"""Codes of the ISA's passes behind the parser: meaning, modules. Merged by meaning.py."""

from __future__ import annotations

from typing import Final

from .entry import entry, nested

_ISA: Final = "ISA_VERSION 0\nBASE_REV HEAD\n"
_GREET: Final = "# file: ./greet.isa\nISA_VERSION 0\n"
_RENAME: Final = "OP RENAME_SYMBOL greet welcome\n"

_ISA_MEANING: Final = (
    entry(
        "ISA0201",
        "missing version",
        "An ISA program says which version of the ISA it is written in: ISA_VERSION 0, also spelt "
        "VERSION 0. So does a module.",
        "BASE_REV HEAD\n" + _RENAME,
        _ISA + _RENAME,
    ),
    entry(
        "ISA0202",
        "unknown version",
        "This compiler knows version 0 of the ISA.",
        "ISA_VERSION 1\nBASE_REV HEAD\n" + _RENAME,
        _ISA + _RENAME,
    ),
    entry(
        "ISA0203",
        "directive given twice",
        "The version, MODE and BUDGET speak for the whole program, so each is said once.",
        _ISA + "BUDGET 8000\nBUDGET 9000\n" + _RENAME,
        _ISA + "BUDGET 9000\n" + _RENAME,
    ),
    entry(
        "ISA0204",
        "unknown mode",
        "MODE is SOLO (one angel, the default) or SWARM.",
        _ISA + "MODE DUO\n" + _RENAME,
        _ISA + "MODE SOLO\n" + _RENAME,
    ),
    entry(
        "ISA0206",
        "unknown condition",
        "ASSERT takes: tests [SELECTOR]; all tests pass; lint passes; typecheck passes; "
        "exit_code == N; exit_code != N.",
        _ISA + "RUN test\nASSERT all test passes\n",
        _ISA + "RUN test\nASSERT all tests pass\n",
    ),
    entry(
        "ISA0207",
        "assertion without its run",
        "The condition is about the last RUN of that kind in the same section, and there is none "
        "before it. Each LABEL begins a new section.",
        _ISA + "RUN lint\nASSERT all tests pass\n",
        _ISA + "RUN test\nASSERT all tests pass\n",
    ),
    entry(
        "ISA0208",
        "exit code without a run",
        "exit_code is that of the last RUN in the same section, and there is none before this "
        "line.",
        _ISA + _RENAME + "ASSERT exit_code == 0\n",
        _ISA + _RENAME + "RUN test\nASSERT exit_code == 0\n",
    ),
    entry(
        "ISA0209",
        "handler without a check",
        "IF_FAIL handles a failed RUN or ASSERT of its section, and the section has none.",
        _ISA + _RENAME + "IF_FAIL RETRY 1\n",
        _ISA + _RENAME + "RUN test\nIF_FAIL RETRY 1\n",
    ),
    entry(
        "ISA0212",
        "line behind the handlers",
        "IF_FAIL covers its whole section, also what is written after it: if a later line fails, "
        "everything since the section began is undone. Begin another section with LABEL.",
        _ISA + _RENAME + "RUN test\nIF_FAIL RETRY 1\nOP Update the changelog\n",
        _ISA + _RENAME + "RUN test\nIF_FAIL RETRY 1\nLABEL changelog\nOP Update the changelog\n",
        severity="warning",
    ),
    entry(
        "ISA0213",
        "unreachable line",
        "HALT ends the run, so nothing behind it is carried out.",
        _ISA + "HALT\n" + _RENAME,
        _ISA + _RENAME + "HALT\n",
        severity="warning",
    ),
    entry(
        "ISA0214",
        "handler that is never tried",
        "Handlers are tried in order, and IF_FAIL HALT ends the run.",
        _ISA + "RUN test\nIF_FAIL HALT\nIF_FAIL RETRY 1\n",
        _ISA + "RUN test\nIF_FAIL RETRY 1\nIF_FAIL HALT\n",
        severity="warning",
    ),
    entry(
        "ISA0215",
        "second escalation",
        "The oracle advises once for a section.",
        _ISA + "RUN test\nIF_FAIL ESCALATE\nIF_FAIL ESCALATE\n",
        _ISA + "RUN test\nIF_FAIL ESCALATE\n",
    ),
    entry(
        "ISA0216",
        "label given twice",
        "Logs and diagnostics name a section by its label. The beginning of a program is the "
        "section start.",
        _ISA + "LABEL a\nRUN test\nLABEL a\nRUN lint\n",
        _ISA + "LABEL a\nRUN test\nLABEL b\nRUN lint\n",
    ),
    entry(
        "ISA0217",
        "unknown checked invariant",
        "An invariant that begins with @ is checked by the machine, so it must be one that the "
        "machine knows. Anything else is told to the angel: write it without the @.",
        _ISA + "INVARIANT @max-line 200\n" + _RENAME,
        _ISA + "INVARIANT @max-lines 200\n" + _RENAME,
    ),
    entry(
        "ISA0218",
        "wrong arguments of an invariant",
        "The hint shows how this invariant is written.",
        _ISA + "INVARIANT @max-lines\n" + _RENAME,
        _ISA + "INVARIANT @max-lines 200\n" + _RENAME,
    ),
    entry(
        "ISA0219",
        "empty section",
        "Nothing stands between this LABEL and the next, or the end. The section is left out.",
        _ISA + _RENAME + "LABEL later\n",
        _ISA + _RENAME,
        severity="warning",
    ),
    entry(
        "ISA0220",
        "not a label name",
        "A label is made of letters, digits, `_`, `-` and `.`.",
        _ISA + "LABEL step#1\n" + _RENAME,
        _ISA + "LABEL step-1\n" + _RENAME,
    ),
)

_MODULES: Final = (
    entry(
        "ISA0301",
        "unknown module",
        "USE takes a module of the standard library (std.rename) or an ISA file, relative to the "
        "file that uses it (./modules/rename.isa). There is none here.",
        _ISA + "USE ./gret.isa\n" + _GREET + _RENAME,
        _ISA + "USE ./greet.isa\n" + _GREET + _RENAME,
    ),
    entry(
        "ISA0302",
        "module that uses itself",
        "The message shows the circle.",
        _ISA + "USE ./greet.isa\n" + _GREET + "USE ./greet.isa\n",
        _ISA + "USE ./greet.isa\n" + _GREET + _RENAME,
    ),
    entry(
        "ISA0303",
        "modules nested too deeply",
        "Modules may use modules, at most 32 deep.",
        _ISA + "USE ./m1.isa\n" + nested(33),
        _ISA + "USE ./m1.isa\n" + nested(2),
    ),
    entry(
        "ISA0304",
        "program too large with its modules",
        "With its modules, each counted as often as it is used, a program has at most 100,000 "
        "directives. A module that uses two modules twice grows faster than it looks.",
        _ISA + "USE ./greet.isa\n" * 101 + _GREET + _RENAME * 1000,
        _ISA + "USE ./greet.isa\n" + _GREET + _RENAME * 1000,
    ),
    entry(
        "ISA0305",
        "directive that belongs to a program",
        "BASE_REV, MODE, BUDGET, RETURN and HALT speak for a whole program. A module is part of "
        "the one that uses it.",
        _ISA + "USE ./greet.isa\n" + _GREET + "BUDGET 9000\n" + _RENAME,
        _ISA + "BUDGET 9000\nUSE ./greet.isa\n" + _GREET + _RENAME,
    ),
    entry(
        "ISA0306",
        "unknown argument of a module",
        "The module declares its parameters with PARAM; this is none of them.",
        _ISA
        + "USE ./greet.isa nwe=welcome\n"
        + _GREET
        + "PARAM new hello\nOP RENAME_SYMBOL greet ${new}\n",
        _ISA
        + "USE ./greet.isa new=welcome\n"
        + _GREET
        + "PARAM new hello\nOP RENAME_SYMBOL greet ${new}\n",
    ),
    entry(
        "ISA0307",
        "argument given twice",
        "One USE line gives the same argument twice.",
        _ISA
        + "USE ./greet.isa new=a new=b\n"
        + _GREET
        + "PARAM new\nOP RENAME_SYMBOL greet ${new}\n",
        _ISA + "USE ./greet.isa new=a\n" + _GREET + "PARAM new\nOP RENAME_SYMBOL greet ${new}\n",
    ),
    entry(
        "ISA0308",
        "missing argument of a module",
        "A parameter of the module has no default, so every USE line gives it a value.",
        _ISA + "USE ./greet.isa\n" + _GREET + "PARAM new\nOP RENAME_SYMBOL greet ${new}\n",
        _ISA + "USE ./greet.isa new=hi\n" + _GREET + "PARAM new\nOP RENAME_SYMBOL greet ${new}\n",
    ),
    entry(
        "ISA0309",
        "not a module name",
        "A module is std.NAME, or a path that begins with ./ or ../ and ends in .isa. Standard "
        "modules use standard modules only.",
        _ISA + "USE greet\n" + _GREET + _RENAME,
        _ISA + "USE ./greet.isa\n" + _GREET + _RENAME,
    ),
    entry(
        "ISA0310",
        "argument that is not of its parameter's type",
        "The module declares the parameter with a type (`PARAM new:symbol`), and the value on the "
        "USE line is not of it.",
        _ISA
        + 'USE ./greet.isa new="good day"\n'
        + _GREET
        + "PARAM new:symbol\nOP RENAME_SYMBOL greet ${new}\n",
        _ISA
        + "USE ./greet.isa new=welcome\n"
        + _GREET
        + "PARAM new:symbol\nOP RENAME_SYMBOL greet ${new}\n",
    ),
)

CODES: Final = (*_ISA_MEANING, *_MODULES)
