"""Parse tables: built from the `.lark` files, kept as JSON beside them.

Building them costs some 20 ms a process and reading them 4 ms. A file that was made by another
Lark or from another grammar is passed over, and the tables are built in memory. After a change to a
grammar: `python -m genesis_ssmp.aa.tables` (or `make generate`).
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lark
from lark import Lark

if TYPE_CHECKING:
    from .builder import Builder

_AA = Path(__file__).parent / "aa.lark"
_ISA = Path(__file__).parent.parent / "isa" / "isa.lark"
GRAMMARS: dict[str, tuple[Path, ...]] = {"aa": (_AA,), "isa": (_ISA, _AA)}
"""Language to its grammar file, followed by those that it imports."""

_START = "line"
_SHIFT = 0  # how Lark writes a shift in a table; 1 is a reduction


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


def load(language: str, builder: Builder) -> Lark:
    """A parser for one logical line of `language`, whose rules call methods of `builder`."""
    try:
        stored = json.loads(table_file(language).read_bytes())
    except (OSError, ValueError):
        return build(language, builder)
    if stored["lark"] != lark.__version__ or stored["grammar"] != grammar_hash(language):
        return build(language, builder)
    # JSON has turned the integers that key Lark's tables into text.
    memo = _integers(stored["memo"])
    table = stored["data"]["parser"]["parser"]
    table["tokens"] = _integers(table["tokens"])
    states = {int(state): _integers(actions) for state, actions in table["states"].items()}
    table["states"] = states
    # What Lark's own generated stand-alone parsers call.
    parser: Lark = Lark._load_from_dict(  # type: ignore[no-untyped-call]
        stored["data"],
        memo,
        transformer=builder,
        lexer_callbacks={"COMMENT": builder.comment},
    )
    return parser


def build(language: str, builder: Builder | None = None) -> Lark:
    """The same parser, from the grammar file."""
    paths = GRAMMARS[language]
    return Lark(
        paths[0].read_text("utf-8"),
        parser="lalr",
        lexer="contextual",
        start=_START,
        maybe_placeholders=False,
        import_paths=[str(path.parent) for path in paths[1:]],
        transformer=builder,
        lexer_callbacks={} if builder is None else {"COMMENT": builder.comment},
    )


def serialise(language: str) -> str:
    """The tables as JSON: the same text on every machine, for one grammar and one Lark."""
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, memo = build(language).memo_serialize([TerminalDef, Rule])
    data["options"]["import_paths"] = []
    data["parser"]["parser"] = _numbered_in_order(data["parser"]["parser"])
    content = {
        "lark": lark.__version__,
        "grammar": grammar_hash(language),
        "data": data,
        "memo": memo,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def _numbered_in_order(table: dict[str, Any]) -> dict[str, Any]:
    """The same parse table with states and tokens numbered by what the grammar says.

    Lark numbers them as its sets happen to be ordered, which differs from process to process.
    """
    names: dict[int, str] = table["tokens"]
    states: dict[int, dict[int, tuple[int, Any]]] = table["states"]
    tokens = {token: index for index, token in enumerate(sorted(names, key=names.__getitem__))}
    order: dict[int, int] = {}
    waiting = sorted(table["start_states"].values())
    for state in waiting:  # grows while it is walked
        if state not in order:
            order[state] = len(order)
            actions = sorted(states[state].items(), key=lambda item: names[item[0]])
            waiting += [target for _, (action, target) in actions if action == _SHIFT]
    return {
        **table,
        "tokens": {index: names[token] for token, index in tokens.items()},
        "states": {
            order[state]: {
                tokens[token]: [action, order[target] if action == _SHIFT else target]
                for token, (action, target) in sorted(
                    states[state].items(), key=lambda item: tokens[item[0]]
                )
            }
            for state in order
        },
        "start_states": {name: order[state] for name, state in table["start_states"].items()},
        "end_states": {name: order[state] for name, state in table["end_states"].items()},
    }


def _integers(mapping: dict[str, object]) -> dict[int, object]:
    return {int(key): value for key, value in mapping.items()}


def main() -> None:
    """Write the table files of all languages."""
    for language in GRAMMARS:
        table_file(language).write_text(serialise(language), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
