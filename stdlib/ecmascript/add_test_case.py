"""ADD_TEST_CASE: one more row of `it.each`, or a test beside another one (jest, vitest, mocha)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ...heaven.index.symbols import SymbolIndex
from ..arguments import needed
from ..lists import listing
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees
from ..targets import find, place_of
from .blocks import behind, indent_of, indented, lead_of, statement_of
from .modules import KIN
from .scopes import text_of
from .snippets import expression, parsed

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...heaven import Heaven

_NAME = "ADD_TEST_CASE"
_BLOCKS: Final = frozenset({"program", "statement_block"})


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Add the case `args["case"]` to the test whose title is `args["test"]`.

    Of an `it.each([...])`, `args["body"]` is a new row (its values, or the row itself); else it is
    the statements of a new test, which stands behind the other one and is called like it.

    Raises MacroRefused: no such test, the case is there already, or the body does not parse.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    trees = Trees(index)
    title = needed(args, _NAME, "test")
    symbol = find(index, _NAME, title, args.get("in"), None, KIN)[-1]
    case, body = needed(args, _NAME, "case"), needed(args, _NAME, "body")
    if symbol.kind != "test":
        raise MacroRefused("unsupported", f"{symbol.qualname} is no test")
    path = symbol.path
    node: Node | None = trees.at(path, symbol.name_at.start_byte, symbol.name_at.end_byte)
    while node is not None and node.type != "call_expression":
        node = node.parent
    callee = node.child_by_field_name("function") if node is not None else None
    if node is None or callee is None:
        raise MacroRefused("unsupported", f"{symbol.qualname} is no test")
    if callee.type == "call_expression":
        patches = _row(index, trees, path, callee, body)
    else:
        patches = [_test(index, trees, path, node, callee, case, body)]
    return Expansion(edit_of(index, patches, f"the case {case}"), 1, ())


def _row(index: SymbolIndex, trees: Trees, path: str, callee: Node, body: str) -> list[Patch]:
    arguments = callee.child_by_field_name("arguments")
    table = (
        arguments.named_children[0] if arguments is not None and arguments.named_children else None
    )
    where = place_of(index, path, callee.start_byte)
    if table is None or table.type != "array":
        raise MacroRefused("unsupported", f"the table of the test is no list ({where})", (where,))
    rows = listing(path, trees.source(path), table)
    text = body.strip().rstrip(",")
    if rows.items and rows.items[0].type == "array" and not text.startswith("["):
        text = f"[{text}]"
    expression(text, _NAME, "body", path)
    if any(text_of(one) == text for one in rows.items):
        raise MacroRefused("collision", f"there is a row {text} already ({where})", (where,))
    return rows.add(len(rows.items), text)


def _test(
    index: SymbolIndex, trees: Trees, path: str, node: Node, callee: Node, case: str, body: str
) -> Patch:
    source = trees.source(path)
    name = text_of(callee)
    for word in (".only", ".skip", ".todo", ".fails"):
        name = name.removesuffix(word)
    arguments = node.child_by_field_name("arguments")
    given = arguments.named_children if arguments is not None else []
    function = next(
        (one for one in given if one.type in ("arrow_function", "function_expression")), None
    )
    statement = statement_of(node, _BLOCKS)
    if statement is None or statement.parent is None or function is None or not given:
        where = place_of(index, path, node.start_byte)
        raise MacroRefused(
            "unsupported", f"the test is no statement of its own ({where})", (where,)
        )
    quote = text_of(given[0])[0]
    title = f"{quote}{case}{quote}"
    if any(title in text_of(one)[:400] for one in statement.parent.named_children):
        raise MacroRefused("collision", f"there is a test {case} already")
    params = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
    shown = text_of(params) if params is not None else "()"
    is_async = function.children[0].type == "async" or "await " in body
    parsed(f"async function* f() {{\n{body}\n}}", path, f"{_NAME}: body")
    lead = lead_of(source, statement.start_byte)
    step = indent_of(source)
    word = "async " if is_async else ""
    header = f"{word}{shown} =>" if function.type == "arrow_function" else f"{word}function {shown}"
    end = ";" if text_of(statement).endswith(";") else ""
    text = f"\n{lead}{name}({title}, {header} {{\n{indented(body, lead + step)}{lead}}}){end}\n"
    return behind(path, source, statement.end_byte, text)
