"""ADD_TEST_CASE on Go: one more row of a test's table, or a test function beside another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from ...heaven.index.symbols import SymbolIndex
from ..arguments import needed
from ..lists import listing
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees
from ..targets import listed
from .blocks import after, body_lines, declaration
from .names import check_identifier, test_prefix
from .subject import Repository, subject

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...heaven import Heaven

_NAME: Final = "ADD_TEST_CASE"
_LABELS: Final = ("name", "desc", "description", "title", "label", "test", "scenario", "testName")


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Add the case `args["case"]` to the test `args["test"]`.

    Where the test goes over one table (a literal of structs in a slice, or in a map by name),
    `args["body"]` are the values of a new row; else they are the statements of a new test function
    behind it.

    Raises MacroRefused: no such test, several tables, the case is there already, or no Go.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    repository = Repository(index)
    found = subject(repository, _NAME, needed(args, _NAME, "test"), args.get("in"), None)
    symbol = found.symbols[0]
    case, body = needed(args, _NAME, "case"), needed(args, _NAME, "body") and args["body"]
    if not test_prefix(symbol.name) or not symbol.path.endswith("_test.go"):
        raise MacroRefused("unsupported", f"{symbol.qualname} is no test function")
    key = next(key for key in sorted(found.keys) if key.path == symbol.path)
    node = declaration(repository, key)
    tables = list(_tables(repository.trees, symbol.path, node))
    if len(tables) > 1:
        raise MacroRefused(
            "ambiguous", f"{symbol.qualname} has {len(tables)} tables", (listed(symbol),)
        )
    if tables:
        patches = _row(repository.trees, symbol.path, tables[0], case, body)
    else:
        patches = [_function(repository, symbol.path, node, symbol.name, case, body)]
    return Expansion(edit_of(index, patches, f"the case {case}"), 1, ())


def _tables(trees: Trees, path: str, function: Node) -> Iterator[Node]:
    """The composite literals that the function's loops go over."""
    ranged: list[Node] = []
    literals: dict[str, Node] = {}
    stack = [function]
    while stack:
        node = stack.pop()
        stack.extend(reversed(node.children))
        if node.type == "range_clause":
            right = node.child_by_field_name("right")
            if right is not None:
                ranged.append(right)
        elif node.type in ("short_var_declaration", "var_spec"):
            left = node.child_by_field_name("left") or node.child_by_field_name("name")
            right = node.child_by_field_name("right") or node.child_by_field_name("value")
            if left is None or right is None:
                continue
            if (
                len(right.named_children) == 1
                and right.named_children[0].type == "composite_literal"
            ):
                literals[trees.text(path, left)] = right.named_children[0]
    seen: set[int] = set()
    for one in ranged:
        table = one if one.type == "composite_literal" else literals.get(trees.text(path, one))
        kind = table.child_by_field_name("type") if table is not None else None
        if table is None or kind is None or table.start_byte in seen:
            continue
        if kind.type in ("slice_type", "map_type", "array_type", "implicit_length_array_type"):
            seen.add(table.start_byte)
            yield table


def _row(trees: Trees, path: str, table: Node, case: str, body: str) -> list[Patch]:
    values, kind = table.child_by_field_name("body"), table.child_by_field_name("type")
    assert values is not None and kind is not None
    rows = listing(path, trees.source(path), values)
    quoted = '"' + case.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if quoted in trees.text(path, values):
        raise MacroRefused("collision", f"there is a case {case} already")
    if kind.type == "array_type":
        raise MacroRefused("unsupported", "the table is an array of a fixed length")
    text = body.strip().removesuffix(",")
    element = kind.child_by_field_name("value" if kind.type == "map_type" else "element")
    structs = element is not None and (
        element.type in ("struct_type", "type_identifier", "pointer_type", "qualified_type")
    )
    sample = _first_row(rows.items)
    if sample is not None:
        structs = True
    if kind.type == "map_type":
        braced = text.startswith("{") or not structs
        return rows.add(len(rows.items), f"{quoted}: {text if braced else '{' + text + '}'}")
    if not structs or text.startswith("{"):
        return rows.add(len(rows.items), text)
    label = _label(trees, path, element, sample)
    if label is not None:
        keyed = sample is None or any(one.type == "keyed_element" for one in sample.named_children)
        if not any(word + ":" in text.replace(" ", "") for word in (label,)):
            text = f"{label}: {quoted}, {text}" if keyed else f"{quoted}, {text}"
    return rows.add(len(rows.items), "{" + text + "}")


def _first_row(items: tuple[Node, ...]) -> Node | None:
    """The braces of the table's first row."""
    if not items:
        return None
    stack = [items[0]]
    while stack:
        node = stack.pop()
        if node.type == "literal_value":
            return node
        stack.extend(reversed(node.named_children))
    return None


def _label(trees: Trees, path: str, element: Node | None, sample: Node | None) -> str | None:
    """The field that names a case: as the struct declares it, else as the first row has it."""
    fields: list[str] = []
    if element is not None and element.type == "struct_type":
        for rows in element.named_children:
            for one in rows.named_children:
                for name in one.children_by_field_name("name"):
                    fields.append(trees.text(path, name))
    elif sample is not None:
        for one in sample.named_children:
            if one.type == "keyed_element":
                fields.append(trees.text(path, one.named_children[0]))
    keyed = sample is None or any(one.type == "keyed_element" for one in sample.named_children)
    if not keyed:
        return fields[0] if fields and fields[0] in _LABELS else None
    return next((one for one in fields if one in _LABELS), None)


def _function(
    repository: Repository, path: str, node: Node, test: str, case: str, body: str
) -> Patch:
    name = case if test_prefix(case) == test_prefix(test) else f"{test}_{case}"
    check_identifier(name)
    package = repository.packages.of(path)
    if name in repository.packages.scope(package):
        raise MacroRefused("collision", f"{name} is declared in {package.name} already")
    parameters = node.child_by_field_name("parameters")
    given = repository.trees.text(path, parameters) if parameters is not None else "()"
    text = f"func {name}{given} {{\n{body_lines(body)}}}"
    return after(path, repository.trees.source(path), max(node.end_byte - 1, 0), text)
