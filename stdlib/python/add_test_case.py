"""ADD_TEST_CASE: one more row for a parametrized test, or a test function beside another one."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent
from typing import TYPE_CHECKING

from ...heaven.index.facts import FileFacts
from ...heaven.index.symbols import SymbolIndex
from ..arguments import needed
from ..lists import listing
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees
from ..targets import find, keys_of, listed
from .blocks import after_symbol, indent_of, last_row, whole
from .identifiers import identifier
from .imports import line_patch
from .signatures import function_of
from .snippets import expression

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...heaven import Heaven
    from ...heaven.records import Symbol

_NAME = "ADD_TEST_CASE"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Add the case `args["case"]` to the test `args["test"]`.

    Where one `parametrize` with a list of its own decorates the test, `args["body"]` are the values
    of a new row; else they are the statements of a new test function, which stands behind the other
    one and has its parameters.

    Raises MacroRefused: no such test, the case is there already, or the body is no Python.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    trees = Trees(index)
    symbol = find(index, _NAME, needed(args, _NAME, "test"), args.get("in"))[-1]
    case = identifier(args, _NAME, "case")
    body = needed(args, _NAME, "body") and args["body"]
    if not symbol.name.startswith("test") or symbol.kind not in ("function", "method"):
        raise MacroRefused("unsupported", f"{symbol.qualname} is no test function")
    rows = _parametrized(trees, symbol.path, whole(trees, symbol.path, last_row(index, symbol)))
    if len(rows) > 1:
        raise MacroRefused(
            "ambiguous", f"{symbol.qualname} has {len(rows)} parametrize", (listed(symbol),)
        )
    if rows:
        patches = _row(trees, symbol.path, *rows[0], case, body)
    else:
        patches = [_function(index, trees, symbol, case, body)]
    return Expansion(edit_of(index, patches, f"the case {case}"), 1, ())


def _parametrized(trees: Trees, path: str, node: Node) -> list[tuple[Node, Node]]:
    """The function and the list of values of each `parametrize` that decorates it."""
    found = []
    for one in node.named_children if node.type == "decorated_definition" else ():
        call = one.named_children[0] if one.type == "decorator" and one.named_children else None
        name = call.child_by_field_name("function") if call is not None else None
        if call is None or call.type != "call" or name is None:
            continue
        if trees.text(path, name).rpartition(".")[2] != "parametrize":
            continue
        arguments = call.child_by_field_name("arguments")
        given = [] if arguments is None else list(arguments.named_children)
        values = [a for a in given if a.type in ("list", "tuple")][-1:]
        if not values or any(a.type == "keyword_argument" for a in given):
            where = f"{path}:{one.start_point.row + 1}"
            raise MacroRefused(
                "unsupported", f"the values of parametrize are no plain list ({where})", (where,)
            )
        found.append((name, values[0]))
    return found


def _row(trees: Trees, path: str, name: Node, values: Node, case: str, body: str) -> list[Patch]:
    prefix = trees.text(path, name).removesuffix(".parametrize").removesuffix(".mark")
    if prefix in ("parametrize", "mark"):
        raise MacroRefused("unsupported", "pytest is not called by its name there")
    parts = body.strip()
    # Each of the values is an expression, and so is a tuple of them.
    expression(f"({parts.removesuffix(',')},)", _NAME, "body")
    text = f'{prefix}.param({parts.removesuffix(",")}, id="{case}")'
    if f'id="{case}"' in trees.text(path, values) or f"id='{case}'" in trees.text(path, values):
        raise MacroRefused("collision", f"there is a case {case} already")
    rows = listing(path, trees.source(path), values)
    return rows.add(len(rows.items), text)


def _function(index: SymbolIndex, trees: Trees, symbol: Symbol, case: str, body: str) -> Patch:
    source = trees.source(symbol.path)
    name = case if case.startswith("test") else f"{symbol.name}_{case}"
    at, indent, scope = after_symbol(index, trees, symbol)
    facts = index.facts_of(symbol.path) or FileFacts()
    if facts.visible(scope, name).bindings:
        raise MacroRefused("collision", f"{name} is defined in {symbol.path} already")
    function = function_of(index, trees, max(keys_of(index, symbol)))
    given = trees.text(symbol.path, function.listing.node)
    result = function.node.child_by_field_name("return_type")
    arrow = f" -> {trees.text(symbol.path, result)}" if result is not None else ""
    word = "async def" if function.node.children[0].type == "async" else "def"
    step = indent + indent_of(source)
    lines = dedent(body.replace("\r\n", "\n")).strip("\n").split("\n")
    text = "".join(f"{step}{line}\n" if line.strip() else "\n" for line in lines)
    gap = "\n" if indent else "\n\n"
    header = f"{indent}{word} {name}{given}{arrow}:\n".replace("\r\n", "\n")
    return line_patch(symbol.path, source, at, f"{gap}{header}{text}")
