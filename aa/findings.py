"""What the verifier has found so far: diagnostics that name pc and mnemonic, at most so many."""

from __future__ import annotations

from typing import Final

from .diagnostic import Diagnostic, error
from .module import Module
from .span import NOWHERE, Span

MAX_FINDINGS: Final = 100
"""A forged module may be wrong at every instruction; the first hundred findings are enough."""


class Findings:
    """Collects the diagnostics of one module, in the order in which they are found."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._found: list[Diagnostic] = []

    def at(self, code: str, pc: int, message: str, hint: str | None = None) -> None:
        """An instruction is wrong. The diagnostic points at the source line it came from."""
        if len(self._found) >= MAX_FINDINGS:
            return
        module = self._module
        where, file = NOWHERE, ""
        if pc < len(module.lines):
            line = module.lines[pc]
            where = Span(line.line, 1, 0)
            name = module.constants[line.file] if line.file < len(module.constants) else ""
            file = name if isinstance(name, str) else ""
        mnemonic = module.code[pc].op.name
        message = f"pc {pc} {mnemonic}: {message}"
        self._found.append(error(code, message, where, file=file, hint=hint))

    def on(self, code: str, message: str, hint: str | None = None) -> None:
        """The module is wrong as a whole, or in a table that belongs to no instruction."""
        if len(self._found) < MAX_FINDINGS:
            self._found.append(error(code, message, NOWHERE, hint=hint))

    @property
    def full(self) -> bool:
        return len(self._found) >= MAX_FINDINGS

    def __bool__(self) -> bool:
        return bool(self._found)

    def all(self) -> tuple[Diagnostic, ...]:
        return tuple(self._found)
