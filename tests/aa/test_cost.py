"""The worst case is exact: no way through a module exceeds it, and some way reaches it."""

from __future__ import annotations

import sys

import pytest
from genesis_ssmp.aa.assemble import assemble
from genesis_ssmp.aa.cost import cost
from genesis_ssmp.aa.module import Module
from genesis_ssmp.aa.verify import verify
from hypothesis import given, settings
from kit.modules import long_module, modules
from kit.programs import examples
from kit.simulator import COUNTS, worst_case

HEAD = 'REV "HEAD"\nLEASE directory "."\nACQUIRE\n'
LAND = "OUTPUT medium edit_ir\nEMIT\n"
TASK = 'ANGEL "t" edit_ir\n' + LAND
CHECK = 'RUN test ""\n'


def section(body: str, *handlers: str) -> str:
    return f'ENTER "s"\n{body}LEAVE\n' + "".join(f".on_fail {handler}\n" for handler in handlers)


def program(body: str) -> Module:
    module = assemble(HEAD + body + "HALT\n")
    assert verify(module) == ()
    return module


def bound(module: Module) -> dict[str, int]:
    found = dict(cost(module).rows())
    return {name: found[name] for name in COUNTS}


CASES = {
    "no section": "",
    "one task": section(TASK),
    "a section runs 1 + RETRY times": section(TASK + CHECK, "RETRY 3"),
    "and once more for ESCALATE": section(TASK + CHECK, "RETRY 2", "ESCALATE"),
    "two RETRY handlers add up": section(TASK + CHECK, "RETRY 2", "RETRY 1"),
    "handlers behind a HALT are never tried": section(TASK + CHECK, "RETRY 1", "HALT", "RETRY 9"),
    "nested sections multiply": section(
        TASK + section(TASK + CHECK, "RETRY 2", "ESCALATE") + CHECK, "RETRY 2"
    ),
    "a HALT handler keeps a failure from going out": section(
        section(TASK + CHECK, "RETRY 1", "HALT"), "RETRY 3"
    ),
    "a HALT handler undoes from the outermost section on": section(
        TASK + section(CHECK, "HALT") + CHECK, "RETRY 1"
    ),
    "rollbacks of every level that fails": section(
        TASK + section(TASK + section(TASK + CHECK)), "RETRY 1"
    ),
    "code behind HALT does not count": section(TASK + "HALT\n" + TASK * 3, "RETRY 2"),
    "faults of an angel": section('FAULT_TESTS "x"\n' * 3 + TASK * 2 + 'FAULT_TESTS "x"\n'),
    "more static faults than the governor grants": section('FAULT_TESTS "x"\n' * 22 + TASK),
    "faults of each level": section(
        'FAULT_TESTS "x"\n' + section(TASK + 'FAULT_TESTS "x"\n', "RETRY 2"), "RETRY 1"
    ),
    "what cannot fail does not run again": section('INVARIANT "i"\nNOP\n', "RETRY 9", "ESCALATE"),
    "sections beside each other add up": section(TASK, "RETRY 1") + section(CHECK, "ESCALATE"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_bound_holds_and_is_reached(name: str) -> None:
    module = program(CASES[name])
    assert bound(module) == worst_case(module)


@settings(max_examples=examples(60), deadline=None)
@given(modules(most_items=3, deepest=3))
def test_the_bound_holds_and_is_reached_on_any_module(module: Module) -> None:
    assert verify(module) == ()
    limit = sys.getrecursionlimit()
    if cost(module).instructions > 3_000:
        return
    sys.setrecursionlimit(50_000)
    try:
        assert bound(module) == worst_case(module)
    finally:
        sys.setrecursionlimit(limit)


def test_tokens_are_the_budget_only_where_a_model_can_be_asked() -> None:
    macro = 'MACRO "RENAME_SYMBOL" {new="b", old="a"}\n' + LAND
    assert cost(program(section(macro, "RETRY 2"))).tokens == 0
    assert cost(program(section(macro, "ESCALATE"))).tokens == 8000
    assert cost(program(section(TASK))).tokens == 8000


def test_a_section_runs_at_most_one_plus_retries_plus_escalations_times() -> None:
    module = program(section(TASK + CHECK, "RETRY 100", "ESCALATE"))
    assert cost(module).angel_calls == 102
    nested = program(section(section(TASK + CHECK, "RETRY 9"), "RETRY 4", "ESCALATE"))
    assert cost(nested).angel_calls == 60


def test_eight_levels_of_a_hundred_retries_are_a_number_not_a_loop() -> None:
    body = CHECK
    for _ in range(8):
        body = section(body, "RETRY 100")
    assert cost(assemble(HEAD + body + "HALT\n")).runs == 101**8


def test_cost_is_linear_in_the_code() -> None:
    assert cost(long_module(20_000)).angel_calls == 60_000


def test_sections_that_do_not_pair_up_have_no_cost() -> None:
    with pytest.raises(ValueError, match="pair up"):
        cost(assemble(HEAD + 'ENTER "s"\nHALT\n'))
