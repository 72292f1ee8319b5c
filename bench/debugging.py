"""Going about in a recorded run of 10,000 syscalls: to a far position, and one back from there."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bench.table import Row, middle

if TYPE_CHECKING:
    from genesis_ssmp.heaven.records import Event, Json

SYSCALLS = 10_000
A_SECTION = 10


class InMemory:
    """A record without a disk: the events of a run whose page faults are answered with nothing."""

    def __init__(self, pc_of: list[int]) -> None:
        from genesis_ssmp.aa.opcodes import Syscall
        from genesis_ssmp.heaven.canonical import encode
        from genesis_ssmp.heaven.records import Event
        from genesis_ssmp.runtime.door import Call

        answer: dict[str, Json] = {"shards": []}
        digest = hashlib.sha256(encode(answer)).hexdigest()
        self._events: list[Event] = []
        for seq, pc in enumerate(pc_of):
            args: dict[str, Json] = {"path": "a.py", "start_line": 1, "n": 1}
            operands: dict[str, Json] = {"mission": f"m{seq // A_SECTION + 1}"}
            operands |= {"command": "PF_SLICE", "args": args}
            key = Call(pc, "FAULT_SLICE", Syscall.FAULT, operands).key()
            begun: dict[str, Json] = {"run": "r1", "seq": seq, "pc": pc, "op": "FAULT_SLICE"}
            done: dict[str, Json] = {"run": "r1", "seq": seq, "result": digest, "value": answer}
            begun |= {"key": key, "operands": operands}
            for kind, data in (("syscall_intent", begun), ("syscall_result", done)):
                self._events.append(Event(len(self._events) + 2, "", kind, data, "", ""))

    def get_blob(self, blob_id: str) -> bytes:
        raise AssertionError(f"all answers stand in their events: {blob_id}")

    def events(self, after: int = 0, kinds: Collection[str] | None = None) -> Iterator[Event]:
        return (event for event in self._events if kinds is None or event.kind in kinds)


def going_about(root: Path) -> list[Row]:
    """Milliseconds."""
    from genesis_ssmp.aa.module import Instruction, Line, Module
    from genesis_ssmp.aa.opcodes import Op
    from genesis_ssmp.runtime.debugging import views
    from genesis_ssmp.runtime.debugging.breakpoints import Breakpoints
    from genesis_ssmp.runtime.debugging.debugger import Debugger
    from genesis_ssmp.runtime.debugging.timeline import Timeline
    from genesis_ssmp.runtime.limits import Limits
    from genesis_ssmp.runtime.runs import Run

    section = (
        Instruction(Op.ENTER, (0,)),
        *(Instruction(Op.FAULT_SLICE, (1, 1, 1)),) * A_SECTION,
        Instruction(Op.LEAVE, ()),
    )
    code = section * (SYSCALLS // A_SECTION) + (Instruction(Op.HALT, ()),)
    module = Module(
        language="isa",
        mode="SOLO",
        output_mode="medium",
        budget=8000,
        source_sha256="0" * 64,
        constants=("start", "a.py", ""),
        code=code,
        handlers=(),
        lines=(Line(2, 1),) * len(code),
    )
    record = InMemory([pc for pc, one in enumerate(code) if one.op is Op.FAULT_SLICE])
    run = Run("r1", 1, "p.isa", "", None, None, {}, "", Limits())
    far, back = [], []
    for _ in range(3):
        timeline = Timeline(record, run, module)
        timeline.read()
        debugger = Debugger(timeline, Breakpoints(module, run.program))
        start = time.perf_counter()
        views.stop_json(debugger, debugger.go_to(timeline.last - 1), {})
        far.append((time.perf_counter() - start) * 1000)
        start = time.perf_counter()
        for _ in range(640):
            views.stop_json(debugger, debugger.go_back("step"), {})
        back.append((time.perf_counter() - start) * 1000 / 640)
    return [
        Row("debugger, to the end of 10,000 syscalls", middle(far, 1), "ms", 2000, at_most=True),
        Row("debugger, one step back there", middle(back, 1), "ms", 50, at_most=True),
    ]
