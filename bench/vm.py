"""The VM without effects."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bench.table import Row, middle

if TYPE_CHECKING:
    from genesis_ssmp.heaven.records import JsonObject
    from genesis_ssmp.runtime.exchange import Prompt, Terms

INSTRUCTIONS = 200_000


class NoEffects:
    """A world that nobody may touch."""

    def pin(self, rev: str, recorded: JsonObject | None) -> NoReturn:
        raise AssertionError("pin")

    def acquire(self, scopes: Sequence[tuple[str, str]], recorded: JsonObject | None) -> NoReturn:
        raise AssertionError("acquire")

    def fault(self, mission: str, command: str, args: JsonObject) -> NoReturn:
        raise AssertionError("fault")

    def ask(self, request: JsonObject, prompt: Prompt) -> NoReturn:
        raise AssertionError("ask")

    def validate(self, request: JsonObject, terms: Terms) -> NoReturn:
        raise AssertionError("validate")

    def expand(self, name: str, args: JsonObject) -> NoReturn:
        raise AssertionError("expand")

    def emit(
        self,
        output: JsonObject,
        invariants: Sequence[str],
        shown: Sequence[JsonObject],
        recorded: JsonObject | None,
    ) -> NoReturn:
        raise AssertionError("emit")

    def check(self, kind: str, selector: str) -> NoReturn:
        raise AssertionError("check")

    def roll_back(self, mark: int, recorded: JsonObject | None) -> NoReturn:
        raise AssertionError("roll_back")

    def consult(self, request: JsonObject) -> NoReturn:
        raise AssertionError("consult")


def instructions(root: Path) -> Row:
    """Instructions a second of a module that makes no syscall."""
    from genesis_ssmp.aa.module import Instruction, Line, Module
    from genesis_ssmp.aa.opcodes import Op
    from genesis_ssmp.runtime.door import ReplayDoor
    from genesis_ssmp.runtime.vm import Machine

    pattern = (
        Instruction(Op.ENTER, (0,)),
        Instruction(Op.NOP, ()),
        Instruction(Op.INVARIANT, (1,)),
        Instruction(Op.LEASE, (3, 2)),
        Instruction(Op.LEAVE, ()),
    )
    code = pattern * (INSTRUCTIONS // len(pattern)) + (Instruction(Op.HALT, ()),)
    module = Module(
        language="isa",
        mode="SOLO",
        output_mode="medium",
        budget=8000,
        source_sha256="0" * 64,
        constants=("start", "Keep it simple", "src"),
        code=code,
        handlers=(),
        lines=(Line(0, 1),) * len(code),
    )
    seconds = []
    for _ in range(5):
        machine = Machine(module, NoEffects(), ReplayDoor((), {}))
        start = time.perf_counter()
        outcome = machine.run()
        seconds.append(time.perf_counter() - start)
        if outcome.status != "done" or outcome.steps != len(code):
            raise SystemExit(f"the VM did not run to the end: {outcome}")
    return Row(
        "VM, instructions without syscalls",
        len(code) / middle(seconds, 1),
        "instructions/s",
        100_000,
    )
