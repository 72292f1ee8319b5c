"""`.aab` bytes -> Module. The layout is described in `encode`.

Accepts exactly the bytes that `encode` writes: `encode(decode(data)) == data` for every accepted
file. What the module *means* is not looked at here; `verify` does that, before anything runs.
"""

from __future__ import annotations

import hashlib
from typing import Final, cast

from .ast import Language
from .encode import (
    CODE,
    CONSTANTS,
    HANDLERS,
    LANGUAGES,
    LINE_MAX,
    LINES,
    META,
    MODES,
    OUTPUT_MODES,
    RECORD,
    TEXT,
)
from .format_version import FORMAT_VERSION, MAGIC
from .leb128 import BadNumber, NumberCut, read, unzigzag
from .lowered import Mode, OutputMode
from .module import Constant, Handler, Instruction, Line, Module, Record
from .opcodes import OPCODES, Action, Op

_DIGEST: Final = 32
_TABLE: Final[dict[int, tuple[Op, int, Instruction]]] = {
    int(op): (op, len(spec.operands), Instruction(op, ())) for op, spec in OPCODES.items()
}
"""By opcode byte: the opcode, its arity, and the one instruction that an arity of 0 allows."""


class BadModule(Exception):
    """The bytes are no module: damaged, cut off, forged, or made by another version.

    The file's fault. Build it again from its source. `code` is a diagnostic code (AA0601 ...) and
    `offset` the byte where the reader stopped.
    """

    def __init__(self, code: str, offset: int, message: str) -> None:
        super().__init__(f"{code}: {message} (at byte {offset})")
        self.code = code
        self.offset = offset
        self.message = message


def decode(data: bytes) -> Module:
    """The module of a whole `.aab` file.

    Raises BadModule, and nothing else whatever the bytes are. Allocates no more than a small
    multiple of what the file itself takes.
    """
    if data[: len(MAGIC)] != MAGIC:
        raise BadModule("AA0601", 0, "this is not a Genesis bytecode module")
    reader = _Reader(data, len(MAGIC), len(data))
    version = reader.number()
    if version != FORMAT_VERSION:
        raise BadModule(
            "AA0602",
            len(MAGIC),
            f"the module has format {version}, this version of aac reads format {FORMAT_VERSION}",
        )
    end = len(data) - _DIGEST
    if end < reader.at:
        raise BadModule("AA0604", len(data), "the file ends before its checksum")
    if hashlib.sha256(memoryview(data)[:end]).digest() != data[end:]:
        raise BadModule("AA0603", end, "the checksum is wrong: the file was cut off or changed")
    reader.end = end
    return _module(reader)


def locate_damage(data: bytes) -> BadModule | None:
    """Where the reader stops in a file whose checksum is wrong, and why; None where the structure
    is whole, and some value was changed or the checksum itself."""
    reader = _Reader(data, len(MAGIC), len(data))
    try:
        reader.number()
        reader.end = len(data) - _DIGEST
        _module(reader)
    except BadModule as bad:
        return bad
    return None


def _module(reader: _Reader) -> Module:
    language, mode, output_mode, budget, source = _meta(reader.section(META, "meta"))
    constants = _constants(reader.section(CONSTANTS, "constants"))
    code = _code(reader.section(CODE, "code"))
    handlers = _handlers(reader.section(HANDLERS, "handlers"))
    lines = _lines(reader.section(LINES, "lines"), len(code))
    reader.finish("the module")
    return Module(language, mode, output_mode, budget, source, constants, code, handlers, lines)


