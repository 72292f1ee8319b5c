"""From the syntax tree to the lowered program; the ISA lowers what it shares with AA by this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from . import ast, lowered
from .diagnostic import Diagnostic
from .expand import Expanded
from .lowered import Depth, Origin, OutputMode, ReturnType, Scope, Section, Statement, Unit
from .macro_calls import lower_macro
from .macros import near_miss
from .node import dataclass
from .span import NOWHERE, Span
from .words import Words

DEFAULT_BUDGET: Final = 8000
"""Tokens of a program that says nothing about it."""
DEFAULT_TOP_K: Final = 20
MAX_TOP_K: Final = 1000
MAX_SLICE_LINES: Final = 10_000
MAX_LINE: Final = 2**31 - 1

_DEPTHS: Final[dict[str, Depth]] = {
    "full": "full",
    "signature": "signature",
    "summary": "summary",
}
_RETURNS: Final[dict[str, ReturnType]] = {
    "edit_ir": "edit_ir",
    "macro_ops": "macro_ops",
    "diff_fallback": "diff_fallback",
}


@dataclass(frozen=True, slots=True)
class Lowered:
    """`unit` is whole even where `diagnostics` hold errors, for passes that look for more of them;
    only without errors does it mean what the program says.
    """

    unit: Unit
    diagnostics: tuple[Diagnostic, ...]


def lower(expanded: Expanded, output_mode: OutputMode) -> Lowered:
    """An AA program is one section without handlers."""
    words = Words(complete=expanded.complete)
    base_rev, base_origin = "", Origin("", NOWHERE)
    returns: ReturnType = "edit_ir"
    returns_origin = base_origin
    leases: list[Scope] = []
    body: list[Statement] = []
    directives = expanded.program.directives
    for directive in directives:
        match directive:
            case ast.BaseRev():
                if not base_rev:
                    base_rev = words.revision(directive.rev)
                    base_origin = words.origin(directive.span)
            case ast.Lease():
                leases += lower_lease(directive, words)
            case ast.Return():
                returns = lower_return(directive, words)
                returns_origin = words.origin(directive.span)
            case ast.Param():
                pass
            case ast.AssertTests():
                body.append(_lower_tests(directive, words))
            case _:
                statement = lower_statement(directive, words)
                if statement is not None:
                    body.append(statement)
    start = words.origin(directives[0].span if directives else NOWHERE)
    section = Section("start", tuple(body), (), start)
    unit = Unit(
        base_rev,
        base_origin,
        "SOLO",
        DEFAULT_BUDGET,
        tuple(leases),
        returns,
        returns_origin,
        output_mode,
        (section,),
    )
    return Lowered(unit, tuple(words.diagnostics))


def lower_lease(lease: ast.Lease, words: Words) -> list[Scope]:
    scopes = []
    for scope in lease.scopes:
        value, origin = scope.value, words.origin(scope.span)
        match scope.type.value:
            case "symbol":
                scopes.append(Scope("symbol", words.symbol(value), origin))
            case "module":
                scopes.append(Scope("module", words.symbol(value), origin))
            case "file":
                scopes.append(Scope("file", words.path(value), origin))
            case _:
                scopes.append(Scope("directory", words.path(value, directory=True), origin))
    return scopes


def lower_return(directive: ast.Return, words: Words) -> ReturnType:
    return words.choice(directive.type, _RETURNS, "AA0217", "output type")


def lower_statement(directive: ast.Need | ast.Do, words: Words) -> Statement | None:
    """What NEED, DO and OP become; None where nothing sensible is left after what was reported."""
    if isinstance(directive, ast.Do):
        return _lower_work(directive, words)
    return _NEEDS[type(directive)](directive, words)


def _lower_work(directive: ast.Do, words: Words) -> Statement | None:
    task = directive.task
    if isinstance(task, ast.MacroCall):
        return lower_macro(task, words)
    text = words.words(task, f"the task of {directive.keyword}")
    if task.form == "rest" and text[:1].isupper():
        first = text.split(maxsplit=1)[0]
        opcode = near_miss(first)
        if opcode is not None:
            words.warning(
                "AA0220",
                f"`{first}` is no macro opcode; the line is given to an angel as words",
                Span(task.span.line, task.span.column, len(first)),
                hint=f"did you mean {opcode}?",
            )
    return lowered.Task(text, words.origin(directive.span))


def _lower_tests(directive: ast.AssertTests, words: Words) -> Statement:
    selector = directive.selector
    if selector is None:
        return lowered.Run("test", "", words.origin(directive.span))
    if selector.value in ("pass", "passed"):
        words.warning(
            "AA0221",
            f"`{selector.value}` selects the tests of that name",
            selector.span,
            hint="name the tests to run, such as `ASSERT tests tests/test_date.py`",
        )
    return lower_test_run(selector, words, directive.span)


def lower_test_run(selector: ast.Text, words: Words, span: Span) -> lowered.Run:
    return lowered.Run("test", words.line(selector, "a test selector"), words.origin(span))


def _symdef(need: ast.NeedSymdef, words: Words) -> Statement:
    depth: Depth = "full"
    if need.depth is not None:
        depth = words.choice(need.depth, _DEPTHS, "AA0222", "depth")
    return lowered.Symdef(words.symbol(need.symbol), depth, words.origin(need.span))


def _callers(need: ast.NeedCallers, words: Words) -> Statement:
    return lowered.Callers(
        words.symbol(need.symbol), _top_k(need.top_k, words), words.origin(need.span)
    )


def _slice(need: ast.NeedSlice, words: Words) -> Statement:
    return lowered.Slice(
        words.path(need.path),
        words.number(need.start, "the first line", 1, MAX_LINE),
        words.number(need.count, "the number of lines", 1, MAX_SLICE_LINES),
        words.origin(need.span),
    )


def _search(need: ast.NeedSearch, words: Words) -> Statement:
    query = need.query
    if isinstance(query, ast.Text):
        words.words(query, "the query")
        words.line(query, "the query")
    return lowered.Search(query.value, _top_k(need.top_k, words), words.origin(need.span))


def _tests(need: ast.NeedTests, words: Words) -> Statement:
    return lowered.Tests(words.symbol(need.symbol), words.origin(need.span))


def _prompt(need: ast.NeedPrompt, words: Words) -> Statement:
    index = words.number(need.index, "the section's index", 0, 1_000_000)
    return lowered.PromptSection(need.prompt_id.value, index, words.origin(need.span))


def _top_k(word: ast.Word | None, words: Words) -> int:
    if word is None:
        return DEFAULT_TOP_K
    return words.number(word, "the number of results", 1, MAX_TOP_K)


_NEEDS: Final[dict[type[object], Callable[..., Statement]]] = {
    ast.NeedSymdef: _symdef,
    ast.NeedCallers: _callers,
    ast.NeedSlice: _slice,
    ast.NeedSearch: _search,
    ast.NeedTests: _tests,
    ast.NeedPrompt: _prompt,
}
