"""ADD_FUNCTION_STUB: a function yet to be written, at the end of a file or after a symbol."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ...heaven.index.symbols import SymbolIndex
from ...proto.edit_ir import EditIR, EditOp
from ..arguments import line, needed
from ..files import inside
from ..patches import edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees, parse, source_of
from ..targets import find
from .blocks import behind, indent_of, lead_of, statement_of
from .imports import style_of
from .modules import KIN, Modules
from .scopes import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...heaven import Heaven

_NAME = "ADD_FUNCTION_STUB"
_HEAD: Final = re.compile(r"(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:async\s+)?function\b")
_BLOCKS: Final = frozenset({"program", "class_body", "statement_block"})


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Add a function with the header `args["signature"]` to `args["path"]`: at its end, or behind
    `args["after"]`, of whose class it becomes a method if that is one. It throws an Error.

    Raises MacroRefused: the header is none, or its name is taken.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    path = inside(_NAME, needed(args, _NAME, "path"))
    header = line(needed(args, _NAME, "signature"), _NAME, "signature").rstrip(" {;")
    trees = Trees(index)
    modules = Modules(index, trees)
    style = style_of(trees, modules, path)
    quote, end = style.quote, style.end
    thrown = f"throw new Error({quote}not implemented{quote}){end}"
    after = args.get("after")
    if index.facts_of(path) is None:
        if (index.root / path).exists():
            raise MacroRefused("unsupported", f"{path} could not be read")
        if after:
            raise MacroRefused("unknown", f"there is no file {path} with {after}")
        header, _ = _function(header, path)
        text = _text(header, path, "", "  ", thrown)
        return Expansion(EditIR((EditOp(op="add_file", path=path, content=text),)), 1, ())
    source = source_of(index, path)
    step = indent_of(source)
    if not after:
        header, name = _function(header, path)
        if name in modules.file(path).scopes.top.names:
            raise MacroRefused("collision", f"{name} is defined in {path} already")
        gap = "\n" if source.strip() else ""
        patch = behind(path, source, len(source), gap + _text(header, path, "", step, thrown))
        return Expansion(edit_of(index, [patch], "the function"), 1, ())
    symbol = find(index, _NAME, after, path, None, KIN)[-1]
    token = trees.at(path, symbol.name_at.start_byte, symbol.name_at.end_byte)
    statement = statement_of(token, _BLOCKS)
    if statement is None or statement.parent is None:
        raise MacroRefused("unsupported", f"{after} is no statement of its own")
    lead = lead_of(source, statement.start_byte)
    if statement.parent.type == "class_body":
        header, name = _method(header, path)
        taken = [
            one for one in statement.parent.named_children
            if (known := one.child_by_field_name("name")) is not None and text_of(known) == name
        ]  # fmt: skip
        if taken:
            raise MacroRefused("collision", f"{name} is in the class already")
    else:
        header, name = _function(header, path)
        scope = modules.file(path).scopes.scope_at(statement)
        if name in scope.names:
            raise MacroRefused("collision", f"{name} is defined in {path} already")
    text = "\n" + _text(header, path, lead, step, thrown)
    patch = behind(path, source, statement.end_byte, text)
    return Expansion(edit_of(index, [patch], "the function"), 1, ())


def _text(header: str, path: str, lead: str, step: str, thrown: str) -> str:
    if path.endswith((".d.ts", ".d.mts", ".d.cts")):
        return f"{lead}{header};\n"
    return f"{lead}{header} {{\n{lead}{step}{thrown}\n{lead}}}\n"


def _function(text: str, path: str) -> tuple[str, str]:
    """`function name(...)` and its name; the word may be left out."""
    header = text
    if not _HEAD.match(text):
        words = re.match(r"((?:export\s+)?(?:default\s+)?(?:async\s+)?)(.*)", text)
        assert words is not None
        header = f"{words[1]}function {words[2]}"
    root = parse(f"{header} {{}}".encode(), _plain(path))
    found = _named(root, "function_declaration")
    if root.has_error or found is None or root.named_child_count != 1:
        raise MacroRefused("syntax", f"{text!r} is no header of a function")
    if path.endswith((".d.ts", ".d.mts", ".d.cts")) and "declare" not in header:
        header = header.replace("function", "declare function", 1)
    return header, found


def _method(text: str, path: str) -> tuple[str, str]:
    header = re.sub(r"^(async\s+)?function\s+", lambda one: one[1] or "", text)
    root = parse(f"class A {{ {header} {{}} }}".encode(), _plain(path))
    found = _named(root, "method_definition")
    if root.has_error or found is None:
        raise MacroRefused("syntax", f"{text!r} is no header of a method")
    return header, found


def _named(node: Node, kind: str) -> str | None:
    stack = [node]
    while stack:
        one = stack.pop()
        name = one.child_by_field_name("name") if one.type == kind else None
        if name is not None:
            return text_of(name)
        stack.extend(one.named_children)
    return None


def _plain(path: str) -> str:
    return "x.ts" if path.endswith(("ts", "tsx")) else "x.js"