class _Reader:
    """A window of the file: nothing outside of `at`..`end` is ever read."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data = data
        self.at = at
        self.end = end

    def number(self) -> int:
        try:
            value, self.at = read(self.data, self.at, self.end)
        except NumberCut as error:
            raise BadModule("AA0604", self.end, str(error)) from None
        except BadNumber as error:
            raise BadModule("AA0605", self.at, str(error)) from None
        return value

    def byte(self) -> int:
        if self.at >= self.end:
            raise BadModule("AA0604", self.end, "a byte is missing here")
        self.at += 1
        return self.data[self.at - 1]

    def take(self, length: int, what: str) -> bytes:
        if length > self.end - self.at:
            raise BadModule(
                "AA0604",
                self.at,
                f"{what} of {length} bytes, but only {self.end - self.at} are left",
            )
        self.at += length
        return self.data[self.at - length : self.at]

    def count(self, what: str, smallest: int) -> int:
        """A count of things that take at least `smallest` bytes each."""
        at = self.at
        count = self.number()
        if count * smallest > self.end - self.at:
            raise BadModule(
                "AA0604", at, f"{count} {what}, but only {self.end - self.at} bytes are left"
            )
        return count

    def section(self, number: int, name: str) -> _Reader:
        at = self.at
        found = self.byte()
        if found != number:
            raise BadModule("AA0606", at, f"section {found} where {number} ({name}) belongs")
        length = self.number()
        start = self.at
        if length > self.end - start:
            raise BadModule(
                "AA0604", at, f"section {name} of {length} bytes, but only {self.end - start} left"
            )
        self.at = start + length
        return _Reader(self.data, start, self.at)

    def finish(self, what: str) -> None:
        if self.at != self.end:
            raise BadModule("AA0606", self.at, f"{self.end - self.at} bytes too many in {what}")


def _choice(reader: _Reader, words: tuple[str, ...], what: str) -> str:
    at = reader.at
    index = reader.byte()
    if index >= len(words):
        raise BadModule("AA0607", at, f"unknown {what} {index}")
    return words[index]


def _meta(reader: _Reader) -> tuple[Language, Mode, OutputMode, int, str]:
    language = cast("Language", _choice(reader, LANGUAGES, "language"))
    mode = cast("Mode", _choice(reader, MODES, "mode"))
    output_mode = cast("OutputMode", _choice(reader, OUTPUT_MODES, "output mode"))
    budget = reader.number()
    source = reader.take(_DIGEST, "a source hash").hex()
    reader.finish("section meta")
    return language, mode, output_mode, budget, source


def _constants(reader: _Reader) -> tuple[Constant, ...]:
    constants: list[Constant] = []
    for _ in range(reader.count("constants", 2)):
        at = reader.at
        tag = reader.byte()
        if tag == TEXT:
            length = reader.number()
            start = reader.at
            data = reader.take(length, "a text")
            try:
                constants.append(data.decode("utf-8"))
            except UnicodeDecodeError as error:
                raise BadModule(
                    "AA0608", start + error.start, "a text constant is not UTF-8"
                ) from None
        elif tag == RECORD:
            constants.append(_record(reader))
        else:
            raise BadModule("AA0608", at, f"unknown kind of constant {tag}")
    reader.finish("section constants")
    return tuple(constants)


def _record(reader: _Reader) -> Record:
    pairs = range(reader.count("pairs", 2))
    return tuple((reader.number(), reader.number()) for _ in pairs)


def _code(reader: _Reader) -> tuple[Instruction, ...]:
    code: list[Instruction] = []
    push = code.append
    count = reader.count("instructions", 1)
    data, at, end = reader.data, reader.at, reader.end
    table = _TABLE
    for _ in range(count):
        row = table.get(data[at]) if at < end else None
        if row is None:
            reader.at = at
            raise BadModule("AA0609", at, f"unknown opcode {reader.byte():#04x}")
        at += 1
        op, arity, alone = row
        if not arity:
            push(alone)
            continue
        operands: list[int] = []
        for _ in range(arity):
            # Nearly all operands take one byte; the general reader costs a call.
            if at < end and data[at] < 0x80:
                operands.append(data[at])
                at += 1
            else:
                reader.at = at
                operands.append(reader.number())
                at = reader.at
        push(Instruction(op, tuple(operands)))
    reader.at = at
    reader.finish("section code")
    return tuple(code)


def _handlers(reader: _Reader) -> tuple[Handler, ...]:
    handlers: list[Handler] = []
    for _ in range(reader.count("handlers", 4)):
        enter, leave, at = reader.number(), reader.number(), reader.at
        action = reader.byte()
        if action > max(Action):
            raise BadModule("AA0610", at, f"unknown handler action {action}")
        handlers.append(Handler(enter, leave, Action(action), reader.number()))
    reader.finish("section handlers")
    return tuple(handlers)


def _lines(reader: _Reader, instructions: int) -> tuple[Line, ...]:
    lines: list[Line] = []
    before = Line(0, 0)
    while len(lines) < instructions:
        at = reader.at
        length = reader.number()
        file = reader.number()
        number = before.line + unzigzag(reader.number())
        if not 0 <= number <= LINE_MAX:
            raise BadModule("AA0611", at, f"line {number} is out of range")
        if not 0 < length <= instructions - len(lines):
            raise BadModule("AA0611", at, f"a line for {length} instructions, which are not there")
        line = Line(file, number)
        if lines and line == before:
            raise BadModule("AA0611", at, "two runs of the line table are one")
        lines += [line] * length
        before = line
    reader.finish("section lines")
    return tuple(lines)
