"""ADD_FUNCTION_STUB on Go: a function that panics until it is written."""

from __future__ import annotations

from collections.abc import Mapping
from posixpath import basename, dirname
from typing import TYPE_CHECKING, Final

from ...heaven.index.symbols import SymbolIndex
from ...proto.edit_ir import EditIR, EditOp
from ..arguments import line, needed
from ..files import inside
from ..patches import edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import count_errors, kin_of, parse
from .blocks import after, at_end, declaration
from .imports import ImportEdits
from .names import check_identifier
from .packages import Package
from .snippets import known_import
from .standard import PREDECLARED
from .subject import Repository, subject

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...heaven import Heaven

_NAME: Final = "ADD_FUNCTION_STUB"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Add a function with the header `args["signature"]` (`func Name(x int) error`, or a method) to
    `args["path"]`, which is made if it is not there: behind `args["after"]`, else at the end.
    Packages that the header names are imported.

    Raises MacroRefused: no header, the name is taken, or no such definition to come after.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    repository = Repository(index)
    path = inside(_NAME, needed(args, _NAME, "path"))
    if kin_of(path) != "go":
        raise MacroRefused("unsupported", f"{path} is no Go file")
    header, name, receiver, qualified = _header(needed(args, _NAME, "signature"))
    text = f'{header} {{\n\tpanic("not implemented")\n}}'
    known = index.facts_of(path) is not None
    package = repository.packages.of(path) if known else package_for(repository, path)
    _check_free(repository, package, receiver, name)
    if not known:
        if (index.root / path).exists():
            raise MacroRefused("unknown", f"{path} could not be read")
        if args.get("after"):
            raise MacroRefused("unknown", f"there is no file {path} with {args['after']}")
        lines = []
        for local in qualified:
            imported = known_import(repository, path, local)
            if imported is None:
                raise MacroRefused("name", f"which package {local} is, is not to be told")
            lines.append(f'\t"{imported}"\n')
        imports = f"import (\n{''.join(sorted(lines))})\n\n" if lines[1:] else ""
        if len(lines) == 1:
            imports = f"import {lines[0].strip()}\n\n"
        content = f"package {package.name}\n\n{imports}{text}\n"
        return Expansion(EditIR((EditOp(op="add_file", path=path, content=content),)), 1, ())
    edits = ImportEdits(repository)
    for local in qualified:
        imported = known_import(repository, path, local)
        if imported is None:
            raise MacroRefused(
                "name", f"which package {local} is, is not to be told: INSERT_IMPORT it"
            )
        edits.need(path, imported, None)
    source = repository.trees.source(path)
    if args.get("after"):
        found = subject(repository, _NAME, args["after"], path, None)
        key = next(key for key in sorted(found.keys) if key.path == path)
        patch = after(path, source, max(declaration(repository, key).end_byte - 1, 0), text)
    else:
        patch = at_end(path, source, text)
    return Expansion(edit_of(index, [patch, *edits.patches()], "the function"), 1, ())


def package_for(repository: Repository, path: str) -> Package:
    """The package that a file which is not there yet belongs to."""
    where = dirname(path)
    known = repository.packages.importable(where)
    if known is not None:
        return known
    name = "".join(c for c in basename(where) if c.isalnum() or c == "_").lower()
    return Package(where, name if name and not name[0].isdigit() else "main")


def _header(text: str) -> tuple[str, str, str, list[str]]:
    """The header, its name, its receiver's type ("" without), and the packages that it names."""
    text = line(text, _NAME, "signature").removesuffix("{").rstrip()
    if not text.startswith("func"):
        text = f"func {text}"
    root = parse(f"package p\n\n{text} {{}}\n".encode(), "x.go")
    node = next((n for n in root.named_children if n.type.endswith("_declaration")), None)
    name = node.child_by_field_name("name") if node is not None else None
    body = node.child_by_field_name("body") if node is not None else None
    right = len(root.named_children) == 2 and body is not None and body.text == b"{}"
    if count_errors(root) or node is None or name is None or name.text is None or not right:
        raise MacroRefused("syntax", f"{text!r} is no header of a function")
    bare = check_identifier(name.text.decode())
    receiver = node.child_by_field_name("receiver")
    owner, qualified = "", dict[str, None]()
    stack: list[Node] = [node]
    while stack:
        one = stack.pop()
        if one.type == "package_identifier" and one.text is not None:
            qualified[one.text.decode()] = None
        inside_receiver = (
            receiver is not None and receiver.start_byte <= one.start_byte < receiver.end_byte
        )
        if one.type == "type_identifier" and inside_receiver and one.text is not None and not owner:
            owner = one.text.decode()
        stack.extend(reversed(one.children))
    return text, bare, owner, list(qualified)


def _check_free(repository: Repository, package: Package, receiver: str, name: str) -> None:
    packages = repository.packages
    if not receiver:
        taken = packages.scope(package).get(name)
    else:
        if receiver not in packages.scope(package) or receiver in PREDECLARED:
            raise MacroRefused("unknown", f"{package.name} has no type {receiver}")
        taken = packages.members(package, receiver).get(name)
    if taken:
        where = repository.where(taken[0])
        raise MacroRefused("collision", f"{name} is declared already ({where})", (where,))
