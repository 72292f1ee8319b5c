"""From a planned program to a bytecode module.

    REV, LEASE*, ACQUIRE, then each section: ENTER, its statements, LEAVE; HALT at the end

A task is ANGEL, OUTPUT, EMIT and a macro MACRO, OUTPUT, EMIT: nothing lands that was not checked
just before.
"""

from __future__ import annotations

from typing import Final

from . import lowered, module
from .ast import Language
from .lowered import Origin, Section, Statement, Unit
from .module import Instruction, Line, Module
from .opcodes import CHOICES, Action, Kind, Op
from .pool import Pool

_CHOICE: Final = {
    (kind, word): index for kind, words in CHOICES.items() for index, word in enumerate(words)
}


def generate(unit: Unit, language: Language, source_sha256: str) -> Module:
    """The module of a program that has no errors; the verifier accepts it."""
    return _Generator(unit).module(language, source_sha256)


class _Generator:
    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._pool = Pool()
        self._code: list[Instruction] = []
        self._lines: list[Line] = []
        self._handlers: list[module.Handler] = []

    def module(self, language: Language, source_sha256: str) -> Module:
        unit = self._unit
        origin = unit.base_origin
        self._emit(origin, Op.REV, self._pool.text(unit.base_rev))
        for scope in unit.leases:
            kind = _CHOICE[Kind.SCOPE, scope.type]
            self._emit(scope.origin, Op.LEASE, kind, self._pool.text(scope.value))
            origin = scope.origin
        self._emit(origin, Op.ACQUIRE)
        for section in unit.sections:
            origin = self._section(section)
        self._emit(origin, Op.HALT)
        return Module(
            language,
            unit.mode,
            unit.output_mode,
            unit.budget,
            source_sha256,
            self._pool.constants(),
            tuple(self._code),
            tuple(self._handlers),
            tuple(self._lines),
        )

    def _emit(self, origin: Origin, op: Op, *operands: int) -> None:
        # Operands are interned before the file, which is the pool's canonical order.
        self._code.append(Instruction(op, operands))
        self._lines.append(Line(self._pool.text(origin.file), origin.span.line))

    def _section(self, section: Section) -> Origin:
        enter = len(self._code)
        self._emit(section.origin, Op.ENTER, self._pool.text(section.label))
        origin = section.origin
        for item in section.body:
            if isinstance(item, Section):
                origin = self._section(item)
            else:
                self._statement(item)
                origin = item.origin
        if section.handlers:
            origin = section.handlers[-1].origin
        leave = len(self._code)
        self._emit(origin, Op.LEAVE)
        # After the sections inside, whose handlers are tried before these.
        for handler in section.handlers:
            action = Action[handler.action]
            self._handlers.append(module.Handler(enter, leave, action, handler.count))
        return origin

    def _statement(self, statement: Statement) -> None:
        origin = statement.origin
        text = self._pool.text
        match statement:
            case lowered.Task():
                returns = _CHOICE[Kind.RETURN, self._unit.returns]
                self._emit(origin, Op.ANGEL, text(statement.text), returns)
                self._land(origin, returns)
            case lowered.Macro():
                arguments = self._macro(statement)
                self._emit(origin, Op.MACRO, *arguments)
                # A macro becomes Edit IR whatever the program's angels return.
                self._land(origin, _CHOICE[Kind.RETURN, "edit_ir"])
            case lowered.Symdef():
                depth = _CHOICE[Kind.DEPTH, statement.depth]
                self._emit(origin, Op.FAULT_SYMDEF, text(statement.symbol), depth)
            case lowered.Callers():
                self._emit(origin, Op.FAULT_CALLERS, text(statement.symbol), statement.top_k)
            case lowered.Slice():
                path = text(statement.path)
                self._emit(origin, Op.FAULT_SLICE, path, statement.start, statement.count)
            case lowered.Search():
                self._emit(origin, Op.FAULT_SEARCH, text(statement.query), statement.top_k)
            case lowered.Tests():
                self._emit(origin, Op.FAULT_TESTS, text(statement.symbol))
            case lowered.PromptSection():
                self._emit(origin, Op.FAULT_PROMPT, text(statement.prompt_id), statement.index)
            case lowered.PromptSummary():
                self._emit(origin, Op.FAULT_PROMPT_SUMMARY, text(statement.prompt_id))
            case lowered.Invariant():
                self._emit(origin, Op.INVARIANT, text(statement.text))
            case lowered.Run():
                kind = _CHOICE[Kind.RUN, statement.kind]
                self._emit(origin, Op.RUN, kind, text(statement.selector))
            case lowered.AssertPassed():
                self._emit(origin, Op.ASSERT_PASSED, _CHOICE[Kind.RUN, statement.kind])
            case lowered.AssertExit():
                comparison = _CHOICE[Kind.COMPARE, statement.comparison]
                self._emit(origin, Op.ASSERT_EXIT, comparison, statement.code)
            case lowered.Halt():
                self._emit(origin, Op.HALT)

    def _macro(self, macro: lowered.Macro) -> tuple[int, int]:
        name = self._pool.text(macro.name)
        return name, self._pool.record(macro.args)

    def _land(self, origin: Origin, returns: int) -> None:
        mode = _CHOICE[Kind.OUTPUT, self._unit.output_mode]
        self._emit(origin, Op.OUTPUT, mode, returns)
        self._emit(origin, Op.EMIT)
