"""Where to stop: a line, an opcode, a section, a program counter, or any failure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ...aa.module import Module
from ...aa.opcodes import Op
from .timeline import Row

What: TypeAlias = Literal["line", "opcode", "section", "pc", "failure"]

FAILURE: Final = ("failure", "failed", "fail")
_GROUPS: Final = {"NEED": "FAULT", "OP": "ANGEL", "DO": "ANGEL", "LABEL": "ENTER"}
"""What the languages call what the opcode table calls otherwise."""


class BadBreakpoint(Exception):
    """There is no such place in the program; `hint` is what may have been meant."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """`where` is the place as it is shown; `pcs` are the instructions before which it stops."""

    number: int
    what: What
    where: str
    pcs: frozenset[int]
    temporary: bool


class Breakpoints:
    """The breakpoints of a session, numbered from 1; numbers are not used again."""

    def __init__(self, module: Module, program: str) -> None:
        self._module = module
        self._program = program
        self._numbers = 0
        self._set: dict[int, Breakpoint] = {}

    def all(self) -> tuple[Breakpoint, ...]:
        return tuple(self._set.values())

    def add(self, place: str, here: int, *, temporary: bool = False) -> Breakpoint:
        """`place` is LINE, FILE:LINE, an opcode (or the first word of several: FAULT), a section's
        label, *PC, or `failure`; empty for the instruction `here` (a pc). Raises BadBreakpoint."""
        what, where, pcs = self._resolve(place.strip() or f"*{here}")
        for one in self._set.values():
            if (one.what, one.pcs, one.temporary) == (what, pcs, temporary):
                return one
        self._numbers += 1
        made = Breakpoint(self._numbers, what, where, pcs, temporary)
        self._set[made.number] = made
        return made

    def delete(self, number: int) -> Breakpoint:
        """Raises BadBreakpoint."""
        if number not in self._set:
            known = ", ".join(str(one) for one in self._set) or "there are none"
            raise BadBreakpoint(f"no breakpoint {number}", f"breakpoints: {known}")
        return self._set.pop(number)

    def clear(self) -> tuple[Breakpoint, ...]:
        """Delete all of them."""
        gone = self.all()
        self._set.clear()
        return gone

    def hit(self, row: Row) -> Breakpoint | None:
        """The breakpoint that stops at this position."""
        if row.end:
            return None
        for one in self._set.values():
            if one.what == "failure" if row.failed else row.pc in one.pcs:
                return one
        return None

    def _resolve(self, place: str) -> tuple[What, str, frozenset[int]]:
        if place.lower() in FAILURE:
            return "failure", "failure", frozenset()
        if place.startswith("*"):
            return self._at_pc(place[1:])
        file, colon, number = place.rpartition(":")
        if number.isdecimal():
            return self._at_line(file if colon else None, int(number))
        labelled = self._entering(place)
        if labelled:
            return "section", place, labelled
        return self._at_opcode(place)

    def _at_pc(self, text: str) -> tuple[What, str, frozenset[int]]:
        count = len(self._module.code)
        if not text.isdecimal() or int(text) >= count:
            raise BadBreakpoint(
                f"*{text} is no instruction", f"the program's instructions are *0 to *{count - 1}"
            )
        return "pc", f"*{int(text)}", frozenset({int(text)})

    def _at_line(self, file: str | None, number: int) -> tuple[What, str, frozenset[int]]:
        by_line = self._first_of_lines(file)
        found = min((line for line in by_line if line >= number), default=None)
        name = file or self._program
        if found is None:
            last = max(by_line)
            raise BadBreakpoint(
                f"{name} has no instruction at line {number} or after it",
                f"the last line with one is {last}",
            )
        return "line", f"{name}:{found}", frozenset(by_line[found])

    def _first_of_lines(self, file: str | None) -> dict[int, list[int]]:
        """The pcs at which the instructions of each line of a file begin."""
        module = self._module
        files = {str(module.constants[line.file]) for line in module.lines}
        wanted = "" if file in (None, self._program) else file
        if wanted not in files:
            names = sorted(name or self._program for name in files)
            raise BadBreakpoint(
                f"nothing of this program comes from {file or self._program!r}",
                "its files: " + ", ".join(names),
            )
        found: dict[int, list[int]] = {}
        before = None
        for pc, line in enumerate(module.lines):
            if line != before and module.constants[line.file] == wanted:
                found.setdefault(line.line, []).append(pc)
            before = line
        return found

    def _entering(self, label: str) -> frozenset[int]:
        constants = self._module.constants
        return frozenset(
            pc
            for pc, one in enumerate(self._module.code)
            if one.op is Op.ENTER and label and constants[one.operands[0]] == label
        )

    def _at_opcode(self, place: str) -> tuple[What, str, frozenset[int]]:
        word = _GROUPS.get(place.upper(), place.upper())
        ops = {op for op in Op if op.name == word or op.name.startswith(word + "_")}
        if not ops:
            raise self._unknown(place)
        pcs = frozenset(pc for pc, one in enumerate(self._module.code) if one.op in ops)
        if not pcs:
            there = sorted({one.op.name for one in self._module.code})
            raise BadBreakpoint(f"the program has no {word}", "its opcodes: " + ", ".join(there))
        return "opcode", word, pcs

    def _unknown(self, place: str) -> BadBreakpoint:
        constants = self._module.constants
        code = self._module.code
        labels = [str(constants[one.operands[0]]) for one in code if one.op is Op.ENTER]
        known = [op.name for op in Op] + [label for label in labels if label]
        close = difflib.get_close_matches(place.upper(), known, 1) or difflib.get_close_matches(
            place, known, 1
        )
        hint = "LINE, FILE:LINE, an opcode, a section's label, *PC, or `failure`"
        if close:
            hint = f"did you mean {close[0]}?"
        return BadBreakpoint(f"{place!r} is no line, opcode or section of this program", hint)
