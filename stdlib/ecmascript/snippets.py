"""Pieces of TypeScript or JavaScript that an op is given: expressions, types, names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ..arguments import needed
from ..refused import MacroRefused
from ..syntax import parse
from .collisions import RESERVED
from .scopes import FileScopes, Scope, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_NAME: Final = re.compile(r"[A-Za-z_$\u00aa-\uffff][\w$\u00aa-\uffff]*")
_CONSTANT: Final = frozenset(
    {
        "number",
        "string",
        "true",
        "false",
        "null",
        "undefined",
        "array",
        "object",
        "unary_expression",
    }
)
_GLOBAL: Final = frozenset(
    [
        "undefined",
        "NaN",
        "Infinity",
        "Math",
        "JSON",
        "Object",
        "Array",
        "String",
        "Number",
        "Boolean",
        "Symbol",
        "Map",
        "Set",
        "WeakMap",
        "WeakSet",
        "Date",
        "Promise",
        "RegExp",
        "Error",
        "TypeError",
        "RangeError",
        "console",
        "globalThis",
        "window",
        "document",
        "process",
        "Buffer",
        "BigInt",
        "Reflect",
        "Proxy",
        "parseInt",
        "parseFloat",
        "isNaN",
        "structuredClone",
        "URL",
        "setTimeout",
        "clearTimeout",
        "queueMicrotask",
        "AbortController",
        "Intl",
    ]
)


def identifier(args: Mapping[str, str], macro: str, key: str) -> str:
    """An argument that must be an identifier. Raises MacroRefused."""
    name = needed(args, macro, key)
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise MacroRefused("name", f"{macro}: {name!r} is not an identifier")
    return name


def parsed(text: str, path: str, what: str) -> Node:
    """The tree of a piece of source. Raises MacroRefused where it does not parse."""
    root = parse(text.encode(), path)
    if root.has_error:
        raise MacroRefused("syntax", f"{what} does not parse: {text}")
    return root


def expression(text: str, macro: str, key: str, path: str = "x.ts") -> str:
    """An argument that must be one expression. Raises MacroRefused."""
    root = parsed(f"({text}\n)", path, f"{macro}: {key}")
    first = root.named_children[0] if root.named_child_count == 1 else None
    inner = first.named_children[0] if first is not None and first.named_children else None
    if inner is None or inner.type != "parenthesized_expression" or inner.named_child_count != 1:
        raise MacroRefused("syntax", f"{macro}: {key} is not one expression: {text}")
    if inner.named_children[0].type == "sequence_expression":
        raise MacroRefused("syntax", f"{macro}: {key} is more than one expression: {text}")
    return text.strip()


def a_type(text: str, macro: str) -> str:
    """An argument that must be a type. Raises MacroRefused."""
    root = parsed(f"let x: {text}\n;", "x.ts", f"{macro}: type")
    if [one.type for one in root.named_children] not in (
        ["lexical_declaration"], ["lexical_declaration", "empty_statement"],
    ):  # fmt: skip
        raise MacroRefused("syntax", f"{macro}: type is not one type: {text}")
    return text.strip()


def check_names(text: str, what: str, scope: Scope, where: str, *, of_type: bool = False) -> None:
    """Raises MacroRefused where the piece uses a name that is not known in the scope."""
    source = f"let x: {text}\n;" if of_type else f"({text}\n)"
    for one in FileScopes(parse(source.encode(), "x.ts")).references:
        if one.variable is not None or one.name in _GLOBAL:
            continue
        if one.meaning == "type" or FileScopes.look_up(scope, one.name, one.meaning):
            continue
        raise MacroRefused(
            "unknown", f"{what} uses {one.name}, which is not known at {where}", (where,)
        )


def is_constant(text: str) -> bool:
    """Whether an expression gives the same wherever it stands."""
    inner = parse(f"({text}\n)".encode(), "x.ts").named_children[0].named_children[0]
    node = inner.named_children[0]
    return node.type in _CONSTANT and not any(
        one.name not in _GLOBAL
        for one in FileScopes(parse(f"({text}\n)".encode(), "x.ts")).references
    )


def computes(node: Node) -> Node | None:
    """A part of an argument that does something when it is evaluated."""
    stack = [node]
    while stack:
        one = stack.pop()
        if one.type in (
            "call_expression", "new_expression", "await_expression", "yield_expression",
            "assignment_expression", "augmented_assignment_expression", "update_expression",
        ):  # fmt: skip
            return one
        if one.type not in ("arrow_function", "function_expression", "class"):
            stack.extend(one.children)
    return None


def shown(node: Node) -> str:
    """A node in one line."""
    return text_of(node).splitlines()[0][:60]
