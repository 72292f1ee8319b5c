"""Bytecode that somebody damaged or forged: refused with a code, or run within its stated cost.

The count of cases is printed by `pytest -rP tests/runtime/test_mutated_bytecode.py`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from genesis_ssmp.aa.cost import cost
from genesis_ssmp.aa.decode import BadModule, decode
from genesis_ssmp.aa.module import Module
from genesis_ssmp.aa.source import Source
from genesis_ssmp.aa.verify import verify
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.isa.compile import compile_source
from genesis_ssmp.runtime.execute import Program, Refused, execute
from genesis_ssmp.runtime.vm import Machine
from kit.angel import edit_answer, scripted
from kit.effects import FakeEffects, MemoryDoor
from kit.mutations import mutants
from kit.repository import make_repository

SCALE = 20 if os.environ.get("GENESIS_SOAK") else 1
ROOT = Path(__file__).parents[2]
PROGRAMS = sorted(
    path
    for folder in (ROOT / "examples", ROOT / "tests" / "programs")
    for path in folder.iterdir()
    if path.suffix in (".aa", ".isa")
)


def modules() -> Iterator[Module]:
    """The programs that stand alone and compile."""
    for path in PROGRAMS:
        compiled = compile_source(Source.read(path))
        if compiled.module is not None:
            yield compiled.module


def chance(random: Random) -> Iterator[bool]:
    while True:
        yield random.random() < 0.5


def test_mutants_are_refused_with_a_code_or_run_within_their_cost() -> None:
    counts: Counter[str] = Counter()
    for number, module in enumerate(modules()):
        for seed, data in enumerate(mutants(module, range(300 * SCALE))):
            try:
                mutant = decode(data)
            except BadModule as bad:
                assert bad.code.startswith("AA06")
                counts["refused by the decoder"] += 1
                continue
            found = verify(mutant)
            if found:
                assert all(one.code.startswith("AA07") for one in found)
                counts["refused by the verifier"] += 1
                continue
            bound = cost(mutant)
            random = Random(number * 1_000_003 + seed)
            effects = FakeEffects(
                chance(random), chance(random), chance(random), chance(random), ["a"] * 3
            )
            door = MemoryDoor()
            outcome = Machine(mutant, effects, door).run()
            counts["run within cost"] += 1
            ops = Counter(door.ops())
            assert outcome.steps <= bound.instructions
            assert outcome.angel_calls <= bound.angel_calls
            assert outcome.tokens <= max(bound.tokens, 0) + 15, "the last answer may overrun"
            assert ops["RUN"] <= bound.runs
            assert ops["EMIT"] <= bound.emits
            assert ops["ESCALATE"] <= bound.escalations
            assert ops["ROLLBACK"] <= bound.rollbacks
            assert sum(n for op, n in ops.items() if op.startswith("FAULT")) <= bound.faults
    print(f"{counts.total()} mutants: {dict(counts)}")
    assert counts.total() >= 3_000
    assert min(counts.values()) > 0


HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
LIVE = {
    "macro": HEAD + "OP RENAME_SYMBOL Add plus in calc kind function\nIF_FAIL RETRY 1\nRUN test\n",
    "angel": HEAD
    + (
        "LEASE directory:calc symbol:Eval file:new.py\nINVARIANT @max-lines 50\n"
        "INVARIANT @paths calc/** *.py\nNEED symdef Add signature\nNEED callers Add 3\n"
        "NEED slice calc/core.py 2 5\nNEED search Eval 2\nNEED tests Eval\n"
        "OP Add a file\nRUN test\nIF_FAIL RETRY 2\nIF_FAIL ESCALATE\nLABEL b\nOP Again\n"
    ),
}


@pytest.mark.parametrize("name", LIVE)
def test_mutants_on_a_real_heaven_end_with_an_exit_code(tmp_path: Path, name: str) -> None:
    """From the linker to the edit engine: whatever a forger writes is an outcome, not a crash."""
    compiled = compile_source(Source("live.isa", LIVE[name]))
    assert compiled.module is not None, compiled.diagnostics
    answer = edit_answer({"op": "add_file", "path": "new.py", "content": "x = 1\n"})
    codes: Counter[int] = Counter()
    repository = make_repository(tmp_path / "repo")
    before = repository.tree()
    with Heaven.open(repository.root) as heaven:
        for data in mutants(_cheap(compiled.module), range(2, 2 + 120 * SCALE)):
            try:
                mutant = decode(data)
            except BadModule:
                codes[2] += 1
                continue
            result = execute(
                Program("mutant.aab", mutant, data, None),
                heaven,
                repository.root,
                angel=scripted(*[answer] * 400),
                params={},
                check_timeout=30,
            )
            codes[result.exit_code] += 1
            if not isinstance(result, Refused):
                (repository.root / "new.py").unlink(missing_ok=True)
                for path, content in before.items():
                    repository.write(path, content)
    print(f"{codes.total()} mutants of {name}: exit codes {dict(codes)}")
    assert set(codes) <= {0, 1, 2, 3, 4}
    assert codes[0] > 0


def _cheap(module: Module) -> Module:
    """The module with its RUNs turned into NOPs: what they do is tested elsewhere, and slow."""
    from dataclasses import replace

    from genesis_ssmp.aa.module import Instruction
    from genesis_ssmp.aa.opcodes import Op
    from genesis_ssmp.aa.pool import canonical

    slow = (Op.RUN, Op.ASSERT_PASSED, Op.ASSERT_EXIT)
    code = tuple(Instruction(Op.NOP, ()) if i.op in slow else i for i in module.code)
    return canonical(replace(module, code=code))
