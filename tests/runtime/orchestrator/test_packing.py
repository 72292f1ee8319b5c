"""A compiled pack is within its budget, the most salient in it, each line once."""

from __future__ import annotations

import pytest
from genesis_ssmp.heaven.records import Json, JsonObject
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.orchestrator.packing import PackTooLarge, compile_pack, make_pack
from genesis_ssmp.runtime.orchestrator.salience import salience
from genesis_ssmp.runtime.pack import render_pack
from genesis_ssmp.runtime.replay import replay
from genesis_ssmp.runtime.tokens import count_tokens
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.angel import edit_answer, scripted
from kit.mission import Mission

LARGE = 100_000
EDIT = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"}
)
PROGRAM = "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nNEED callers Add\nOP swap the operands\n"


def shard(
    kind: str, subject: str, first: int, last: int, *, path: str = "a.py", blob: str = "f" * 64
) -> JsonObject:
    text = "".join(f"value_{number} = {number}\n" for number in range(first, last + 1))
    excerpt: dict[str, Json] = {
        "path": path,
        "file_blob": blob,
        "start_line": first,
        "end_line": last,
        "text": text,
    }
    meta: dict[str, Json] = {"handle": f"s-{subject}", "subject": subject, "bytes": len(text)}
    return {"kind": kind, "blob_id": f"{subject}{first}-{last}", "meta": meta, "excerpts": [excerpt]}


def section(subject: str, kind: str, lines: int) -> JsonObject:
    made = shard("prompt_section", subject, 1, lines, path=f"prompt:{subject}")
    excerpts = [{**one, "kind": kind} for one in made["excerpts"]]  # type: ignore[union-attr,dict-item]
    return {**made, "excerpts": excerpts}  # type: ignore[dict-item]


def note(text: str) -> JsonObject:
    return {"kind": "failure", "message": text, "detail": "", "advice": ""}


def packed(*context: JsonObject, budget: int = LARGE, task: str = "do it") -> str:
    return compile_pack(task, "edit_ir", ["Be kind"], context, budget).text


SHARDS = st.builds(
    lambda kind, name, first, length: shard(kind, name, first, first + length),
    st.sampled_from(["symdef", "callers", "tests", "slice", "search", "status"]),
    st.sampled_from("ABCDE"),
    st.integers(1, 30),
    st.integers(0, 40),
)


@settings(deadline=None)
@given(
    st.lists(st.one_of(SHARDS, st.builds(note, st.text(max_size=20))), max_size=8),
    st.integers(0, 1500),
    st.text(max_size=40),
)
def test_a_pack_never_exceeds_its_budget(context: list[JsonObject], budget: int, task: str) -> None:
    try:
        made = compile_pack(task, "edit_ir", [], context, budget)
    except PackTooLarge as error:
        assert error.needed > budget
        return
    assert count_tokens(made.text) == made.tokens <= budget
    assert made == compile_pack(task, "edit_ir", [], context, budget)
    assert {id(one) for one in made.kept} <= {id(one) for one in context}


@settings(deadline=None)
@given(st.lists(SHARDS, max_size=6))
def test_with_room_enough_every_line_of_every_shard_is_in_the_pack(
    context: list[JsonObject],
) -> None:
    made = compile_pack("do it", "edit_ir", [], context, LARGE)
    assert made.left_out == ()
    for one in context:
        for excerpt in one["excerpts"]:  # type: ignore[union-attr]
            for line in excerpt["text"].splitlines():  # type: ignore[index,call-overload,union-attr]
                assert f"| {line}\n" in made.text


def test_lines_that_two_shards_share_are_shown_once() -> None:
    text = packed(shard("slice", "A", 1, 20), shard("slice", "B", 11, 30))
    assert text.count("| value_15 = 15\n") == 1
    assert "a.py:11-30\n21| value_21" in text
    again = packed(shard("slice", "A", 1, 20), shard("slice", "B", 5, 10))
    assert "a.py:5-10 (above)\n" in again


def test_lines_of_two_versions_of_a_file_are_both_shown() -> None:
    text = packed(shard("slice", "A", 1, 3), shard("slice", "B", 1, 3, blob="e" * 64))
    assert text.count("| value_2 = 2\n") == 2


def test_the_same_shard_asked_for_twice_is_there_once() -> None:
    assert packed(shard("symdef", "A", 1, 5), shard("symdef", "A", 1, 5)).count("## s-A") == 1


