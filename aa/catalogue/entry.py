"""How the catalogue's entries are written down."""

from __future__ import annotations

from .code import Code, ExampleLanguage, Severity


def entry(
    code: str,
    title: str,
    cause: str,
    failing: str,
    fixed: str,
    *,
    severity: Severity = "error",
    language: ExampleLanguage | None = None,
) -> Code:
    """A code whose examples are in the language that its name begins with, unless said."""
    chosen: ExampleLanguage = language or ("isa" if code.startswith("ISA") else "aa")
    return Code(code, severity, title, cause, failing, fixed, chosen)


def nested(count: int) -> str:
    """The files `./m1.isa` and so on, each of which uses the next."""
    uses = [f"USE ./m{index + 1}.isa" for index in range(1, count)]
    return "".join(
        f"# file: ./m{index}.isa\nISA_VERSION 0\n{line}\n"
        for index, line in enumerate([*uses, "OP Add a test for parse_date"], 1)
    )
