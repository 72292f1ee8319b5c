"""The VM's control flow, with effects that touch nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from genesis_ssmp.aa.cost import cost
from genesis_ssmp.aa.lowered import OutputMode
from genesis_ssmp.aa.module import Module
from genesis_ssmp.aa.source import Source
from genesis_ssmp.isa.compile import compile_source
from genesis_ssmp.runtime.outcome import Outcome
from genesis_ssmp.runtime.vm import Machine
from kit.effects import FakeEffects, MemoryDoor

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"


def build(text: str, output_mode: OutputMode = "medium") -> Module:
    compiled = compile_source(Source("test.isa", text), output_mode=output_mode)
    assert compiled.module is not None, compiled.diagnostics
    return compiled.module


def execute(module: Module, effects: FakeEffects) -> tuple[Outcome, MemoryDoor]:
    door = MemoryDoor()
    outcome = Machine(module, effects, door).run()
    return outcome, door


def script(*results: bool) -> Iterator[bool]:
    return iter(results)


def test_a_program_does_its_effects_in_source_order() -> None:
    module = build(HEAD + "NEED symdef A\nOP do it\nRUN test\nASSERT all tests pass\n")
    outcome, door = execute(module, FakeEffects())
    assert outcome.status == "done"
    once = ["REV", "ACQUIRE", "FAULT_SYMDEF", "ANGEL", "VALIDATE", "EMIT", "RUN"]
    assert door.ops() == once


def test_run_if_fail_and_label_are_executed_not_only_parsed() -> None:
    text = HEAD + "OP one\nRUN test\nIF_FAIL RETRY 2\nLABEL second\nOP two\nRUN lint\n"
    effects = FakeEffects(checks=script(False, True, True))
    outcome, door = execute(build(text), effects)
    assert outcome.status == "done"
    assert door.ops().count("RUN") == 3
    assert effects.landed == 2


def test_retry_undoes_the_section_and_shows_the_angel_the_failure() -> None:
    effects = FakeEffects(checks=script(False, True))
    outcome, door = execute(build(HEAD + "OP do it\nRUN test\nIF_FAIL RETRY 1\n"), effects)
    assert outcome.status == "done"
    attempt = ["ANGEL", "VALIDATE", "EMIT", "RUN"]
    assert door.ops()[2:] == [*attempt, "ROLLBACK", *attempt]
    assert "assert 1 == 2" not in effects.packs[0]
    assert "assert 1 == 2" in effects.packs[1]
    assert effects.landed == 1


def test_the_third_attempt_is_shown_only_the_failure_before_it() -> None:
    effects = FakeEffects(checks=script(False, False, True))
    execute(build(HEAD + "OP do it\nRUN test\nIF_FAIL RETRY 2\n"), effects)
    assert effects.packs[2].count("The attempt before this one failed") == 1


def test_no_handler_left_fails_with_the_tree_as_before_the_section() -> None:
    effects = FakeEffects(checks=script(True, False, False))
    text = HEAD + "OP one\nRUN test\nLABEL second\nOP two\nRUN test\nIF_FAIL RETRY 1\n"
    outcome, _ = execute(build(text), effects)
    assert outcome.status == "failed"
    assert outcome.failure is not None and "RUN test" in outcome.failure.message
    assert effects.landed == 1, "the first section's edit stays, the second's are undone"


def test_if_fail_halt_stops_at_once_and_undoes() -> None:
    effects = FakeEffects(checks=script(False))
    text = HEAD + "OP one\nRUN test\nIF_FAIL HALT\nIF_FAIL RETRY 3\n"
    outcome, door = execute(build(text), effects)
    assert outcome.status == "failed"
    assert door.ops().count("RUN") == 1
    assert effects.landed == 0


def test_escalate_asks_once_and_redoes_the_section_with_the_advice() -> None:
    effects = FakeEffects(checks=script(False, True), advice=["look at b.py"])
    outcome, door = execute(build(HEAD + "OP one\nRUN test\nIF_FAIL ESCALATE\n"), effects)
    assert outcome.status == "done"
    assert door.ops().count("ESCALATE") == 1
    assert "look at b.py" in effects.packs[1]


def test_escalate_without_an_oracle_passes_to_the_next_handler() -> None:
    effects = FakeEffects(checks=script(False, True))
    text = HEAD + "OP one\nRUN test\nIF_FAIL ESCALATE\nIF_FAIL RETRY 1\n"
    outcome, _ = execute(build(text), effects)
    assert outcome.status == "done"


def test_handlers_are_tried_in_source_order() -> None:
    effects = FakeEffects(checks=script(False, False, False), advice=["hint"])
    text = HEAD + "OP one\nRUN test\nIF_FAIL RETRY 1\nIF_FAIL ESCALATE\n"
    _, door = execute(build(text), effects)
    ops = door.ops()
    assert ops.count("RUN") == 3
    assert ops.index("ESCALATE") > [i for i, op in enumerate(ops) if op == "RUN"][1]


def test_halt_ends_the_run_where_it_stands() -> None:
    outcome, door = execute(build(HEAD + "OP one\nHALT\nOP two\n"), FakeEffects())
    assert outcome.status == "done"
    assert door.ops().count("ANGEL") == 1


def test_a_refused_edit_is_a_conflict_unless_a_retry_mends_it() -> None:
    text = HEAD + "OP one\nRUN test\nIF_FAIL RETRY 1\n"
    mended, _ = execute(build(text), FakeEffects(edits=script(False, True)))
    assert mended.status == "done"
    stuck, _ = execute(build(text), FakeEffects(edits=script(False, False)))
    assert stuck.status == "conflict"


def test_an_invalid_answer_is_a_failed_section() -> None:
    effects = FakeEffects(answers=script(False, True))
    outcome, _ = execute(build(HEAD + "OP one\nRUN test\nIF_FAIL RETRY 1\n"), effects)
    assert outcome.status == "done"
    assert "not valid" in effects.packs[1]


def test_a_refused_page_fault_fails_the_section() -> None:
    effects = FakeEffects(faults=script(False))
    outcome, door = execute(build(HEAD + "NEED symdef A\nOP one\n"), effects)
    assert outcome.status == "failed"
    assert "ANGEL" not in door.ops()


@pytest.mark.parametrize(
    ("mode", "answered", "status"),
    [
        ("hard", "edit_ir", "done"),
        ("hard", "macro_ops", "failed"),
        ("medium", "macro_ops", "done"),
        ("medium", "diff_fallback", "failed"),
        ("soft", "diff_fallback", "done"),
    ],
)
def test_the_output_mode_admits_what_it_says(mode: OutputMode, answered: str, status: str) -> None:
    effects = FakeEffects(output_type=answered)
    outcome, _ = execute(build(HEAD + "OP one\n", mode), effects)
    assert outcome.status == status


def test_a_prompt_over_budget_is_not_sent_and_not_retried() -> None:
    effects = FakeEffects()
    text = HEAD + "BUDGET 1\nOP one\nRUN test\nIF_FAIL RETRY 5\n"
    outcome, door = execute(build(text), effects)
    assert outcome.status == "failed"
    assert outcome.failure is not None and "BUDGET 1" in outcome.failure.message
    assert effects.packs == []
    assert door.ops() == ["REV", "ACQUIRE", "ANGEL"]


def test_tokens_of_retries_come_out_of_one_budget() -> None:
    effects = FakeEffects(checks=script(False, False))
    outcome, _ = execute(build(HEAD + "OP one\nRUN test\nIF_FAIL RETRY 1\n"), effects)
    assert outcome.angel_calls == 2
    assert outcome.tokens == 30


def test_an_exit_code_assertion_judges_the_run_before_it() -> None:
    expecting = build(HEAD + "RUN test tests/test_bug.py\nASSERT exit_code != 0\n")
    failing, _ = execute(expecting, FakeEffects(checks=script(False)))
    assert failing.status == "done"
    passing, _ = execute(expecting, FakeEffects(checks=script(True)))
    assert passing.status == "failed"


def test_context_of_a_section_is_not_shown_in_the_next() -> None:
    effects = FakeEffects()
    text = HEAD + "NEED symdef Alpha\nOP one\nLABEL second\nNEED symdef Beta\nOP two\n"
    execute(build(text), effects)
    assert "Alpha" in effects.packs[0]
    assert "Alpha" not in effects.packs[1]
    assert "Beta" in effects.packs[1]


def test_invariants_stay_in_force_and_lead_the_prompt() -> None:
    effects = FakeEffects()
    execute(build(HEAD + 'INVARIANT "Be kind"\nOP one\nLABEL b\nOP two\n'), effects)
    assert all("Be kind" in pack for pack in effects.packs)


def test_each_attempt_is_a_mission_of_its_own_for_the_governor() -> None:
    effects = FakeEffects(checks=script(False, True))
    text = HEAD + "NEED symdef A\nOP one\nRUN test\nIF_FAIL RETRY 1\n"
    _, door = execute(build(text), effects)
    missions = [e.operands["mission"] for e in door.entries if e.op == "FAULT_SYMDEF"]
    assert len(missions) == 2 and missions[0] != missions[1]


def test_the_same_program_and_answers_give_the_same_run_head() -> None:
    text = HEAD + "NEED symdef A\nOP one\nRUN test\nIF_FAIL RETRY 1\n"
    heads = {
        execute(build(text), FakeEffects(checks=script(False, True)))[1].head for _ in range(2)
    }
    assert len(heads) == 1


def test_steps_and_angel_calls_stay_within_the_stated_cost() -> None:
    text = HEAD + (
        "OP one\nRUN test\nIF_FAIL RETRY 3\nIF_FAIL ESCALATE\n"
        "LABEL b\nNEED symdef A\nOP two\nRUN lint\nIF_FAIL RETRY 2\n"
    )
    module = build(text)
    bound = cost(module)
    effects = FakeEffects(checks=script(*[False] * 4, True, *[False] * 3), advice=["x"])
    outcome, door = execute(module, effects)
    assert outcome.status == "failed"
    assert outcome.steps <= bound.instructions
    assert outcome.angel_calls == bound.angel_calls
    assert door.ops().count("RUN") == bound.runs
