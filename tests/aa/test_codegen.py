"""From units to modules: shape, handler table, lines."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.decode import decode
from genesis_ssmp.aa.encode import encode
from genesis_ssmp.aa.module import Module
from genesis_ssmp.aa.opcodes import Action, Op
from genesis_ssmp.aa.pool import canonical
from genesis_ssmp.aa.verify import verify
from genesis_ssmp.isa.compile import emit
from kit.samples import PROGRAMS, compile_sample, compile_text
from syrupy.assertion import SnapshotAssertion

ISA = "ISA_VERSION 0\nBASE_REV HEAD\n"


def module_of(text: str, modules: dict[str, str] | None = None) -> Module:
    compiled = compile_text(ISA + text, modules=modules)
    assert compiled.module is not None, compiled.diagnostics
    return compiled.module


def ops(module: Module) -> str:
    return " ".join(instruction.op.name for instruction in module.code)


@pytest.mark.parametrize("name", PROGRAMS)
def test_bytecode(name: str, snapshot: SnapshotAssertion) -> None:
    assert emit(compile_sample(name), "bytecode") == snapshot


@pytest.mark.parametrize("name", PROGRAMS)
def test_modules_are_canonical_verified_and_survive_encoding(name: str) -> None:
    module = compile_sample(name).module
    assert module is not None
    assert verify(module) == ()
    assert canonical(module) == module
    assert decode(encode(module)) == module


def test_nothing_lands_without_a_check_just_before() -> None:
    assert ops(module_of("OP x\nOP RENAME_SYMBOL a b\n")) == (
        "REV LEASE ACQUIRE ENTER ANGEL OUTPUT EMIT MACRO OUTPUT EMIT LEAVE HALT"
    )


def test_halt_is_written_where_it_stands_and_once_at_the_end() -> None:
    assert ops(module_of("RUN test\nHALT\n")) == "REV LEASE ACQUIRE ENTER RUN HALT LEAVE HALT"
    assert ops(module_of("")) == "REV LEASE ACQUIRE HALT"


def test_sections_stand_side_by_side_and_modules_within() -> None:
    text = "USE ./m.isa\nRUN lint\nLABEL b\nRUN test\n"
    module = module_of(text, {"./m.isa": "ISA_VERSION 0\nRUN test\nLABEL c\nRUN lint\n"})
    assert ops(module) == (
        "REV LEASE ACQUIRE ENTER "
        "ENTER ENTER RUN LEAVE ENTER RUN LEAVE LEAVE "
        "RUN LEAVE ENTER RUN LEAVE HALT"
    )


def test_handlers_of_inner_sections_come_first_and_in_their_order() -> None:
    text = "USE ./m.isa\nRUN lint\nIF_FAIL RETRY 3\nIF_FAIL HALT\nLABEL b\nRUN test\nIF_FAIL HALT\n"
    module = module_of(
        text, {"./m.isa": "ISA_VERSION 0\nRUN test\nIF_FAIL RETRY 1\nIF_FAIL ESCALATE\n"}
    )
    table = [
        (h.action, h.count, module.code[h.enter].op, module.code[h.leave].op)
        for h in module.handlers
    ]
    assert [(action, count) for action, count, _, _ in table] == [
        (Action.RETRY, 1),
        (Action.ESCALATE, 0),
        (Action.RETRY, 3),
        (Action.HALT, 0),
        (Action.HALT, 0),
    ]
    assert {(enter, leave) for _, _, enter, leave in table} == {(Op.ENTER, Op.LEAVE)}
    inner, outer = module.handlers[0], module.handlers[2]
    assert outer.enter < inner.enter < inner.leave < outer.leave


def test_each_instruction_knows_its_file_and_line() -> None:
    module = module_of("USE ./m.isa\nOP x\n", {"./m.isa": "ISA_VERSION 0\n\nRUN test\n"})
    places = [
        (i.op, module.constants[line.file], line.line)
        for i, line in zip(module.code, module.lines, strict=True)
    ]
    assert (Op.RUN, "./m.isa", 3) in places
    assert (Op.ANGEL, "", 4) in places
    assert (Op.EMIT, "", 4) in places


def test_the_module_names_no_path_of_this_machine() -> None:
    for name in PROGRAMS:
        module = compile_sample(name).module
        assert module is not None
        assert not any("/home" in c or "work/" in c for c in module.constants if isinstance(c, str))
