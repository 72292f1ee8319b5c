"""`aa why`: from a line to the instruction and the answer behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.why import Cause, NoSuchLine, Outside, why
from kit import conversations
from kit.angel import edit_answer, scripted
from kit.conversations import CORE, Watched, call, edit, turns
from kit.mission import Mission
from kit.repository import make_repository

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
SWAP = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"}
)


def cause_of(mission: Mission, text: str) -> Cause | Outside:
    lines = (mission.root / "calc/core.py").read_text().splitlines()
    (number,) = [n for n, line in enumerate(lines, 1) if text in line]
    return why(mission.heaven, mission.root, "calc/core.py", number).cause


def test_an_angels_line_leads_to_its_answer_prompt_and_receipt(mission: Mission) -> None:
    mission.ended(HEAD + "NEED symdef Add\nOP Swap them\nRUN test\n", angel=scripted(SWAP))
    cause = cause_of(mission, "return b + a")
    assert isinstance(cause, Cause)
    assert (cause.run, cause.where, cause.statement) == ("r1", "test.isa:4", "OP Swap them")
    assert cause.operation["op"] == "replace_line"
    assert cause.angel == "scripted:test" and cause.answer is not None
    assert b"Swap them" in mission.heaven.get_blob(cause.prompt or "")
    assert any("Add" in shown for shown in cause.shown)
    assert cause.lease == ("directory:.",)
    assert cause.check is not None and cause.check["passed"] is True


def test_a_macros_line_leads_to_the_macro(mission: Mission) -> None:
    mission.ended(HEAD + "OP RENAME_SYMBOL Add plus\nRUN test\n")
    cause = cause_of(mission, "def plus")
    assert isinstance(cause, Cause)
    assert cause.macro == "RENAME_SYMBOL new=plus old=Add"


def test_a_line_is_followed_through_later_edits_above_it(mission: Mission) -> None:
    mission.ended(HEAD + "NEED symdef Add\nOP Swap them\n", angel=scripted(SWAP))
    above = edit_answer(
        {"op": "insert_lines", "path": "calc/core.py", "lines": [2], "content": "# one\n# two\n"}
    )
    text = HEAD + "NEED slice calc/core.py 1 20\nOP Comment\n"
    mission.ended(text, angel=scripted(above), name="comment.isa")
    swapped, comment = cause_of(mission, "return b + a"), cause_of(mission, "# two")
    assert isinstance(swapped, Cause) and swapped.run == "r1"
    assert isinstance(comment, Cause) and comment.program == "comment.isa"


def test_a_line_moved_by_hand_is_still_the_runs_and_a_new_line_is_outside(
    mission: Mission,
) -> None:
    mission.ended(HEAD + "NEED symdef Add\nOP Swap them\n", angel=scripted(SWAP))
    path = mission.root / "calc/core.py"
    path.write_text("# by hand\n\n" + path.read_text())
    assert isinstance(cause_of(mission, "return b + a"), Cause)
    assert isinstance(cause_of(mission, "# by hand"), Outside)
    assert isinstance(cause_of(mission, "def Eval"), Outside)


def test_a_line_that_was_rolled_back_has_no_cause(mission: Mission) -> None:
    wrong = edit_answer(
        {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return 0\n"}
    )
    text = HEAD + "NEED symdef Add\nOP Break\nRUN test\n"
    assert mission.ended(text, angel=scripted(wrong)).exit_code == 1
    assert isinstance(cause_of(mission, "return a + b"), Outside)


def test_outside_heaven_names_the_git_commit(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repo", git=True)
    commit = repository.git("rev-parse", "HEAD").strip()
    with Heaven.open(repository.root) as heaven:
        cause = why(heaven, repository.root, "calc/core.py", 4).cause
    assert isinstance(cause, Outside)
    assert cause.commit is not None and cause.commit.startswith(commit[:12])


def test_a_missing_file_or_line_is_the_callers_mistake(mission: Mission) -> None:
    for path, line in (("nowhere.py", 1), ("calc", 1), ("calc/core.py", 0), ("calc/core.py", 99)):
        with pytest.raises(NoSuchLine):
            why(mission.heaven, mission.root, path, line)


def test_the_whole_conversation_of_an_angel_can_be_read_back(mission: Mission) -> None:
    text = f"ISA_VERSION 0\nBASE_REV HEAD\nNEED slice {CORE} 1 8\nOP Swap them\n"
    search = call("pf_search", "Let me see.", query="Add")
    script = turns(search, edit(conversations.line(40, "x")), edit(conversations.SWAP))
    assert mission.ended(text, angel=Watched(script)).exit_code == 0
    cause = why(mission.heaven, mission.root, CORE, 5, prompts=True).cause
    assert isinstance(cause, Cause)
    assert cause.turns == 3
    who = [part.who for part in cause.conversation]
    assert who == ["system", "tools", "user", "assistant", *["user", "assistant"] * 2]
    said = [part.text for part in cause.conversation]
    assert "## Task\nSwap them\n" in said[2]
    assert 'pf_search {"query":"Add"}' in said[3] and said[3].startswith("Let me see.")
    assert "## s2 search Add" in said[4]
    assert "were not shown [not_shown]" in said[6]
    assert why(mission.heaven, mission.root, CORE, 5).cause != cause, "only where it is asked for"
