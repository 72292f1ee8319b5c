"""Where Python sources bind names, by the standard library's own parser.

Nothing here knows of the index that is being measured: what two tools say of a place can be
compared only if a third says which definition the place belongs to.
"""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

_HEADER: Final = re.compile(r"(?:async\s+)?(?:def|class)\s+")
_Scope: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.Module


class At(NamedTuple):
    """A token: line from 1, column in characters from 0."""

    line: int
    column: int


@dataclass(slots=True)
class Sites:
    """`binds`: the dotted name that a token at a place binds (`Context.invoke`, `main.inner`,
    `Context.obj` for `self.obj = ...`); `parameters` are those that are parameters. `calls`: the
    names that are called. `tokens`: every name token by its name."""

    binds: dict[At, str] = field(default_factory=dict)
    parameters: set[At] = field(default_factory=set)
    calls: set[At] = field(default_factory=set)
    tokens: dict[str, list[At]] = field(default_factory=dict)


def sites_of(source: str) -> Sites:
    """Raises SyntaxError, tokenize.TokenError where the file is no Python."""
    found = Sites()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            found.tokens.setdefault(token.string, []).append(At(*token.start))
    _Reader(source, found).read(ast.parse(source), ())
    return found


class _Reader:
    def __init__(self, source: str, found: Sites) -> None:
        self._lines = source.split("\n")
        self._found = found

    def _at(self, line: int, column: int) -> At:
        """ast counts columns in bytes."""
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode(errors="replace"))
        return At(line, column)

    def read(self, node: ast.AST, around: tuple[_Scope, ...]) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                at = self._at(node.lineno, node.col_offset)
                header = _HEADER.match(self._lines[at.line - 1], at.column)
                if header is not None:
                    self._bind(At(at.line, header.end()), node.name, around)
                for one in node.decorator_list:
                    self.read(one, around)
                self._inside(node, (*around, node))
                return
            case ast.Lambda():
                self._inside(node, (*around, node))
                return
            case ast.Name(ctx=ast.Store()):
                self._bind(self._at(node.lineno, node.col_offset), node.id, around)
            case ast.arg():
                at = self._at(node.lineno, node.col_offset)
                self._bind(at, node.arg, around)
                self._found.parameters.add(at)
            case ast.Attribute():
                self._attribute(node, around)
            case ast.Call():
                self._call(node)
        self._inside(node, around)

    def _inside(self, node: ast.AST, around: tuple[_Scope, ...]) -> None:
        decorators = getattr(node, "decorator_list", ())
        for child in ast.iter_child_nodes(node):
            if child not in decorators:
                self.read(child, around)

    def _bind(self, at: At, name: str, around: tuple[_Scope, ...]) -> None:
        inner = around[-1] if around else None
        if inner is not None and name in _declared_global(inner):
            around = ()
        self._found.binds[at] = ".".join((*_path(around), name))

    def _attribute(self, node: ast.Attribute, around: tuple[_Scope, ...]) -> None:
        if not isinstance(node.ctx, ast.Store) or not isinstance(node.value, ast.Name):
            return
        for depth in range(len(around) - 1, 0, -1):
            method, owner = around[depth], around[depth - 1]
            if isinstance(owner, ast.ClassDef) and isinstance(
                method, ast.FunctionDef | ast.AsyncFunctionDef
            ):
                first = [*method.args.posonlyargs, *method.args.args][:1]
                if first and first[0].arg == node.value.id:
                    self._found.binds[self._last(node)] = ".".join(
                        (*_path(around[:depth]), node.attr)
                    )
                return

    def _call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name):
            self._found.calls.add(self._at(node.func.lineno, node.func.col_offset))
        elif isinstance(node.func, ast.Attribute):
            self._found.calls.add(self._last(node.func))

    def _last(self, node: ast.Attribute) -> At:
        """The token of an attribute's name: the last of the node."""
        line, column = node.end_lineno or node.lineno, node.end_col_offset or 0
        at = self._at(line, column)
        return At(line, at.column - len(node.attr))


def _declared_global(scope: _Scope) -> frozenset[str]:
    body = scope.body if isinstance(scope.body, list) else []
    return frozenset(
        name for one in body for inner in _statements(one) for name in _global_names(inner)
    )


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield from _statements(child)


def _global_names(node: ast.stmt) -> list[str]:
    return node.names if isinstance(node, ast.Global) else []


def _path(around: tuple[_Scope, ...]) -> tuple[str, ...]:
    return tuple(getattr(one, "name", "<lambda>") for one in around)
