"""Syntax nodes back to source text, and the comparison of nodes by content."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass

from . import ast
from .texts import block, quote

# What the grammar takes as a word and as the rest of a line.
_WORD = re.compile(r'(?!#\Z)[^ \t\n"][^ \t\n]*+')
_REST = re.compile(r'(?!#(?![^ \t]))[^ \t\n"][^ \t\n]*+(?:[ \t]++(?!#(?![^ \t]))[^ \t\n]++)*+')


def unparse(program: ast.Program) -> str:
    """The directives of a program, one a line, without its comments; ends in a newline."""
    return "".join(unparse_directive(directive) + "\n" for directive in program.directives)


def unparse_directive(directive: ast.Directive) -> str:
    """One directive as source text without a newline at its end.

    Texts keep their form where it can say their value, otherwise they are quoted. A text block is
    several lines. A word that no source could hold (with blanks in it) is written as it is.
    """
    match directive:
        case ast.BaseRev(rev):
            return f"BASE_REV {rev.value}"
        case ast.Lease(scopes):
            return " ".join(
                ("LEASE", *(f"{scope.type.value}:{scope.value.value}" for scope in scopes))
            )
        case ast.NeedSymdef(symbol, depth):
            return _words("NEED symdef", symbol, depth)
        case ast.NeedCallers(symbol, top_k):
            return _words("NEED callers", symbol, top_k)
        case ast.NeedSlice(path, start, count):
            return _words("NEED slice", path, start, count)
        case ast.NeedSearch(query, top_k):
            return _words(f"NEED search {value(query)}", top_k)
        case ast.NeedTests(keyword, symbol):
            return _words(f"NEED {keyword}", symbol)
        case ast.NeedPrompt(prompt_id, index):
            return _words("NEED prompt", prompt_id, index)
        case ast.Do(keyword, ast.MacroCall(name, args)):
            return " ".join((keyword, name.value, *(_argument(arg.value) for arg in args)))
        case ast.Do(keyword, ast.Text() as task):
            return f"{keyword} {text(task, macro_allowed=False)}"
        case ast.AssertTests(None):
            return "ASSERT tests"
        case ast.AssertTests(ast.Text() as selector):
            return f"ASSERT tests {text(selector)}"
        case ast.Return(type_):
            return f"RETURN {type_.value}"
        case ast.Param(name, type_, default):
            head = f"PARAM {name.value}" + ("" if type_ is None else f":{type_.value}")
            return head + ("" if default is None else f" {value(default)}")
    raise TypeError(f"{type(directive).__name__} is not a directive of Angel Assembly")


def text(node: ast.Text, *, macro_allowed: bool = True) -> str:
    """A text argument in its form, or quoted where that form cannot say its value.

    `macro_allowed=False` quotes a text that would be read as a macro call.
    """
    if node.form == "rest" and _REST.fullmatch(node.value) is not None:
        if macro_allowed or not _is_macro(node.value):
            return node.value
    elif node.form == "block" and (as_block := block(node.value)) is not None:
        return as_block
    return quote(node.value)


def value(node: ast.Word | ast.Text) -> str:
    """A word, or a quoted text where a word can stand too."""
    if isinstance(node, ast.Word):
        return node.value
    return quote(node.value)


def same_content(one: object, other: object) -> bool:
    """True if two trees say the same thing: places and the form of texts are left out."""
    return content(one) == content(other)


def content(node: object) -> object:
    """The node as nested tuples without places and the form of texts: compares by content."""
    if isinstance(node, ast.Text):
        return ("Text", node.value)
    if is_dataclass(node) and not isinstance(node, type):
        values = (
            content(getattr(node, field.name)) for field in fields(node) if field.name != "span"
        )
        return (type(node).__name__, *values)
    if isinstance(node, tuple):
        return tuple(map(content, node))
    return node


def _words(head: str, *words: ast.Word | None) -> str:
    return " ".join((head, *(word.value for word in words if word is not None)))


def _argument(word: str) -> str:
    return word if _WORD.fullmatch(word) is not None else quote(word)


def _is_macro(line: str) -> bool:
    from .macros import SIGNATURES

    return re.split("[ \t]", line, maxsplit=1)[0] in SIGNATURES
