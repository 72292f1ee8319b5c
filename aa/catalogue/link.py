"""Codes of linking: what `aa run` and `aac check --repo` find in a repository (AA08xx).

The examples are linked against a small repository: `app.py` defines `greet`, `a.py` and `b.py` each
define `helper`; it has tests, is set up for pyright, which is not installed, and no angel is
configured. Its prompt store holds one, of one section: "# Constraints", a blank line, "Keep it
polite."
"""

from __future__ import annotations

from typing import Final

from .code import Code

_HEAD: Final = "ISA_VERSION 0\nBASE_REV HEAD\n"

CODES: Final = (
    Code(
        "AA0801",
        "error",
        "Unknown symbol",
        "A NEED, a symbol lease or a macro op names a symbol that the repository's index does not "
        "have. Names are resolved before a run spends anything. Where an instruction before it may "
        "create the symbol, this is a warning.",
        _HEAD + "NEED symdef gret\nOP RENAME_SYMBOL greet salute\n",
        _HEAD + "NEED symdef greet\nOP RENAME_SYMBOL greet salute\n",
        "isa",
    ),
    Code(
        "AA0802",
        "error",
        "Ambiguous symbol",
        "Several definitions have this name, and no program should depend on which one comes "
        "first. Write `path::name`, or for a macro op add `in PATH`.",
        _HEAD + "OP RENAME_SYMBOL helper assist\n",
        _HEAD + "OP RENAME_SYMBOL a.py::helper assist\n",
        "isa",
    ),
    Code(
        "AA0803",
        "error",
        "No such path",
        "A path leaves the repository, enters .git or .heaven, or names a file or line that is not "
        "there.",
        _HEAD + "NEED slice gone.py 1 5\nOP RENAME_SYMBOL greet salute\n",
        _HEAD + "NEED slice app.py 1 5\nOP RENAME_SYMBOL greet salute\n",
        "isa",
    ),
    Code(
        "AA0804",
        "error",
        "Base revision is not checked out",
        "BASE_REV names a revision that is not what the working tree stands on. A run works on the "
        "tree that is there: check the revision out, or write `BASE_REV HEAD`.",
        "ISA_VERSION 0\nBASE_REV 0123abc\nOP RENAME_SYMBOL greet salute\n",
        _HEAD + "OP RENAME_SYMBOL greet salute\n",
        "isa",
    ),
    Code(
        "AA0805",
        "error",
        "No angel",
        "An OP or DO text is a task for an angel, and none is configured. Name one with `--angel`, "
        "GENESIS_ANGEL, or `[angel] use` in genesis.toml. An OP that starts with a macro opcode "
        "needs none.",
        _HEAD + "OP Make greet polite\n",
        _HEAD + "OP RENAME_SYMBOL greet salute\n",
        "isa",
    ),
    Code(
        "AA0806",
        "error",
        "No tool for RUN",
        "The project has no sign of the test runner, linter or type checker that RUN asks for, or "
        "the tool is not installed. The message says what was looked for.",
        _HEAD + "OP RENAME_SYMBOL greet salute\nRUN typecheck\n",
        _HEAD + "OP RENAME_SYMBOL greet salute\nRUN test\n",
        "isa",
    ),
    Code(
        "AA0808",
        "error",
        "Unknown prompt",
        "NEED prompt and PROMPT_REF name a prompt in Heaven's prompt store by its id: the SHA-256 "
        "of its text, or its first 8 or more digits. No prompt has this id, or several begin with "
        "it. "
        "`aa prompt store FILE` stores a text and prints its id; `aa prompt list` lists them.",
        _HEAD + "PROMPT_REF sha256:def456\nOP RENAME_SYMBOL greet salute\n",
        _HEAD + "PROMPT_REF sha256:d36cdee604d6\nOP RENAME_SYMBOL greet salute\n",
        "isa",
    ),
    Code(
        "AA0809",
        "error",
        "A program for a swarm",
        "`aa run` has one angel, and a program with MODE SWARM is for several. Run it with "
        "`aa swarm PROGRAM`, or write MODE SOLO.",
        _HEAD + "MODE SWARM\nOP RENAME_SYMBOL greet salute\n",
        _HEAD + "MODE SOLO\nOP RENAME_SYMBOL greet salute\n",
        "isa",
    ),
    Code(
        "AA0810",
        "error",
        "Bytecode with an invariant that is not there",
        "`INVARIANT @name` promises that every edit is checked against it, and this version knows "
        "none of that name. The compiler refuses that in a program; bytecode may come from "
        "elsewhere, and is refused rather than run unchecked.",
        "",
        "",
        "isa",
    ),
    Code(
        "AA0812",
        "warning",
        "No oracle to escalate to",
        "IF_FAIL ESCALATE asks the oracle, which the configured angel plays. Without one the "
        "handler is passed over and the next is tried.",
        _HEAD + "OP RENAME_SYMBOL greet salute\nRUN test\nIF_FAIL ESCALATE\n",
        _HEAD + "OP RENAME_SYMBOL greet salute\nRUN test\nIF_FAIL HALT\n",
        "isa",
    ),
    Code(
        "AA0813",
        "error",
        "Bytecode with a macro op that is not there",
        "The module calls a macro op, or gives it an argument, that this version does not have. "
        "The compiler refuses that in a program; bytecode may come from elsewhere. Build the "
        "program with this version.",
        "",
        "",
        "isa",
    ),
    Code(
        "AA0814",
        "error",
        "No such section",
        "NEED prompt names a section that the stored prompt does not have. Sections count from 0; "
        "`aa prompt show ID` lists them.",
        _HEAD + "NEED prompt d36cdee604d6 7\nOP RENAME_SYMBOL greet salute\n",
        _HEAD + "NEED prompt d36cdee604d6 0\nOP RENAME_SYMBOL greet salute\n",
        "isa",
    ),
)
