"""The planner: what is merged, what is not, and in which order scopes are leased."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa import lowered
from genesis_ssmp.aa.emit import listing
from genesis_ssmp.aa.lowered import (
    Callers,
    Fault,
    Origin,
    Scope,
    ScopeType,
    Section,
    Slice,
    Statement,
    Symdef,
    Task,
    Unit,
)
from genesis_ssmp.aa.plan import merge, merge_slices, plan, plan_leases
from genesis_ssmp.aa.span import Span
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.samples import PROGRAMS, codes, compile_sample, compile_text
from syrupy.assertion import SnapshotAssertion

ISA = "ISA_VERSION 0\nBASE_REV HEAD\n"


def at(line: int) -> Origin:
    return Origin("", Span(line, 1, 1))


def piece(start: int, count: int, line: int = 1) -> Slice:
    return Slice("a.py", start, count, at(line))


def body(text: str) -> list[Statement]:
    planned = compile_text(ISA + text).planned
    assert planned is not None
    return [item for item in planned.sections[0].body if not isinstance(item, Section)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_planned(name: str, snapshot: SnapshotAssertion) -> None:
    planned = compile_sample(name).planned
    assert planned is not None
    assert listing(planned) == snapshot


@pytest.mark.parametrize("name", PROGRAMS)
def test_planning_a_plan_changes_nothing(name: str) -> None:
    planned = compile_sample(name).planned
    assert isinstance(planned, Unit)
    assert plan(planned) == planned


def test_the_deepest_definition_and_the_most_callers_are_kept() -> None:
    faults: list[Fault] = [
        Symdef("f", "summary", at(1)),
        Callers("f", 5, at(2)),
        Symdef("f", "full", at(3)),
        Callers("f", 50, at(4)),
        Symdef("f", "signature", at(5)),
        Symdef("g", "summary", at(6)),
    ]
    assert merge(faults) == [
        Symdef("f", "full", at(1)),
        Symdef("g", "summary", at(6)),
        Callers("f", 50, at(2)),
    ]


@pytest.mark.parametrize(
    ("pieces", "merged"),
    [
        ([(1, 10), (11, 10)], [(1, 20)]),
        ([(11, 10), (1, 10)], [(1, 20)]),
        ([(1, 10), (12, 10)], [(1, 10), (12, 10)]),
        ([(1, 100), (20, 5)], [(1, 100)]),
        ([(1, 5), (3, 5), (5, 5)], [(1, 9)]),
        ([(1, 6000), (6001, 6000)], [(1, 6000), (6001, 6000)]),
    ],
)
def test_slices_that_overlap_or_touch_are_one(
    pieces: list[tuple[int, int]], merged: list[tuple[int, int]]
) -> None:
    result = merge_slices([piece(start, count) for start, count in pieces])
    assert [(s.start, s.count) for s in result] == merged


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 12)), min_size=1, max_size=12))
def test_merged_slices_show_the_same_lines_and_none_twice(pieces: list[tuple[int, int]]) -> None:
    wanted = {line for start, count in pieces for line in range(start, start + count)}
    merged = merge_slices([piece(start, count) for start, count in pieces])
    shown = [line for s in merged for line in range(s.start, s.start + s.count)]
    assert sorted(wanted) == shown


def test_context_after_an_edit_is_asked_for_again() -> None:
    """The edit may have changed it, so merging across the edit would show what is gone."""
    statements = body("NEED tests f\nOP one\nNEED tests f\nNEED tests f\nOP two\n")
    assert [type(s) for s in statements] == [lowered.Tests, Task, lowered.Tests, Task]


def test_context_never_moves_before_a_run_or_a_check() -> None:
    statements = body("RUN test\nNEED tests f\nASSERT all tests pass\nNEED tests f\nOP one\n")
    kinds = ["Run", "Tests", "AssertPassed", "Tests", "Task"]
    assert [type(s).__name__ for s in statements] == kinds


def test_an_invariant_does_not_keep_context_apart() -> None:
    statements = body("NEED tests f\nINVARIANT x\nNEED tests f\nOP one\n")
    assert [type(s).__name__ for s in statements] == ["Tests", "Invariant", "Task"]


def leases(*scopes: str) -> list[str]:
    made = [
        Scope(_type(kind), value, at(1)) for kind, _, value in (s.partition(":") for s in scopes)
    ]
    return [f"{s.type}:{s.value}" for s in plan_leases(made)]


def _type(word: str) -> ScopeType:
    types: dict[str, ScopeType] = {
        "symbol": "symbol",
        "file": "file",
        "module": "module",
        "directory": "directory",
    }
    return types[word]


@pytest.mark.parametrize(
    ("asked", "planned"),
    [
        (
            ["symbol:f", "module:m", "file:a", "directory:d"],
            ["directory:d", "file:a", "module:m", "symbol:f"],
        ),
        (["file:b", "file:a", "file:b"], ["file:a", "file:b"]),
        (["directory:d", "file:d/x/a"], ["directory:d"]),
        (["directory:d", "directory:d/e", "directory:de"], ["directory:d", "directory:de"]),
        (["directory:d", "symbol:d/a.py::f"], ["directory:d"]),
        (["file:a.py", "symbol:a.py::f"], ["file:a.py"]),
        (["file:a.py", "symbol:f"], ["file:a.py", "symbol:f"]),
        (["directory:d", "module:d.e", "module:d"], ["directory:d", "module:d"]),
        (["directory:.", "symbol:f", "module:m", "file:x", "directory:d"], ["directory:."]),
        (["file:src/a", "file:src/a*"], ["file:src/a", "file:src/a*"]),
    ],
)
def test_leases_are_in_one_order_and_none_covers_another(
    asked: list[str], planned: list[str]
) -> None:
    assert leases(*asked) == planned
    assert leases(*reversed(asked)) == planned


def test_more_context_than_the_governor_answers_is_an_error() -> None:
    lines = "".join(f"NEED tests f{n}\n" for n in range(21))
    compiled = compile_text(f"{ISA}{lines}OP x\n")
    assert codes(compiled) == ["AA0401"]
    assert compiled.diagnostics[0].span.line == 23


def test_context_is_counted_after_merging_and_for_each_section() -> None:
    lines = "".join(f"NEED tests f{n}\n" for n in range(20))
    text = f"{ISA}{lines}NEED tests f0\nOP x\nLABEL b\n{lines}OP y\n"
    assert codes(compile_text(text)) == []


def test_sections_nest_as_deep_as_the_verifier_allows_and_no_deeper() -> None:
    def nested(depth: int) -> list[str]:
        modules = {f"./m{n}.isa": f"ISA_VERSION 0\nUSE ./m{n + 1}.isa\n" for n in range(1, depth)}
        modules[f"./m{depth}.isa"] = "ISA_VERSION 0\nRUN test\n"
        return codes(compile_text(f"{ISA}USE ./m1.isa\n", modules=modules))

    assert nested(7) == []
    assert nested(8) == ["AA0402"]
