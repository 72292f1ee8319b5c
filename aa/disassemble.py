"""Module -> assembly text, which `assemble` turns back into the same bytes.

A verified module shows no constant table, since its order follows from the code. One that the
verifier would refuse is shown all the same: with `.const` lines and `@3` where a constant does not
stand in its place, `.handler` lines where a handler belongs to no section.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from .assembly_words import quote, visible
from .format_version import FORMAT_VERSION
from .module import Constant, Handler, Instruction, Line, Module
from .opcodes import CHOICES, OPCODES, Action, Kind, Op
from .opsets import opcode_bytes
from .pool import canonical
from .sections import find_sections

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Names of record pairs that need no quotes."""


def disassemble(module: Module, sources: Mapping[str, Sequence[str]] | None = None) -> str:
    """The assembly text of any decodable module, ending in a newline.

    `sources` maps a file of the line table ("" is the program itself) to its lines; where given,
    each source line stands as a comment above the instructions made from it.
    """
    return _Listing(module, sources or {}).text()


def instruction_texts(module: Module) -> Callable[[Instruction], str]:
    """What gives one instruction as it stands in a listing: opcode and operands, on one line. To
    make it takes a look at the whole module, to use it does not."""
    return _Listing(module, {}).words


class _Listing:
    def __init__(self, module: Module, sources: Mapping[str, Sequence[str]]) -> None:
        self._module = module
        self._sources = sources
        self._plain = _is_plain(module)
        self._first: dict[Constant, int] = {}
        for index, constant in enumerate(module.constants):
            self._first.setdefault(constant, index)
        self._out: list[str] = []

    def text(self) -> str:
        module = self._module
        out = self._out
        out += (
            f".format {FORMAT_VERSION}",
            f".language {module.language}",
            f".mode {module.mode}",
            f".output {module.output_mode}",
            f".budget {module.budget}",
            f".source {module.source_sha256}",
        )
        if not self._plain:
            # The first says that the table is spelt out, even if nothing is in it.
            out += ("", ".const")
            for index, constant in enumerate(module.constants):
                out.append(f".const {index} {_constant(constant)}")
        out.append("")
        self._code()
        return "\n".join(out) + "\n"

    def _code(self) -> None:
        module, out = self._module, self._out
        closing = _handlers_by_leave(module)
        width = len(str(max(len(module.code) - 1, 0)))
        depth = 0
        before: Line | None = None
        for pc, (instruction, line) in enumerate(zip(module.code, module.lines, strict=True)):
            op = instruction.op
            if op is Op.LEAVE:
                depth = max(depth - 1, 0)
            if line != before:
                out.append(self._line(line))
                before = line
            out.append(f"{pc:>{width}}  {'  ' * depth}{self.words(instruction)}")
            if op is Op.ENTER:
                depth += 1
            if closing is not None and op is Op.LEAVE:
                indent = " " * (width + 2) + "  " * depth
                out += (f"{indent}.on_fail {_action(h)}" for h in closing.get(pc, ()))
        if closing is None:
            out.append("")
            for handler in module.handlers:
                out.append(f".handler {handler.enter} {handler.leave} {_action(handler)}")

    def words(self, instruction: Instruction) -> str:
        op = instruction.op
        said = [
            self._operand(operand.kind, value)
            for operand, value in zip(OPCODES[op].operands, instruction.operands, strict=True)
        ]
        return " ".join([op.name, *said])

    def _line(self, line: Line) -> str:
        constants = self._module.constants
        file = constants[line.file] if line.file < len(constants) else None
        text = f".line {line.line}"
        if not (file == "" and self._first[""] == line.file):
            text += " " + self._text(line.file)
        if isinstance(file, str) and 1 <= line.line <= len(self._sources.get(file, ())):
            text += "  ; " + visible(self._sources[file][line.line - 1].strip())
        return text

    def _operand(self, kind: Kind, value: int) -> str:
        if kind is Kind.INT:
            return str(value)
        if kind in CHOICES:
            return CHOICES[kind][value] if value < len(CHOICES[kind]) else f"#{value}"
        if kind is Kind.TEXT:
            return self._text(value)
        return self._record(value) if self._plain else f"@{value}"

    def _text(self, index: int) -> str:
        constants = self._module.constants
        constant = constants[index] if index < len(constants) else None
        if isinstance(constant, str) and self._first[constant] == index:
            return quote(constant)
        return f"@{index}"

    def _record(self, index: int) -> str:
        constants = self._module.constants
        record = constants[index]
        assert not isinstance(record, str), "a plain module has a record here"
        pairs: list[str] = []
        for name, value in record:
            key, text = constants[name], constants[value]
            assert isinstance(key, str) and isinstance(text, str), "of texts"
            pairs.append(f"{key if NAME.fullmatch(key) else quote(key)}={quote(text)}")
        return "{" + ", ".join(pairs) + "}"


def _is_plain(module: Module) -> bool:
    """The pool is what interning the operands in order makes."""
    try:
        return canonical(module).constants == module.constants
    except (IndexError, TypeError, ValueError):
        return False


def _handlers_by_leave(module: Module) -> dict[int, list[Handler]] | None:
    """Handlers by the LEAVE they stand behind; None where that would not give the table back."""
    sections, _ = find_sections(opcode_bytes(module.code))
    real = {(section.enter, section.leave) for section in sections if section.leave >= 0}
    found: dict[int, list[Handler]] = {}
    before = -1
    for handler in module.handlers:
        if (handler.enter, handler.leave) not in real or handler.leave < before:
            return None
        before = handler.leave
        found.setdefault(handler.leave, []).append(handler)
    return found


def _constant(constant: Constant) -> str:
    if isinstance(constant, str):
        return quote(constant)
    return "{" + ", ".join(f"@{name}=@{value}" for name, value in constant) + "}"


def _action(handler: Handler) -> str:
    if handler.action is Action.RETRY or handler.count:
        return f"{handler.action.name} {handler.count}"
    return handler.action.name
