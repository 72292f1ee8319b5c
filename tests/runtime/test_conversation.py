"""A call of an angel: its turns, what comes back to it, and where it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.aa.cost import TURNS_PER_CALL
from genesis_ssmp.aa.source import Source
from genesis_ssmp.heaven.records import Json, JsonObject
from genesis_ssmp.isa.compile import compile_source
from genesis_ssmp.runtime import live, runs
from genesis_ssmp.runtime.angels import (
    AngelError,
    AnswerRefused,
    ContextOverflow,
    Question,
    Reply,
    Turn,
    Usage,
)
from genesis_ssmp.runtime.door import Entry
from genesis_ssmp.runtime.fields import record, records, text
from genesis_ssmp.runtime.replay import replay
from genesis_ssmp.runtime.vm import Machine
from kit.angel import edit_answer, text_answer
from kit.conversations import CORE, SWAP, Watched, call, calls, edit, line, turns
from kit.effects import FakeEffects, MemoryDoor
from kit.mission import Mission
from kit.points import judge
from kit.repository import Repository

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
SLICE = HEAD + f"NEED slice {CORE} 1 8\n"
ONE = SLICE + "OP Swap them\n"


def log(mission: Mission) -> tuple[Entry, ...]:
    return runs.entries(mission.heaven, runs.find(mission.heaven, "last"))


def core(mission: Mission) -> str:
    return (mission.root / CORE).read_text()


def told(turn: Turn) -> str:
    """What the last message says: results and text."""
    last = turn.messages[-1]
    return "\n".join([*(one.text for one in last.results), last.text])


def test_an_angel_names_shard_and_lines_and_never_writes_a_hash(mission: Mission) -> None:
    ended = mission.ended(ONE, angel=Watched(turns(edit(SWAP))))
    assert (ended.exit_code, ended.message) == (0, None)
    assert "return b + a" in core(mission)
    (emit,) = [one for one in log(mission) if one.op == "EMIT"]
    (op,) = records(record(emit.result or {}, "edit"), "ops")
    assert op["path"] == CORE
    for name in ("base_blob", "span_hash", "anchor_hash"):
        assert len(text(op, name)) == 64


def test_a_page_fault_of_an_angel_is_recorded_and_governed_like_the_programs(
    mission: Mission,
) -> None:
    angel = Watched(
        turns(call("pf_symdef", "Where is Add?", symbol="Add"), edit(line(5, "    return b + a")))
    )
    ended = mission.ended(HEAD + "OP Swap them\n", angel=angel)
    assert ended.exit_code == 0, ended.message
    ops = [one.op for one in log(mission)]
    turn = ["ANGEL", "VALIDATE"]
    assert ops == ["REV", "ACQUIRE", *turn, "FAULT_SYMDEF", *turn, "EMIT"]
    fault = log(mission)[4]
    assert fault.operands["mission"] == "m1"
    (result,) = angel.asked[1].messages[-1].results
    assert "## s1 symdef Add\ncalc/core.py:4-5\n4| def Add" in result.text
    assert "(19 requests and " in result.text
    assert not result.error


def test_what_an_angel_asked_for_is_shown_to_the_sections_next_task(mission: Mission) -> None:
    angel = Watched(
        turns(call("pf_slice", path=CORE, start_line=1, n=8), edit(SWAP)),
        turns(
            call("pf_slice", path="calc/__init__.py"),
            edit({"op": "insert_lines", "shard": "s1", "lines": [1], "content": "# first\n"}),
        ),
    )
    ended = mission.ended(HEAD + "OP One\nOP Two\n", angel=angel)
    assert ended.exit_code == 0, ended.message
    assert "## s1 slice calc/core.py" in angel.asked[2].pack
    assert core(mission).startswith("# first\n")
    assert "## s2 slice calc/__init__.py" in told(angel.asked[3])


def test_what_was_shown_already_is_named_by_its_handle(mission: Mission) -> None:
    angel = Watched(
        turns(
            call("pf_slice", path=CORE, start_line=1, n=8),
            edit(line(5, "    return b + a", shard="s2")),
        )
    )
    ended = mission.ended(ONE, angel=angel)
    assert ended.exit_code == 0, ended.message
    assert "## s2 unchanged calc/core.py:1-8 (the same as s1)" in told(angel.asked[1])


def test_shards_of_two_missions_have_two_handles() -> None:
    """Each mission of Heaven counts its own shards from s1."""
    compiled = compile_source(Source("t.isa", HEAD + "NEED symdef A\nNEED symdef B\nOP do\n"))
    assert compiled.module is not None
    effects = FakeEffects()
    assert Machine(compiled.module, effects, MemoryDoor()).run().status == "done"
    titles = [row for row in effects.packs[0].splitlines() if row.startswith("## s")]
    assert titles == ["## s1 symdef A", "## s2 symdef B"]


# What is wrong comes back

ADDED: JsonObject = {"op": "add_file", "path": "notes.md", "content": "n\n"}
WRONG: dict[str, tuple[JsonObject, str]] = {
    "schema": (edit({**SWAP, "line": 5}), "ops[0]: unknown field 'line'"),
    "hash": (edit({**SWAP, "span_hash": "0" * 64}), "unknown field 'span_hash'"),
    "operation": (edit({**SWAP, "op": "swap"}), "ops[0].op: 'swap' is not one of"),
    "shard": (edit({**SWAP, "shard": "s7"}), "there is no shard 's7'; you were shown s1 to s1"),
    "path": (edit({**SWAP, "path": "x.py"}), "shard s1 shows calc/core.py, not x.py"),
    "nothing named": (edit(line(5, "x", None)), "it names no shard and no path"),
    "lines": (edit(line(40, "    return 0")), "lines 40 to 40 of calc/core.py were not shown"),
    "range": (edit({**SWAP, "lines": [8, 2]}), "replace_line takes lines as [line]"),
    "not unique": (
        edit({"op": "replace_text", "shard": "s1", "find": "int", "content": "str"}),
        "[ambiguous]",
    ),
    "not there": (
        edit({"op": "replace_text", "shard": "s1", "find": "absent text", "content": "x"}),
        "[no_match]",
    ),
    "overlap": (edit(SWAP, SWAP), "[overlap]"),
    "unknown tool": (call("write_file", path="x"), "there is no tool 'write_file'"),
    "prose": ({"text": "I would swap a and b."}, "there is no answer in your reply"),
    "empty": ({"text": "", "stop": "end"}, "your reply is empty"),
    "broken call": (
        {"calls": [{"name": "emit_edit_ir", "arguments": '{"ops": [{"op": "rep'}]},
        "not a JSON object, or cut off",
    ),
    "cut off": ({**edit(SWAP), "stop": "max_tokens"}, "your reply was cut off"),
    "exists": (edit({**ADDED, "path": CORE}), "[exists]"),
    "outside": (edit({**ADDED, "path": "../x"}), "[path_outside]"),
    "not taken": (
        {"text": "--- a/calc/core.py\n+++ b/calc/core.py\n@@ -5 +5 @@\n-x\n+y\n"},
        "a text of edits is not taken here; call emit_edit_ir",
    ),
    "invalid response": (
        {"text": '{"output_type": "edit_ir", "edit_ir": {"ops": []}, "sure": 1}'},
        "unknown field 'sure'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_invalid_answer_comes_back_with_the_exact_complaint(mission: Mission, name: str) -> None:
    wrong, complaint = WRONG[name]
    angel = Watched(turns(wrong, edit(SWAP)))
    ended = mission.ended(ONE, angel=angel)
    assert (ended.exit_code, ended.message) == (0, None)
    assert complaint in told(angel.asked[1])
    assert ended.outcome is not None
    assert (ended.outcome.turns, ended.outcome.rejects) == (2, 1)
    assert "return b + a" in core(mission)
    assert replay(mission.heaven, runs.find(mission.heaven, ended.run)).same
    for one in angel.asked[1].messages[-1].results:
        assert one.error


def test_a_refused_edit_names_every_operation_that_is_wrong(mission: Mission) -> None:
    angel = Watched(turns(edit(line(40, "a"), line(41, "b")), edit(SWAP)))
    assert mission.ended(ONE, angel=angel).exit_code == 0
    assert told(angel.asked[1]).count("[not_shown]") == 2


def test_a_broken_invariant_comes_back(mission: Mission) -> None:
    angel = Watched(turns(edit(SWAP), edit(ADDED)))
    ended = mission.ended(HEAD + "INVARIANT @paths *.md\n" + ONE[len(HEAD) :], angel=angel)
    assert (ended.exit_code, ended.message) == (0, None)
    assert "@paths" in told(angel.asked[1])
    assert "a + b" in core(mission)


def test_an_edit_outside_the_leases_comes_back(mission: Mission) -> None:
    angel = Watched(turns(edit(ADDED), edit(SWAP)))
    ended = mission.ended(HEAD + f"LEASE file:{CORE}\n" + ONE[len(HEAD) :], angel=angel)
    assert (ended.exit_code, ended.message) == (0, None)
    assert "notes.md" in told(angel.asked[1]) and "lease" in told(angel.asked[1])


@pytest.mark.parametrize("rejects", [0, 1, 3])
def test_invalid_answers_go_back_a_bounded_number_of_times(mission: Mission, rejects: int) -> None:
    (mission.root / "genesis.toml").write_text(f"[angel]\nrejects = {rejects}\n")
    before = Repository(mission.root).tree()
    angel = Watched(turns(*[edit(line(40, f"    # {n}")) for n in range(9)]))
    ended = mission.ended(ONE, angel=angel)
    assert len(angel.asked) == rejects + 1
    assert ended.exit_code == 3, "the last answer stands, and is refused as it is"
    assert "[not_shown]" in (ended.message or "")
    assert Repository(mission.root).tree() == before
    run = runs.find(mission.heaven, ended.run)
    assert (run.limits.rejects, run.rejects) == (rejects, rejects + 1)
    assert replay(mission.heaven, run).same


def test_an_angel_that_only_asks_ends_at_the_bound_of_turns(mission: Mission) -> None:
    angel = Watched(turns(*[call("pf_search", query=f"q{n}") for n in range(20)]))
    ended = mission.ended(HEAD + "BUDGET 100000\n" + ONE[len(HEAD) :], angel=angel)
    assert len(angel.asked) == TURNS_PER_CALL
    assert ended.exit_code == 1
    assert f"no answer within {TURNS_PER_CALL} turns" in (ended.message or "")
    assert "1 turn left: answer now" in told(angel.asked[-1])


def test_an_exhausted_governor_is_told_and_does_not_fail_the_run(mission: Mission) -> None:
    many = calls(*[call("pf_slice", path=CORE, start_line=n + 1, n=1) for n in range(9)])
    more = calls(*[call("pf_slice", path=CORE, start_line=n + 10, n=1) for n in range(9)])
    angel = Watched(turns(many, more, calls(*[call("pf_search", query="x")] * 3), edit(SWAP)))
    ended = mission.ended(ONE, angel=angel)
    assert ended.exit_code == 0, ended.message
    results = angel.asked[3].messages[-1].results
    assert [one.error for one in results] == [False, True, True]
    assert "20" in results[1].text
    assert ended.outcome is not None and ended.outcome.rejects == 0


def test_an_unknown_symbol_is_told_with_what_there_is(mission: Mission) -> None:
    angel = Watched(turns(call("pf_symdef", symbol="Ad"), edit(SWAP)))
    assert mission.ended(ONE, angel=angel).exit_code == 0
    assert "there is no symbol 'Ad'; there is" in told(angel.asked[1])
    assert "Add" in told(angel.asked[1])


def test_a_turn_has_a_bounded_number_of_requests(mission: Mission) -> None:
    many = calls(*[call("pf_search", query=f"q{n}") for n in range(13)])
    angel = Watched(turns(many, edit(SWAP)))
    ended = mission.ended(ONE, angel=angel)
    assert ended.exit_code == 0
    assert [one.error for one in angel.asked[1].messages[-1].results].count(True) == 3
    assert ended.outcome is not None and ended.outcome.rejects == 0, "no answer was rejected"


# Thinking aloud

JSON = (
    '{"ops": [{"op": "replace_line", "shard": "s1", "lines": [5], '
    '"content": "    return b + a\\n"}]}'
)
RESPONSE = (
    '{"output_type": "edit_ir", "edit_ir": {"ops": [{"op": "replace_line", "path": '
    '"calc/core.py", "lines": [5], "content": "    return b + a\\n"}]}}'
)
NULLS = JSON.replace('"shard"', '"path": null, "symbol": null, "shard"')
ALOUD: dict[str, JsonObject] = {
    "text beside the call": {**edit(SWAP), "text": "Let me think {about} this: done."},
    "a request beside the answer": calls(call("pf_search", query="x"), edit(SWAP)),
    "two calls": calls(edit(SWAP), edit(ADDED)),
    "bare JSON": {"text": JSON},
    "a fence": {"text": f"Here it is:\n\n```json\n{JSON}\n```\nDone."},
    "prose and braces": {"text": f"Use {{x}} and {{'y': 1}}. Draft: {{\"ops\": []}}\n{JSON} ok"},
    "a call written out": {"text": f'{{"name": "emit_edit_ir", "arguments": {JSON}}}'},
    "nulls": {"text": NULLS},
    "a whole response": {"text": f"Answer: {RESPONSE}"},
    "no output type": {"text": RESPONSE.replace('"output_type": "edit_ir", ', "")},
    "shards in a response": {"text": f'{{"edit_ir": {JSON}}}'},
    "path and no shard": edit(line(5, "    return b + a", None, path=f"./{CORE}")),
    "an empty thought first": {**edit(SWAP), "text": "\n\n"},
}


@pytest.mark.parametrize("name", ALOUD)
def test_thinking_aloud_around_an_answer_is_tolerated(mission: Mission, name: str) -> None:
    angel = Watched(turns(ALOUD[name]))
    ended = mission.ended(ONE, angel=angel)
    assert (ended.exit_code, ended.message) == (0, None)
    assert "return b + a" in core(mission)
    assert len(angel.asked) == 1
    assert (mission.root / "notes.md").exists() == (name == "two calls")


def test_half_of_an_answer_is_none(mission: Mission) -> None:
    angel = Watched(turns(calls(edit(SWAP), edit({**ADDED, "mode": 7})), edit(SWAP)))
    assert mission.ended(ONE, angel=angel).exit_code == 0
    assert not (mission.root / "notes.md").exists()
    assert "not tried: another part of the answer is wrong" in told(angel.asked[1])


def test_a_shard_of_several_files_wants_a_path_where_the_lines_do_not_tell(
    mission: Mission,
) -> None:
    comment = "# one\n"
    op: dict[str, Json] = {"op": "insert_before_symbol", "shard": "s1", "symbol": "Add"}
    unclear = edit({**op, "content": comment})
    angel = Watched(turns(unclear, edit({**op, "content": comment, "path": CORE})))
    ended = mission.ended(HEAD + "NEED callers Add\nOP Note it\n", angel=angel)
    assert "shows several files; name the path: " in told(angel.asked[1])
    assert (ended.exit_code, ended.message) == (0, None)
    assert comment in core(mission)


@pytest.mark.parametrize("fenced", [False, True])
def test_a_diff_among_thoughts_is_an_answer_where_the_mode_welcomes_it(
    mission: Mission, fenced: bool
) -> None:
    diff = (
        "--- a/calc/core.py\n+++ b/calc/core.py\n@@ -4,2 +4,2 @@\n"
        " def Add(a: int, b: int) -> int:\n-    return a + b\n+    return b + a\n"
    )
    text = f"I swap them.\n\n```diff\n{diff}```\n" if fenced else diff
    angel = Watched(turns({"text": text}))
    ended = mission.ended(ONE.replace("OP", "RETURN diff_fallback\nOP"), angel=angel)
    assert (ended.exit_code, ended.message) == (0, None)
    assert "return b + a" in core(mission)
    assert "unified diff" in angel.asked[0].system


def test_macro_ops_are_a_tool_where_they_are_declared(mission: Mission) -> None:
    op: Json = {"kind": "RENAME_SYMBOL", "old_name": "Add", "new_name": "plus"}
    angel = Watched(turns(call("emit_macro_ops", ops=[op])))
    ended = mission.ended(ONE.replace("OP", "RETURN macro_ops\nOP"), angel=angel)
    assert (ended.exit_code, ended.message) == (0, None)
    assert "def plus(" in core(mission)


def test_both_kinds_of_answer_in_one_turn_are_none(mission: Mission) -> None:
    op: Json = {"kind": "RENAME_SYMBOL", "old_name": "Add", "new_name": "plus"}
    both = calls(edit(SWAP), call("emit_macro_ops", ops=[op]))
    angel = Watched(turns(both, edit(SWAP)))
    ended = mission.ended(ONE.replace("OP", "RETURN macro_ops\nOP"), angel=angel)
    assert ended.exit_code == 0
    assert "not both" in told(angel.asked[1])


# Where it ends


def test_a_refusal_fails_the_section_and_nothing_is_asked_again(mission: Mission) -> None:
    angel = Watched(turns({"text": "I will not.", "stop": "refusal"}))
    ended = mission.ended(ONE, angel=angel)
    assert (ended.exit_code, len(angel.asked)) == (1, 1)
    assert ended.message == "the angel declined: I will not."


class Failing:
    """Raises what it was given, once; then answers."""

    name = "failing"

    def __init__(self, error: AngelError) -> None:
        self._error: AngelError | None = error

    def reply(self, turn: Turn) -> Reply:
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return Watched(turns(edit(SWAP)), turns(edit(SWAP))).reply(turn)

    def advise(self, question: Question) -> None:
        return None


@pytest.mark.parametrize(
    "error",
    [
        ContextOverflow("too long: 300,000 tokens", Usage(7, 1)),
        AnswerRefused("policy", Usage(7, 1)),
    ],
)
def test_a_turn_without_a_reply_is_recorded_and_the_handlers_deal_with_it(
    mission: Mission, monkeypatch: pytest.MonkeyPatch, error: AngelError
) -> None:
    monkeypatch.setattr(live, "run_check", judge)
    text = ONE + "RUN test\n"
    ended = mission.ended(text, angel=Failing(error))
    assert ended.exit_code == 1
    assert str(error) in (ended.message or "")
    assert ended.outcome is not None and ended.outcome.tokens == 8
    mended = mission.ended(text + "IF_FAIL RETRY 1\n", angel=Failing(error))
    assert mended.exit_code == 0, mended.message
    assert replay(mission.heaven, runs.find(mission.heaven, "last")).same


def test_tokens_of_every_turn_come_out_of_the_budget_and_cached_ones_do_not(
    mission: Mission,
) -> None:
    usage: Json = {"tokens_in": 3000, "tokens_out": 10, "cached_read": 2900}
    ask = [{**call("pf_search", query=f"q{n}"), "usage": usage} for n in range(3)]
    angel = Watched(turns(*ask, {**edit(SWAP), "usage": usage}))
    ended = mission.ended(HEAD + "BUDGET 6000\n" + ONE[len(HEAD) :], angel=angel)
    assert ended.exit_code == 0, ended.message
    assert ended.outcome is not None and ended.outcome.tokens == 4 * (3000 - 2900 + 10)
    assert [turn.budget for turn in angel.asked] == [6000, 5890, 5780, 5670]


def test_out_of_budget_in_mid_conversation_is_a_clear_end(mission: Mission) -> None:
    usage: Json = {"tokens_in": 3000, "tokens_out": 10}
    ask = [{**call("pf_search", query=f"q{n}"), "usage": usage} for n in range(9)]
    angel = Watched(turns(*ask))
    ended = mission.ended(HEAD + "BUDGET 6000\n" + ONE[len(HEAD) :], angel=angel)
    assert (ended.exit_code, len(angel.asked)) == (1, 2)
    assert "of BUDGET 6,000" in (ended.message or "")
    assert replay(mission.heaven, runs.find(mission.heaven, ended.run)).same


def test_a_turn_may_have_what_is_left_of_the_budget_and_no_more(mission: Mission) -> None:
    angel = Watched(turns(edit(SWAP)))
    assert mission.ended(HEAD + "BUDGET 3000\n" + ONE[len(HEAD) :], angel=angel).exit_code == 0
    (turn,) = angel.asked
    assert 64 <= turn.max_tokens < 3000 - 500


def test_a_file_that_changes_while_the_angel_thinks_is_asked_for_again(mission: Mission) -> None:
    path = mission.root / CORE

    class Meddled(Watched):
        def reply(self, turn: Turn) -> Reply:
            if turn.turn == 0:
                path.write_text(path.read_text().replace("return a + b", "return a - -b"))
            return super().reply(turn)

    angel = Meddled(
        turns(
            edit(SWAP),
            call("pf_slice", path=CORE, start_line=1, n=8),
            edit(line(5, "    return b - -a", shard="s2")),
        )
    )
    ended = mission.ended(ONE, angel=angel)
    assert (ended.exit_code, ended.message) == (0, None)
    assert "return b - -a" in core(mission)
    assert "return a - -b" in told(angel.asked[1]) or "a - -b" in told(angel.asked[2])


def test_the_prompt_of_a_turn_begins_with_the_bytes_of_the_one_before(mission: Mission) -> None:
    """What a provider's prompt cache can keep."""
    angel = Watched(turns(call("pf_search", query="Add"), edit(line(40, "x")), edit(SWAP)))
    assert mission.ended(ONE, angel=angel).exit_code == 0
    first, second, third = angel.asked
    assert first.system == second.system == third.system
    assert first.tools == second.tools == third.tools
    assert first.pack == second.pack == third.pack
    assert third.messages[:2] == second.messages
    assert [turn.turn for turn in angel.asked] == [0, 1, 2]


