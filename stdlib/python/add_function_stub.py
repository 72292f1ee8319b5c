"""ADD_FUNCTION_STUB: a function yet to be written, at the end of a file or after a symbol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...heaven.index.facts import FileFacts
from ...heaven.index.symbols import SymbolIndex
from ...proto.edit_ir import EditIR, EditOp
from ..arguments import line, needed
from ..files import inside
from ..patches import edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees, count_errors, parse, source_of
from ..targets import find
from .blocks import after_symbol, indent_of
from .imports import line_patch

if TYPE_CHECKING:
    from ...heaven import Heaven

_NAME = "ADD_FUNCTION_STUB"


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Add a function with the header `args["signature"]` to `args["path"]`: at its end, or behind
    `args["after"]`, of whose class it becomes a method if that is one.

    Raises MacroRefused: the header is none, or its name is taken.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    path = inside(_NAME, needed(args, _NAME, "path"))
    header, name = _header(needed(args, _NAME, "signature"))
    body = "..." if path.endswith(".pyi") else "raise NotImplementedError"
    source = source_of(index, path)
    facts = index.facts_of(path)
    if facts is None and (index.root / path).exists():
        raise MacroRefused("unsupported", f"{path} could not be read")
    after = args.get("after")
    if facts is None:
        if after:
            raise MacroRefused("unknown", f"there is no file {path} with {after}")
        text = f"{header}\n    {body}\n"
        return Expansion(EditIR((EditOp(op="add_file", path=path, content=text),)), 1, ())
    trees = Trees(index)
    if after:
        symbol = find(index, _NAME, after, path)[-1]
        at, indent, scope = after_symbol(index, trees, symbol)
        _check_free(facts, scope, name, path)
        gap = "\n\n" if not indent else "\n"
        text = f"{gap}{indent}{header}\n{indent}{indent_of(source)}{body}\n"
    else:
        _check_free(facts, 0, name, path)
        at = len(source)
        gap = "\n\n" if source.strip() else ""
        text = f"{gap}{header}\n{indent_of(source)}{body}\n"
    patch = line_patch(path, source, at, text)
    return Expansion(edit_of(index, [patch], "the function"), 1, ())


def _header(text: str) -> tuple[str, str]:
    """`def name(...) -> ...:` and its name; `def` and the colon may be left out."""
    text = line(text, _NAME, "signature").removesuffix(":").rstrip()
    if not text.startswith(("def ", "async def ")):
        text = f"def {text}"
    header = f"{text}:"
    root = parse(f"{header} ...".encode(), "x.py")
    node = root.named_children[0] if len(root.named_children) == 1 else None
    name = node.child_by_field_name("name") if node is not None else None
    if count_errors(root) or node is None or name is None or name.text is None:
        raise MacroRefused("syntax", f"{text!r} is no header of a function")
    body = node.child_by_field_name("body")
    if node.type != "function_definition" or body is None or body.text != b"...":
        raise MacroRefused("syntax", f"{text!r} is no header of a function")
    return header, name.text.decode()


def _check_free(facts: FileFacts, scope: int, name: str, path: str) -> None:
    if facts.visible(scope, name).bindings:
        where = facts.scope_name(scope) or path
        raise MacroRefused("collision", f"{name} is defined in {where} already")
