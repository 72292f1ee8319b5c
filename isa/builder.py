"""From Lark's reductions to the syntax nodes that the ISA adds."""

from __future__ import annotations

from typing import cast

from lark import Token

from ..aa import ast as aa
from ..aa.builder import Builder
from ..aa.span import Span
from . import ast
from .conditions import PASSING


class IsaBuilder(Builder):
    """Makes ISA nodes, and the AA nodes that the ISA shares."""

    def version(self, tokens: list[Token]) -> ast.Version:
        return ast.Version(
            "VERSION" if tokens[0].value == "VERSION" else "ISA_VERSION",
            self._word(tokens[1]),
            self._whole(tokens),
        )

    def prompt_ref(self, tokens: list[Token]) -> ast.PromptRef:
        return ast.PromptRef(self._word(tokens[1]), self._whole(tokens))

    def mode(self, tokens: list[Token]) -> ast.Mode:
        return ast.Mode(self._word(tokens[1]), self._whole(tokens))

    def budget(self, tokens: list[Token]) -> ast.Budget:
        return ast.Budget(self._word(tokens[1]), self._whole(tokens))

    def invariant(self, tokens: list[Token]) -> ast.Invariant:
        return ast.Invariant(self._text(tokens[1]), self._whole(tokens))

    def run(self, tokens: list[Token]) -> ast.Run:
        pattern = self._text(tokens[2]) if len(tokens) > 2 else None
        return ast.Run(self._word(tokens[1]), pattern, self._whole(tokens))

    def assert_tests(self, tokens: list[Token]) -> aa.AssertTests | ast.Assert:
        # `ASSERT tests pass` says that they pass; it does not select tests named "pass".
        if len(tokens) > 2 and tokens[2].value in PASSING:
            span = self._between(tokens[1], tokens[2])
            return ast.Assert(aa.Text("tests pass", "rest", span), self._whole(tokens))
        return cast(aa.AssertTests, super().assert_tests(tokens))

    def assert_condition(self, tokens: list[Token]) -> ast.Assert:
        return ast.Assert(self._text(tokens[1]), self._whole(tokens))

    def if_fail(self, tokens: list[Token]) -> ast.IfFail:
        return ast.IfFail(self._word(tokens[1]), self._last(tokens, 2), self._whole(tokens))

    def label(self, tokens: list[Token]) -> ast.Label:
        return ast.Label(self._word(tokens[1]), self._whole(tokens))

    def halt(self, tokens: list[Token]) -> ast.Halt:
        return ast.Halt(self._whole(tokens))

    def use(self, tokens: list[Token]) -> ast.Use:
        arguments = tuple(map(self._named, tokens[2:]))
        return ast.Use(self._word(tokens[1]), arguments, self._whole(tokens))

    def _named(self, token: Token) -> ast.Argument:
        name, _, value = token.value.partition("=")
        start = cast(int, token.start_pos) + 1
        behind = start + len(name) + 1
        span = Span(self.line, behind, len(value))
        quoted = value.startswith('"')
        return ast.Argument(
            aa.Word(name, Span(self.line, start, len(name))),
            self._quoted(value, span) if quoted else aa.Word(value, span),
            Span(self.line, start, len(token)),
        )
