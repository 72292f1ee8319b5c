"""The macro opcodes: operations that a machine carries out without a model.

`OP` and `DO` lines whose first word is one of `SIGNATURES` are macro calls; the parser, the
lowering and the standard library all read this table. How a macro is carried out is the standard
library's business; here is only how it is called.
"""

from __future__ import annotations

from typing import Final

from .node import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """How a macro opcode is called: `NAME positional... [keyword VALUE]...`.

    A keyword is written as a word before its value (`in src/app`) and names the argument too.
    `implemented` is False for a name that is reserved: a program that calls it does not compile.
    """

    name: str
    positional: tuple[str, ...]
    keywords: tuple[str, ...]
    implemented: bool
    doc: str

    def usage(self) -> str:
        """One line such as `RENAME_SYMBOL old new [in PATH] [kind KIND]`."""
        values = {"in": "PATH", "kind": "KIND"}
        optional = (f"[{keyword} {values[keyword]}]" for keyword in self.keywords)
        return " ".join((self.name, *self.positional, *optional))


_ROWS: Final = (
    Signature(
        "RENAME_SYMBOL",
        ("old", "new"),
        ("in", "kind"),
        True,
        "Rename a symbol: its definition and every reference that resolves to it.",
    ),
    Signature("ADD_PARAM", (), (), False, "Add a parameter to a function."),
    Signature("INSERT_IMPORT", (), (), False, "Add an import to a file."),
    Signature("ADD_TEST_CASE", (), (), False, "Add a case to a test function."),
    Signature("ADD_FUNCTION_STUB", (), (), False, "Add an empty function."),
    Signature("REPLACE_SPAN", (), (), False, "Replace lines of a file."),
    Signature("REMOVE_PARAM", (), (), False, "Remove a parameter from a function."),
    Signature("MOVE_SYMBOL", (), (), False, "Move a definition to another file."),
    Signature("WRAP_CALL", (), (), False, "Wrap every call of a function."),
    Signature("REPLACE_CALL", (), (), False, "Replace every call of a function."),
)

SIGNATURES: Final[dict[str, Signature]] = {row.name: row for row in _ROWS}


def near_miss(word: str) -> str | None:
    """The macro opcode that `word` nearly spells, if it is written like one (`RENAME_SYMBL`)."""
    if word in SIGNATURES or "_" not in word or not word.isupper() or not word.isidentifier():
        return None
    import difflib

    close = difflib.get_close_matches(word, SIGNATURES, n=1, cutoff=0.8)
    return close[0] if close else None
