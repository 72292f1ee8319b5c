"""Checked invariants in a run: a breach is a failed check, and nothing has landed."""

from __future__ import annotations

import pytest
from genesis_ssmp.heaven.records import JsonObject
from kit.angel import edit_answer, scripted
from kit.mission import Mission
from kit.repository import Repository

CORE: JsonObject = {"op": "replace_line", "path": "calc/core.py"}
SIGNATURE: JsonObject = {
    **CORE,
    "lines": [4],
    "content": "def Add(a: int, b: int, c: int = 0) -> int:\n",
}
BODY: JsonObject = {**CORE, "lines": [5], "content": "    return b + a\n"}
TEST: JsonObject = {"op": "delete_span", "path": "tests/test_core.py", "lines": [5, 5]}
NEW: JsonObject = {
    "op": "add_file",
    "path": "requirements.txt",
    "content": "rich\n",
}
BREACHES: dict[str, tuple[JsonObject, str]] = {
    "@paths tests/**": (BODY, "calc/core.py:5"),
    "@max-lines 1": (BODY, "calc/core.py:5"),
    "@public-api-unchanged": (SIGNATURE, "calc/core.py:4: the signature of Add was"),
    "@tests-not-weakened": (TEST, "tests/test_core.py:4: test test_add makes 0 checks"),
    "@no-new-dependency": (NEW, "requirements.txt:1: rich is a new dependency"),
}


@pytest.mark.parametrize("invariant", BREACHES)
def test_a_breach_names_the_invariant_the_line_and_what_to_do_and_lands_nothing(
    mission: Mission, invariant: str
) -> None:
    op, told = BREACHES[invariant]
    before = Repository(mission.root).tree()
    text = (
        f"ISA_VERSION 0\nBASE_REV HEAD\nINVARIANT {invariant}\n"
        "NEED symdef Add\nNEED slice tests/test_core.py 1 9\nOP change it\n"
    )
    ended = mission.ended(text, angel=scripted(edit_answer(op)))
    message = ended.message or ""
    assert ended.exit_code == 1
    assert f"INVARIANT {invariant} does not hold" in message and told in message, message
    assert "next:" in message
    assert Repository(mission.root).tree() == before
    assert mission.ended(text, angel=scripted(edit_answer(BODY))).exit_code == int(op is BODY)


def test_all_invariants_that_are_broken_are_told_at_once(mission: Mission) -> None:
    text = (
        "ISA_VERSION 0\nBASE_REV HEAD\nINVARIANT @max-lines 1\nINVARIANT @paths tests/**\n"
        "NEED symdef Add\nOP change it\nRUN test\nIF_FAIL RETRY 1\n"
    )
    angel = scripted(edit_answer(BODY), edit_answer(BODY))
    ended = mission.ended(text, angel=angel)
    assert ended.exit_code == 1
    assert "@max-lines" in (ended.message or "") and "@paths" in (ended.message or "")
