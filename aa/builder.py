"""From Lark's reductions to syntax nodes: one method a grammar rule, called while parsing.

Lark hands each method the tokens of its rule. Positions in them count within the logical line, so a
builder is told which line it is on.
"""

from __future__ import annotations

from typing import Literal, cast

from lark import Token

from . import ast
from .diagnostic import Diagnostic, error
from .lines import FENCE
from .span import Span
from .texts import bad_escapes, unblock, unquote

_PREFIX = "aa__"


class Builder:
    """Makes AA nodes. `line` is the number of the logical line; `start` afresh for every file."""

    def __init__(self) -> None:
        self.line = 1
        self.file = ""
        self.comments: list[ast.Comment] = []
        self.diagnostics: list[Diagnostic] = []
        # Rules that another grammar imports are called by their prefixed names.
        for name in dir(type(self)):
            if name[0] != "_" and name not in ("start", "comment"):
                setattr(self, _PREFIX + name, getattr(self, name))

    def start(self, file: str) -> None:
        self.line = 1
        self.file = file
        self.comments = []
        self.diagnostics = []

    def comment(self, token: Token) -> Token:
        """Called for every comment behind a directive, which the grammar ignores."""
        line = self.line + token.line - 1 if token.line else self.line
        text = token.value.rstrip(" \t")
        span = Span(line, token.column or 1, len(text))
        self.comments.append(ast.Comment(text, True, span))
        return token

    def base_rev(self, tokens: list[Token]) -> ast.BaseRev:
        return ast.BaseRev(self._word(tokens[1]), self._whole(tokens))

    def lease(self, tokens: list[Token]) -> ast.Lease:
        return ast.Lease(tuple(map(self._scope, tokens[1:])), self._whole(tokens))

    def need_symdef(self, tokens: list[Token]) -> ast.NeedSymdef:
        return ast.NeedSymdef(self._word(tokens[2]), self._last(tokens, 3), self._whole(tokens))

    def need_callers(self, tokens: list[Token]) -> ast.NeedCallers:
        return ast.NeedCallers(self._word(tokens[2]), self._last(tokens, 3), self._whole(tokens))

    def need_slice(self, tokens: list[Token]) -> ast.NeedSlice:
        path, start, count = map(self._word, tokens[2:])
        return ast.NeedSlice(path, start, count, self._whole(tokens))

    def need_search(self, tokens: list[Token]) -> ast.NeedSearch:
        query = self._value(tokens[2])
        if isinstance(query, ast.Text):
            self._must_say_something(query)
        return ast.NeedSearch(query, self._last(tokens, 3), self._whole(tokens))

    def need_tests(self, tokens: list[Token]) -> ast.NeedTests:
        keyword: Literal["test", "tests"] = "test" if tokens[1].value == "test" else "tests"
        return ast.NeedTests(keyword, self._word(tokens[2]), self._whole(tokens))

    def need_prompt(self, tokens: list[Token]) -> ast.NeedPrompt:
        return ast.NeedPrompt(self._word(tokens[2]), self._word(tokens[3]), self._whole(tokens))

    def do(self, tokens: list[Token]) -> ast.Do:
        return ast.Do(_do_keyword(tokens[0]), self._text(tokens[1]), self._whole(tokens))

    def macro(self, tokens: list[Token]) -> ast.Do:
        name, *args = tokens[1:]
        span = self._between(name, tokens[-1])
        call = ast.MacroCall(self._word(name), tuple(map(self._argument, args)), span)
        return ast.Do(_do_keyword(tokens[0]), call, self._whole(tokens))

    def assert_tests(self, tokens: list[Token]) -> object:
        selector = self._text(tokens[2]) if len(tokens) > 2 else None
        return ast.AssertTests(selector, self._whole(tokens))

    def returns(self, tokens: list[Token]) -> ast.Return:
        return ast.Return(self._word(tokens[1]), self._whole(tokens))

    def param(self, tokens: list[Token]) -> ast.Param:
        default = self._value(tokens[2]) if len(tokens) > 2 else None
        word = self._word(tokens[1])
        name, colon, type_name = word.value.partition(":")
        span = word.span
        type_ = None
        if colon:
            at = Span(span.line, span.column + len(name) + 1, len(type_name))
            type_ = ast.Word(type_name, at)
        return ast.Param(
            ast.Word(name, Span(span.line, span.column, len(name))),
            type_,
            default,
            self._whole(tokens),
        )

    def _span(self, token: Token) -> Span:
        start = cast(int, token.start_pos)
        return Span(self.line, start + 1, cast(int, token.end_pos) - start)

    def _between(self, first: Token, last: Token) -> Span:
        start = cast(int, first.start_pos)
        end = cast(int, last.end_pos)
        if "\n" in last:
            end = cast(int, last.start_pos) + last.index("\n")
        return Span(self.line, start + 1, end - start)

    def _whole(self, tokens: list[Token]) -> Span:
        return self._between(tokens[0], tokens[-1])

    def _word(self, token: Token) -> ast.Word:
        return ast.Word(token.value, self._span(token))

    def _last(self, tokens: list[Token], index: int) -> ast.Word | None:
        return self._word(tokens[index]) if len(tokens) > index else None

    def _scope(self, token: Token) -> ast.Scope:
        type_, _, value = token.value.partition(":")
        start = cast(int, token.start_pos) + 1
        behind = len(type_) + 1
        return ast.Scope(
            ast.Word(type_, Span(self.line, start, len(type_))),
            ast.Word(value, Span(self.line, start + behind, len(value))),
            Span(self.line, start, behind + len(value)),
        )

    def _text(self, token: Token) -> ast.Text:
        """A text that says something: an empty one is reported."""
        value = token.value
        if value[0] != '"':
            return ast.Text(value, "rest", self._span(token))
        if value.startswith(FENCE):
            text = ast.Text(unblock(value), "block", self._between(token, token))
        else:
            text = self._quoted(value, self._span(token))
        self._must_say_something(text)
        return text

    def _must_say_something(self, text: ast.Text) -> None:
        if not text.value.strip():
            self.diagnostics.append(error("AA0120", "the text is empty", text.span, file=self.file))

    def _quoted(self, token: str, span: Span) -> ast.Text:
        for offset in bad_escapes(token):
            self.diagnostics.append(
                error(
                    "AA0109",
                    f"{token[offset : offset + 2]} is not an escape",
                    Span(span.line, span.column + offset, 2),
                    file=self.file,
                    hint='the escapes are \\\\ \\" \\n \\t; write \\\\ for a backslash',
                )
            )
        return ast.Text(unquote(token), "quoted", span)

    def _value(self, token: Token) -> ast.Word | ast.Text:
        if token.value[0] == '"':
            return self._quoted(token.value, self._span(token))
        return self._word(token)

    def _argument(self, token: Token) -> ast.Word:
        value = self._value(token)
        return ast.Word(value.value, value.span)


def _do_keyword(token: Token) -> Literal["DO", "OP"]:
    return "DO" if token.value == "DO" else "OP"
