"""What the verifier accepts cannot go wrong in the VM; what it refuses has a code."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from genesis_ssmp.aa.assemble import assemble
from genesis_ssmp.aa.catalogue.bytecode import CODES
from genesis_ssmp.aa.cost import cost
from genesis_ssmp.aa.decode import BadModule, decode
from genesis_ssmp.aa.disassemble import disassemble
from genesis_ssmp.aa.findings import MAX_FINDINGS
from genesis_ssmp.aa.module import Handler, Instruction, Line, Module
from genesis_ssmp.aa.opcodes import Action, Op
from genesis_ssmp.aa.span import NOWHERE, Span
from genesis_ssmp.aa.verify import MAX_EXECUTED, MAX_INSTRUCTIONS, verify
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.modules import any_modules, long_module, modules
from kit.mutations import mutants
from kit.programs import examples
from kit.simulator import COUNTS, walk

KNOWN = {code.code for code in CODES}
HEAD = 'REV "HEAD"\nLEASE directory "."\nACQUIRE\n'
MAKE = 'ANGEL "t" edit_ir\n'
CHECK = "OUTPUT medium edit_ir\n"
TASK = MAKE + CHECK + "EMIT\n"
ENTER = 'ENTER "s"\n'
RUN = 'RUN test ""\n'


def codes(text: str) -> set[str]:
    return {diagnostic.code for diagnostic in verify(assemble(text))}


ACCEPTED = {
    "nothing but the revision": 'REV "HEAD"\nHALT\n',
    "no section at all": HEAD + "HALT\n",
    "an empty section": HEAD + ENTER + "LEAVE\nHALT\n",
    "a task": HEAD + ENTER + TASK + "LEAVE\nHALT\n",
    "reading and checking without leases": 'REV "HEAD"\nFAULT_TESTS "x"\n' + RUN + "HALT\n",
    "a task checked twice": HEAD + ENTER + MAKE + CHECK * 2 + "EMIT\nLEAVE\nHALT\n",
    "output that is never landed": HEAD + ENTER + MAKE + "LEAVE\nHALT\n",
    "output made again before it is checked": HEAD + ENTER + MAKE + TASK + "LEAVE\nHALT\n",
    "HALT in a section, with code behind it": HEAD + ENTER + "HALT\nEMIT\nLEAVE\nHALT\n",
    "output carried into a section that never runs again": HEAD
    + ENTER
    + MAKE
    + ENTER
    + CHECK
    + "EMIT\nLEAVE\nLEAVE\n.on_fail RETRY 1\nHALT\n",
    "an assertion some way behind its RUN": HEAD
    + ENTER
    + RUN
    + ENTER
    + "LEAVE\nNOP\nASSERT_PASSED test\nASSERT_EXIT == 0\nLEAVE\nHALT\n",
    "all faults in bounds": HEAD
    + 'FAULT_SLICE "p" 1 10000\nFAULT_CALLERS "s" 1000\nFAULT_SEARCH "q" 1\nHALT\n',
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    assert verify(assemble(ACCEPTED[name])) == ()


REFUSED = {
    "an effect before REV": ("AA0713", RUN + HEAD + "HALT\n"),
    "leases taken before REV": ("AA0713", 'LEASE directory "."\nACQUIRE\nREV "HEAD"\nHALT\n'),
    "no REV before an effect": ("AA0713", RUN + "HALT\n"),
    "two REVs": ("AA0713", 'REV "a"\nREV "b"\nHALT\n'),
    "REV in a section": ("AA0713", ENTER + 'REV "a"\nLEAVE\nHALT\n'),
    "LEASE in a section": (
        "AA0713",
        'REV "a"\n' + ENTER + 'LEASE file "a"\nLEAVE\nACQUIRE\nHALT\n',
    ),
    "ACQUIRE in a section": (
        "AA0713",
        'REV "a"\nLEASE file "a"\n' + ENTER + "ACQUIRE\nLEAVE\nHALT\n",
    ),
    "two ACQUIREs": ("AA0714", HEAD + "ACQUIRE\nHALT\n"),
    "an angel without leases": ("AA0714", 'REV "a"\n' + ENTER + MAKE + "LEAVE\nHALT\n"),
    "a macro without leases": ("AA0714", 'REV "a"\n' + ENTER + 'MACRO "M" {}\nLEAVE\nHALT\n'),
    "leases taken after the task": (
        "AA0714",
        'REV "a"\n' + ENTER + TASK + 'LEAVE\nLEASE file "a"\nACQUIRE\nHALT\n',
    ),
    "ACQUIRE without LEASE": ("AA0715", 'REV "a"\nACQUIRE\nHALT\n'),
    "LEASE without ACQUIRE": ("AA0715", 'REV "a"\nLEASE file "a"\nHALT\n'),
    "EMIT of an output that was not checked": (
        "AA0716",
        HEAD + ENTER + MAKE + "EMIT\nLEAVE\nHALT\n",
    ),
    "EMIT of an output made after the check": (
        "AA0716",
        HEAD + ENTER + MAKE + CHECK + MAKE + "EMIT\nLEAVE\nHALT\n",
    ),
    "EMIT twice": ("AA0716", HEAD + ENTER + TASK + "EMIT\nLEAVE\nHALT\n"),
    "EMIT of nothing": ("AA0716", HEAD + ENTER + "EMIT\nLEAVE\nHALT\n"),
    "OUTPUT of nothing": ("AA0716", HEAD + ENTER + CHECK + "LEAVE\nHALT\n"),
    "output from before a section that runs again": (
        "AA0716",
        HEAD + ENTER + MAKE + ENTER + CHECK + "EMIT\nLEAVE\n.on_fail RETRY 1\nLEAVE\nHALT\n",
    ),
    "output lost when the section around runs again": (
        "AA0716",
        HEAD + MAKE + ENTER + ENTER + CHECK + "LEAVE\nLEAVE\n.on_fail ESCALATE\nHALT\n",
    ),
    "EMIT outside of a section": ("AA0717", HEAD + TASK + "HALT\n"),
    "code that ends without HALT": ("AA0718", HEAD + "NOP\n"),
    "code that goes on behind its HALT": ("AA0718", HEAD + "HALT\nNOP\n"),
    "no code": ("AA0718", ""),
    "an assertion before its RUN": (
        "AA0720",
        HEAD + ENTER + "ASSERT_PASSED test\n" + RUN + "LEAVE\nHALT\n",
    ),
    "an assertion on another kind": (
        "AA0720",
        HEAD + ENTER + RUN + "ASSERT_PASSED lint\nLEAVE\nHALT\n",
    ),
    "an assertion on the RUN of another section": (
        "AA0720",
        HEAD + ENTER + ENTER + RUN + "LEAVE\nASSERT_EXIT == 0\nLEAVE\nHALT\n",
    ),
    "an assertion outside of a section": ("AA0720", HEAD + RUN + "ASSERT_PASSED test\nHALT\n"),
    "OUTPUT of another mode": (
        "AA0722",
        HEAD + ENTER + MAKE + "OUTPUT soft edit_ir\nEMIT\nLEAVE\nHALT\n",
    ),
    "LEAVE without ENTER": ("AA0707", HEAD + "LEAVE\nHALT\n"),
    "ENTER without LEAVE": ("AA0707", HEAD + ENTER + "HALT\n"),
    "a handler of half a section": (
        "AA0709",
        HEAD + ENTER + ENTER + "LEAVE\nLEAVE\nHALT\n.handler 3 5 RETRY 1\n",
    ),
    "a handler out of the code": ("AA0709", HEAD + "HALT\n.handler 900 901 RETRY 1\n"),
    "outer handlers before inner ones": (
        "AA0710",
        HEAD + ENTER + ENTER + "LEAVE\nLEAVE\nHALT\n.handler 3 6 HALT\n.handler 4 5 HALT\n",
    ),
    "RETRY 0": ("AA0711", HEAD + ENTER + "LEAVE\n.on_fail RETRY 0\nHALT\n"),
    "RETRY 101": ("AA0711", HEAD + ENTER + "LEAVE\n.on_fail RETRY 101\nHALT\n"),
    "ESCALATE with a count": ("AA0711", HEAD + ENTER + "LEAVE\n.on_fail ESCALATE 1\nHALT\n"),
    "two ESCALATEs": (
        "AA0712",
        HEAD + ENTER + "LEAVE\n.on_fail ESCALATE\n.on_fail RETRY 1\n.on_fail ESCALATE\nHALT\n",
    ),
    "a choice that is none": ("AA0702", 'REV "a"\nLEASE #4 "x"\nACQUIRE\nHALT\n'),
    "a slice of no lines": ("AA0702", 'REV "a"\nFAULT_SLICE "p" 1 0\nHALT\n'),
    "a slice from line 0": ("AA0702", 'REV "a"\nFAULT_SLICE "p" 0 1\nHALT\n'),
    "a revision of no letters": ("AA0703", 'REV ""\nHALT\n'),
    "a record where a text belongs": ("AA0701", '.const {}\n.const ""\nREV @0\nHALT\n'),
    "a text where a record belongs": (
        "AA0701",
        '.const "a"\n.const ""\nREV @0\nMACRO @0 @1\nHALT\n',
    ),
    "a line of no file": ("AA0701", '.const "a"\n.line 1 @9\nREV @0\nHALT\n'),
    "a line of a file that is a record": ("AA0701", '.const "a"\n.const {}\n.line 1 @1\nREV @0\n'),
    "a record of records": ("AA0705", '.const ""\n.const {}\n.const {@0=@1}\nHALT\n'),
    "a record out of order": (
        "AA0705",
        '.const "M"\n.const ""\n.const "b"\n.const "a"\n.const {@2=@2, @3=@3}\nMACRO @0 @4\nHALT\n',
    ),
    "a record with a name twice": (
        "AA0705",
        '.const "M"\n.const ""\n.const {@0=@0, @0=@1}\nMACRO @0 @2\nHALT\n',
    ),
    "a constant twice": ("AA0706", '.const "a"\n.const ""\n.const "a"\nREV @0\nHALT\n'),
    "a constant never used": ("AA0706", '.const "a"\n.const ""\n.const "b"\nREV @0\nHALT\n'),
    "a record before its texts": (
        "AA0706",
        '.const "M"\n.const {@2=@3}\n.const "a"\n.const "b"\n.const ""\nMACRO @0 @1\nHALT\n',
    ),
    "texts of a record out of order": (
        "AA0706",
        '.const "M"\n.const "b"\n.const "a"\n.const {@2=@1}\n.const ""\nMACRO @0 @3\nHALT\n',
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    code, text = REFUSED[name]
    assert code in codes(text)


def test_every_code_of_the_verifier_is_shown_somewhere_here() -> None:
    elsewhere = {"AA0704", "AA0708", "AA0719", "AA0721"}
    assert {code for code, _ in REFUSED.values()} | elsewhere == {c for c in KNOWN if c > "AA07"}


def test_a_diagnostic_names_pc_and_mnemonic_and_points_at_the_source() -> None:
    text = HEAD + '.line 12 "std.x"\n' + ENTER + 'FAULT_CALLERS "s" 0\nLEAVE\nHALT\n'
    (found,) = verify(assemble(text))
    assert found.message == "pc 4 FAULT_CALLERS: top_k is 0, not a number from 1 to 1000"
    assert (found.span, found.file, found.severity) == (Span(12, 1, 0), "std.x", "error")


def test_a_module_too_deep_is_refused() -> None:
    deep = HEAD + ENTER * 9 + "LEAVE\n" * 9 + "HALT\n"
    assert codes(deep) == {"AA0708"}
    assert codes(HEAD + ENTER * 8 + "LEAVE\n" * 8 + "HALT\n") == set()


def test_a_worst_case_beyond_the_limit_is_refused() -> None:
    retry = "LEAVE\n.on_fail RETRY 100\n"
    assert codes(HEAD + ENTER * 4 + RUN + retry * 4 + "HALT\n") == set()
    text = HEAD + ENTER * 5 + RUN + retry * 5 + "HALT\n"
    assert codes(text) == {"AA0721"}
    assert cost(assemble(text)).instructions > MAX_EXECUTED


def test_a_module_too_large_is_refused_without_being_looked_at() -> None:
    code = (Instruction(Op.NOP, ()),) * (MAX_INSTRUCTIONS + 1)
    module = replace(long_module(1), code=code, lines=(Line(0, 1),) * len(code))
    assert [found.code for found in verify(module)] == ["AA0719"]
    assert [found.code for found in verify(replace(long_module(1), lines=()))] == ["AA0719"]


def test_the_largest_straight_program_is_verified() -> None:
    module = long_module(100_000)
    assert verify(module) == ()


def test_many_sections_beside_and_in_each_other_are_verified_in_linear_time() -> None:
    # Every check in the inner sections leads back to two places: quadratic if that were walked.
    inner = (ENTER + TASK + "LEAVE\n.on_fail RETRY 1\n") * 5_000
    assert codes(HEAD + ENTER + inner + "LEAVE\n.on_fail RETRY 1\nHALT\n") == set()


def test_findings_end_after_a_hundred() -> None:
    module = assemble(HEAD + 'FAULT_CALLERS "s" 0\n' * 1_000 + "HALT\n")
    assert len(verify(module)) == MAX_FINDINGS


def test_texts_with_nul_or_half_a_character_are_refused() -> None:
    module = assemble(HEAD + "HALT\n")
    for text in ("a\0b", "\0", "a\ud800b"):
        changed = replace(module, constants=(text, *module.constants[1:]))
        assert {found.code for found in verify(changed)} == {"AA0704"}
        assert verify(changed)[0].span == NOWHERE


def test_operands_of_another_number_are_refused() -> None:
    module = assemble(HEAD + "HALT\n")
    code = (Instruction(Op.REV, ()), *module.code[1:])
    assert "AA0701" in {found.code for found in verify(replace(module, code=code))}
    code = (Instruction(Op.REV, (-1,)), *module.code[1:])
    assert "AA0701" in {found.code for found in verify(replace(module, code=code))}


@settings(max_examples=examples(60), deadline=None)
@given(modules(), st.integers(0, 2**32))
def test_an_accepted_module_does_nothing_unexpected(module: Module, seed: int) -> None:
    assert verify(module) == ()
    hold(module, seed)


@settings(max_examples=examples(100), deadline=None)
@given(any_modules())
def test_any_module_is_accepted_or_refused_with_a_code(module: Module) -> None:
    judge(module, 0)


def hold(module: Module, seed: int) -> None:
    """Some ways through an accepted module, each within its cost."""
    bound = dict(cost(module).rows())
    random = Random(seed)
    for bias in (0.1, 0.5, 1.0):

        def choose(count: int, bias: float = bias) -> int:
            return random.randrange(1, count) if count > 1 and random.random() < bias else 0

        counts = walk(module, choose, longest=2_000)
        assert all(counts[name] <= bound[name] for name in COUNTS), (counts, bound)


def judge(module: Module, seed: int) -> str:
    """ "" if the module is accepted (and then holds), else the first code."""
    found = verify(module)
    assert {diagnostic.code for diagnostic in found} <= KNOWN
    assert all(diagnostic.severity == "error" for diagnostic in found)
    if found:
        return found[0].code
    hold(module, seed)
    return ""


MISSIONS = (
    disassemble(long_module(2)),
    HEAD + ENTER + 'FAULT_TESTS "x"\n' + TASK + RUN + "LEAVE\n.on_fail RETRY 2\nHALT\n",
    HEAD
    + ENTER
    + 'INVARIANT "@paths src/**"\nFAULT_SLICE "src/a.py" 1 50\nFAULT_CALLERS "f" 20\n'
    + ENTER
    + 'MACRO "RENAME_SYMBOL" {new="Hello", old="Greet"}\n'
    + CHECK
    + 'EMIT\nRUN test ""\nASSERT_PASSED test\nLEAVE\n.on_fail RETRY 2\n.on_fail ESCALATE\n'
    + 'RUN lint "src"\nASSERT_EXIT == 0\nLEAVE\n.on_fail RETRY 3\n.on_fail HALT\n'
    + ENTER
    + TASK
    + "HALT\nLEAVE\nHALT\n",
)


def test_mutated_modules_are_refused_with_a_code_or_run_within_their_cost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcomes: Counter[str] = Counter()
    count = examples(4_000)
    for module in map(assemble, MISSIONS):
        for seed, data in enumerate(mutants(module, range(count))):
            try:
                mutant = decode(data)
            except BadModule as bad:
                assert bad.code in KNOWN
                outcomes[bad.code] += 1
                continue
            outcomes[judge(mutant, seed) or "accepted"] += 1
    with capsys.disabled():
        print(f"\nmutated modules: {outcomes.total():,} cases, {outcomes['accepted']:,} accepted,")
        print("  refused:", ", ".join(f"{code} {n}" for code, n in sorted(outcomes.items())[:-1]))
    assert outcomes.total() == len(MISSIONS) * count
    # The mutations reach nearly every rule, and leave enough that is still a program.
    assert len(outcomes) >= 25
    assert outcomes["accepted"] >= outcomes.total() // 20


def test_a_handler_is_found_by_its_section_only() -> None:
    module = long_module(1)
    for handler in (
        Handler(3, 6, Action.RETRY, 1),
        Handler(2, 7, Action.RETRY, 1),
        Handler(7, 3, Action.RETRY, 1),
        Handler(10**9, 10**9, Action.RETRY, 1),
        Handler(3, -1, Action.RETRY, 1),
    ):
        assert {f.code for f in verify(replace(module, handlers=(handler,)))} == {"AA0709"}
