"""The VM without effects."""

from __future__ import annotations

import time
from pathlib import Path

from bench.table import Row, middle

INSTRUCTIONS = 200_000


def instructions(root: Path) -> Row:
    """Instructions a second of a module that makes no syscall."""
    from genesis_ssmp.aa.module import Instruction, Line, Module
    from genesis_ssmp.aa.opcodes import Op
    from genesis_ssmp.runtime.door import ReplayDoor
    from genesis_ssmp.runtime.unasked import Unasked
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
        machine = Machine(module, Unasked(), ReplayDoor((), {}))
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