def test_what_the_budget_does_not_hold_is_the_least_salient_and_named() -> None:
    context = [
        shard("search", "hits", 1, 20),
        shard("symdef", "Definition", 100, 120),
        shard("tests", "Checks", 200, 220),
    ]
    room = count_tokens(packed(*context)) - 10
    made = compile_pack("do it", "edit_ir", [], context, room)
    assert [one["meta"]["subject"] for one in made.left_out] == ["hits"]  # type: ignore[index,call-overload]
    assert "## Left out: the budget did not hold them\n- s-hits search hits\n" in made.text
    assert "value_110" in made.text and "value_210" in made.text


def test_salience_is_the_kinds_weight_with_heat_and_freshness_less_the_length() -> None:
    definition = shard("symdef", "A", 1, 2)
    assert salience(definition, 100, (), ()) == pytest.approx(2.0)
    assert salience(definition, 0, {"A"}, {"A"}) == pytest.approx(4.5)
    assert salience(shard("tests", "A", 1, 2), 0, (), ()) == 2.0
    assert salience(shard("callers", "A", 1, 2), 50, {"B"}, ()) == pytest.approx(1.0)
    assert salience(section("p", "acceptance", 1), 0, (), ()) == 2.5


def test_of_two_alike_the_one_that_is_hot_is_kept() -> None:
    cold, hot = shard("symdef", "Cold", 1, 20), shard("symdef", "Hott", 101, 120)
    room = count_tokens(packed(cold, hot)) - 10
    made = compile_pack("do it", "edit_ir", [], [cold, hot], room, hot={"Hott"})
    assert made.kept == (hot,)


def test_prompt_sections_of_the_role_are_never_left_out() -> None:
    pinned, other = section("rules", "constraints", 10), section("words", "glossary", 10)
    bare = count_tokens(packed(pinned))
    made = compile_pack("do it", "edit_ir", ["Be kind"], [other, pinned], bare + 25)
    assert made.kept == (pinned,)
    with pytest.raises(PackTooLarge):
        compile_pack("do it", "edit_ir", ["Be kind"], [other, pinned], bare - 10)
    made = compile_pack("do it", "edit_ir", [], [other, pinned], LARGE, role="reviewer")
    assert made.text.index("s-rules") < made.text.index("s-words")


def test_what_stays_the_same_from_call_to_call_comes_first() -> None:
    first = packed(shard("symdef", "A", 1, 30), task="one")
    second = packed(shard("symdef", "A", 1, 30), note("it failed"), task="two")
    common = next(
        place for place, pair in enumerate(zip(first, second, strict=False)) if len({*pair}) > 1
    )
    assert "value_30 = 30" in first[:common]


def test_a_run_recorded_before_packs_were_compiled_replays(
    mission: Mission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "LATEST", 1)
    mission.ended(PROGRAM, angel=scripted(EDIT))
    monkeypatch.undo()
    run = runs.find(mission.heaven, "last")
    assert run.packing == 1
    assert replay(mission.heaven, run).same


def test_a_budget_that_does_not_hold_all_context_holds_the_best_of_it(mission: Mission) -> None:
    source = "def Big():\n" + "".join(f"    step_{n}()\n" for n in range(300))
    (mission.root / "calc/big.py").write_text(source)
    text = PROGRAM.replace("NEED callers", "BUDGET 1000\nNEED symdef Big\nNEED callers")
    ended = mission.ended(text, angel=scripted(EDIT))
    assert ended.exit_code == 0
    run = runs.find(mission.heaven, "last")
    asked = next(one for one in runs.entries(mission.heaven, run) if one.op == "ANGEL")
    assert asked.result is not None
    pack = mission.heaven.get_blob(str(asked.result["pack"])).decode()
    assert "def Add(a: int" in pack and "step_7()" not in pack
    assert "symdef Big" in pack.partition("## Left out")[2]
    assert replay(mission.heaven, run).same


def test_the_old_way_shows_every_shard_whole_or_fails() -> None:
    context = [shard("slice", "A", 1, 20), shard("slice", "B", 11, 30)]
    made = make_pack(1, "do it", "edit_ir", [], context, 0, LARGE)
    assert made.text == render_pack("do it", "edit_ir", [], context)
    with pytest.raises(PackTooLarge):
        make_pack(1, "do it", "edit_ir", [], context, 0, 50)
