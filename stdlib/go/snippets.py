"""Pieces of Go that a macro op is given: that they are what their place needs, and the names and
imports that they need there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..arguments import line
from ..refused import MacroRefused
from ..syntax import count_errors, parse
from ..targets import place_of
from .imports import ImportEdits
from .scopes import bindings
from .standard import PREDECLARED, standard_paths
from .subject import Repository

if TYPE_CHECKING:
    from tree_sitter import Node


def expression(text: str, macro: str, name: str) -> str:
    """One expression on one line. Raises MacroRefused."""
    text = line(text, macro, name)
    root = parse(f"package p\n\nvar _ = f({text}\n)".encode(), "x.go")
    call = root.named_children[-1].named_children[-1] if root.named_children else root
    arguments = _first(call, "argument_list")
    if count_errors(root) or arguments is None or len(arguments.named_children) != 1:
        raise MacroRefused("syntax", f"{macro}: {name} {text!r} is not one expression")
    if arguments.named_children[0].type in ("variadic_argument", "comment"):
        raise MacroRefused("syntax", f"{macro}: {name} {text!r} is not one expression")
    return text


def type_text(text: str, macro: str, name: str) -> str:
    """One type on one line. Raises MacroRefused."""
    text = line(text, macro, name)
    root = parse(f"package p\n\nvar _ {text}\n".encode(), "x.go")
    spec = _first(root, "var_spec")
    if count_errors(root) or spec is None or spec.child_by_field_name("value") is not None:
        raise MacroRefused("syntax", f"{macro}: {name} {text!r} is not a type")
    return text


def is_constant(text: str) -> bool:
    """Whether the expression is a number, a string, nil or the like: the same anywhere."""
    return not any(name not in PREDECLARED for name in _names(text)[0]) and "(" not in text


def fit(
    repository: Repository,
    edits: ImportEdits,
    text: str,
    what: str,
    path: str,
    at: int,
    scope: int,
    home: str,
) -> None:
    """See to it that every name of an expression or type is known at byte `at` of a file, with
    imports where they can be told: as the file `home` has them, else as all files of the repository
    do, else of Go's own library. Raises MacroRefused."""
    plain, qualified = _names(text)
    packages = repository.packages
    facts = packages.facts(path)
    here, homes = packages.of(path), packages.of(home)
    for name in plain:
        if name in PREDECLARED or bindings(facts, scope, name, at):
            continue
        if name in packages.scope(here) and (here == homes or name not in packages.scope(homes)):
            continue
        where = place_of(repository.index, path, at)
        raise MacroRefused(
            "name", f"{what} uses {name}, which nothing declares at {where}", (where,)
        )
    for name in qualified:
        if bindings(facts, scope, name, at) or name in packages.scope(here):
            continue
        imported = known_import(repository, home, name)
        if imported is None:
            where = place_of(repository.index, path, at)
            raise MacroRefused(
                "name",
                f"{what} uses {name}, which {path} does not import, and which package that is, is "
                "not to be told: INSERT_IMPORT it",
                (where,),
            )
        local = edits.need(path, imported, None)
        if local != name:
            raise MacroRefused(
                "name", f"{path} knows {imported} as {local}, not as {name}", (path,)
            )


def known_import(repository: Repository, home: str, name: str) -> str | None:
    """The import path that a name before a dot stands for."""
    packages = repository.packages
    mine = packages.imported(home, name)
    if mine is not None:
        return mine.path
    found = {
        path
        for each in packages.every
        for path in packages.imported_paths(each)
        if path and packages.local_name(path) == name
    }
    if len(found) == 1:
        return found.pop()
    if not found:
        found = {path for path, known in standard_paths().items() if known == name}
    if name in found:
        return name
    return found.pop() if len(found) == 1 else None


def _first(node: Node, kind: str) -> Node | None:
    stack = [node]
    while stack:
        one = stack.pop()
        if one.type == kind:
            return one
        stack.extend(reversed(one.children))
    return None


def _names(text: str) -> tuple[list[str], list[str]]:
    """The bare names of an expression or type, and the names before a dot."""
    root = parse(f"package p\n\nvar _ = f({text}\n)".encode(), "x.go")
    if count_errors(root):
        root = parse(f"package p\n\nvar _ {text}\n".encode(), "x.go")
    plain: dict[str, None] = {}
    qualified: dict[str, None] = {}
    own: set[str] = {"f", "_"}
    stack = [child for child in root.named_children if child.type != "package_clause"]
    while stack:
        node = stack.pop()
        stack.extend(node.children)
        above = node.parent
        if node.text is None or above is None:
            continue
        name = node.text.decode()
        if node.type == "package_identifier":
            qualified[name] = None
        elif node.type == "type_identifier" and above.type != "qualified_type":
            plain[name] = None
        elif node.type == "identifier":
            if above.type == "selector_expression":
                qualified[name] = None
            elif above.type in ("parameter_declaration", "short_var_declaration"):
                own.add(name)
            elif not (
                above.type == "literal_element"
                and above.parent is not None
                and above.parent.type == "keyed_element"
                and above.parent.named_children[0] == above
            ):
                plain[name] = None
    return [n for n in plain if n not in own], [n for n in qualified if n not in own]
