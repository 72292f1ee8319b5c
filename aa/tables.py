"""Parse tables: built from the `.lark` files, kept as JSON beside them.

Building them costs some 20 ms a process and reading them 4 ms. A file that was made by another
Lark or from another grammar is passed over, and the tables are built in memory. After a change to a
grammar: `python -m genesis_ssmp.aa.tables` (or `make generate`).
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeAlias

import lark
from lark import Lark, Token

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_AA = Path(__file__).parent / "aa.lark"
_ISA = Path(__file__).parent.parent / "isa" / "isa.lark"
GRAMMARS: dict[str, tuple[Path, ...]] = {"aa": (_AA,), "isa": (_ISA, _AA)}
"""Language to its grammar file, followed by those that it imports."""

_START = "line"
# JSON has no integer keys: a mapping with such keys is written as its pairs under this one.
_PAIRS = "#"


def table_file(language: str) -> Path:
    """Where the serialised tables of a language stand."""
    grammar = GRAMMARS[language][0]
    return grammar.with_suffix(".tables.json")


def grammar_hash(language: str) -> str:
    """SHA-256 over the grammar and those that it imports."""
    digest = sha256()
    for path in GRAMMARS[language]:
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
        digest.update(b"\0")
    return digest.hexdigest()


class Callbacks(Protocol):
    """Has a method a grammar rule besides, which takes the list of the rule's tokens."""

    def comment(self, token: Token) -> Token: ...


def load(language: str, callbacks: Callbacks) -> Lark:
    """A parser for one logical line of `language`, whose rules call methods of `callbacks`."""
    try:
        stored = json.loads(table_file(language).read_bytes(), object_hook=_decode)
    except (OSError, ValueError):
        return build(language, callbacks)
    if stored["lark"] != lark.__version__ or stored["grammar"] != grammar_hash(language):
        return build(language, callbacks)
    # What Lark's own generated stand-alone parsers call.
    parser: Lark = Lark._load_from_dict(  # type: ignore[no-untyped-call]
        stored["data"],
        stored["memo"],
        transformer=callbacks,
        lexer_callbacks={"COMMENT": callbacks.comment},
    )
    return parser


def build(language: str, callbacks: Callbacks | None = None) -> Lark:
    """The same parser, from the grammar file."""
    paths = GRAMMARS[language]
    return Lark(
        paths[0].read_text("utf-8"),
        parser="lalr",
        lexer="contextual",
        start=_START,
        maybe_placeholders=False,
        import_paths=[str(path.parent) for path in paths[1:]],
        transformer=callbacks,
        lexer_callbacks={} if callbacks is None else {"COMMENT": callbacks.comment},
    )


def serialise(language: str) -> str:
    """The tables as JSON: the same text on every machine, for one grammar and one Lark."""
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, memo = build(language).memo_serialize([TerminalDef, Rule])
    data["options"]["import_paths"] = []
    content = {
        "lark": lark.__version__,
        "grammar": grammar_hash(language),
        "data": _encode(data),
        "memo": _encode(memo),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def _encode(value: object) -> Json:
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: _encode(item) for key, item in value.items()}
        return {_PAIRS: [[key, _encode(item)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_encode(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"a parse table holds a {type(value).__name__}")


def _decode(mapping: dict[str, list[tuple[int, object]]]) -> object:
    return dict(mapping[_PAIRS]) if _PAIRS in mapping else mapping


def main() -> None:
    """Write the table files of all languages."""
    for language in GRAMMARS:
        table_file(language).write_text(serialise(language), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
