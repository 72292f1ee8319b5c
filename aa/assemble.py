"""Assembly text -> Module, for the disassembler's output and for people.

People may leave out pcs, the constant table (interned in the order of use), `.line` (an instruction
then comes from its own line of the assembly text) and every other directive but the code itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, cast

from .assembly_operands import (
    TEXTS,
    Given,
    Interned,
    Wrong,
    read_number,
    read_operand,
    read_pairs,
    take,
)
from .assembly_words import BadToken, Token, tokens
from .ast import Language
from .diagnostic import Diagnostic, did_you_mean, error
from .encode import LANGUAGES, LINE_MAX, MODES, OUTPUT_MODES
from .format_version import FORMAT_VERSION
from .lowered import Mode, OutputMode
from .module import Constant, Handler, Instruction, Line, Module
from .node import dataclass
from .opcodes import OPCODES, Action, Op
from .span import Span

DEFAULT_BUDGET: Final = 8000

_MNEMONICS: Final = {op.name: op for op in OPCODES}
_ACTIONS: Final = {action.name: action for action in Action}


class AssemblyErrors(Exception):
    """The assembly text is wrong: its author's mistakes, all of them, in `diagnostics`."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("; ".join(diagnostic.message for diagnostic in diagnostics[:3]))
        self.diagnostics = diagnostics


def assemble(text: str, file: str = "") -> Module:
    """The module that the text writes down; whether it may run is the verifier's question.

    Raises AssemblyErrors with every mistake of the text, each at its line; `file` is the name that
    they carry. For `disassemble`'s output, `encode` then gives the bytes it was made from.
    """
    assembler = _Assembler(file)
    for number, line in enumerate(text.split("\n"), 1):
        assembler.line(line.removesuffix("\r"), number)
    module = assembler.module(hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest())
    if assembler.diagnostics:
        raise AssemblyErrors(tuple(sorted(assembler.diagnostics, key=lambda d: d.span.line)))
    return module


@dataclass(frozen=True, slots=True)
class _Statement:
    """An instruction as written: its operands become numbers when all constants are known."""

    op: Op
    operands: tuple[Token, ...]
    line: int
    file: Token | None
    span: Span