def test_what_was_sent_and_said_is_in_the_record(mission: Mission) -> None:
    angel = Watched(turns(call("pf_search", query="Add"), edit(SWAP)))
    assert mission.ended(ONE, angel=angel).exit_code == 0
    asked = [one.result or {} for one in log(mission) if one.op == "ANGEL"]
    for result, turn in zip(asked, angel.asked, strict=True):
        assert mission.heaven.get_blob(str(result["system"])).decode() == turn.system
        assert mission.heaven.get_blob(str(result["pack"])).decode() == turn.pack
        assert b"emit_edit_ir" in mission.heaven.get_blob(str(result["tools"]))
        assert b"calls" in mission.heaven.get_blob(str(result["answer"]))
    assert asked[0]["said"] is None
    assert b"requests and" in mission.heaven.get_blob(str(asked[1]["said"]))


def test_an_old_response_and_a_text_are_answered_as_ever(mission: Mission) -> None:
    old: JsonObject = {
        "op": "replace_line",
        "path": CORE,
        "lines": [5],
        "content": "    return 1\n",
    }
    assert mission.ended(ONE, angel=Watched(edit_answer(old))).exit_code == 0
    text = "--- a/x.md\n+++ b/x.md\n@@ -0,0 +1 @@\n+x\n"
    new = text.replace("--- a/x.md", "--- /dev/null")
    ended = mission.ended(ONE, angel=Watched(text_answer(new)), output_mode="soft")
    assert (ended.exit_code, ended.message) == (0, None)
    assert Path(mission.root / "x.md").read_text() == "x\n"
