"""ISA syntax nodes back to source text."""

from __future__ import annotations

import re

from ..aa import ast as aa
from ..aa import unparse as aa_unparse
from ..aa.texts import quote
from ..aa.unparse import text, value
from . import ast
from .conditions import PASSING

_TESTS = re.compile(r"tests?(?![^ \t])")


def unparse(program: ast.Program) -> str:
    """The directives of a program, one a line, without its comments; ends in a newline."""
    return "".join(unparse_directive(directive) + "\n" for directive in program.directives)


def unparse_directive(directive: ast.Directive) -> str:
    """One directive as source text, as in `aa.unparse`."""
    match directive:
        case ast.Version(keyword, number):
            return f"{keyword} {number.value}"
        case ast.PromptRef(prompt_id):
            return f"PROMPT_REF {prompt_id.value}"
        case ast.Mode(mode):
            return f"MODE {mode.value}"
        case ast.Budget(tokens):
            return f"BUDGET {tokens.value}"
        case ast.Invariant(words):
            return f"INVARIANT {text(words)}"
        case ast.Run(kind, pattern):
            return f"RUN {kind.value}" + ("" if pattern is None else f" {text(pattern)}")
        case aa.AssertTests(aa.Text(value=word)) if word in PASSING:
            # Without quotes it would be the condition that the tests pass.
            return f"ASSERT tests {quote(word)}"
        case ast.Assert(condition):
            return f"ASSERT {_condition(condition)}"
        case ast.IfFail(action, count):
            return f"IF_FAIL {action.value}" + ("" if count is None else f" {count.value}")
        case ast.Label(name):
            return f"LABEL {name.value}"
        case ast.Halt():
            return "HALT"
        case ast.Use(module, arguments):
            named = (f"{argument.name.value}={value(argument.value)}" for argument in arguments)
            return " ".join(("USE", module.value, *named))
    return aa_unparse.unparse_directive(directive)


def _condition(condition: aa.Text) -> str:
    if condition.value == "tests pass" and condition.form == "rest":
        return condition.value
    if condition.form == "rest" and _TESTS.match(condition.value) is not None:
        # Without quotes `tests` would be read as the start of a selector.
        return quote(condition.value)
    return text(condition)