class _Assembler:
    def __init__(self, file: str) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._file = file
        self._language: Language = "aa"
        self._mode: Mode = "SOLO"
        self._output: OutputMode = "medium"
        self._budget = DEFAULT_BUDGET
        self._source: str | None = None
        self._once: set[str] = set()
        self._constants: list[Constant] = []
        self._explicit = False
        self._code: list[_Statement] = []
        self._place: tuple[int, Token | None] | None = None
        self._labels: dict[str, int] = {}
        self._open: list[int] = []
        self._closed: tuple[int, int] | None = None
        self._handlers: list[tuple[Token | int, Token | int, Action, int]] = []
        self._directives: dict[str, Callable[[list[Token], Token], None]] = {
            ".format": self._set_format,
            ".language": self._set_language,
            ".mode": self._set_mode,
            ".output": self._set_output,
            ".budget": self._set_budget,
            ".source": self._set_source,
            ".const": self._add_constant,
            ".line": self._set_line,
            ".on_fail": self._on_fail,
            ".handler": self._add_handler,
        }

    def line(self, text: str, number: int) -> None:
        try:
            words = tokens(text, number)
            if words:
                self._read(words)
        except BadToken as bad:
            self._wrong(Wrong("AA0620", str(bad), bad.span))
        except Wrong as wrong:
            self._wrong(wrong)

    def module(self, text_sha256: str) -> Module:
        """What was read; of no use where there are diagnostics."""
        pool = Given(tuple(self._constants)) if self._explicit else Interned()
        code: list[Instruction] = []
        lines: list[Line] = []
        for statement in self._code:
            try:
                code.append(Instruction(statement.op, self._operands(statement, pool)))
                lines.append(Line(pool.file(statement.file, statement.span), statement.line))
            except Wrong as wrong:
                self._wrong(wrong)
        handlers: list[Handler] = []
        for enter, leave, action, count in self._handlers:
            try:
                handlers.append(Handler(self._pc(enter), self._pc(leave), action, count))
            except Wrong as wrong:
                self._wrong(wrong)
        return Module(
            self._language,
            self._mode,
            self._output,
            self._budget,
            self._source or text_sha256,
            pool.constants(),
            tuple(code),
            tuple(handlers),
            tuple(lines),
        )

    def _wrong(self, wrong: Wrong) -> None:
        self.diagnostics.append(
            error(wrong.code, wrong.message, wrong.span, file=self._file, hint=wrong.hint)
        )

    # Lines

    def _read(self, words: list[Token]) -> None:
        if words[0].kind == "number":
            pc = words.pop(0)
            if read_number(pc) != len(self._code):
                message = f"this is instruction {len(self._code)}, not {pc.value}"
                raise Wrong("AA0626", message, pc.span, "pcs may be left out")
            if not words:
                raise Wrong("AA0621", "an instruction belongs behind its pc", pc.span)
        labelled = len(words) > 1 and words[0].kind == "word" and words[1].kind == "mark"
        if labelled and words[1].value == ":":
            self._label(words[0])
            words = words[2:]
            if not words:
                return
        first, rest = words[0], words[1:]
        if first.value.startswith(".") and first.kind == "word":
            directive = self._directives.get(first.value)
            if directive is None:
                hint = did_you_mean(first.value, self._directives)
                raise Wrong("AA0623", f"unknown directive {first.value}", first.span, hint)
            directive(rest, first)
        else:
            self._instruction(first, rest)

    def _label(self, word: Token) -> None:
        if word.value in self._labels:
            raise Wrong("AA0628", f"label {word.value} is defined twice", word.span)
        self._labels[word.value] = len(self._code)

    def _instruction(self, first: Token, rest: list[Token]) -> None:
        op = _MNEMONICS.get(first.value) if first.kind == "word" else None
        pc = len(self._code)
        if op is None:
            # A place is kept, so that the pcs written behind it still fit.
            self._code.append(_Statement(Op.NOP, (), 0, None, first.span))
            hint = did_you_mean(first.value, _MNEMONICS) if first.kind == "word" else None
            raise Wrong("AA0621", f"unknown instruction {first.value}", first.span, hint)
        place = self._place or (first.span.line, None)
        self._code.append(_Statement(op, tuple(rest), *place, first.span))
        if op is Op.ENTER:
            self._open.append(pc)
        elif op is Op.LEAVE:
            self._closed = (self._open.pop(), pc) if self._open else None

    # Directives

    def _set_format(self, words: list[Token], name: Token) -> None:
        version = read_number(self._single(words, name))
        if version != FORMAT_VERSION:
            message = f"format {version} is not the one that this version writes, {FORMAT_VERSION}"
            raise Wrong("AA0624", message, words[0].span)

    def _set_language(self, words: list[Token], name: Token) -> None:
        self._language = cast("Language", self._word(words, name, LANGUAGES))

    def _set_mode(self, words: list[Token], name: Token) -> None:
        self._mode = cast("Mode", self._word(words, name, MODES))

    def _set_output(self, words: list[Token], name: Token) -> None:
        self._output = cast("OutputMode", self._word(words, name, OUTPUT_MODES))

    def _set_budget(self, words: list[Token], name: Token) -> None:
        self._budget = read_number(self._single(words, name))

    def _set_source(self, words: list[Token], name: Token) -> None:
        word = self._single(words, name)
        if len(word.value) != 64 or not set(word.value) <= set("0123456789abcdef"):
            raise Wrong("AA0624", "a SHA-256 is 64 digits of 0-9 and a-f", word.span)
        self._source = word.value

    def _add_constant(self, words: list[Token], name: Token) -> None:
        self._explicit = True
        if not words:
            return
        if len(words) > 1 and words[0].kind == "number":
            index = words.pop(0)
            if read_number(index) != len(self._constants):
                message = f"this is constant {len(self._constants)}, not {index.value}"
                raise Wrong("AA0627", message, index.span)
        if len(words) == 1 and words[0].kind == "text":
            self._constants.append(words[0].value)
            return
        pairs = read_pairs(words, name)
        for token in (token for pair in pairs for token in pair):
            if token.kind != "constant":
                message = 'a constant is "text" or a record of indexes like {@0=@1}'
                raise Wrong("AA0624", message, token.span)
        self._constants.append(
            tuple((read_number(key), read_number(value)) for key, value in pairs)
        )

    def _set_line(self, words: list[Token], name: Token) -> None:
        if not 1 <= len(words) <= 2 or (len(words) == 2 and words[1].kind not in TEXTS):
            raise Wrong("AA0624", 'this is written .line 12 or .line 12 "file"', name.span)
        number = read_number(words[0], LINE_MAX)
        self._place = (number, words[1] if len(words) == 2 else None)

    def _on_fail(self, words: list[Token], name: Token) -> None:
        if self._closed is None or self._closed[1] != len(self._code) - 1:
            message = ".on_fail belongs directly behind the LEAVE of its section"
            raise Wrong("AA0629", message, name.span)
        self._handlers.append((*self._closed, *self._action(words, name)))

    def _add_handler(self, words: list[Token], name: Token) -> None:
        if len(words) < 3:
            message = "this is written .handler ENTER LEAVE ACTION, with pcs or labels"
            raise Wrong("AA0624", message, name.span)
        self._handlers.append((words[0], words[1], *self._action(words[2:], name)))

    def _action(self, words: list[Token], name: Token) -> tuple[Action, int]:
        action = _ACTIONS.get(words[0].value) if words else None
        if action is None:
            where = words[0] if words else name
            hint = did_you_mean(where.value, _ACTIONS)
            raise Wrong("AA0624", "RETRY n, ESCALATE or HALT belongs here", where.span, hint)
        if len(words) > 2 or (len(words) == 1 and action is Action.RETRY):
            raise Wrong("AA0624", "RETRY is written with a count: RETRY 2", words[0].span)
        return action, read_number(words[1]) if len(words) == 2 else 0

    def _single(self, words: list[Token], name: Token) -> Token:
        if len(words) != 1:
            raise Wrong("AA0624", f"{name.value} takes one argument", name.span)
        if name.value in self._once:
            raise Wrong("AA0624", f"{name.value} is there twice", name.span)
        self._once.add(name.value)
        return words[0]

    def _word(self, words: list[Token], name: Token, known: tuple[str, ...]) -> str:
        word = self._single(words, name)
        if word.value not in known:
            hint = did_you_mean(word.value, known)
            message = f"{name.value} is {' or '.join(known)}, not {word.value}"
            raise Wrong("AA0624", message, word.span, hint)
        return word.value

    # Operands

    def _pc(self, where: Token | int) -> int:
        if isinstance(where, int):
            return where
        if where.kind == "number":
            return read_number(where)
        if where.value not in self._labels:
            hint = did_you_mean(where.value, self._labels)
            raise Wrong("AA0628", f"unknown label {where.value}", where.span, hint)
        return self._labels[where.value]

    def _operands(self, statement: _Statement, pool: Interned | Given) -> tuple[int, ...]:
        spec = OPCODES[statement.op]
        words = list(statement.operands)
        values: list[int] = []
        for operand in spec.operands:
            taken = take(words, operand)
            if not taken:
                break
            values.append(read_operand(operand, taken, pool))
        if words or len(values) != len(spec.operands):
            wanted = " ".join(f"<{operand.name}>" for operand in spec.operands) or "no operands"
            where = words[0].span if words else statement.span
            raise Wrong("AA0622", f"{statement.op.name} takes {wanted}", where)
        return tuple(values)
