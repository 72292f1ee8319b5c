"""A trace says where time and tokens went, from the log's own times."""

from __future__ import annotations

import json

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.trace import Trace, chrome, otlp, trace
from kit.angel import edit_answer, scripted
from kit.mission import Mission

PROGRAM = "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP change it\nRUN test\nIF_FAIL RETRY 1\n"
SWAP = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"}
)
BREAK = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return a - b\n"}
)


@pytest.fixture
def traced(mission: Mission) -> Trace:
    assert mission.ended(PROGRAM, angel=scripted(BREAK, SWAP)).exit_code == 0
    return trace(mission.heaven, runs.find(mission.heaven, "last"))


def test_every_syscall_has_its_time_and_an_angels_its_tokens(
    mission: Mission, traced: Trace
) -> None:
    run = runs.find(mission.heaven, "last")
    assert [step.seq for step in traced.steps] == list(range(len(traced.steps)))
    assert all(step.duration is not None and step.start >= 0 for step in traced.steps)
    assert traced.inside <= traced.whole
    assert sum(step.tokens_in + step.tokens_out for step in traced.steps) == run.tokens
    starts = [step.start for step in traced.steps]
    assert starts == sorted(starts)


def test_totals_are_by_instruction_and_add_up(traced: Trace) -> None:
    totals = traced.totals()
    assert sum(total.calls for total in totals) == len(traced.steps)
    assert sum(total.duration for total in totals) == traced.inside
    (tests,) = [total for total in totals if total.op == "RUN"]
    assert (tests.calls, tests.where) == (2, "test.isa:5")
    assert totals[0].duration == max(total.duration for total in totals)


def test_a_chrome_trace_has_one_complete_event_a_syscall_inside_the_runs(traced: Trace) -> None:
    events = chrome(traced)["traceEvents"]
    assert isinstance(events, list)
    complete = [one for one in events if isinstance(one, dict) and one["ph"] == "X"]
    run, *steps = complete
    assert len(steps) == len(traced.steps)
    for one in steps:
        assert 0 <= int(str(one["ts"])) <= int(str(one["ts"])) + int(str(one["dur"]))
        assert int(str(one["ts"])) + int(str(one["dur"])) <= int(str(run["dur"]))


def test_spans_have_one_trace_and_one_parent_and_the_same_ids_each_time(
    mission: Mission, traced: Trace
) -> None:
    made = json.loads(json.dumps(otlp(traced)))
    assert made == otlp(trace(mission.heaven, runs.find(mission.heaven, "last")))
    spans = made["resourceSpans"][0]["scopeSpans"][0]["spans"]
    parent, *rest = spans
    assert {span["traceId"] for span in spans} == {parent["traceId"]}
    assert {span["parentSpanId"] for span in rest} == {parent["spanId"]}
    assert len({span["spanId"] for span in spans}) == len(spans) == len(traced.steps) + 1
    for span in rest:
        assert int(parent["startTimeUnixNano"]) <= int(span["startTimeUnixNano"])
        assert int(span["endTimeUnixNano"]) <= int(parent["endTimeUnixNano"])
    began = traced.began.timestamp() * 1e9
    assert abs(int(parent["startTimeUnixNano"]) - began) < 1e6


def test_a_syscall_in_doubt_has_no_duration(mission: Mission) -> None:
    run = runs.start(
        mission.heaven, program="p", module=_module(), source=None, angel=None, params={}
    )
    _intent(mission.heaven, run.name)
    (step,) = trace(mission.heaven, run).steps
    assert step.duration is None


def _module() -> bytes:
    from kit.mission import program

    return program("ISA_VERSION 0\nBASE_REV HEAD\n").code


def _intent(heaven: Heaven, run: str) -> None:
    heaven.append(
        "syscall_intent",
        {"run": run, "seq": 0, "pc": 0, "op": "REV", "key": "0" * 64, "operands": {"rev": "HEAD"}},
    )
