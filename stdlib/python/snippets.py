"""Pieces of Python that a macro op is given: that they are what their place needs, and the names
that they need there."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from ...heaven.index.naming import Naming
from ...heaven.index.symbols import SymbolIndex
from ..arguments import line
from ..refused import MacroRefused
from ..syntax import count_errors, parse

if TYPE_CHECKING:
    from tree_sitter import Node


def expression(text: str, macro: str, name: str) -> str:
    """One expression on one line, such as can stand for an argument. Raises MacroRefused."""
    text = line(text, macro, name)
    found = _parsed(text)
    if found is None:
        raise MacroRefused("syntax", f"{macro}: {name} {text!r} is not one expression")
    return text


def is_constant(text: str) -> bool:
    """Whether the expression is a number, a string, None or the like: the same anywhere."""
    found = _parsed(text)
    return found is not None and _is_constant(found)


def check_names(
    index: SymbolIndex, naming: Naming, text: str, what: str, path: str, scope: int, at: int
) -> None:
    """Raises MacroRefused where the expression uses a name that nothing binds at that place of the
    file. For use within the index's `ask`."""
    for name in _names(text):
        if hasattr(builtins, name) or naming.owner(path, scope, name, at) is not None:
            continue
        where = f"{path}:{index.lines(path).line(at)}"
        raise MacroRefused(
            "name", f"{what} uses {name}, which nothing defines at {where}", (where,)
        )


def _parsed(text: str) -> Node | None:
    """The expression's node within `f(...)`."""
    if text.count("\n") or "#" in _outside_quotes(text):
        return None
    root = parse(b"f(" + text.encode() + b")", "x.py")
    call = root.named_children[0] if len(root.named_children) == 1 else None
    call = call.named_children[0] if call is not None and call.named_children else None
    if count_errors(root) or call is None or call.type != "call":
        return None
    if call.end_byte != root.end_byte:
        return None
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "argument_list":
        return None
    if len(arguments.named_children) != 1 or arguments.child_count != 3:
        return None
    found = arguments.named_children[0]
    if found.type in ("keyword_argument", "list_splat", "dictionary_splat"):
        return None
    return found


def _outside_quotes(text: str) -> str:
    root = parse(text.encode(), "x.py")
    stack, quoted = [root], []
    while stack:
        node = stack.pop()
        if node.type == "string":
            quoted.append((node.start_byte, node.end_byte))
        else:
            stack.extend(node.children)
    source = text.encode()
    for start, end in sorted(quoted, reverse=True):
        source = source[:start] + source[end:]
    return source.decode(errors="replace")


def _is_constant(node: Node) -> bool:
    if node.type in ("unary_operator", "tuple", "parenthesized_expression", "concatenated_string"):
        return all(map(_is_constant, node.named_children))
    if node.type == "string":
        return all(part.type != "interpolation" for part in node.children)
    return node.type in ("integer", "float", "true", "false", "none", "ellipsis")


def _names(text: str) -> list[str]:
    """The names that an expression reads, those that it binds itself left out."""
    root = parse(text.encode(), "x.py")
    read: dict[str, None] = {}
    bound: set[str] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        above = node.parent
        if node.type == "identifier" and node.text is not None and above is not None:
            name = node.text.decode()
            if above.type in ("lambda_parameters", "for_in_clause", "named_expression") and (
                above.type == "lambda_parameters"
                or node in (above.child_by_field_name("left"), above.child_by_field_name("name"))
            ):
                bound.add(name)
            elif not (
                (above.type == "attribute" and above.child_by_field_name("attribute") == node)
                or (above.type == "keyword_argument" and above.child_by_field_name("name") == node)
            ):
                read[name] = None
        stack.extend(node.children)
    return [name for name in read if name not in bound]
