"""Promises of the VM over generated programs and chance outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from genesis_ssmp.aa.cost import cost
from genesis_ssmp.aa.module import Module
from genesis_ssmp.aa.source import Source
from genesis_ssmp.heaven.records import JsonObject
from genesis_ssmp.isa.compile import compile_source
from genesis_ssmp.runtime.door import ReplayDoor
from genesis_ssmp.runtime.exchange import Prompt, Terms
from genesis_ssmp.runtime.outcome import Outcome
from genesis_ssmp.runtime.vm import Machine
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.effects import FakeEffects, MemoryDoor
from kit.programs import examples, isa_source

MODULES = {
    "./inner.isa": (
        "ISA_VERSION 0\nOP inner\nRUN test\nIF_FAIL RETRY 1\nLABEL second\nRUN lint\n"
        "IF_FAIL RETRY 1\n"
    )
}


def build(text: str) -> Module:
    compiled = compile_source(
        Source("test.isa", text),
        loader=lambda name: Source(name, MODULES[name]) if name in MODULES else None,
    )
    assert compiled.module is not None, compiled.diagnostics
    return compiled.module


def chance(random: Random) -> Iterator[bool]:
    while True:
        yield random.random() < 0.7


def by_chance(seed: int) -> FakeEffects:
    random = Random(seed)
    return FakeEffects(chance(random), chance(random), chance(random), chance(random), ["look"])


class FromTheRecord(FakeEffects):
    """Re-enacted effects give what was recorded; all others must not be asked."""

    def emit(self, *arguments: object) -> JsonObject:
        return arguments[-1]  # type: ignore[return-value]  # the record

    def roll_back(self, mark: int, recorded: JsonObject | None) -> JsonObject:
        assert recorded is not None
        return recorded

    def check(self, kind: str, selector: str) -> JsonObject:
        raise AssertionError("a replay runs no tool")

    def ask(self, request: JsonObject, prompt: Prompt) -> JsonObject:
        raise AssertionError("a replay asks no angel")

    def validate(self, request: JsonObject, terms: Terms) -> JsonObject:
        raise AssertionError("a replay tries no answer")


def live_and_replayed(module: Module, seed: int) -> tuple[Outcome, Outcome, bool, bool]:
    door = MemoryDoor()
    lived = Machine(module, by_chance(seed), door).run()
    again = ReplayDoor(door.entries, {})
    replayed = Machine(module, FromTheRecord(), again).run()
    return lived, replayed, again.head == door.head, again.calls == len(door.entries)


@settings(max_examples=examples(60), deadline=None)
@given(isa_source(), st.integers(0, 2**32))
def test_a_replay_of_any_run_ends_as_the_run_did(text: str, seed: int) -> None:
    compiled = compile_source(Source("test.isa", text))
    if compiled.module is None:
        return
    lived, replayed, same_head, all_used = live_and_replayed(compiled.module, seed)
    assert lived == replayed
    assert same_head and all_used


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 2**32))
def test_a_used_module_fails_into_the_section_around_it(seed: int) -> None:
    module = build(
        "ISA_VERSION 0\nBASE_REV HEAD\nOP before\nUSE ./inner.isa\nOP after\nRUN test\n"
        "IF_FAIL RETRY 2\nLABEL last\nOP end\n"
    )
    effects, door = by_chance(seed), MemoryDoor()
    outcome = Machine(module, effects, door).run()
    bound = cost(module)
    assert outcome.steps <= bound.instructions
    assert outcome.angel_calls <= bound.angel_calls
    if outcome.status == "done":
        assert effects.landed == 4, "before, inner, after and end stand"
    else:
        assert effects.landed in (0, 3), "a failed section leaves nothing of itself"
    assert live_and_replayed(module, seed)[0] == outcome
