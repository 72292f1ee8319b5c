"""What classes and interfaces derive from outside of the repository, and what those are known to
have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .modules import Modules
from .scopes import Variable, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_HEADS: Final = frozenset(
    {"identifier", "type_identifier", "member_expression", "nested_type_identifier"}
)
_LIST: Final = """at concat copyWithin entries every fill filter find findIndex findLast
    findLastIndex flat flatMap forEach includes indexOf join keys lastIndexOf length map pop push
    reduce reduceRight reverse shift slice some sort splice toReversed toSorted toSpliced unshift
    values with"""
_BUILT_IN: Final[dict[str, frozenset[str]]] = {
    name: frozenset(words.split())
    for name, words in {
        "Error": "name message stack cause",
        "Array": _LIST,
        "ReadonlyArray": _LIST,
        "Map": "clear delete get has set size entries forEach keys values",
        "Set": """add clear delete has size entries forEach keys values union intersection
            difference symmetricDifference isSubsetOf isSupersetOf isDisjointFrom""",
        "WeakMap": "delete get has set",
        "WeakSet": "add delete has",
        "Promise": "then catch finally",
        "PromiseLike": "then",
        "Iterator": "next return throw",
        "AsyncIterator": "next return throw",
        "IterableIterator": "next return throw",
        "Function": "apply bind call length name caller arguments",
        "EventTarget": "addEventListener removeEventListener dispatchEvent",
        "Disposable": "",
        "Iterable": "",
        "AsyncIterable": "",
        "Record": "",
    }.items()
}
_ERRORS: Final = frozenset(
    {"TypeError", "RangeError", "SyntaxError", "EvalError", "ReferenceError"}
)
_MOST_FILES: Final = 300


def heads(holder: Node) -> Iterator[Node]:
    """The names of what a class or interface, given by its body, derives from."""
    node = holder.parent
    if node is None:
        return
    for part in node.children:
        if part.type in ("class_heritage", "extends_type_clause"):
            clauses = [one for one in part.named_children if one.type.endswith("_clause")] or [part]
            for clause in clauses:
                for one in clause.named_children:
                    found = one
                    if one.type == "generic_type":
                        found = one.named_children[0]
                    if one.type == "call_expression":
                        found = one
                    if found.type in (*_HEADS, "call_expression"):
                        yield found


def outside_bases(
    modules: Modules, path: str, holder: Node, seen: set[int] | None = None
) -> list[tuple[str, str]]:
    """Names of bases outside of the repository, with the specifier of the module each comes from:
    "" for what the language has, "?" where it is not known."""
    seen = seen if seen is not None else set()
    if holder.id in seen:
        return []
    seen.add(holder.id)
    found: list[tuple[str, str]] = []
    for head in heads(holder):
        name = text_of(head)
        if head.type not in ("identifier", "type_identifier"):
            if name.startswith("React.") or head.type == "call_expression" or "." in name:
                found.append((name.partition("(")[0], _specifier(modules, path, head)))
            continue
        variable = modules.file(path).scopes.at.get(head.start_byte)
        if variable is None:
            found.append((name, ""))
            continue
        found += _of_variable(modules, path, variable, seen)
    return found


def _specifier(modules: Modules, path: str, head: Node) -> str:
    node = head
    while node.named_children:
        node = node.named_children[0]
    variable = modules.file(path).scopes.at.get(node.start_byte)
    for row in modules.file(path).taken:
        if row.variable is variable and variable is not None:
            return row.specifier if row.source is None else "?"
    return "?"


def _of_variable(
    modules: Modules, path: str, variable: Variable, seen: set[int]
) -> list[tuple[str, str]]:
    file = modules.file(path)
    for row in file.taken:
        if row.variable is variable:
            if row.source is None:
                return [(variable.name, row.specifier)]
            return _given(modules, row.source, row.name, variable.name, seen, 0)
    found: list[tuple[str, str]] = []
    for token in variable.bound:
        node = token.node.parent
        body = node.child_by_field_name("body") if node is not None else None
        if body is not None and node is not None and node.type != "enum_declaration":
            found += outside_bases(modules, path, body, seen)
        elif node is not None and node.type == "variable_declarator":
            found.append((variable.name, "?"))
    return found


def _given(
    modules: Modules, path: str, name: str, shown: str, seen: set[int], depth: int
) -> list[tuple[str, str]]:
    if depth > 20:
        return [(shown, "?")]
    file = modules.file(path)
    for given in file.given:
        if given.name == name and given.variable is not None:
            return _of_variable(modules, path, given.variable, seen)
    for row in file.taken:
        if row.source is None:
            continue
        if row.form == "reexport" and row.given == name:
            return _given(modules, row.source, row.name, shown, seen, depth + 1)
    for row in file.taken:
        if row.form == "star" and row.source is not None:
            found = _given(modules, row.source, name, shown, seen, depth + 1)
            if found != [(shown, "?")]:
                return found
    return [(shown, "?")]


def outside_has(root: Path, base: str, specifier: str, name: str) -> bool | None:
    """Whether a base outside of the repository has a member; None where that is not known."""
    if not specifier:
        known = _BUILT_IN.get("Error" if base in _ERRORS else base)
        return None if known is None else name in known
    if specifier.startswith((".", "?", "/")) or ".." in specifier:
        return None
    parts = specifier.removeprefix("node:").split("/")
    package = "/".join(parts[: 2 if specifier.startswith("@") else 1])
    word = re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])")
    looked = False
    for place in (package, "@types/" + package.removeprefix("@").replace("/", "__")):
        folder = root / "node_modules" / place
        if not folder.is_dir():
            continue
        for number, one in enumerate(sorted(folder.rglob("*.d.*ts"))):
            looked = True
            if number >= _MOST_FILES:
                return None
            if word.search(one.read_text(encoding="utf-8", errors="replace")):
                return True
    return False if looked else None
