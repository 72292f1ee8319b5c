"""The stages of a compilation as text, for `aac build --emit` and for the snapshot tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import Final, Literal, TypeAlias

from . import ast, lowered
from .expand import literal
from .lowered import Origin, Section, Statement, Unit
from .macros import SIGNATURES
from .module import Module
from .span import NOWHERE, Span
from .texts import quote
from .unparse import unparse_directive

Stage: TypeAlias = Literal["ast", "expanded", "aa", "plan", "bytecode"]
STAGES: Final[tuple[Stage, ...]] = ("ast", "expanded", "aa", "plan", "bytecode")


def common(unit: Unit | None, planned: Unit | None, module: Module | None, stage: Stage) -> str:
    """The stages that are the same for both languages; "" where an error came before."""
    if stage == "aa":
        return "" if unit is None else "\n".join(text for _label, text in missions(unit))
    if stage == "plan":
        return "" if planned is None else listing(planned)
    if module is None:
        return ""
    from .disassemble import disassemble

    return disassemble(module)


def tree(directives: Iterable[object], indent: str = "") -> str:
    """One directive a line: place, type, and its fields."""
    return "".join(f"{indent}{_place(node)} {_node(node)}\n" for node in directives)


def source_lines(directives: Iterable[ast.Directive], indent: str = "") -> str:
    """Directives as source text that is read as the same directives again."""
    lines = "\n".join(unparse_directive(literal(directive)) for directive in directives)
    return "".join(f"{indent}{line}\n" if line else "\n" for line in lines.splitlines())


def missions(unit: Unit) -> tuple[tuple[str, str], ...]:
    """Each section, in the order of their beginnings, as (label, an AA program that compiles).

    What AA has no directive for stands in comments. A section without work for an angel or a macro
    has its checks as its task, since an AA program must have one.
    """
    found: list[tuple[str, str]] = []
    for section in unit.sections:
        _mission(unit, section, found)
    return tuple(found)


def _mission(unit: Unit, section: Section, found: list[tuple[str, str]]) -> None:
    body: list[str] = []
    if not any(isinstance(item, lowered.Task | lowered.Macro) for item in section.body):
        body.append(_line(ast.Do("DO", _text(_no_work(section)), NOWHERE)))
    for item in section.body:
        if isinstance(item, Section):
            body += _comment(f"section {item.label}")
        else:
            directive = _directive(item)
            body += [_line(directive)] if directive is not None else _comment(_says(item))
    for handler in section.handlers:
        body += _comment(_handler(handler))
    lines = _comment(f"section {section.label}: mode {unit.mode}, budget {unit.budget}")
    lines.append(_line(ast.BaseRev(_word(unit.base_rev), NOWHERE)))
    scopes = (ast.Scope(_word(s.type), _word(s.value), NOWHERE) for s in unit.leases)
    lines.append(_line(ast.Lease(tuple(scopes), NOWHERE)))
    lines += body
    lines.append(_line(ast.Return(_word(unit.returns), NOWHERE)))
    found.append((section.label, "\n".join(lines) + "\n"))
    for item in section.body:
        if isinstance(item, Section):
            _mission(unit, item, found)


def _no_work(section: Section) -> str:
    runs = [f"{s.kind} {s.selector}".rstrip() for s in section.body if isinstance(s, lowered.Run)]
    if runs:
        return "Change nothing: this section only runs " + ", ".join(runs)
    return "Change nothing: this section has no work of its own"


def _line(directive: ast.Directive) -> str:
    return unparse_directive(literal(directive))


def _comment(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in text.split("\n")]


def _word(value: str) -> ast.Word:
    return ast.Word(value, NOWHERE)


def _text(value: str) -> ast.Text:
    return ast.Text(value, "block" if "\n" in value else "rest", NOWHERE)


def _directive(statement: Statement) -> ast.Directive | None:
    """The AA directive of a statement; None where AA has none."""
    match statement:
        case lowered.Symdef():
            depth = None if statement.depth == "full" else _word(statement.depth)
            return ast.NeedSymdef(_word(statement.symbol), depth, NOWHERE)
        case lowered.Callers():
            top_k = _word(str(statement.top_k))
            return ast.NeedCallers(_word(statement.symbol), top_k, NOWHERE)
        case lowered.Slice():
            start, count = _word(str(statement.start)), _word(str(statement.count))
            return ast.NeedSlice(_word(statement.path), start, count, NOWHERE)
        case lowered.Search():
            query = ast.Text(statement.query, "quoted", NOWHERE)
            return ast.NeedSearch(query, _word(str(statement.top_k)), NOWHERE)
        case lowered.Tests():
            return ast.NeedTests("tests", _word(statement.symbol), NOWHERE)
        case lowered.PromptSection():
            prompt, index = _word(statement.prompt_id), _word(str(statement.index))
            return ast.NeedPrompt(prompt, index, NOWHERE)
        case lowered.Task():
            return ast.Do("DO", _text(statement.text), NOWHERE)
        case lowered.Macro():
            return ast.Do("DO", _call(statement), NOWHERE)
        case lowered.Run(kind="test", selector=selector) if selector:
            return ast.AssertTests(_text(selector), NOWHERE)
        case _:
            return None


def _call(macro: lowered.Macro) -> ast.MacroCall:
    signature = SIGNATURES[macro.name]
    given = dict(macro.args)
    words = [_word(given[name]) for name in signature.positional]
    for keyword in signature.keywords:
        if keyword in given:
            words += [_word(keyword), _word(given[keyword])]
    return ast.MacroCall(_word(macro.name), tuple(words), NOWHERE)


def listing(unit: Unit) -> str:
    """A unit with every value spelt out and the line that each statement came from."""
    lines = [
        f"base_rev {unit.base_rev}",
        f"mode {unit.mode}",
        f"budget {unit.budget}",
        f"returns {unit.returns}",
        f"output {unit.output_mode}",
        *(f"lease {scope.type}:{scope.value}" for scope in unit.leases),
    ]
    for section in unit.sections:
        _list_section(section, "", lines)
    return "\n".join(lines) + "\n"


def _list_section(section: Section, indent: str, lines: list[str]) -> None:
    lines.append(_row(f"{indent}section {section.label}", section.origin))
    inner = indent + "  "
    for item in section.body:
        if isinstance(item, Section):
            _list_section(item, inner, lines)
        else:
            lines.append(_row(inner + _says(item), item.origin))
    for handler in section.handlers:
        lines.append(_row(f"{indent}{_handler(handler)}", handler.origin))


def _row(text: str, origin: Origin) -> str:
    place = f"{origin.file}:{origin.span.line}" if origin.file else str(origin.span.line)
    return f"{text.replace(chr(10), chr(92) + 'n'):<60} # {place}"


def _handler(handler: lowered.Handler) -> str:
    count = f" {handler.count}" if handler.action == "RETRY" else ""
    return f"IF_FAIL {handler.action}{count}"


def _says(statement: Statement) -> str:
    match statement:
        case lowered.Symdef():
            return f"symdef {statement.symbol} {statement.depth}"
        case lowered.Callers():
            return f"callers {statement.symbol} {statement.top_k}"
        case lowered.Slice():
            return f"slice {statement.path} {statement.start} {statement.count}"
        case lowered.Search():
            return f"search {quote(statement.query)} {statement.top_k}"
        case lowered.Tests():
            return f"tests {statement.symbol}"
        case lowered.PromptSection():
            return f"prompt {statement.prompt_id} {statement.index}"
        case lowered.PromptSummary():
            return f"PROMPT_REF {statement.prompt_id}"
        case lowered.Task():
            return f"task {quote(statement.text)}"
        case lowered.Macro():
            given = " ".join(f"{name}={quote(value)}" for name, value in statement.args)
            return f"macro {statement.name} {given}"
        case lowered.Run():
            return f"RUN {statement.kind} {statement.selector}".rstrip()
        case lowered.AssertPassed():
            words = {"test": "all tests pass", "lint": "lint passes"}
            return f"ASSERT {words.get(statement.kind, 'typecheck passes')}"
        case lowered.AssertExit():
            return f"ASSERT exit_code {statement.comparison} {statement.code}"
        case lowered.Invariant():
            return f"INVARIANT {statement.text}"
        case lowered.Halt():
            return "HALT"


def _place(node: object) -> str:
    span = getattr(node, "span", NOWHERE)
    return f"{span.line}:{span.column}+{span.length}"


def _node(node: object) -> str:
    if isinstance(node, ast.Word):
        return quote(node.value)
    if isinstance(node, ast.Text):
        return f"{node.form}:{quote(node.value)}"
    if isinstance(node, tuple):
        return f"({_joined(node)})"
    if not is_dataclass(node):
        return str(node)
    parts = []
    for field in fields(node):
        value = getattr(node, field.name)
        if value is not None and not isinstance(value, Span):
            parts.append(f"{field.name}={_node(value)}")
    return " ".join((type(node).__name__, *parts))


def _joined(items: Sequence[object]) -> str:
    return ", ".join(_node(item) for item in items)
